package import SwiftProtobuf

/// A value of one of the topics.
///
/// Each topic has one message with a `oneof` of all the kinds of its records: the value describes itself, and
/// `ce_type` only repeats it.
package protocol WireRecord: WireValue, Sendable {
    /// The topic's message: the value's own, or one around it.
    associatedtype Record: SwiftProtobuf.Message = Wire

    static var topic: Topic { get }

    /// The name of the record's kind: its field in the `oneof`, with dashes.
    var kindName: String { get }

    var record: Record { get }

    init(record: Record) throws(WireError)
}

extension WireRecord {
    /// The record's `ce_type`, as in `patchbay.work.customer-message.v1`.
    package var type: String { "patchbay.\(Self.topic.rawValue).\(kindName).v1" }

    /// The record's value in Kafka: the same bytes for the same record.
    package func encoded() -> [UInt8] { record.deterministicBytes() }

    /// Reads a record's value.
    /// - Throws: `WireError` naming the field; the record is to be dead-lettered.
    package init(wire bytes: [UInt8]) throws(WireError) {
        try self.init(record: Record(decoding: bytes))
    }
}

extension WireRecord {
    /// Reads a record's value, and holds it against its `ce_type`: where the two disagree, either a newer version means
    /// something else by these bytes, or they are of another topic and only look as if they fitted.
    /// - Parameter type: empty: there was none, and the value speaks for itself.
    /// - Throws: `WireError` naming the field; the record is to be dead-lettered, unless the error `isNewer`: its type is of
    ///   this topic, and its version or some kind in it is not known here.
    package init(wire bytes: [UInt8], type: String) throws(WireError) {
        let ofTopic = "patchbay.\(Self.topic.rawValue)."
        guard type.isEmpty || type.hasPrefix(ofTopic) else { throw .type(type, expected: "\(ofTopic)…") }
        guard !bytes.isEmpty else {
            throw .missing("record", "a \(Record.protoMessageName)")
        }
        do {
            try self.init(wire: bytes)
        } catch {
            var error = error
            error.isNewer = error.isUnknownKind && !type.isEmpty
            throw error
        }
        guard type.isEmpty || type == self.type else {
            var error = WireError.type(type, expected: self.type)
            error.isNewer = !type.hasSuffix(".v1")
            throw error
        }
    }
}

extension WireError {
    /// Types are no content, but what stands where a type should stand may be.
    fileprivate static func type(_ type: String, expected: String) -> WireError {
        let isName = type.utf8.count <= 100 && type.utf8.allSatisfy { (UInt8(ascii: "-")...UInt8(ascii: "z")) ~= $0 }
        return WireError(
            field: "ce_type", value: isName ? type : "\(type.utf8.count) bytes", expected: expected)
    }
}

extension WireRecord where Record == Wire {
    package var record: Record { wire }

    package init(record: Record) throws(WireError) {
        try self.init(wire: record)
    }
}
