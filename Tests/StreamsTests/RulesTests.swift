import Domain
import Kafka
import TestSupport
import Testing

@testable import Streams

@Suite("A new version of the rules", .timeLimit(.minutes(5)))
struct RulesTests {
    private static let deposits = (0..<20).map { "deposit A\($0 % 7) \($0)" }

    @Test("holds from its record on, whoever leads; who does not know it resigns, unready and alive")
    func sideBySide() async throws {
        let stand = try await BankStand(partitions: 4)
        let (old, new) = (stand.makeHost(newestRules: 1), stand.makeHost(newestRules: 2))
        try await stand.with(old, new) {
            try await eventually("they share the partitions", within: .seconds(60)) { old.leads(2) && new.leads(2) }
            try await stand.send(Self.deposits)
            try await stand.ledgerFollowsLog()
            // Before the record the new program does as the old one does, and the old one follows it without a murmur.
            #expect(try old.read(0) { $0.rules } == 1)
            let accounts = try await stand.oracle().machines[0]?.accounts
            try await eventually("both are there") {
                try old.read(0) { $0.accounts } == accounts && new.read(0) { $0.accounts } == accounts
            }
            try await stand.raise(rules: 2)
            try await stand.send(Self.deposits)
            try await eventually("the new one leads everything", within: .seconds(60)) { new.leads(4) }
            try await eventually("the old one has resigned") { old.status.partitions.isEmpty && !old.status.isReady }
            #expect(
                old.status.reasons == [
                    "resigned: the log has reached version 2 of the rules, and this program knows 1: "
                        + "replace it by a newer one"
                ])
            try await stand.send(Self.deposits)
            try await stand.ledgerFollowsLog()
            let oracle = try await stand.oracle().machines
            for partition: Int32 in 0..<4 {
                #expect(try new.read(partition) { $0.rules } == 2)
                #expect(try new.read(partition) { $0.accounts } == oracle[partition]?.accounts)
            }
            #expect(old.status.counters.repeatsDiffering + new.status.counters.repeatsDiffering == 0)
            // Once the record is there, an older version cannot come back.
            try await stand.raise(rules: 1)
            try await stand.send(Self.deposits)
            try await stand.ledgerFollowsLog()
            #expect(try new.read(0) { $0.rules } == 2)
        }
    }

    @Test("is kept in the checkpoint: who does not know it does not lead, even alone; who does goes on with it")
    func checkpointed() async throws {
        let stand = try await BankStand()
        let first = stand.makeHost(newestRules: 2)
        try await stand.with(first) {
            try await stand.raise(rules: 2)
            try await stand.send(Self.deposits)
            try await stand.ledgerFollowsLog()
        }
        let before = try await stand.records(stand.log)
        for following in [true, false] {
            let old = stand.makeHost(newestRules: 1) { $0.following = following }
            try await stand.with(old) {
                try await eventually("it resigns", within: .seconds(60)) {
                    old.status.reasons.contains { $0.contains("version 2") }
                }
                #expect(old.status.partitions.isEmpty)
            }
        }
        #expect(try await stand.records(stand.log) == before)
        let next = stand.makeHost(newestRules: 3)
        try await stand.with(next) {
            try await eventually("it leads", within: .seconds(60)) { next.leads(1) }
            #expect(try next.read(0) { $0.rules } == 2)
            try await stand.send(Self.deposits)
            try await stand.ledgerFollowsLog()
            #expect(next.status.counters.repeatsDiffering == 0)
        }
    }

    @Test("stores all that came before its record, so that the next leader begins with it")
    func resigning() async throws {
        let stand = try await BankStand()
        let old = stand.makeHost(newestRules: 1) { $0.checkpointInterval = .seconds(600) }
        try await stand.with(old) {
            try await eventually("it leads", within: .seconds(60)) { old.leads(1) }
            try await stand.send(Self.deposits)
            try await stand.raise(rules: 2)
            try await eventually("it resigns") { old.status.reasons.contains { $0.contains("version 2") } }
        }
        let place = try #require(try await stand.records(stand.log).firstIndex { $0.header(Control.header) == "rules" })
        let position = try #require(
            try await stand.records("\(stand.name)-state").last { $0.key == Array("position".utf8) })
        #expect(try Position(decoding: position.value ?? []).nextOffset == Int64(place))
    }

    @Test("is where a new log begins, and no other: one that an older program has led waits for the operator")
    func newLogs() async throws {
        let stand = try await BankStand()
        let new = stand.makeHost(newestRules: 2) { $0.raisesNewLogs = true }
        try await stand.with(new) {
            try await eventually("it leads", within: .seconds(60)) { new.leads(1) }
            #expect(try new.read(0) { $0.rules } == 2)
            try await stand.send(Self.deposits)
            try await stand.ledgerFollowsLog()
        }
        let controls = try await stand.records(stand.log).compactMap { $0.header(Control.header) }
        #expect(controls.filter { $0 == "rules" }.count == 1 && controls.first == "rules")

        let older = try await BankStand()
        let old = older.makeHost(newestRules: 1) { $0.raisesNewLogs = true }
        try await older.with(old) {
            try await eventually("it leads", within: .seconds(60)) { old.leads(1) }
            try await older.send(Self.deposits)
        }
        let next = older.makeHost(newestRules: 2) { $0.raisesNewLogs = true }
        try await older.with(next) {
            try await eventually("it leads", within: .seconds(60)) { next.leads(1) }
            #expect(try next.read(0) { $0.rules } == 1)
            try await older.ledgerFollowsLog()
        }
    }

    @Test("begins in the middle of a rolling upgrade, whoever dies while it does")
    func rollingUpgrade() async throws {
        let stand = try await BankStand(partitions: 2)
        let crash = CrashOnce(at: .outputsSent, visit: 30)
        let old = stand.makeHost(newestRules: 1)
        let first = stand.makeHost(newestRules: 2) { $0.probe = crash.probe }
        let second = stand.makeHost(newestRules: 2)
        try await stand.with(old, first) {
            try await eventually("they share", within: .seconds(60)) { old.leads(1) && first.leads(1) }
            try await stand.send(Self.deposits)
            // The record comes while the old program leads, and the new leader dies among the next.
            try await stand.raise(rules: 2)
            try await stand.send(Self.deposits + Self.deposits)
            try await eventually("the old one has resigned", within: .seconds(60)) { old.status.partitions.isEmpty }
            try await stand.with(second) {
                try await eventually("the new ones lead", within: .seconds(90)) {
                    first.status.partitions.count + second.status.partitions.count == 2
                }
                try await stand.send(Self.deposits + Self.deposits)
                try await stand.ledgerFollowsLog()
            }
            try await stand.ledgerFollowsLog()
        }
        #expect(crash.hasCrashed)
        let differing = [old, first, second].map(\.status.counters.repeatsDiffering)
        #expect(differing == [0, 0, 0])
    }
}
