package import Domain

/// What reading one body or query has found so far.
///
/// - Bounds: 20 errors; the rest is not reported.
final class InputLog {
    private(set) var errors: [FieldError] = []
    private var known: Set<String> = []

    func add(_ error: FieldError) {
        if errors.count < 20 { errors.append(error) }
    }

    func know(_ field: String) { known.insert(field) }

    func knows(_ field: String) -> Bool { known.contains(field) }
}

extension JSONValue {
    /// Enough of the value for its sender to recognize it.
    var shown: String {
        switch self {
        case .object: "an object"
        case .array: "an array"
        case .string(let value): value.count > 64 ? String(value.prefix(64)) + "…" : value
        case .null, .boolean, .integer, .decimal: text
        }
    }

    /// The text, when it is one of an accepted size.
    func text(_ bytes: ClosedRange<Int>) -> String? {
        string.flatMap { bytes.contains($0.utf8.count) ? $0 : nil }
    }
}

func textForm(_ bytes: ClosedRange<Int>) -> String {
    "a text of \(bytes.lowerBound) to \(bytes.upperBound) bytes"
}

func integerForm(_ range: ClosedRange<Int>) -> String {
    "a whole number from \(range.lowerBound) to \(range.upperBound)"
}

func choiceForm<Choice: RawRepresentable<String> & CaseIterable>(_: Choice.Type) -> String {
    "one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))"
}

let idForm = "a name of 1 to 128 printable ASCII characters without spaces"

extension ID {
    /// An id from outside: nil unless it is 1 to 128 printable ASCII characters without spaces.
    package init?(checking text: String?) {
        guard let text, (1...128).contains(text.utf8.count), text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            return nil
        }
        self.init(text)
    }
}

extension ID: JSONRepresentable {
    package var json: JSONValue { .string(rawValue) }
}

extension Instant: JSONRepresentable {
    /// RFC 3339 in UTC, with milliseconds.
    package var json: JSONValue { .string(rfc3339) }
}
