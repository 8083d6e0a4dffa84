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
    var record: Record
    var instant: Instant

    private func origin(_ index: Int) -> String {
        let source = Origin.Source(service: service, topic: record.topic, partition: record.partition)
        return Origin(source: source, offset: record.offset, index: index).description
    }

    func headers(type: String, index: Int) -> [Header] {
        let origin = origin(index)
        var headers = [
            Header(CloudEvent.specversion, "1.0"), Header(CloudEvent.id, origin), Header(CloudEvent.type, type),
            Header(CloudEvent.source, "/patchbay/\(service)"), Header(CloudEvent.time, instant.rfc3339),
            Header(CloudEvent.contentType, "application/protobuf"), Header(Origin.header, origin),
        ]
        if let parent = record.header(CloudEvent.traceparent), let child = Self.child(of: parent, origin: origin) {
            headers.append(Header(CloudEvent.traceparent, child))
        }
        return headers
    }

    /// The dead letter keeps the original's headers behind `original-`, so that it can be sent again as it was.
    func deadLetterHeaders(_ poison: PoisonRecord, index: Int) -> [Header] {
        [
            Header(Origin.header, origin(index)), Header("patchbay-error", poison.reason),
            Header("patchbay-source-topic", record.topic), Header("patchbay-source-partition", "\(record.partition)"),
            Header("patchbay-source-offset", "\(record.offset)"), Header("patchbay-service", service),
        ] + record.headers.map { Header(name: "original-" + $0.name, value: $0.value) }
    }

    /// The same trace with a span id that follows from the origin, so that a repeated output is the same.
    private static func child(of parent: String, origin: String) -> String? {
        let parts = parent.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0].count == 2, parts[1].count == 32, parts[3].count == 2 else { return nil }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in origin.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let digits = String(max(hash, 1), radix: 16)
        return "\(parts[0])-\(parts[1])-\(String(repeating: "0", count: 16 - digits.count))\(digits)-\(parts[3])"
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
