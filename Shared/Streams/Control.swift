package import Kafka

/// What the stream task itself writes to its log. The header `patchbay-control` names the kind, further headers hold
/// the fields, so that no schema is needed.
package enum Control: Hashable, Sendable {
    /// Shows the time. Content is ignored.
    case tick
    /// From here on only this task's attempts count.
    case lead(token: String)
    /// The leader is about to perform an effect.
    case attempt(effect: String, token: String)
    /// What came of it; the value holds the result.
    case result(effect: String, token: String)
    /// One part of a configuration revision; the last part is the end marker.
    case configuration(revision: Int64, part: Int, count: Int)
    /// From here on the rules of this version hold.
    case rules(version: Int)
    /// From here on this counts as another log under the same name: it was put back to an earlier time, so its offsets
    /// come a second time. Appended by an operator, from version 2 of the rules on.
    case incarnation

    package static let header = "patchbay-control"
    private static let effectHeader = "patchbay-effect"
    private static let tokenHeader = "patchbay-token"
    private static let partHeader = "patchbay-part"
    private static let rulesHeader = "patchbay-rules"
    private static let rulesKind = "rules"
    static let kinds: Set = ["tick", "lead", "attempt", "result", "configuration", rulesKind, "incarnation"]
    /// The key of every control record.
    package static let key = Array("patchbay-control".utf8)

    package var headers: [Header] {
        switch self {
        case .tick: [Header(Self.header, "tick")]
        case .lead(let token): [Header(Self.header, "lead"), Header(Self.tokenHeader, token)]
        case .attempt(let effect, let token):
            [Header(Self.header, "attempt"), Header(Self.effectHeader, effect), Header(Self.tokenHeader, token)]
        case .result(let effect, let token):
            [Header(Self.header, "result"), Header(Self.effectHeader, effect), Header(Self.tokenHeader, token)]
        case .configuration(let revision, let part, let count):
            [Header(Self.header, "configuration"), Header(Self.partHeader, "\(revision)/\(part)/\(count)")]
        case .rules(let version): [Header(Self.header, Self.rulesKind), Header(Self.rulesHeader, "\(version)")]
        case .incarnation: [Header(Self.header, "incarnation")]
        }
    }

    /// Nil when the record is not a control record.
    /// - Throws: `PoisonRecord` when it says that it is one and is not of that form.
    static func read(_ record: Record) throws(PoisonRecord) -> Control? {
        guard let kind = record.header(header) else { return nil }
        switch kind {
        case "tick": return .tick
        case "incarnation": return .incarnation
        case "lead":
            if let token = record.header(tokenHeader) { return .lead(token: token) }
        case "attempt":
            if let effect = record.header(effectHeader), let token = record.header(tokenHeader) {
                return .attempt(effect: effect, token: token)
            }
        case "result":
            if let effect = record.header(effectHeader), let token = record.header(tokenHeader) {
                return .result(effect: effect, token: token)
            }
        case "configuration":
            let numbers = (record.header(partHeader) ?? "").split(separator: "/").compactMap { Int64($0) }
            if numbers.count == 3, numbers[1] >= 0, numbers[1] < numbers[2], numbers[2] <= ConfigurationTable.partsMax {
                return .configuration(revision: numbers[0], part: Int(numbers[1]), count: Int(numbers[2]))
            }
        case rulesKind:
            if let version = record.header(rulesHeader).flatMap({ Int($0) }), version >= 1 {
                return .rules(version: version)
            }
        default: throw PoisonRecord("header \(header): unknown kind of control record")
        }
        throw PoisonRecord("control record \(kind): a header is missing or not of its form")
    }
}

extension Header {
    init(_ name: String, _ value: String) {
        self.init(name: name, value: Array(value.utf8))
    }
}
