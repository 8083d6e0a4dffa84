import CRdKafka
import Synchronization

/// Reads partitions that the caller names, from where the caller says; in no group, and commits nothing.
///
/// - Ordering: a partition's records in their order; between partitions there is none.
///
/// SAFETY: `client` guards librdkafka's instance against use after `close()`; all other state is in a `Mutex`.
package final class DataConsumer: @unchecked Sendable {
    package enum Event: Hashable, Sendable {
        case record(Record)
        /// Everything that the partition had at that moment has been read.
        /// - Parameter offset: the next record to come. With `readCommitted` an open transaction may hide records.
        case endOfPartition(TopicPartition, offset: Int64)
        /// `.offsetOutOfRange` and a fatal error end the reading of their partition; the others pass.
        case error(KafkaError)
    }

    private let client: Client
    private let context: String
    private let latest = Mutex<Statistics?>(nil)
    package let partitions: [TopicPartition]

    /// Reads one partition.
    package convenience init(
        properties: [String: String], topic: String, partition: Int32, from offset: Offset, readCommitted: Bool = false
    ) throws(KafkaError) {
        let partition = TopicPartition(topic: topic, partition: partition)
        try self.init(properties: properties, assignments: [partition: offset], readCommitted: readCommitted)
    }

    /// Reads several partitions.
    /// - Parameters:
    ///   - readCommitted: leaves out what an aborted transaction wrote, and waits behind an open one.
    ///   - pause: the shortest between two fetches that are answered at once: longer for whoever is in no hurry, so
    ///     that many records come in few answers.
    /// - Throws: `.invalidArgument` naming an unknown property or a wrong value.
    package init(
        properties: [String: String], assignments: [TopicPartition: Offset], readCommitted: Bool = false,
        pause: Duration = .milliseconds(1)
    ) throws(KafkaError) {
        var all = [
            "socket.nagle.disable": "true", "reconnect.backoff.max.ms": "1000", "fetch.wait.max.ms": "100",
            "fetch.error.backoff.ms": "50",
        ]
        all.merge(properties) { $1 }
        all["group.id"] = "patchbay-reader"  // librdkafka insists on a name; nothing joins or commits under it
        all["enable.auto.commit"] = "false"
        all["enable.auto.offset.store"] = "false"
        all["auto.offset.reset"] = "error"
        all["enable.partition.eof"] = "true"
        all["isolation.level"] = readCommitted ? "read_committed" : "read_uncommitted"
        partitions = assignments.keys.sorted()
        context = "reader of \(partitions.count == 1 ? partitions[0].description : "\(partitions.count) partitions")"
        client = try Client(
            RD_KAFKA_CONSUMER, properties: all, events: ConsumerEvents.all, pause: pause, context: context)
        let (context, ordered) = (context, partitions.map { ($0, assignments[$0]!.number) })
        do throws(KafkaError) {
            try client.use(context) { handle throws(KafkaError) in
                let code = PartitionList.with(ordered) { rd_kafka_assign(handle.instance, $0) }
                if let error = Client.error(code, of: handle.instance, context: "\(context): assign") { throw error }
            }
        } catch {
            close()
            throw error
        }
    }

    /// The next events: waits up to `timeout` for the first, and takes the rest without waiting.
    ///
    /// Blocks the calling thread; one thread at a time.
    /// - Bounds: `max` events.
    package func poll(max: Int, timeout: Duration) -> [Event] {
        var events: [Event] = []
        client.useIfOpen { handle in
            var wait = timeout.milliseconds
            var topic = TopicName()
            while events.count < max, let event = rd_kafka_queue_poll(handle.queue, wait) {
                if let event = take(event, of: handle.instance, topic: &topic) { events.append(event) }
                wait = 0
            }
        }
        return events
    }

    /// Makes a waiting `poll`, or the next one, return early. Any thread; never blocks.
    package func wakeUp() {
        client.useIfOpen { rd_kafka_queue_yield($0.queue) }
    }

    /// Asks the broker for the first offset and the next one of the partition that this consumer was made for.
    /// - Throws: `.timedOut` and `.transport` (retriable), `.unknownTopicOrPartition`.
    /// Blocks the calling thread up to `timeout`.
    package func watermarks(timeout: Duration) throws(KafkaError) -> (low: Int64, high: Int64) {
        precondition(partitions.count == 1, "watermarks of one partition: name it")
        return try watermarks(of: partitions[0], timeout: timeout)
    }

    /// Asks the broker for the first offset and the next one of a partition. As above.
    package func watermarks(of partition: TopicPartition, timeout: Duration) throws(KafkaError) -> (
        low: Int64, high: Int64
    ) {
        let context = "\(context): watermarks of \(partition)"
        return try client.use(context) { handle throws(KafkaError) in
            var (low, high) = (Int64(0), Int64(0))
            let code = rd_kafka_query_watermark_offsets(
                handle.instance, partition.topic, partition.partition, &low, &high, timeout.milliseconds)
            if let error = Client.error(code, of: handle.instance, context: context) { throw error }
            return (low, high)
        }
    }

    /// The latest statistics that `poll` has met; needs the property `statistics.interval.ms`.
    package var statistics: Statistics? { latest.withLock { $0 } }

    /// Frees everything. A second call does nothing. Blocks until calls on other threads have returned.
    package func close() {
        guard let handle = client.retire() else { return }
        rd_kafka_queue_destroy(handle.queue)
        rd_kafka_destroy_flags(handle.instance, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
    }
}

extension DataConsumer {
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

    /// Reads one event and frees it.
    private func take(_ event: OpaquePointer, of instance: OpaquePointer, topic: inout TopicName) -> Event? {
        defer { rd_kafka_event_destroy(event) }
        switch rd_kafka_event_type(event) {
        case RD_KAFKA_EVENT_FETCH:
            guard let message = rd_kafka_event_message_next(event) else { return nil }
            return .record(Record(copying: message, topic: topic.name(of: message.pointee.rkt)))
        case RD_KAFKA_EVENT_ERROR:
            if rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__PARTITION_EOF,
                let entry = ConsumerEvents.partition(of: event)
            {
                return .endOfPartition(entry.partition, offset: entry.offset)
            }
            return .error(ConsumerEvents.error(from: event, of: instance, context: context))
        case RD_KAFKA_EVENT_STATS:
            let statistics = ConsumerEvents.statistics(from: event)
            latest.withLock { $0 = statistics ?? $0 }
            return nil
        default: return nil
        }
    }
}
