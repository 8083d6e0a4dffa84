import CRdKafka
import Synchronization

/// An idempotent producer, transactional if it has a transactional id.
///
/// Nothing runs behind the caller's back except librdkafka's own threads: delivery reports wait in a queue until
/// `poll` fetches them. What a gapless one lands is always a prefix of what was produced: a refused record is fatal
/// (`enable.gapless.guarantee=true`), and none is given up by the clock, which that guarantee would not cover
/// (`message.timeout.ms=0`).
///
/// - Ordering: records of one partition land in the order of `produce`.
/// - Bounds: librdkafka's `queue.buffering.max.messages` (100,000) and `queue.buffering.max.kbytes` (1 GiB) count what is
///   queued, in flight, and reported but not polled yet; beyond them `produce` throws `.queueFull`.
///
/// SAFETY: `client` guards librdkafka's instance against use after `close()`; all other state is in a `Mutex`.
package final class Producer: @unchecked Sendable {
    /// What became of one record.
    package struct Delivery: Hashable, Sendable {
        /// What `produce` was given.
        package var tag: Int
        package var topic: String
        package var partition: Int32
        /// Its place in the log, or negative when it did not land.
        package var offset: Int64
        package var error: KafkaError?
    }

    /// A handle of librdkafka's. SAFETY: it may be used from any thread until `close()` frees it.
    private struct Topic: @unchecked Sendable {
        let handle: OpaquePointer
    }

    private struct State {
        /// Reports that `flush` met on its way; the next `poll` returns them first.
        var deliveries: [Delivery] = []
        var statistics: Statistics?
        /// By name, each made with its first record.
        var topics: [String: Topic] = [:]
    }

    let client: Client
    let context: String
    private let isTransactional: Bool
    private let state = Mutex(State())

    /// Connects in the background; brokers that are away show as events and failed deliveries, not here.
    /// - Parameters:
    ///   - properties: librdkafka's, over our defaults; idempotence cannot be switched off.
    ///   - isGapless: false lets a record fail on its own, and `message.timeout.ms` be set.
    /// - Throws: `.invalidArgument` naming an unknown property or a wrong value. Not retriable.
    package init(
        properties: [String: String], transactionalID: String? = nil, isGapless: Bool = true
    ) throws(KafkaError) {
        var all = [
            "linger.ms": "0", "partitioner": "murmur2_random", "socket.nagle.disable": "true",
            "reconnect.backoff.max.ms": "1000",
        ]
        let context = transactionalID.map { "producer \($0)" } ?? "producer"
        if transactionalID != nil {
            all["retry.backoff.ms"] = try BrokerKind(properties, context: context).transactionRetry
        }
        all.merge(properties) { $1 }
        all["enable.idempotence"] = "true"
        all["enable.gapless.guarantee"] = "\(isGapless)"
        all["transactional.id"] = transactionalID
        // A transaction's own time-out bounds its records.
        if isGapless || transactionalID != nil { all["delivery.timeout.ms"] = nil }
        if isGapless { all["message.timeout.ms"] = transactionalID == nil ? "0" : nil }

        // Nobody has to poll a transactional producer: its commit tells of failed deliveries, and would wait for the
        // reports that nobody fetches meanwhile if there were any.
        let events = RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_STATS
        isTransactional = transactionalID != nil
        self.context = context
        client = try Client(
            RD_KAFKA_PRODUCER, properties: all, events: transactionalID == nil ? events : 0, context: context)
    }

    /// Queues one record. Never blocks; any thread.
    /// - Parameters:
    ///   - partition: nil lets the key decide (murmur2, as `Partitioner`), or chance without a key.
    ///   - value: nil is a tombstone.
    ///   - tag: comes back in the record's `Delivery`.
    /// - Throws: `.queueFull` (retriable, after a `poll`), `.messageSizeTooLarge`, `.state` outside a transaction, or
    ///   the fatal error that ended this producer.
    package func produce(
        topic: String, partition: Int32? = nil, key: [UInt8]?, value: [UInt8]?, headers: [Header] = [], tag: Int = 0
    ) throws(KafkaError) {
        func context() -> String { "\(self.context): produce to \(topic)\(partition.map { "/\($0)" } ?? "")" }
        try client.use(context()) { handle throws(KafkaError) in
            guard let topicHandle = self.handle(of: topic, in: handle.instance) else {
                throw KafkaError(KafkaError.Code(rd_kafka_last_error()), context: context())
            }
            let list = Self.makeHeaders(headers)
            let code = Self.withBytes(key) { key, keyCount in
                Self.withBytes(value) { value, valueCount in
                    patchbay_produce(
                        handle.instance, topicHandle, partition ?? patchbay_partition_any, key, keyCount, value,
                        valueCount,
                        list, tag)
                }
            }
            guard let error = Client.error(code, of: handle.instance, context: context()) else { return }
            if let list { rd_kafka_headers_destroy(list) }
            throw error
        }
    }

    /// The deliveries since the last call: waits up to `timeout` for the first, and takes the rest without waiting.
    ///
    /// Blocks the calling thread; one thread at a time. It has to be called, for the queue to stay bounded; but not
    /// for a transactional producer, which has no reports: its commit tells.
    /// - Bounds: one batch of librdkafka's reports beyond 10,000.
    package func poll(timeout: Duration) -> [Delivery] {
        var deliveries = state.withLock { state in
            defer { state.deliveries = [] }
            return state.deliveries
        }
        client.useIfOpen { handle in
            var wait = deliveries.isEmpty ? timeout.milliseconds : 0
            while deliveries.count < 10_000, let event = rd_kafka_queue_poll(handle.queue, wait) {
                take(event, into: &deliveries)
                // Errors and statistics do not end the wait for ever: one of them returns early and empty-handed.
                wait = 0
            }
        }
        return deliveries
    }

    /// Makes a waiting `poll`, or the next one, return early. Any thread; never blocks.
    package func wakeUp() {
        client.useIfOpen { rd_kafka_queue_yield($0.queue) }
    }

    /// Waits until everything produced has landed or failed; the reports stay for `poll`.
    /// - Returns: false when the time was over first.
    /// Blocks the calling thread.
    package func flush(timeout: Duration) -> Bool {
        let deadline = Deadline(after: timeout)
        var deliveries: [Delivery] = []
        let isEmpty = client.useIfOpen { handle in
            while rd_kafka_outq_len(handle.instance) > 0, !deadline.isOver {
                let wait = deadline.remaining(limit: .milliseconds(10)).milliseconds
                guard let event = rd_kafka_queue_poll(handle.queue, wait) else { continue }
                take(event, into: &deliveries)
            }
            return rd_kafka_outq_len(handle.instance) == 0
        }
        if !deliveries.isEmpty {
            state.withLock { $0.deliveries += deliveries }
            wakeUp()
        }
        return isEmpty ?? true
    }

    /// Why this producer is finished, once it is: close it and send again with a new one.
    package var fatalError: KafkaError? {
        client.useIfOpen { Client.fatalError(of: $0.instance, context: context) } ?? nil
    }

    /// The latest statistics that `poll` has met; needs the property `statistics.interval.ms`.
    package var statistics: Statistics? { state.withLock { $0.statistics } }

    /// Drops what is outstanding, without reports, and frees everything. A second call does nothing.
    ///
    /// Blocks the calling thread until calls on other threads have returned. An open transaction stays open until its
    /// time-out, or until the next producer with this transactional id ends it.
    package func close() {
        guard let handle = client.retire() else { return }
        // librdkafka 2.0.2 aborts the process when it is destroyed at the moment in which it registers a partition with
        // the transaction: what has been produced is registered before the wait is over.
        if isTransactional { rd_kafka_flush(handle.instance, 100) }
        rd_kafka_purge(handle.instance, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
        // Outstanding reports hold the instance: take them off before it is destroyed.
        let deadline = Deadline(after: .seconds(1))
        while rd_kafka_outq_len(handle.instance) > 0, !deadline.isOver {
            if let event = rd_kafka_queue_poll(handle.queue, 10) { rd_kafka_event_destroy(event) }
        }
        let topics = state.withLock { state in
            state.deliveries = []
            defer { state.topics = [:] }
            return state.topics
        }
        for topic in topics.values { rd_kafka_topic_destroy(topic.handle) }
        client.destroy(handle)
    }
}

extension Producer {
    /// Making a handle asks for the topic's partitions at once. Without it librdkafka asks only in its scan of each
    /// second, and the first record of a topic would wait for that.
    /// - Returns: nil for a name that no topic can have; `rd_kafka_last_error` tells.
    private func handle(of topic: String, in instance: OpaquePointer) -> OpaquePointer? {
        if let known = state.withLock({ $0.topics[topic] }) { return known.handle }
        guard let new = rd_kafka_topic_new(instance, topic, nil).map(Topic.init) else { return nil }
        let replaced = state.withLock { $0.topics.updateValue(new, forKey: topic) }
        // Another thread was quicker: both handles are of the same topic.
        if let replaced { rd_kafka_topic_destroy(replaced.handle) }
        return new.handle
    }

    /// Reads one event and frees it.
    private func take(_ event: OpaquePointer, into deliveries: inout [Delivery]) {
        defer { rd_kafka_event_destroy(event) }
        switch rd_kafka_event_type(event) {
        case RD_KAFKA_EVENT_DR:
            while let message = rd_kafka_event_message_next(event) {
                deliveries.append(Self.delivery(message, context: context))
            }
        case RD_KAFKA_EVENT_STATS:
            let text = rd_kafka_event_stats(event).map { String(cString: $0) }
            let statistics = text.flatMap { Statistics(json: $0) }
            state.withLock { $0.statistics = statistics ?? $0.statistics }
        default: break
        }
    }

    private static func delivery(_ message: UnsafePointer<rd_kafka_message_t>, context: String) -> Delivery {
        let fields = message.pointee
        let topic = String(cString: rd_kafka_topic_name(fields.rkt))
        // No `rd_kafka_message_errstr`: of a producer's message it takes the payload for a text.
        let error = KafkaError(fields.err, context: "\(context): delivery to \(topic)/\(fields.partition)")
        return Delivery(
            tag: Int(bitPattern: fields._private), topic: topic, partition: fields.partition,
            offset: error == nil ? fields.offset : -1, error: error)
    }

    private static func makeHeaders(_ headers: [Header]) -> OpaquePointer? {
        guard !headers.isEmpty else { return nil }
        let list = rd_kafka_headers_new(headers.count)
        for header in headers {
            withBytes(header.value) { value, count in
                _ = rd_kafka_header_add(list, header.name, -1, value, count)
            }
        }
        return list
    }

    /// A pointer that is null for nil only: librdkafka tells an empty key or value from a null one by it.
    private static func withBytes<Result>(_ bytes: [UInt8]?, _ body: (UnsafeRawPointer?, Int) -> Result) -> Result {
        guard let bytes else { return body(nil, 0) }
        guard !bytes.isEmpty else { return withUnsafeBytes(of: UInt8(0)) { body($0.baseAddress, 0) } }
        return bytes.withUnsafeBytes { body($0.baseAddress, $0.count) }
    }
}
