internal import Domain
internal import Logging

/// How log lines look.
package enum LogFormat: String, CaseIterable, Sendable {
    /// Text on a terminal, JSON elsewhere.
    case auto
    /// One JSON object a line.
    case json
    /// For people.
    case text
}

/// Writes one event as one line, whatever the texts in it hold.
///
/// Metadata whose key speaks of a secret is hidden, as a last line of defence: code is not to log secrets at all.
struct LogLine {
    let service: String
    let isJSON: Bool

    func text(
        level: Logger.Level, message: String, metadata: [(key: String, value: Logger.MetadataValue)], at time: String
    ) -> String {
        isJSON ? json(level, message, metadata, time) : readable(level, message, metadata, time)
    }

    private func json(
        _ level: Logger.Level, _ message: String, _ metadata: [(key: String, value: Logger.MetadataValue)],
        _ time: String
    ) -> String {
        var members: [(String, JSONValue)] = [
            ("timestamp", .string(time)), ("level", .string(level.rawValue)),
            ("message", .string(message)), ("service", .string(service)),
        ]
        let taken = Set(members.map(\.0))
        for (key, value) in metadata {
            members.append((taken.contains(key) ? "metadata.\(key)" : key, LogLine.shown(key, value)))
        }
        return JSONValue.object(members).text + "\n"
    }

    private func readable(
        _ level: Logger.Level, _ message: String, _ metadata: [(key: String, value: Logger.MetadataValue)],
        _ time: String
    ) -> String {
        let name = level.rawValue.uppercased()
        var line =
            "\(time.dropFirst(11)) \(name)\(String(repeating: " ", count: max(0, 8 - name.count)))"
        line += " \(service): \(message)"
        for (key, value) in metadata {
            let shown = LogLine.shown(key, value)
            if case .string(let text) = shown, text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x22 && $0 != 0x7f }) {
                line += " \(key)=\(text)"
            } else {
                line += " \(key)=\(shown.text)"
            }
        }
        return line.escaping(["\n": "\\n", "\r": "\\r"]) + "\n"
    }

    private static func shown(_ key: String, _ value: Logger.MetadataValue) -> JSONValue {
        let key = key.lowercased()
        if ["secret", "password", "authorization", "token"].contains(where: key.contains) {
            return .string(hiddenValue)
        }
        switch value {
        case .string(let text): return .string(text)
        case .stringConvertible(let value): return .string(value.description)
        case .array(let values): return .array(values.map { shown("", $0) })
        case .dictionary(let members):
            return .object(members.sorted { $0.key < $1.key }.map { ($0.key, shown($0.key, $0.value)) })
        }
    }
}

/// `2026-01-02T03:04:05.678901Z`, from microseconds since 1970.
func rfc3339(microseconds: Int64) -> String {
    let (milliseconds, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000)
    let digits = String(rest)
    let time = Instant(milliseconds: milliseconds).rfc3339.dropLast()
    return time + String(repeating: "0", count: 3 - digits.count) + digits + "Z"
}
