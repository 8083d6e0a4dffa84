import Kafka
import Synchronization
import TestSupport
import Testing

@testable import Streams

@Suite("An owner that was deposed while it slept")
struct DeposedOwnerTests {
    @Test("Its checkpoint is refused, it changes nothing, and it joins again", .timeLimit(.minutes(3)))
    func checkpointIsRefused() async throws {
        let stand = try await BankStand()
        let sleep = SleepingCheckpoint()
        let sleeper = stand.makeHost(change: { settings in
            settings.kafka["client.id"] = "sleeper"
            settings.probe = sleep.probe
        })
        let other = stand.makeHost(change: { $0.kafka["client.id"] = "other" })
        try await stand.with(sleeper) {
            try await eventually("the first leads") { sleeper.status.partitions.first?.role == .leading }
            sleep.begin()
            try await stand.send(["deposit ann 5", "deposit bob 7"])
            try await eventually("a checkpoint is under way") { sleep.isAsleep }
            try await stand.with(other) {
                // The other hears of nothing to lead once both have joined: only then, since the broker is never to lose a
                // member in the middle of a round.
                try await eventually("both are members", within: .seconds(60)) { other.status.isReady }
                #expect(try await stand.broker.members(of: stand.settings.group) == ["other", "sleeper"])
                try await stand.broker.evict("sleeper", from: stand.settings.group)
                try await eventually("the other leads", within: .seconds(60)) {
                    other.status.partitions.first?.role == .leading
                }
                try await stand.send(["deposit ann 1"])
                sleep.end()
                try await eventually("the first is a member again", within: .seconds(60)) {
                    try await stand.broker.members(of: stand.settings.group) == ["other", "sleeper"]
                }
                try await stand.send(["deposit bob 2"])
                try await stand.ledgerFollowsLog()
                #expect(!sleep.wasCommitted)
            }
        }
    }
}

/// Holds up one checkpoint in the middle of its transaction.
private final class SleepingCheckpoint: Sendable {
    private struct State {
        var shallSleep = false
        var isAsleep = false
        var wasCommitted = false
    }

    private let state = Mutex(State())
    private let woken = Atomic<Bool>(false)

    var isAsleep: Bool { state.withLock { $0.isAsleep } }
    var wasCommitted: Bool { state.withLock { $0.wasCommitted } }

    func begin() { state.withLock { $0.shallSleep = true } }
    func end() { woken.store(true, ordering: .releasing) }

    func probe(_ step: StreamStep, _ partition: Int32) throws {
        switch step {
        case .changesProduced:
            let sleeps = state.withLock { state in
                guard state.shallSleep, !state.isAsleep else { return false }
                state.isAsleep = true
                return true
            }
            guard sleeps else { return }
            try waitUntil("the checkpoint is woken", within: .seconds(120)) { woken.load(ordering: .acquiring) }
        case .committed:
            state.withLock { $0.wasCommitted = $0.wasCommitted || $0.isAsleep }
        case .restored, .polled, .applied, .outputsSent, .snapshotTaken, .outputsAcknowledged, .transactionBegun,
            .offsetsSent, .attemptRead, .effectPerformed:
            break
        }
    }
}
