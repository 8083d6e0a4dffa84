/// A form as `application/x-www-form-urlencoded`.
/// - Source: WHATWG URL Standard, section 5.2.
enum FormBody {
    static let mediaType = "application/x-www-form-urlencoded"

    static func encode(_ fields: [(name: String, value: String)]) -> [UInt8] {
        Array(fields.map { "\(escape($0.name))=\(escape($0.value))" }.joined(separator: "&").utf8)
    }

    /// Safe in bodies and in queries alike: a space becomes `%20`, not a plus.
    static func escape(_ text: String) -> String {
        var escaped: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                escaped.append(byte)
            default:
                escaped += (byte < 16 ? "%0" : "%").utf8
                escaped += String(byte, radix: 16, uppercase: true).utf8
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }
}
