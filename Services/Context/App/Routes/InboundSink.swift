import Domain
import Kafka
import Schema
import ServiceKit

/// Writes what came over HTTP to `inbound`, and returns when all in-sync replicas have it.
struct InboundSink: Sendable {
    /// Produces one record and says where it is.
    typealias Produce =
        @Sendable (_ topic: String, _ key: [UInt8], _ value: [UInt8], _ headers: [Header]) async throws(KafkaError)
        -> (partition: Int32, offset: Int64)

    let topicPrefix: String
    let now: @Sendable () -> Instant
    let produce: Produce

    /// - Throws: `Problem` 503 when Kafka has not taken it: then nothing has changed.
    func write(
        _ record: InboundRecord, key: CustomerID, _ context: HTTPContext
    ) async throws(Problem) -> Position {
        let headers = EventHeaders(
            id: context.requestID, type: record.type, source: "/patchbay/context", time: now(),
            traceContext: .child(of: context.trace, origin: context.requestID))
        do {
            let landed = try await produce(
                Topic.inbound.name(prefix: topicPrefix), Array(key.rawValue.utf8), record.encoded(),
                headers.list.map { Header(name: $0.name, value: $0.value) })
            return Position(topic: Topic.inbound.rawValue, partition: landed.partition, offset: landed.offset)
        } catch {
            throw .unavailable("Kafka did not take it in time, so nothing has changed. Send it again.")
        }
    }
}
