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
    let now: @Sendable () -> Instant
    let produce: Produce

    /// - Parameter id: `ce_id`; the same for a provider's repeat.
    /// - Throws: `Problem` 503 when Kafka has not taken it: then it is not accepted.
    func write(_ record: some WireRecord, id: String, key: String, trace: TraceContext) async throws(Problem) {
        let headers = EventHeaders(
            id: id, type: record.type, source: "/patchbay/connector", time: now(),
            traceContext: .child(of: trace, origin: id))
        let topic = type(of: record).topic.name(prefix: topicPrefix)
        do {
            try await produce(
                topic, Array(key.utf8), record.encoded(),
                headers.list.map { Header(name: $0.name, value: $0.value) })
        } catch {
            throw .unavailable("Kafka did not take it in time, so it is not accepted. Send it again.")
        }
    }
}
