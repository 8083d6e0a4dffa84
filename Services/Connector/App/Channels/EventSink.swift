import Domain
import Kafka
import Schema
import ServiceKit

/// Writes what came over HTTP to a topic, and returns when all in-sync replicas have it.
struct EventSink: Sendable {
    /// Produces one record: topic, key, value, headers.
    typealias Produce =
        @Sendable (_ topic: String, _ key: [UInt8], _ value: [UInt8], _ headers: [Header]) async throws -> Void

    let topicPrefix: String
    /// Bounds what waits for Kafka, and shares it among the channel accounts.
    let intake: Intake
    let now: @Sendable () -> Instant
    let produce: Produce

    /// Refuses early what `write` would refuse at this moment.
    func checkIntake(_ context: HTTPContext) throws(Problem) {
        try intake.check((try? context.pathID("account", ChannelAccountID.self))?.rawValue ?? "")
    }

    /// - Parameter id: `ce_id`; the same for a provider's repeat.
    /// - Throws: `Problem` 503 when Kafka has not taken it, and 503 or 429 when too much waits for it already: then it
    ///   is not accepted.
    func write(
        _ record: some WireRecord, id: String, key: String, of account: ChannelAccountID, trace: TraceContext
    ) async throws {
        let headers = EventHeaders(
            id: id, type: record.type, source: "/patchbay/connector", time: now(),
            traceContext: .child(of: trace, origin: id))
        let topic = type(of: record).topic.name(prefix: topicPrefix)
        try await intake.admitted(account.rawValue) {
            do {
                try await produce(
                    topic, Array(key.utf8), record.encoded(),
                    headers.list.map { Header(name: $0.name, value: $0.value) })
            } catch {
                throw Problem.unavailable("Kafka did not take it in time, so it is not accepted. Send it again.")
            }
        }
    }
}
