/// Says which field of a record cannot be understood, what was found there and what was expected.
///
/// It holds no content, so it may be logged and travel in a dead letter's headers.
package struct WireError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Path of proto field names, as in `message_received.address.channel`; `record` for the record as a whole.
    package var field: String
    /// What was found: a number, a size, `nothing`.
    package var value: String
    package var expected: String
    /// A oneof has no case that is known: either nothing was written, or a newer version wrote it.
    package var isUnknownKind = false
    /// A newer version must have written the record.
    package var isNewer = false

    package init(field: String, value: String, expected: String) {
        self.field = field
        self.value = value
        self.expected = expected
    }

    package var description: String { "\(field): found \(value), expected \(expected)" }

    /// The same error, seen from the message that holds the field's message under `outer`.
    package func inside(_ outer: String) -> WireError {
        var error = self
        error.field = "\(outer).\(field)"
        return error
    }

    static func missing(_ field: String, _ expected: String) -> WireError {
        WireError(field: field, value: "nothing", expected: expected)
    }

    /// A oneof of which no case is set: either nothing was written, or a newer version wrote what this one does not
    /// know.
    package static func unknownKind(_ field: String = "kind") -> WireError {
        var error = WireError(
            field: field, value: "unknown record kind", expected: "a kind that this version knows")
        error.isUnknownKind = true
        return error
    }
}
