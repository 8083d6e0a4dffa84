import Domain
import Kafka
import Synchronization
import TestSupport
import Testing

@testable import Streams

@Suite("A stream task", .timeLimit(.minutes(5)))
struct StreamTaskTests {
    private static let commands: [String] = (0..<60).map { number in
        switch number % 6 {
        case 0: "call A\(number % 5)"
        case 1: "echo A\(number % 5) x"
        case 2: "alarm A\(number % 5) \(number)"
        default: "deposit A\(number % 5) \(number)"
        }
    }

    @Test(
        "dies at any step between poll and confirmed checkpoint, and nothing is lost or done twice",
        arguments: StreamStep.allCases, [1, 3])
    func crashes(step: StreamStep, visit: Int) async throws {
        let stand = try await BankStand()
        let crash = CrashOnce(at: step, visit: step == .restored ? 1 : visit)
        let host = stand.makeHost { $0.probe = crash.probe }
        try await stand.with(host) {
            for batch in stride(from: 0, to: Self.commands.count, by: 20) {
                try await stand.send(Array(Self.commands[batch..<batch + 20]))
                try await eventually("a checkpoint after batch \(batch)") {
                    host.status.isReady && host.status.partitions.allSatisfy { $0.lag == 0 }
                }
            }
            // Some steps are visited once a checkpoint, however many records it holds.
            try await eventually("the crash") {
                if !crash.hasCrashed { try await stand.send(["deposit B 1"]) }
                return crash.hasCrashed
            }
            // An alarm that is still pending would fire under the next host, and be news.
            try await eventually("all effects done and all alarms fired") {
                guard host.status.isReady, stand.telephone.made.count == 10 else { return false }
                return try host.read(0) { $0.nextDeadline == nil }
            }
            try await stand.ledgerFollowsLog()
            #expect(host.status.counters.repeatsDiffering == 0)
            #expect(host.status.counters.restarts >= 1)
        }
        // What was checkpointed is what the log demands, too: a new host has nothing to say that is new.
        let before = try await stand.ledgerEntries().entries
        let next = stand.makeHost()
        try await stand.with(next) {
            try await eventually("ready again") { next.status.isReady }
            let accounts = try next.read(0) { $0.accounts }
            #expect(try await stand.oracle().machines[0]?.accounts == accounts)
        }
        #expect(try await stand.ledgerEntries().entries == before)
    }

    @Test("moves between instances without losing or repeating anything")
    func rebalances() async throws {
        let stand = try await BankStand(partitions: 4)
        let first = stand.makeHost()
        let second = stand.makeHost()
        try await stand.with(first) {
            try await eventually("the first leads all") {
                first.status.partitions.filter { $0.role == .leading }.count == 4
            }
            try await stand.send(Self.commands)
            try await stand.with(second) {
                try await eventually("both lead") {
                    first.status.partitions.count == 2 && second.status.partitions.count == 2
                        && second.status.isReady
                }
                try await stand.send(Self.commands)
            }
            try await eventually("the first leads all again") {
                first.status.partitions.filter { $0.role == .leading }.count == 4
            }
            try await stand.send(Self.commands)
            try await eventually("all calls done") { stand.telephone.made.count == 30 }
            try await stand.ledgerFollowsLog()
        }
    }

    @Test("goes on past a poison record, which lands in the dead-letter topic as it was")
    func poison() async throws {
        let stand = try await BankStand()
        let host = stand.makeHost()
        try await stand.with(host) {
            try await stand.send(["deposit A 1", "nonsense A", "deposit A x", "deposit A 2"])
            try await stand.ledgerFollowsLog()
            let letters = try await eventuallySome("two dead letters") {
                let letters = try await stand.records("\(stand.name)-dead")
                return letters.count == 2 ? letters : nil
            }
            #expect(letters.map { String(decoding: $0.value ?? [], as: UTF8.self) } == ["nonsense A", "deposit A x"])
            #expect(letters[0].header("patchbay-error") == "unknown command")
            #expect(letters[1].header("patchbay-source-topic") == stand.log)
            #expect(letters[1].header("patchbay-source-offset") != nil)
            #expect(host.status.counters.deadLetters == 2)
        }
    }

    @Test("catches a rule that is not deterministic when it sends again")
    func nondeterminism() async throws {
        let stand = try await BankStand()
        // Dies after the outputs are sent and before a checkpoint can be made.
        let crash = CrashOnce(at: .outputsAcknowledged, visit: 1)
        let events = Mutex<[StreamEvent]>([])
        let host = stand.makeHost(
            change: { $0.probe = crash.probe }, onEvent: { event in events.withLock { $0.append(event) } })
        try await stand.send(["chance A"])
        try await stand.with(host) {
            try await eventually("the alarm") { host.status.counters.repeatsDiffering > 0 }
            let alarm = try #require(events.withLock { $0.first { $0.level == .error } })
            #expect(alarm.metadata["origin"]?.hasPrefix("bank/\(stand.log)/0/0/") == true)
        }
    }

    @Test("fires a deadline though no record comes, and at once one that passed while nobody led")
    func deadlines() async throws {
        let stand = try await BankStand()
        let host = stand.makeHost()
        try await stand.with(host) {
            try await stand.send(["alarm A 300"])
            try await eventually("the alarm of A") {
                try await stand.ledgerEntries().entries[0] == ["A: alarm"]
            }
            #expect(host.status.counters.ticks < 20)
            try await stand.send(["alarm B 1500"])
            try await eventually("B's alarm is known") { try host.read(0) { $0.accounts["B"] != nil } }
        }
        let passed = ContinuousClock.now + .milliseconds(1500)
        try await eventually("the time of B's alarm has passed") { ContinuousClock.now > passed }
        let next = stand.makeHost()
        try await stand.with(next) {
            try await eventually("the alarm of B") {
                try await stand.ledgerEntries().entries[0] == ["A: alarm", "B: alarm"]
            }
        }
    }

    @Test("performs an effect again only when its result is missing")
    func effects() async throws {
        let stand = try await BankStand()
        let crash = CrashOnce(at: .effectPerformed, visit: 2)
        let host = stand.makeHost { $0.probe = crash.probe }
        try await stand.with(host) {
            try await eventually("ready") { host.status.isReady }
            for account in ["A", "B", "C"] {
                try await stand.send(["call \(account)"])
                try await eventually("the call of \(account)") {
                    try host.status.isReady && host.read(0) { $0.accounts[account]?.calls == 1 }
                }
            }
        }
        #expect(stand.telephone.made.values.sorted() == [1, 1, 2])
    }

    @Test("takes a configuration revision through the log, once, and keeps it")
    func configuration() async throws {
        let stand = try await BankStand()
        let table = ConfigurationTable(kafka: stand.broker.properties, topic: "\(stand.name)-config") { $0 }
        let producer = try AsyncProducer(properties: stand.broker.properties)
        defer { producer.close() }
        func put(_ key: String, _ value: String) async throws {
            _ = try await producer.send(topic: "\(stand.name)-config", key: Array(key.utf8), value: Array(value.utf8))
        }
        try await put("a", "xx")
        try await put("b", "yyy")
        try await put("revision", "1")
        async let reading: Void = table.run()
        let host = stand.makeHost(configuration: table)
        try await stand.with(host) {
            try await eventually("revision 1") { try host.status.isReady && host.read(0) { $0.bonus } == 5 }
            try await put("a", "x")
            try await put("revision", "2")
            try await eventually("revision 2") { try host.status.isReady && host.read(0) { $0.bonus } == 4 }
        }
        let next = stand.makeHost(configuration: table)
        try await stand.with(next) {
            try await stand.send(["deposit A 1"])
            try await stand.ledgerFollowsLog()
            #expect(try next.read(0) { $0.accounts["A"]?.balance } == 5)
        }
        #expect(
            try await stand.ledgerEntries().entries[0] == ["all: bonus 5", "all: bonus 4", "A: balance 5", "all: A 1"])
        table.shutdown()
        try await reading
    }

    @Test("starts again by itself when another producer has fenced it while the assignment is still its own")
    func fenced() async throws {
        let stand = try await BankStand()
        let host = stand.makeHost()
        try await stand.with(host) {
            try await stand.send(["deposit A 1"])
            try await eventually("a checkpoint") { host.status.counters.checkpoints > 0 }
            let (properties, id) = (stand.broker.properties, "\(stand.name)-0")
            try await onThread {
                let usurper = try Producer(properties: properties, transactionalID: id)
                defer { usurper.close() }
                try usurper.initTransactions(timeout: .seconds(10))
            }
            try await stand.send(["deposit A 2"])
            try await eventually("a restart") { host.status.counters.restarts == 1 && host.status.isReady }
            try await stand.send(["deposit A 3"])
            try await stand.ledgerFollowsLog()
            #expect(try host.read(0) { $0.accounts["A"]?.balance } == 6)
        }
    }
}
