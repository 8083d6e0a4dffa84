/// Where a list goes on: opaque for clients, some numbers and names for us.
package struct Cursor: Hashable, Sendable {
    package var parts: [String]

    package init(_ parts: [String]) {
        self.parts = parts
    }

    /// Base64url of the parts as a JSON array.
    package var text: String {
        base64URL(JSONValue.array(parts.map(JSONValue.string)).bytes)
    }

    package init?(text: String) {
        guard text.utf8.count <= 1_024, let bytes = base64URLDecoded(text),
            let elements = (try? JSONValue(parsing: bytes))?.array
        else { return nil }
        let parts = elements.compactMap(\.string)
        guard parts.count == elements.count else { return nil }
        self.parts = parts
    }
}

extension Cursor: JSONRepresentable {
    package var json: JSONValue { .string(text) }
}

extension InputFields {
    /// The parameters `limit` (1 to `limitMax`) and `cursor` of a list.
    package func page(limitMax: Int = 200) -> (limit: Int, cursor: Cursor?) {
        let limit = optionalInteger("limit", in: 1...limitMax) ?? min(50, limitMax)
        return (limit, cursor())
    }

    /// The parameter `cursor`: what an earlier answer gave as `next_cursor`.
    package func cursor() -> Cursor? {
        optional("cursor", expected: "the next_cursor of an earlier answer") { $0.string.flatMap(Cursor.init(text:)) }
    }
}

private let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

/// - Source: RFC 4648, section 5, without padding.
package func base64URL(_ bytes: some Sequence<UInt8>) -> String {
    var text: [UInt8] = []
    var bits = 0
    var buffer = 0
    for byte in bytes {
        buffer = buffer << 8 & 0xffff | Int(byte)
        bits += 8
        while bits >= 6 {
            bits -= 6
            text.append(alphabet[buffer >> bits & 63])
        }
    }
    if bits > 0 { text.append(alphabet[buffer << (6 - bits) & 63]) }
    return String(decoding: text, as: UTF8.self)
}

/// Nil for what is not base64url without padding.
package func base64URLDecoded(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var bits = 0
    var buffer = 0
    for character in text.utf8 {
        guard let value = alphabet.firstIndex(of: character) else { return nil }
        buffer = buffer << 6 & 0xffff | value
        bits += 6
        if bits >= 8 {
            bits -= 8
            bytes.append(UInt8(truncatingIfNeeded: buffer >> bits))
        }
    }
    return bits < 6 ? bytes : nil
}
