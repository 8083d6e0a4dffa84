package import Domain

/// A record's headers: the CloudEvents Kafka binding in binary mode, and W3C Trace Context.
///
/// - Source: <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md>
package struct EventHeaders: Hashable, Sendable {
    /// `ce_id`: with the source, names the event; a repeat has the same.
    package var id: String
    /// `ce_type`, as `WireRecord.type` gives it.
    package var type: String
    /// `ce_source`: who wrote it, as in `/patchbay/connector`.
    package var source: String
    /// `ce_time`
    package var time: Instant
    package var traceContext: TraceContext?

    package init(id: String, type: String, source: String, time: Instant, traceContext: TraceContext? = nil) {
        self.id = id
        self.type = type
        self.source = source
        self.time = time
        self.traceContext = traceContext
    }

    package enum Name {
        package static let id = "ce_id"
        package static let type = "ce_type"
        package static let source = "ce_source"
        package static let time = "ce_time"
        package static let specVersion = "ce_specversion"
        package static let contentType = "content-type"
        package static let traceparent = "traceparent"
    }

    package static let specVersion = "1.0"
    package static let contentType = "application/protobuf"

    /// The headers in the order in which they are written.
    package var list: [(name: String, value: [UInt8])] {
        var pairs = [
            (Name.specVersion, EventHeaders.specVersion), (Name.id, id), (Name.type, type), (Name.source, source),
            (Name.time, time.rfc3339), (Name.contentType, EventHeaders.contentType),
        ]
        if let traceContext { pairs.append((Name.traceparent, traceContext.traceparent)) }
        return pairs.map { (name: $0.0, value: Array($0.1.utf8)) }
    }

    /// Reads a record's headers back, of which others are skipped; nil when it is no event of version 1.0.
    ///
    /// Of a header that comes twice the last counts, as in Kafka. A `traceparent` that is invalid counts as absent.
    package init?(_ headers: [(name: String, value: [UInt8])]) {
        func text(_ name: String) -> String? {
            headers.last { $0.name == name }.map { String(decoding: $0.value, as: UTF8.self) }
        }
        guard text(Name.specVersion) == EventHeaders.specVersion, let id = text(Name.id), !id.isEmpty,
            let type = text(Name.type), !type.isEmpty, let source = text(Name.source), !source.isEmpty,
            let time = text(Name.time).flatMap({ Instant(rfc3339: $0) })
        else { return nil }
        self.init(
            id: id, type: type, source: source, time: time,
            traceContext: text(Name.traceparent).flatMap { TraceContext(traceparent: $0) })
    }
}
