import Kafka
import TestSupport
import Testing

@testable import Streams

/// Through a proxy that holds empty fetches and refuses old generations, as Kafka does and the local broker does not.
@Suite("On a broker with Kafka's manners", .timeLimit(.minutes(5)))
struct KafkaMannersTests {
    private func with(_ stand: BankStand, _ body: (KafkaProxy) async throws -> Void) async throws {
        let proxy = try KafkaProxy(before: stand.broker)
        defer { proxy.close() }
        try await body(proxy)
    }

    private func host(_ stand: BankStand, _ proxy: KafkaProxy, following: Bool = true, group: String? = nil)
        -> StreamHost<Bank>
    {
        stand.makeHost { settings in
            settings.group = group ?? settings.group
            settings.kafka.merge(proxy.properties) { $1 }
            settings.following = following
        }
    }

    /// Writes a record each few milliseconds while the body runs: the log never rests.
    private func whileWritten(_ stand: BankStand, _ body: () async throws -> Void) async throws {
        let log = stand.log
        let producer = try AsyncProducer(properties: stand.broker.properties)
        let writer = Task {
            while !Task.isCancelled {
                for _ in 0..<4 {
                    _ = try await producer.send(
                        topic: log, partition: 0, key: Control.key, value: [], headers: Control.tick.headers)
                }
                try await Task.sleep(for: .milliseconds(2))
            }
        }
        defer { writer.cancel() }
        try await body()
        writer.cancel()
        _ = await writer.result
        await producer.closed()
    }

    @Test("a leader begins, and a follower has caught up, while records keep coming")
    func underLoad() async throws {
        let stand = try await BankStand()
        try await with(stand) { proxy in
            try await whileWritten(stand) {
                for following in [true, false] {
                    let first = host(stand, proxy, following: following, group: "\(stand.name)-\(following)")
                    try await stand.with(first) {
                        try await eventually("it leads", within: .seconds(10)) { first.leads(1) }
                        // Deadlines too are met where the log has no lull.
                        try await stand.send(["alarm A 100"], partition: 0)
                        try await eventually("its deadline is met", within: .seconds(10)) {
                            try first.read(0) { $0.accounts["A"].map { $0.alarm == nil } ?? false }
                        }
                        guard following else { return }
                        let second = host(stand, proxy, group: "\(stand.name)-\(following)")
                        try await stand.with(second) {
                            try await eventually("the other has caught up", within: .seconds(10)) {
                                (try? second.read(0) { $0.accounts.isEmpty }) == false
                            }
                        }
                    }
                }
            }
        }
    }

    @Test("a checkpoint of an old generation is aborted and made again: nobody starts anew")
    func staleGeneration() async throws {
        let stand = try await BankStand(partitions: 4)
        try await with(stand) { proxy in
            let (first, second) = (host(stand, proxy), host(stand, proxy))
            try await stand.with(first) {
                try await eventually("it leads all", within: .seconds(30)) { first.leads(4) }
                let illegalGeneration: Int16 = 22
                proxy.spoil(.transactionalOffsetCommit, with: illegalGeneration, times: 6)
                try await stand.send((0..<40).map { "deposit A\($0) 1" })
                try await eventually("the refusals are over") { proxy.left(.transactionalOffsetCommit) == 0 }
                let aborted = first.status.counters.checkpointsAborted
                #expect(aborted >= 1)
                let made = first.status.counters.checkpoints
                try await stand.send((0..<40).map { "deposit A\($0) 1" })
                try await eventually("checkpoints go on") { first.status.counters.checkpoints > made }
                try await stand.with(second) {
                    try await eventually("they share", within: .seconds(60)) { first.leads(2) && second.leads(2) }
                    try await stand.send((0..<40).map { "deposit A\($0) 1" })
                    try await stand.ledgerFollowsLog()
                }
                #expect(first.status.counters.restarts == 0 && second.status.counters.restarts == 0)
                #expect(first.leads(2) || first.leads(4))
            }
            try await stand.ledgerFollowsLog()
        }
    }

    @Test("a member that the group has fenced is made anew; a process whose id another one bears ends, and says so")
    func fencedMember() async throws {
        let stand = try await BankStand(partitions: 2)
        try await with(stand) { proxy in
            let fencedInstanceID: Int16 = 82
            let host = stand.makeHost { settings in
                settings.kafka.merge(proxy.properties) { $1 }
                settings.kafka["group.instance.id"] = "one"
            }
            try await stand.with(host) {
                try await eventually("it leads", within: .seconds(30)) { host.leads(2) }
                try await stand.send(["deposit A 1", "deposit B 1"])
                proxy.spoil(.heartbeat, with: fencedInstanceID)
                try await eventually("it was fenced", within: .seconds(30)) { proxy.left(.heartbeat) == 0 }
                try await eventually("it says so", within: .seconds(10)) { !host.status.isReady }
                try await eventually("it leads again", within: .seconds(30)) { host.leads(2) && host.status.isReady }
                try await stand.send(["deposit A 1", "deposit B 1"])
                try await stand.ledgerFollowsLog()
            }
            let doomed = stand.makeHost { settings in
                settings.kafka.merge(proxy.properties) { $1 }
                settings.kafka["group.instance.id"] = "one"
            }
            proxy.spoil(.heartbeat, with: fencedInstanceID, times: 1_000)
            let error = await #expect(throws: StreamError.self) { try await doomed.run() }
            #expect(error?.code == .refused)
            #expect(error?.context.contains("does another process bear its group.instance.id, one?") ?? false)
        }
    }

    @Test("an instance that stops in its first second leaves its group: the peer leads everything at once")
    func stoppedAtOnce() async throws {
        // In this the local broker is no better than Kafka; but its groups need the pauses.
        let stand = try await BankStand(partitions: 4)
        let peer = stand.makeHost()
        try await stand.with(peer) {
            try await eventually("it leads all", within: .seconds(30)) { peer.leads(4) }
            for milliseconds in [20, 100, 200, 350, 500, 800] {
                let brief = stand.makeHost()
                try await stand.with(brief) { try await Task.sleep(for: .milliseconds(milliseconds)) }
                let stopped = ContinuousClock.now
                try await eventually("the peer leads all again, \(milliseconds) ms", within: .seconds(20)) {
                    peer.leads(4) && peer.status.isReady
                }
                let silence = ContinuousClock.now - stopped
                // A dead member would be waited for until its session is over: 6 s.
                #expect(silence < .seconds(4), "stopped after \(milliseconds) ms: \(silence)")
            }
        }
    }
}
