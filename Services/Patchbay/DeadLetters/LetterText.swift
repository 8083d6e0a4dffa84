import Domain
import Foundation
import Kafka
import Schema
import Streams

/// Dead letters as people read them.
enum LetterText {
    /// Bytes of a value that cannot be decoded which are shown.
    static let dumpBytesMax = 512

    /// A table, one letter a line.
    static func table(_ entries: [DeadLetterBox.Entry]) -> [String] {
        let rows = entries.map { entry in
            [
                entry.name.description, entry.at.rfc3339, entry.letter.service, "\(size(entry))",
                resent(entry.resend), entry.letter.error,
            ]
        }
        let all = [["LETTER", "SINCE", "SERVICE", "BYTES", "RESENT", "ERROR"]] + rows
        let widths = (0..<5).map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            let cells = zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }
            return (cells + [row[5]]).joined(separator: "  ")
        }
    }

    private static func size(_ entry: DeadLetterBox.Entry) -> Int {
        entry.letter.cutFrom ?? entry.letter.value?.count ?? 0
    }

    private static func resent(_ resend: DeadLetterBox.Resend) -> String {
        switch resend {
        case .never: "no"
        case .begun: "perhaps"
        case .done: "yes"
        }
    }

    /// Everything about one letter.
    static func page(_ entry: DeadLetterBox.Entry, prefix: String) -> [String] {
        let letter = entry.letter
        var lines = [
            "letter   \(entry.name)", "refused  \(entry.at.rfc3339) by \(letter.service)", "error    \(letter.error)",
            "resent   \(entry.resend)", "key      \(text(letter.key))",
        ]
        lines += letter.headers.enumerated().map { index, header in
            "\(index == 0 ? "headers  " : "         ")\(escaped(header.name)): \(text(header.value))"
        }
        if let bytes = letter.cutFrom {
            lines.append("cut      the record has \(bytes) bytes; its log has all of them")
        }
        lines.append("value    \(letter.value.map { "\($0.count) bytes" } ?? "none: a tombstone")")
        if let value = letter.value, !value.isEmpty {
            lines += decoded(value, letter.key ?? [], topic: Topic(name: letter.topic, prefix: prefix)) ?? dump(value)
        }
        return lines
    }

    /// As JSON, if the bytes are a message of the topic of which anything is known.
    private static func decoded(_ value: [UInt8], _ key: [UInt8], topic: Topic?) -> [String]? {
        guard let topic, let json = try? WireJSON.string(topic, key: key, value: value), json != "{}",
            !json.hasPrefix(#"{"bytes":"#)
        else { return nil }
        return [json]
    }

    /// Offset, 16 bytes in hexadecimal digits, and what of them is ASCII.
    static func dump(_ bytes: [UInt8]) -> [String] {
        let shown = bytes.prefix(dumpBytesMax)
        var lines = stride(from: 0, to: shown.count, by: 16).map { start in
            let row = shown[start..<min(start + 16, shown.count)]
            let digits = row.map { String(format: "%02x", $0) }.joined(separator: " ")
            let text = row.map { (0x20..<0x7f).contains($0) ? Character(Unicode.Scalar($0)) : "." }
            return String(format: "%08x  ", start) + digits.padding(toLength: 49, withPad: " ", startingAt: 0)
                + String(text)
        }
        if bytes.count > shown.count { lines.append("… and \(bytes.count - shown.count) bytes more") }
        return lines
    }

    /// Text as it is, without what a terminal would obey; other bytes as hexadecimal digits.
    private static func text(_ bytes: [UInt8]?) -> String {
        guard let bytes else { return "none" }
        if let text = String(validating: bytes, as: UTF8.self), bytes.count <= 1_024 { return escaped(text) }
        let digits = bytes.prefix(32).map { String(format: "%02x", $0) }.joined()
        return "0x\(digits)\(bytes.count > 32 ? "… (\(bytes.count) bytes)" : "")"
    }

    private static func escaped(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            scalar.properties.generalCategory == .control ? "\\u{\(String(scalar.value, radix: 16))}" : "\(scalar)"
        }.joined()
    }
}
