import Kafka
import Synchronization
import TestSupport
import Testing

@testable import Streams

@Suite("A projection", .timeLimit(.minutes(3)))
struct ProjectionTests {
    /// A store that keeps what a projection hands over, as a table in one transaction would.
    private final class Store: Sendable {
        let rows = Mutex<[String]>([])
        let states = Mutex<[TopicPartition: [UInt8]]>([:])
        let failures = Mutex(0)

        func take(_ batch: ProjectionBatch) throws {
            let fails = failures.withLock { failures in
                failures -= 1
                return failures >= 0
            }
            if fails { throw NotInTime(description: "the disk is full") }
            rows.withLock { $0 += batch.records.map { String(decoding: $0.value ?? [], as: UTF8.self) } }
            states.withLock { $0.merge(batch.states) { $1 } }
        }
    }

    @Test("takes each output once though a crash repeats it, goes on where it stopped, and bears a failing store")
    func resumes() async throws {
        let stand = try await BankStand()
        let crash = CrashOnce(at: .outputsAcknowledged, visit: 1)
        let host = stand.makeHost { $0.probe = crash.probe }
        let store = Store()
        store.failures.withLock { $0 = 1 }
        try await stand.with(host) {
            try await stand.send((1...5).map { "deposit A \($0)" })
            try await project(stand, into: store) { store.rows.withLock { $0.count } >= 10 }
            try await stand.send((6...9).map { "deposit A \($0)" })
            try await stand.ledgerFollowsLog()
            try await project(stand, into: store) { store.rows.withLock { $0.count } >= 18 }
        }
        #expect(
            store.rows.withLock { $0 }
                == (try await stand.oracle().entries[0])?.map { String($0.drop { $0 != " " }.dropFirst()) })
    }

    @Test("has caught up with what was there, though its topic is written all the time")
    func busyTopic() async throws {
        let broker = try await LocalBroker.shared()
        let topic = try await broker.makeTopic("busy")
        let producer = try AsyncProducer(properties: broker.properties)
        let projection = Projection(kafka: broker.properties, topics: [topic]) { _ in }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    while !Task.isCancelled { _ = try await producer.send(topic: topic, key: [1], value: [1]) }
                }
            }
            group.addTask { try await projection.run(from: [:]) }
            try await eventually("it has caught up", within: .seconds(60)) { projection.isCaughtUp }
            projection.shutdown()
            group.cancelAll()
            while (try? await group.next()) != nil {}
        }
        try await onThread { producer.close() }
    }

    private func project(_ stand: BankStand, into store: Store, until isDone: @Sendable () -> Bool) async throws {
        let projection = Projection(kafka: stand.broker.properties, topics: [stand.ledger]) { try store.take($0) }
        async let running: Void = projection.run(from: store.states.withLock { $0 })
        try await eventually("the rows") { isDone() && projection.isCaughtUp }
        projection.shutdown()
        try await running
    }
}
