import CRdKafka
import Synchronization

/// Reads partitions of one topic for readers on threads of their own, over one connection to each broker: what is asked
/// for all of them costs as much as for one.
///
/// In no group, and commits nothing, as `DataConsumer`. A reader that is slow holds up no other.
///
/// SAFETY: `client` guards librdkafka's instance, its topic and the readers' queues against use after `close()`.
package final class SharedConsumer: @unchecked Sendable {
    private let client: Client
    private let topic: Topic
    fileprivate let context: String
    package let name: String

    /// SAFETY: a handle of librdkafka's, which may be used from any thread until `close()` frees it.
    private struct Topic: @unchecked Sendable {
        let handle: OpaquePointer
    }

    /// - Parameters:
    ///   - readCommitted: leaves out what an aborted transaction wrote, and waits behind an open one.
    ///   - pause: as of a `DataConsumer`.
    /// - Throws: `.invalidArgument` naming an unknown property or a wrong value.
    package init(
        properties: [String: String], topic name: String, readCommitted: Bool = false,
        pause: Duration = .milliseconds(1)
    ) throws(KafkaError) {
        self.name = name
        context = "readers of \(name)"
        var all = ConsumerEvents.readerProperties(properties, readCommitted: readCommitted)
        // Without a group librdkafka must not look for offsets that were committed.
        all["auto.commit.enable"] = "false"
        all["offset.store.method"] = "none"
        // What befalls a partition comes to its reader's queue by itself; nobody polls for the rest.
        client = try Client(RD_KAFKA_CONSUMER, properties: all, events: 0, pause: pause, context: context)
        let context = context
        topic = try client.use(context) { handle throws(KafkaError) in
            guard let topic = rd_kafka_topic_new(handle.instance, name, nil) else {
                throw KafkaError(KafkaError.Code(rd_kafka_last_error()), context: context)
            }
            return Topic(handle: topic)
        }
    }

    /// Begins to read a partition, which no other reader of this consumer may be reading.
    /// - Throws: `.invalidArgument`, `.destroyed` after `close()`.
    package func read(_ partition: Int32, from offset: Offset) throws(KafkaError) -> PartitionReader {
        let context = "\(context): partition \(partition)"
        return try client.use(context) { handle throws(KafkaError) in
            let queue = rd_kafka_queue_new(handle.instance)!
            guard rd_kafka_consume_start_queue(topic.handle, partition, offset.number, queue) == 0 else {
                let error = KafkaError(KafkaError.Code(rd_kafka_last_error()), context: context)
                rd_kafka_queue_destroy(queue)
                throw error
            }
            return PartitionReader(self, partition: partition, queue: queue)
        }
    }

    /// Frees everything. Its readers have to be closed before. A second call does nothing.
    /// Blocks until calls on other threads have returned.
    package func close() {
        guard let handle = client.retire() else { return }
        rd_kafka_topic_destroy(topic.handle)
        client.destroy(handle)
    }

    // MARK: - For its readers

    fileprivate func use<Result>(
        _ context: @autoclosure () -> String, _ body: (Client.Handle) throws(KafkaError) -> Result
    ) throws(KafkaError) -> Result {
        try client.use(context(), body)
    }

    fileprivate func useIfOpen<Result>(_ body: (Client.Handle) -> Result) -> Result? { client.useIfOpen(body) }

    fileprivate func stop(_ partition: Int32, _ queue: OpaquePointer) {
        client.useIfOpen { _ in
            rd_kafka_consume_stop(topic.handle, partition)
            rd_kafka_queue_destroy(queue)
        }
    }
}

/// One partition of a `SharedConsumer`, read by one thread.
///
/// SAFETY: only the thread that reads closes, so `poll` never meets a queue that was freed; `wakeUp` takes the lock.
package final class PartitionReader: @unchecked Sendable {
    private let consumer: SharedConsumer
    private let context: String
    private let queue: Mutex<Queue?>
    package let partition: Int32

    private struct Queue: @unchecked Sendable {
        let pointer: OpaquePointer
    }

    fileprivate init(_ consumer: SharedConsumer, partition: Int32, queue: OpaquePointer) {
        self.consumer = consumer
        self.partition = partition
        self.queue = Mutex(Queue(pointer: queue))
        context = "reader of \(consumer.name)/\(partition)"
    }

    /// As `DataConsumer.poll`, on the one thread that also closes.
    package func poll(max: Int, timeout: Duration) -> [DataConsumer.Event] {
        guard let queue = queue.withLock({ $0 }) else { return [] }
        return consumer.useIfOpen { handle in
            ConsumerEvents.poll(queue.pointer, of: handle.instance, max: max, timeout: timeout, context: context).events
        } ?? []
    }

    /// Makes a waiting `poll`, or the next one, return early. Any thread; never blocks.
    package func wakeUp() {
        queue.withLock { queue in
            guard let queue else { return }
            consumer.useIfOpen { _ in rd_kafka_queue_yield(queue.pointer) }
        }
    }

    /// The offset after the last record, as the last answer of the broker said; nil before one came.
    package var end: Int64? {
        consumer.useIfOpen { handle in
            var (low, high) = (Int64(-1), Int64(-1))
            let code = rd_kafka_get_watermark_offsets(handle.instance, consumer.name, partition, &low, &high)
            return code == RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0 ? high : nil
        } ?? nil
    }

    /// Asks the broker for the partition's first offset and the next one.
    /// - Throws: `.timedOut` and `.transport` (retriable), `.unknownTopicOrPartition`.
    /// Blocks the calling thread up to `timeout`.
    package func watermarks(timeout: Duration) throws(KafkaError) -> (low: Int64, high: Int64) {
        let context = "\(context): watermarks"
        return try consumer.use(context) { handle throws(KafkaError) in
            try ConsumerEvents.watermarks(
                of: TopicPartition(topic: consumer.name, partition: partition), handle.instance, timeout, context)
        }
    }

    /// Stops reading. A second call does nothing. Blocks shortly.
    package func close() {
        let open = queue.withLock { queue in
            defer { queue = nil }
            return queue
        }
        if let open { consumer.stop(partition, open.pointer) }
    }
}
