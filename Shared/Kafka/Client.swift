import CRdKafka
import Foundation

/// One librdkafka instance with its event queue, and who is inside it.
///
/// Calls may come from any thread; `retire()` hands the instance over for destruction once nobody is inside any more,
/// so no call ever meets freed memory.
///
/// SAFETY: `instance` and `queue` are set in `init` and cleared in `retire()`, both under `condition`'s lock; librdkafka's
/// functions are themselves safe to call from any thread while the instance lives, and `users` keeps it alive.
final class Client: @unchecked Sendable {
    /// What a call may touch: valid inside `use` only, or for whoever has retired the client.
    ///
    /// SAFETY: pointers to what librdkafka locks itself; the one who retires the client is the last to use them.
    struct Handle: @unchecked Sendable {
        let instance: OpaquePointer
        let queue: OpaquePointer
    }

    private let condition = NSCondition()
    private var handle: Handle?
    private var isClosing = false
    private var users = 0

    /// Creates the instance.
    /// - Parameter events: the `RD_KAFKA_EVENT_…` bits that the queue is to carry, none if nobody polls it; the only C
    ///   callback is the one that paces the local broker's answers, and it touches nothing of ours.
    /// - Parameter pause: the shortest between two fetches of a consumer that the local broker answers at once.
    /// - Throws: `.invalidArgument` naming property and value; `.fail` and others when the instance cannot start.
    init(
        _ kind: rd_kafka_type_t, properties: [String: String], events: Int32, pause: Duration = .milliseconds(1),
        context: String
    ) throws(KafkaError) {
        let broker = try BrokerKind(properties, context: context)
        let configuration = rd_kafka_conf_new()!
        do throws(KafkaError) {
            for (name, value) in properties.sorted(by: { $0.key < $1.key }) where name != BrokerKind.property {
                try Self.set(name, value, in: configuration, context: context)
            }
        } catch {
            rd_kafka_conf_destroy(configuration)
            throw error
        }
        if properties["debug"] == nil { patchbay_conf_silence(configuration) }
        rd_kafka_conf_set_events(configuration, events)
        if kind == RD_KAFKA_CONSUMER, broker == .local {
            patchbay_conf_pace_answers(configuration, Int64(pause.milliseconds) * 1_000_000)
        }
        // Token refreshes run on a thread of librdkafka's, so that they do not depend on anybody polling.
        let refreshesTokens = ["sasl.mechanism", "sasl.mechanisms"].contains { properties[$0] == "OAUTHBEARER" }
        rd_kafka_conf_enable_sasl_queue(configuration, refreshesTokens ? 1 : 0)

        var instance: OpaquePointer?
        let reason = withErrorText { instance = rd_kafka_new(kind, configuration, $0, $1) }
        guard let instance else {
            let code = rd_kafka_last_error()
            rd_kafka_conf_destroy(configuration)
            throw KafkaError(KafkaError.Code(code), context: context, reason: reason)
        }
        if refreshesTokens, let error = rd_kafka_sasl_background_callbacks_enable(instance) {
            rd_kafka_error_destroy(error)
        }
        if kind == RD_KAFKA_CONSUMER, properties["group.id"] != nil {
            rd_kafka_poll_set_consumer(instance)
            handle = Handle(instance: instance, queue: rd_kafka_queue_get_consumer(instance))
        } else {
            handle = Handle(instance: instance, queue: rd_kafka_queue_get_main(instance))
        }
    }

    /// Runs `body` with the instance, which lives at least until it returns.
    /// - Throws: what `body` throws; `.destroyed` after `close()`.
    func use<Result>(
        _ context: @autoclosure () -> String, _ body: (Handle) throws(KafkaError) -> Result
    ) throws(KafkaError) -> Result {
        guard let handle = enter() else { throw .closed(context()) }
        defer { leave() }
        return try body(handle)
    }

    /// Runs `body` unless the client is closed already.
    func useIfOpen<Result>(_ body: (Handle) -> Result) -> Result? {
        guard let handle = enter() else { return nil }
        defer { leave() }
        return body(handle)
    }

    /// Closes the door, waits until everybody has left, and returns the handle; nil when that was done before.
    func retire() -> Handle? {
        condition.lock()
        defer { condition.unlock() }
        guard let retired = handle, !isClosing else { return nil }
        isClosing = true
        rd_kafka_queue_yield(retired.queue)
        while users > 0 { condition.wait() }
        handle = nil
        return retired
    }

    /// Frees an instance that was retired.
    ///
    /// Blocks the calling thread, for 2 s at most: librdkafka 2.0.2 waits without end for its threads when topics have
    /// vanished from the broker, and that must hold up nobody. Then it goes on waiting on a thread of its own.
    func destroy(_ retired: Handle) {
        let finished = DispatchSemaphore(value: 0)
        _ = NamedThread.start("kafka-destroy") {
            rd_kafka_queue_destroy(retired.queue)
            rd_kafka_destroy_flags(retired.instance, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
            finished.signal()
        }
        _ = finished.wait(timeout: .now() + .seconds(2))
    }

    private func enter() -> Handle? {
        condition.lock()
        defer { condition.unlock() }
        guard let handle, !isClosing else { return nil }
        users += 1
        return handle
    }

    private func leave() {
        condition.lock()
        users -= 1
        if users == 0, isClosing { condition.broadcast() }
        condition.unlock()
    }
}

extension Client {
    /// The fatal error that the instance has raised, if it has.
    static func fatalError(of instance: OpaquePointer, context: String) -> KafkaError? {
        var code = RD_KAFKA_RESP_ERR_NO_ERROR
        let reason = withErrorText { code = rd_kafka_fatal_error(instance, $0, $1) }
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
        return KafkaError(KafkaError.Code(code), context: context, reason: reason, isRetriable: false, isFatal: true)
    }

    /// The error of a call by its code; a fatal one is replaced by what was behind it.
    static func error(
        _ code: rd_kafka_resp_err_t, of instance: OpaquePointer, context: @autoclosure () -> String
    ) -> KafkaError? {
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
        if code == RD_KAFKA_RESP_ERR__FATAL, let error = fatalError(of: instance, context: context()) { return error }
        return KafkaError(KafkaError.Code(code), context: context())
    }

    /// Reads an `RD_KAFKA_EVENT_ERROR`.
    static func error(from event: OpaquePointer, of instance: OpaquePointer, context: String) -> KafkaError {
        let code = rd_kafka_event_error(event)
        if code == RD_KAFKA_RESP_ERR__FATAL, let error = fatalError(of: instance, context: context) { return error }
        let reason = rd_kafka_event_error_string(event).map { String(cString: $0) }
        let isFatal = rd_kafka_event_error_is_fatal(event) != 0
        return KafkaError(KafkaError.Code(code), context: context, reason: reason, isFatal: isFatal)
    }

    private static func set(
        _ name: String, _ value: String, in configuration: OpaquePointer, context: String
    ) throws(KafkaError) {
        var result = RD_KAFKA_CONF_OK
        let reason = withErrorText { result = rd_kafka_conf_set(configuration, name, value, $0, $1) }
        guard result != RD_KAFKA_CONF_OK else { return }
        let isSecret = ["password", "secret", ".pem", "config"].contains { name.contains($0) }
        let shown = isSecret ? "(hidden)" : value
        throw KafkaError(
            .invalidArgument, context: "\(context): property \(name) = \"\(shown)\"",
            reason: isSecret ? "not a known property, or not a value for it" : reason, isRetriable: false)
    }
}

/// Runs a C call that writes an error text into a buffer, and returns the text.
func withErrorText(_ body: (UnsafeMutablePointer<CChar>, Int) -> Void) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer in
        buffer.initialize(repeating: 0)
        body(buffer.baseAddress!, buffer.count)
        return String(cString: buffer.baseAddress!)
    }
}

extension Duration {
    /// For librdkafka's time-outs: whole milliseconds, rounded up, never negative.
    var milliseconds: Int32 {
        let (seconds, attoseconds) = components
        if seconds >= Int64(Int32.max) / 1000 { return .max }
        let milliseconds = seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return Int32(clamping: max(0, milliseconds))
    }
}

/// The moment when a bounded wait ends.
struct Deadline {
    private let end: ContinuousClock.Instant

    init(after timeout: Duration) {
        end = .now + min(timeout, .seconds(86_400))
    }

    /// What is left, at most `limit`; zero when the time is over.
    func remaining(limit: Duration = .seconds(86_400)) -> Duration {
        max(.zero, min(limit, end - .now))
    }

    var isOver: Bool { end <= .now }
}
