import Domain
import Foundation
import HTTPTypes
import Kafka
import Schema
import ServiceKit

/// Writes commands to `patchbay.work`.
struct WorkLog: Sendable {
    let producer: AsyncProducer
    let topic: String
    let clock: LogClock

    /// - Throws: `Problem` 503: nothing was written, or it is not known whether it was.
    func append(_ command: WorkCommand, pool: PoolID, partition: Int32, trace: TraceContext?) async throws(Problem) {
        let headers = EventHeaders(
            id: UUID().uuidString.lowercased(), type: command.type, source: "/patchbay/router", time: clock.now,
            traceContext: trace)
        do throws(KafkaError) {
            _ = try await producer.send(
                topic: topic, partition: partition, key: Array(pool.rawValue.utf8), value: command.encoded(),
                headers: headers.list.map { Header(name: $0.name, value: $0.value) })
        } catch {
            if error.code == .messageTimedOut { throw .undecided }
            throw .unavailable("Kafka does not take commands at the moment.")
        }
    }
}
