internal import Domain
internal import Kafka

/// The headers of an output: CloudEvents in binary mode, the origin, and the trace.
///
/// - Source: CloudEvents 1.0, Kafka protocol binding, section 3.2; W3C Trace Context.
package enum CloudEvent {
    package static let id = "ce_id"
    package static let type = "ce_type"
    package static let source = "ce_source"
    package static let time = "ce_time"
    package static let specversion = "ce_specversion"
    package static let contentType = "content-type"
    package static let traceparent = "traceparent"
}

/// The record that caused some outputs.
struct Cause {
    var service: String
    /// Of the record's log, 0 before version 2 of the rules.
    var incarnation: Int64
    var record: Record
    var instant: Instant

    /// The origin of the record's output with this number.
    func origin(_ index: Int) -> String {
        let source = Origin.Source(service: service, topic: record.topic, partition: record.partition)
        return Origin(source: source, incarnation: incarnation, offset: record.offset, index: index).description
    }

    func headers(type: String, index: Int) -> [Header] {
        let origin = origin(index)
        var headers = [
            Header(CloudEvent.specversion, "1.0"), Header(CloudEvent.id, origin), Header(CloudEvent.type, type),
            Header(CloudEvent.source, "/patchbay/\(service)"), Header(CloudEvent.time, instant.rfc3339),
            Header(CloudEvent.contentType, "application/protobuf"), Header(Origin.header, origin),
        ]
        if let parent = record.header(CloudEvent.traceparent).flatMap(TraceContext.init(traceparent:)) {
            headers.append(
                Header(CloudEvent.traceparent, TraceContext.child(of: parent, origin: origin).traceparent))
        }
        return headers
    }
}

extension StreamRecord {
    init(_ record: Record) {
        self.init(
            topic: record.topic, partition: record.partition, offset: record.offset,
            type: record.header(CloudEvent.type) ?? "", key: record.key ?? [], value: record.value ?? [],
            traceparent: record.header(CloudEvent.traceparent))
    }
}
