package import Domain
internal import HTTPTypes
package import Hummingbird

/// The client's name for one change: sent again, it gives the first result again.
///
/// Whether a key was used before is decided in the log, by the id that key and sender give.
/// - Source: draft-ietf-httpapi-idempotency-key-header: a structured-field string; a bare token is taken too.
package struct IdempotencyKey: Hashable, Sendable {
    package let value: String

    /// - Throws: `Problem` 400 when the header is missing or no key of 1 to 255 printable ASCII characters.
    package init(of request: Request) throws(Problem) {
        let headers = request.headers[values: .idempotencyKey]
        guard let header = headers.first else {
            throw Problem(
                .badRequest, "missing-idempotency-key",
                "This request needs an Idempotency-Key: any unique text in quotes.")
        }
        guard headers.count == 1, let value = IdempotencyKey.parse(header) else {
            throw Problem(
                .badRequest, "invalid-idempotency-key",
                "An Idempotency-Key has 1 to 255 printable ASCII characters, in quotes or without.")
        }
        self.value = value
    }

    /// The id of the command that this sender names by this key: the same on every instance.
    package func commandID(of principal: Principal) -> CommandID {
        .derived(from: "command", principal.subject, value)
    }

    static func parse(_ header: String) -> String? {
        let text = header.trimmingSpaces
        guard text.hasPrefix("\"") else {
            let isToken = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x2c && $0 != 0x3b }
            return (1...255).contains(text.utf8.count) && isToken ? String(text) : nil
        }
        var value: [UInt8] = []
        var rest = text.utf8.dropFirst()
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""):
                // Parameters of the structured field may follow, and mean nothing here.
                guard rest.isEmpty || rest.first == UInt8(ascii: ";") else { return nil }
                return (1...255).contains(value.count) ? String(decoding: value, as: UTF8.self) : nil
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst(), escaped == UInt8(ascii: "\"") || escaped == UInt8(ascii: "\\")
                else { return nil }
                value.append(escaped)
            case 0x20..<0x7f: value.append(byte)
            default: return nil
            }
        }
        return nil
    }
}

extension String {
    /// Without the spaces and tabs around it.
    var trimmingSpaces: Substring {
        var text = self[...]
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text.drop { $0 == " " || $0 == "\t" }
    }
}
