import Synchronization

/// An idempotent producer for async code: `send` returns when the record has landed, or fails in bounded time.
///
/// A thread of its own fetches the delivery reports, so nothing blocks the cooperative pool. Sends are independent of
/// each other: one that fails leaves a gap, and a caller who needs order awaits each before the next. A repeated `send`
/// after an error may land twice.
///
/// - Bounds: `inFlightMax` records; each ends within `message.timeout.ms` (5 s) and the moment that it takes to notice.
package final class AsyncProducer: Sendable {
    package typealias Landed = (partition: Int32, offset: Int64)
    private typealias Waiting = CheckedContinuation<Result<Landed, KafkaError>, Never>

    private struct State {
        /// Nil while a finished producer is being replaced, and after `close()`.
        var producer: Producer?
        var waiting: [Int: Waiting] = [:]
        var lastTag = 0
        var isClosed = false
        /// The thread, once it runs.
        var thread: NamedThread?
    }

    private let state: Mutex<State>
    private let properties: [String: String]
    package let inFlightMax: Int

    /// - Parameter properties: librdkafka's, over `message.timeout.ms=5000`.
    /// - Throws: `.invalidArgument` naming an unknown property or a wrong value.
    package init(properties: [String: String], inFlightMax: Int = 10_000) throws(KafkaError) {
        self.properties = ["message.timeout.ms": "5000"].merging(properties) { $1 }
        self.inFlightMax = inFlightMax
        state = Mutex(State(producer: try Producer(properties: self.properties, isGapless: false)))
        // The thread keeps `self` alive until `close()`.
        let thread = NamedThread.start("kafka-async") { self.run() }
        state.withLock { $0.thread = thread }
    }

    /// Produces one record and waits until all in-sync replicas have it.
    ///
    /// Never blocks a thread. Cancelling the task changes nothing: the record is on its way.
    /// - Throws: `.queueFull` at once when `inFlightMax` are on their way; `.messageTimedOut` when no broker took it in
    ///   time (both retriable); `.unknownTopicOrPartition`, `.messageSizeTooLarge` and the like; `.destroyed` after
    ///   `close()`.
    package func send(
        topic: String, partition: Int32? = nil, key: [UInt8]?, value: [UInt8]?, headers: [Header] = []
    ) async throws(KafkaError) -> Landed {
        let result = await withCheckedContinuation { (continuation: Waiting) in
            let refusal = state.withLock { state -> KafkaError? in
                let context = "send to \(topic)"
                if state.isClosed { return .closed(context) }
                guard let producer = state.producer else {
                    return KafkaError(.transport, context: context, reason: "the producer is being replaced")
                }
                guard state.waiting.count < inFlightMax else {
                    return KafkaError(.queueFull, context: context, reason: "\(inFlightMax) records are in flight")
                }
                state.lastTag += 1
                do throws(KafkaError) {
                    try producer.produce(
                        topic: topic, partition: partition, key: key, value: value, headers: headers,
                        tag: state.lastTag)
                } catch {
                    return error
                }
                state.waiting[state.lastTag] = continuation
                return nil
            }
            if let refusal { continuation.resume(returning: .failure(refusal)) }
        }
        return try result.get()
    }

    /// Records on their way.
    package var inFlight: Int { state.withLock { $0.waiting.count } }

    /// The latest statistics; needs the property `statistics.interval.ms`.
    package var statistics: Statistics? { state.withLock { $0.producer }?.statistics }

    /// Fails what is still on its way with `.destroyed`, and frees everything. A second call does nothing.
    /// Blocks the calling thread for some milliseconds.
    package func close() {
        let (thread, producer) = state.withLock { state in
            state.isClosed = true
            defer { state.thread = nil }
            return (state.thread, state.producer)
        }
        guard let thread else { return }
        producer?.wakeUp()
        thread.join()
    }
}

extension AsyncProducer {
    /// The thread: resumes those whose report has come, and replaces a producer that is finished.
    private func run() {
        while let producer = current() {
            let deliveries = producer.poll(timeout: .milliseconds(200))
            resume(deliveries)
            if let error = producer.fatalError { replace(producer, because: error) }
        }
        let producer = state.withLock { state in
            defer { state.producer = nil }
            return state.producer
        }
        producer?.close()
        fail(.closed("send"))
    }

    private func current() -> Producer? {
        state.withLock { $0.isClosed ? nil : $0.producer }
    }

    private func resume(_ deliveries: [Producer.Delivery]) {
        guard !deliveries.isEmpty else { return }
        let answers = state.withLock { state in
            deliveries.compactMap { delivery in state.waiting.removeValue(forKey: delivery.tag).map { ($0, delivery) } }
        }
        for (continuation, delivery) in answers {
            if let error = delivery.error {
                continuation.resume(returning: .failure(error))
            } else {
                continuation.resume(returning: .success((delivery.partition, delivery.offset)))
            }
        }
    }

    private func replace(_ finished: Producer, because error: KafkaError) {
        state.withLock { $0.producer = nil }
        resume(finished.poll(timeout: .zero))
        finished.close()
        // The next attempt may well succeed: for the caller it is not fatal.
        fail(KafkaError(error.code, context: error.context, reason: error.reason, isRetriable: true))
        do throws(KafkaError) {
            let producer = try Producer(properties: properties, isGapless: false)
            state.withLock { $0.producer = producer }
        } catch {
            // The properties were good once, so this is the machine out of threads or memory: `send` says closed.
            state.withLock { $0.isClosed = true }
        }
    }

    /// Ends everything that is waiting.
    private func fail(_ error: KafkaError) {
        let waiting = state.withLock { state in
            defer { state.waiting = [:] }
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume(returning: .failure(error)) }
    }
}
