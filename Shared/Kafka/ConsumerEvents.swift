import CRdKafka
import Foundation

/// What the consumers have in common: librdkafka's events, and the properties of those that only read.
enum ConsumerEvents {
    static let all =
        RD_KAFKA_EVENT_FETCH | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_STATS
        | RD_KAFKA_EVENT_OFFSET_COMMIT

    /// Reads an error event; one about a partition names it.
    static func error(from event: OpaquePointer, of instance: OpaquePointer, context: String) -> KafkaError {
        guard let partition = partition(of: event) else {
            return Client.error(from: event, of: instance, context: context)
        }
        return Client.error(from: event, of: instance, context: "\(context): \(partition.partition)")
    }

    /// The partition that an error event is about, with the offset.
    static func partition(of event: OpaquePointer) -> PartitionList.Entry? {
        guard let entry = rd_kafka_event_topic_partition(event) else { return nil }
        defer { rd_kafka_topic_partition_destroy(entry) }
        return PartitionList.Entry(
            partition: TopicPartition(topic: String(cString: entry.pointee.topic), partition: entry.pointee.partition),
            offset: entry.pointee.offset, error: entry.pointee.err)
    }

    static func statistics(from event: OpaquePointer) -> Statistics? {
        rd_kafka_event_stats(event).flatMap { Statistics(json: String(cString: $0)) }
    }
}

// MARK: - For consumers in no group
extension ConsumerEvents {
    static func readerProperties(_ given: [String: String], readCommitted: Bool) -> [String: String] {
        var all = [
            "socket.nagle.disable": "true", "reconnect.backoff.max.ms": "1000", "fetch.wait.max.ms": "100",
            "fetch.error.backoff.ms": "50", "queued.min.messages": "5000",
            // Of each partition, and so of each of many while they are behind.
            "queued.max.messages.kbytes": "4096",
        ]
        all.merge(given) { $1 }
        all["enable.auto.commit"] = "false"
        all["enable.auto.offset.store"] = "false"
        all["auto.offset.reset"] = "error"
        all["enable.partition.eof"] = "true"
        all["isolation.level"] = readCommitted ? "read_committed" : "read_uncommitted"
        return all
    }

    /// Waits up to `timeout` for the first event and takes the rest without waiting, `max` events at most.
    static func poll(
        _ queue: OpaquePointer, of instance: OpaquePointer, max: Int, timeout: Duration, context: String
    ) -> (events: [DataConsumer.Event], statistics: Statistics?) {
        var events: [DataConsumer.Event] = []
        var statistics: Statistics?
        var wait = timeout.milliseconds
        var topic = TopicName()
        while events.count < max, let event = rd_kafka_queue_poll(queue, wait) {
            defer { rd_kafka_event_destroy(event) }
            wait = 0
            if rd_kafka_event_type(event) == RD_KAFKA_EVENT_STATS {
                statistics = self.statistics(from: event) ?? statistics
            } else if let event = read(event, of: instance, topic: &topic, context: context) {
                events.append(event)
            }
        }
        return (events, statistics)
    }

    private static func read(
        _ event: OpaquePointer, of instance: OpaquePointer, topic: inout TopicName, context: String
    ) -> DataConsumer.Event? {
        switch rd_kafka_event_type(event) {
        case RD_KAFKA_EVENT_FETCH:
            guard let message = rd_kafka_event_message_next(event) else { return nil }
            return .record(Record(copying: message, topic: topic.name(of: message.pointee.rkt)))
        case RD_KAFKA_EVENT_ERROR:
            if rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__PARTITION_EOF, let entry = partition(of: event) {
                return .endOfPartition(entry.partition, offset: entry.offset)
            }
            return .error(error(from: event, of: instance, context: context))
        default: return nil
        }
    }

    /// Asks the broker.
    static func watermarks(
        of partition: TopicPartition, _ instance: OpaquePointer, _ timeout: Duration, _ context: String
    ) throws(KafkaError) -> (low: Int64, high: Int64) {
        var (low, high) = (Int64(0), Int64(0))
        let code = rd_kafka_query_watermark_offsets(
            instance, partition.topic, partition.partition, &low, &high, timeout.milliseconds)
        if let error = Client.error(code, of: instance, context: context) { throw error }
        return (low, high)
    }

    /// The last topic's name, so that a batch of one topic makes one string.
    private struct TopicName {
        private var topic: OpaquePointer?
        private var name = ""

        mutating func name(of topic: OpaquePointer?) -> String {
            if topic != self.topic {
                self.topic = topic
                name = String(cString: rd_kafka_topic_name(topic))
            }
            return name
        }
    }
}
