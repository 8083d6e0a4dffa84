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
        var all = ConsumerEvents.readerProperties(properties, readCommitted: readCommitted)
        all["group.id"] = "patchbay-reader"  // librdkafka insists on a name; nothing joins or commits under it
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
        let polled = client.useIfOpen { handle in
            ConsumerEvents.poll(handle.queue, of: handle.instance, max: max, timeout: timeout, context: context)
        }
        if let statistics = polled?.statistics { latest.withLock { $0 = statistics } }
        return polled?.events ?? []
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
            try ConsumerEvents.watermarks(of: partition, handle.instance, timeout, context)
        }
    }

    /// The latest statistics that `poll` has met; needs the property `statistics.interval.ms`.
    package var statistics: Statistics? { latest.withLock { $0 } }

    /// Frees everything. A second call does nothing. Blocks until calls on other threads have returned.
    package func close() {
        guard let handle = client.retire() else { return }
        client.destroy(handle)
    }
}
