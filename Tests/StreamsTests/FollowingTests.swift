import Domain
import Kafka
import Synchronization
import TestSupport
import Testing

@testable import Streams

/// A leader and a follower of one partition.
@Suite("A follower", .timeLimit(.minutes(5)))
struct FollowingTests {
    private static let commands: [String] = (0..<60).map { number in
        switch number % 6 {
        case 0: "call A\(number % 5)"
        case 1: "echo A\(number % 5) x"
        default: "deposit A\(number % 5) \(number)"
        }
    }

    /// Lets the first host lead and the second follow while the body runs.
    private func withPair(
        _ stand: BankStand, _ first: StreamHost<Bank>, _ second: StreamHost<Bank>, body: () async throws -> Void
    ) async throws {
        try await stand.with(first) {
            try await eventually("the first leads") { first.leads(stand.partitions) }
            try await stand.with(second) {
                try await eventually("the second follows") { second.follows(1...stand.partitions) }
                try await eventually("the first leads what is left to it") { first.status.isReady }
                try await body()
            }
        }
    }

    @Test("takes a partition over warm, restoring and replaying nothing, and its state is what the log demands")
    func warm() async throws {
        let stand = try await BankStand()
        let (first, second) = (stand.makeHost(), stand.makeHost())
        try await withPair(stand, first, second) {
            try await stand.send(Self.commands)
            try await eventually("all calls made") { stand.telephone.made.count == 10 }
            try await stand.ledgerFollowsLog()
            try await eventually("the follower is where the leader is") {
                second.status.following.first?.position == first.status.partitions.first?.position
            }
            #expect(try second.read(0) { $0.accounts } == first.read(0) { $0.accounts })
            #expect(second.status.isReady)
            first.shutdown()
            try await eventually("the second leads") { second.leads(1) }
            let counters = second.status.counters
            #expect(counters.takeOversWarm == 1)
            #expect(counters.takeOversCold == 0)
            // Its own `lead` record, and what the first still wrote when it stopped.
            #expect(counters.replayed < 10)
            #expect(counters.followed >= Self.commands.count)
            try await stand.send(["deposit A0 1", "call A1"])
            try await eventually("one more call") { stand.telephone.made.count == 11 }
            try await stand.ledgerFollowsLog()
            #expect(stand.telephone.made.values.allSatisfy { $0 == 1 })
            #expect(try await stand.oracle().machines[0]?.accounts == second.read(0) { $0.accounts })
        }
    }

    /// Where the leader dies: before its outputs, before they are stored, and inside the transaction.
    static let deathSteps: [StreamStep] = [
        .applied, .outputsSent, .outputsAcknowledged, .transactionBegun, .changesProduced, .offsetsSent, .committed,
    ]

    @Test("sends and stores what a leader that died had not, whatever that was", arguments: deathSteps)
    func deaths(step: StreamStep) async throws {
        let stand = try await BankStand()
        let fuse = Fuse(at: step)
        let (first, second) = (stand.makeHost { $0.probe = fuse.probe }, stand.makeHost())
        try await withPair(stand, first, second) {
            try await stand.send(Array(Self.commands[..<30]))
            try await stand.ledgerFollowsLog()
            fuse.blow()
            try await stand.send(Array(Self.commands[30...]))
            try await eventually("the first dies") { fuse.hasDied }
            first.shutdown()
            try await eventually("the second leads") { second.leads(1) }
            #expect(second.status.counters.takeOversWarm == 1)
            try await stand.ledgerFollowsLog()
            try await eventually("all calls made") {
                try second.read(0) { $0.accounts.values.reduce(0) { $0 + $1.calls } } == 10
            }
        }
        // What the follower stored when it led is all that there is to store.
        let third = stand.makeHost { $0.following = false }
        try await stand.with(third) {
            try await eventually("the third leads") { third.leads(1) }
            #expect(third.status.counters.takeOversCold == 1)
            #expect(try await stand.oracle().machines[0]?.accounts == third.read(0) { $0.accounts })
            #expect(third.status.counters.repeatsDiffering == 0)
        }
        #expect(try await stand.ledgerEntries().differing == 0)
    }

    @Test(
        "that is behind reads the rest when it leads; one that is far behind reads the checkpoint",
        arguments: [true, false])
    func behind(isWarm: Bool) async throws {
        let stand = try await BankStand()
        let fuse = Fuse(at: .outputsAcknowledged)
        let first = stand.makeHost { $0.probe = fuse.probe }
        let second = stand.makeHost {
            $0.followingBytesMax = 1
            $0.followingLagMax = isWarm ? 50_000 : .min
        }
        try await withPair(stand, first, second) {
            // Without checkpoints the follower waits with its first output.
            fuse.blow()
            try await stand.send(Self.commands)
            try await eventually("the follower waits") { second.status.following.first.map { $0.lag > 20 } == true }
            if !isWarm {
                // Two checkpoints that it has not come to yet.
                fuse.mend()
                try await eventually("a checkpoint") { first.status.isReady && first.status.counters.checkpoints > 0 }
            }
            first.shutdown()
            try await eventually("the second leads") { second.leads(1) }
            #expect(second.status.counters.takeOversWarm == (isWarm ? 1 : 0))
            #expect(second.status.counters.takeOversCold == (isWarm ? 0 : 1))
            try await stand.send(["deposit A 1"])
            try await stand.ledgerFollowsLog()
            #expect(try await stand.oracle().machines[0]?.accounts == second.read(0) { $0.accounts })
        }
    }

    @Test("keeps following the others' partitions while instances come and go")
    func rebalances() async throws {
        let stand = try await BankStand(partitions: 3)
        let (first, second) = (stand.makeHost(), stand.makeHost())
        try await withPair(stand, first, second) {
            try await stand.send(Self.commands)
            let third = stand.makeHost()
            try await stand.with(third) {
                try await eventually("each leads one and follows two") {
                    [first, second, third].allSatisfy { $0.leads(1) && $0.follows(2...2) }
                }
                try await stand.send(Self.commands)
            }
            try await eventually("two share the partitions again") {
                first.status.isReady && second.status.isReady
                    && first.status.partitions.count + second.status.partitions.count == 3
                    && first.status.following.count + second.status.following.count == 3
            }
            try await stand.send(Self.commands)
            try await eventually("all calls made") { stand.telephone.made.count == 30 }
            try await stand.ledgerFollowsLog()
        }
        #expect(stand.telephone.made.values.allSatisfy { $0 == 1 })
    }

    @Test("keeps a poison record's dead letter to itself, until it has to lead")
    func poison() async throws {
        let stand = try await BankStand()
        let fuse = Fuse(at: .applied)
        let (first, second) = (stand.makeHost { $0.probe = fuse.probe }, stand.makeHost())
        try await withPair(stand, first, second) {
            try await stand.send(["nonsense A", "deposit A 1"])
            try await stand.ledgerFollowsLog()
            try await eventually("the follower has seen it") {
                try second.read(0) { $0.accounts["A"]?.balance } == 1
            }
            #expect(try await stand.records("\(stand.name)-dead").count == 1)
            #expect(second.status.counters.deadLetters == 0)
            fuse.blow()
            try await stand.send(["deposit A nonsense"])
            try await eventually("the first dies") { fuse.hasDied }
            first.shutdown()
            try await eventually("the second leads") { second.leads(1) }
            try await eventually("its dead letter") {
                try await stand.records("\(stand.name)-dead").map { String(decoding: $0.value ?? [], as: UTF8.self) }
                    == ["nonsense A", "deposit A nonsense"]
            }
        }
    }

    @Test("is not there when following is switched off, and makes nobody unready when it is behind")
    func switchedOff() async throws {
        let stand = try await BankStand()
        let fuse = Fuse(at: .outputsAcknowledged)
        let first = stand.makeHost { $0.probe = fuse.probe }
        let second = stand.makeHost { $0.followingBytesMax = 1 }
        let third = stand.makeHost { $0.following = false }
        try await withPair(stand, first, second) {
            fuse.blow()
            try await stand.send(Self.commands)
            try await eventually("the follower waits") { second.status.following.first.map { $0.lag > 20 } == true }
            try await eventually("the follower says so") { second.status.following.first?.role == .replaying }
            #expect(second.status.isReady)
            #expect(throws: StreamError.self) { try second.read(0) { $0.accounts.count } }
            try await stand.with(third) {
                try await eventually("the third is a member") { third.status.isReady }
                #expect(third.status.following.isEmpty)
            }
        }
    }
}

/// Once blown, throws at each visit of a step.
final class Fuse: Sendable {
    private let step: StreamStep
    private let state = Mutex((isBlown: false, hasDied: false))

    init(at step: StreamStep) { self.step = step }

    func blow() { state.withLock { $0.isBlown = true } }
    func mend() { state.withLock { $0.isBlown = false } }
    var hasDied: Bool { state.withLock { $0.hasDied } }

    func probe(_ step: StreamStep, _ partition: Int32) throws {
        guard step == self.step else { return }
        try state.withLock { state in
            guard state.isBlown else { return }
            state.hasDied = true
            throw CrashOnce.Crash()
        }
    }
}

extension StreamHost {
    func leads(_ count: Int32) -> Bool {
        let status = status
        return status.isReady && status.partitions.count == Int(count)
    }

    func follows(_ counts: ClosedRange<Int32>) -> Bool {
        let status = status
        return status.isReady && counts.contains(Int32(status.following.count))
            && status.following.allSatisfy { $0.role == .following }
    }
}
