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

extension WireRecord where Record == Wire {
    package var record: Record { wire }

    package init(record: Record) throws(WireError) {
        try self.init(wire: record)
    }
}
