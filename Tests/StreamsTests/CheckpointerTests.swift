import Kafka
import TestSupport
import Testing

@testable import Streams

@Suite("A checkpointer", .timeLimit(.minutes(2)))
struct CheckpointerTests {
    /// Runs a body with a checkpointer on librdkafka's mock cluster, which can refuse requests.
    private func with(
        _ body: @escaping @Sendable (MockCluster, Checkpointer, Producer, Acknowledgements) throws -> Void
    ) async throws {
        try await onThread {
            let cluster = try MockCluster()
            cluster.createTopic("out", partitions: 1)
            cluster.createTopic("state", partitions: 1)
            let outputs = try Producer(properties: cluster.properties)
            let checkpoints = try Producer(properties: cluster.properties, transactionalID: "t")
            try checkpoints.initTransactions(timeout: .seconds(20))
            let member = try MemberConsumer(properties: cluster.properties, group: "g", topics: ["out"])
            let acknowledgements = Acknowledgements()
            let checkpointer = Checkpointer(
                settings: StreamSettings(
                    service: "bank", log: "out", state: "state", deadLetter: "dead", group: "g",
                    kafka: cluster.properties),
                partition: 0, outputs: outputs, checkpoints: checkpoints, acknowledgements: acknowledgements,
                group: { member.groupMetadata() })
            checkpointer.start()
            defer {
                checkpointer.stop()
                for close in [outputs.close, checkpoints.close, member.close, cluster.close] { close() }
            }
            try body(cluster, checkpointer, outputs, acknowledgements)
        }
    }

    private let snapshot = Checkpointer.Snapshot(
        nextOffset: 8, changes: [StateChange(key: "entity/a", value: [1])], position: [2])

    private func wait(for condition: () -> Bool, _ checkpointer: Checkpointer) -> Bool {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            if condition() { return true }
            checkpointer.waitForChange(20)
        }
        return false
    }

    @Test("ends its task when an output could not be delivered, and never commits beyond the gap")
    func failedDelivery() async throws {
        let snapshot = snapshot
        try await with { cluster, checkpointer, outputs, acknowledgements in
            cluster.fail(.produce, with: [.messageSizeTooLarge])
            acknowledgements.expect(1, at: 7)
            try outputs.produce(topic: "out", partition: 0, key: nil, value: [1], tag: 7)
            checkpointer.submit(snapshot)
            #expect(self.wait(for: { checkpointer.failure != nil }, checkpointer))
            #expect(checkpointer.failure?.code == .deliveryFailed)
            #expect(checkpointer.failure?.isRetriable == true)
            #expect(checkpointer.takeOutcome() == nil)
        }
    }

    @Test("waits for the acknowledgements before it commits")
    func waits() async throws {
        let snapshot = snapshot
        try await with { _, checkpointer, outputs, acknowledgements in
            acknowledgements.expect(1, at: 7)
            checkpointer.submit(snapshot)
            checkpointer.waitForChange(200)
            #expect(checkpointer.takeOutcome() == nil)
            try outputs.produce(topic: "out", partition: 0, key: nil, value: [1], tag: 7)
            var outcome: Checkpointer.Outcome?
            #expect(
                self.wait(
                    for: {
                        outcome = outcome ?? checkpointer.takeOutcome()
                        return outcome != nil
                    }, checkpointer))
            guard case .committed = outcome else {
                Issue.record(
                    "expected a commit, found \(String(describing: outcome)), \(String(describing: checkpointer.failure))"
                )
                return
            }
        }
    }

    @Test(
        "gives up its task when a newer owner has fenced it",
        arguments: [
            KafkaError.Code.invalidProducerEpoch, .producerFenced,
        ])
    func fenced(code: KafkaError.Code) async throws {
        let snapshot = snapshot
        try await with { cluster, checkpointer, _, _ in
            cluster.fail(.endTransaction, with: [code])
            checkpointer.submit(snapshot)
            #expect(self.wait(for: { checkpointer.failure != nil }, checkpointer))
            #expect(checkpointer.failure?.code == .fenced)
        }
    }
}
