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

    /// Makes a checkpoint, with as many tries as a task would make; nil when the task ends.
    private func checkpoint(_ snapshot: Checkpointer.Snapshot, _ checkpointer: Checkpointer) -> Checkpointer.Outcome? {
        var outcome: Checkpointer.Outcome?
        for _ in 0..<5 where checkpointer.failure == nil {
            checkpointer.submit(snapshot)
            outcome = nil
            let came = wait(
                for: {
                    outcome = outcome ?? checkpointer.takeOutcome()
                    return outcome != nil || checkpointer.failure != nil
                }, checkpointer)
            #expect(came)
            if case .committed = outcome { return outcome }
        }
        return outcome
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

    /// The requests of a checkpoint, in their order.
    static let requests: [MockCluster.Request] = [
        .addPartitionsToTransaction, .produce, .addOffsetsToTransaction, .transactionOffsetCommit, .endTransaction,
    ]
    /// What passes: a broker that hangs up, a coordinator that moves, a transaction before that is not over yet.
    static let passing: [KafkaError.Code] = [.transport, .notCoordinator, .coordinatorLoadInProgress]

    @Test("commits in spite of errors that pass, whichever request of the checkpoint meets them", arguments: requests)
    func passingErrors(request: MockCluster.Request) async throws {
        let snapshot = snapshot
        try await with { cluster, checkpointer, outputs, acknowledgements in
            let codes: [KafkaError.Code] =
                request == .produce ? [.transport, .notLeaderForPartition, .requestTimedOut] : Self.passing
            acknowledgements.expect(1, at: 7)
            try outputs.produce(topic: "out", partition: 0, key: nil, value: [1], tag: 7)
            #expect(self.wait(for: { acknowledgements.inFlight == 0 }, checkpointer))
            cluster.fail(request, with: codes)
            var next = snapshot
            // More than once: the error may have come to the last commit's tail.
            for round in 0..<3 {
                next.nextOffset = snapshot.nextOffset + Int64(round)
                let outcome = self.checkpoint(next, checkpointer)
                guard case .committed = outcome else {
                    Issue.record(
                        "\(request): \(String(describing: outcome)), \(String(describing: checkpointer.failure))")
                    return
                }
            }
        }
    }

    @Test(
        "stores nothing by halves when an error ends the transaction: it is aborted, or the task ends",
        arguments: [MockCluster.Request.addPartitionsToTransaction, .addOffsetsToTransaction, .transactionOffsetCommit])
    func abortingErrors(request: MockCluster.Request) async throws {
        let snapshot = snapshot
        try await with { cluster, checkpointer, _, _ in
            cluster.fail(request, with: [.groupAuthorizationFailed])
            checkpointer.submit(snapshot)
            var outcome: Checkpointer.Outcome?
            #expect(
                self.wait(
                    for: {
                        outcome = outcome ?? checkpointer.takeOutcome()
                        return outcome != nil || checkpointer.failure != nil
                    }, checkpointer))
            if case .committed = outcome { Issue.record("committed in spite of a refused request") }
            guard checkpointer.failure == nil else { return }
            // The same changes go into the next one.
            checkpointer.submit(snapshot)
            #expect(
                self.wait(
                    for: { if case .committed = checkpointer.takeOutcome() { true } else { false } }, checkpointer))
        }
    }

    @Test("delivers outputs in spite of errors that pass, all of them")
    func passingDeliveryErrors() async throws {
        let snapshot = snapshot
        try await with { cluster, checkpointer, outputs, acknowledgements in
            cluster.fail(.produce, with: [.transport, .notLeaderForPartition, .requestTimedOut, .transport])
            for offset in 0..<50 {
                acknowledgements.expect(1, at: Int64(offset))
                try outputs.produce(topic: "out", partition: 0, key: nil, value: [UInt8(offset)], tag: offset)
            }
            var next = snapshot
            next.nextOffset = 50
            checkpointer.submit(next)
            #expect(
                self.wait(
                    for: { if case .committed = checkpointer.takeOutcome() { true } else { false } }, checkpointer))
            #expect(checkpointer.failure == nil)
            let reader = try DataConsumer(
                properties: cluster.properties, topic: "out", partition: 0, from: .beginning)
            defer { reader.close() }
            // A set: the mock cluster heeds no sequence numbers, so what librdkafka sends again may come late or twice.
            var values: Set<UInt8> = []
            let deadline = ContinuousClock.now + .seconds(30)
            while values.count < 50, ContinuousClock.now < deadline {
                for case .record(let record) in reader.poll(max: 100, timeout: .milliseconds(100)) {
                    values.formUnion(record.value ?? [])
                }
            }
            #expect(values == Set(0..<50))
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
