import Domain
import Kafka
import Schema
import Streams

/// A record on its way into the timeline.
struct TimelineRecord: Sendable {
    enum Content: Sendable {
        case inbound(InboundRecord)
        case workEvent(WorkEvent)
        case outbound(OutboundMessage)
        case delivery(DeliveryEvent)
        case slaEvent(SLAEvent)
    }

    /// The topics that the timeline is made of.
    static let topics: [Topic] = [.inbound, .workEvents, .outbound, .delivery, .slaEvents]

    /// Names the record among all, the same after every rebuild.
    var key: String
    /// Log time.
    var at: Instant
    /// The customer in whose partition of `inbound` it is.
    var holder: CustomerID?
    var content: Content

    /// Reads a record; nil when it is of no use here: a tombstone, a type that this version does not know.
    init?(_ record: ProjectedRecord, prefix: String) {
        guard let topic = Topic(name: record.topic, prefix: prefix), let value = record.value,
            let content = try? Content(topic, value, record.type)
        else { return nil }
        let holder = topic == .inbound ? CustomerID(String(decoding: record.key, as: UTF8.self)) : nil
        self.init(
            topic, partition: record.partition, offset: record.offset, at: record.at, heldBy: holder, content)
    }

    init(
        _ topic: Topic, partition: Int32, offset: Int64, at: Instant, heldBy holder: CustomerID? = nil,
        _ content: Content
    ) {
        key = "\(topic.rawValue)/\(partition)/\(offset)"
        self.at = at
        self.holder = holder
        self.content = content
    }
}

extension TimelineRecord.Content {
    fileprivate init?(_ topic: Topic, _ value: [UInt8], _ type: String) throws(WireError) {
        switch topic {
        case .inbound: self = .inbound(try InboundRecord(wire: value, type: type))
        case .workEvents: self = .workEvent(try WorkEvent(wire: value, type: type))
        case .outbound: self = .outbound(try OutboundMessage(wire: value, type: type))
        case .delivery: self = .delivery(try DeliveryEvent(wire: value, type: type))
        case .slaEvents: self = .slaEvent(try SLAEvent(wire: value, type: type))
        case .work, .clocks, .identity, .profiles, .config, .deadLetter, .connectorState, .contextState,
            .routerState, .slaTimerState:
            return nil
        }
    }
}

/// Some records, and where each partition stands after them.
struct TimelineBatch: Sendable {
    var records: [TimelineRecord] = []
    /// What the projection wants to have back when it goes on.
    var states: [TopicPartition: [UInt8]] = [:]
    /// The last offset of each partition.
    var reached: [TopicPartition: Int64] = [:]
    /// Records that are not understood.
    var skipped = 0
}

extension TimelineBatch {
    init(_ batch: ProjectionBatch, prefix: String) {
        states = batch.states
        for record in batch.records {
            reached[TopicPartition(topic: record.topic, partition: record.partition)] = record.offset
            if let understood = TimelineRecord(record, prefix: prefix) {
                records.append(understood)
            } else {
                skipped += 1
            }
        }
    }
}
