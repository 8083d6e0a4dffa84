import Kafka
import TestSupport
import Testing

@testable import Streams

@Suite("A stream task that meets poison")
struct PoisonRecordTests {
    @Test(
        "says so under one origin and with the same bytes, wherever it dies, and goes on",
        arguments: [StreamStep.applied, .outputsSent, .outputsAcknowledged, .changesProduced, .offsetsSent, .committed])
    func poisonThroughCrashes(step: StreamStep) async throws {
        let stand = try await BankStand()
        let crash = CrashOnce(at: step, visit: 2)
        let host = stand.makeHost(change: { $0.probe = crash.probe })
        try await stand.with(host) {
            try await stand.send(["deposit a 1", "nonsense", "deposit a 2"])
            try await stand.ledgerFollowsLog()
            try await stand.send(["more nonsense", "deposit a 3"])
            try await stand.ledgerFollowsLog()
            try await eventually("the task has died once", within: .seconds(60)) {
                if !crash.hasCrashed { try await stand.send(["deposit a 1"]) }
                return crash.hasCrashed
            }
            try await stand.ledgerFollowsLog()
        }
        let letters = try await stand.records("\(stand.name)-dead")
        let byOrigin = Dictionary(grouping: letters) { $0.header(Origin.header) ?? "" }
        #expect(byOrigin.count == 2)
        for copies in byOrigin.values {
            #expect(Set(copies.map { [$0.key, $0.value] }).count == 1 && Set(copies.map(\.headers)).count == 1)
            // A copy for the crash at most, never one for each record that follows.
            #expect(copies.count <= 2)
        }
    }

    @Test("gives up a record that is too large before its machine sees it, and keeps all of it that a letter holds")
    func large() throws {
        var state = StreamState(service: "bank", deadLetter: "dead", machine: Bank(ledger: "ledger", log: "log"))
        let fits = record(Array("deposit a 1".utf8), offset: 0, key: StreamRecord.bytesMax - 11)
        #expect(state.apply(fits).poison == nil)
        let tooLarge = record(Array("deposit a 1".utf8), offset: 1, key: StreamRecord.bytesMax - 10)
        let step = state.apply(tooLarge)
        #expect(step.poison?.reason == "record: found 262145 bytes, expected at most 262144")
        #expect(step.sends.count == 1 && step.sends[0].key == tooLarge.key && step.sends[0].value == tooLarge.value)
        #expect(state.machine.accounts["a"]?.balance == 1)
    }

    @Test("cuts what is too large for a letter, and says how large it was", arguments: [0, 70_000, 3_000_000])
    func cut(side: Int) throws {
        var original = record(Array(repeating: 7, count: 3_000_000), offset: 5, key: side)
        original.headers = [Header("big", String(repeating: "x", count: side))]
        let letter = DeadLetter(original, service: "bank", PoisonRecord("too large"))
        let headers = letter.headers(origin: "bank/log/0/5/0")
        let sent = Record(
            topic: "dead", partition: 0, offset: 0, key: letter.key, value: letter.value, headers: headers)
        #expect(sent.bytes <= DeadLetter.bytesMax)
        let read = try #require(DeadLetter(sent))
        #expect(read == letter)
        #expect(read.cutFrom == original.bytes)
        #expect((read.value?.count ?? 0) > 1_500_000)
        #expect((read.key?.count, read.headers.count) == (side > 65_536 ? (nil, 0) : (side, 1)))
    }

    private func record(_ value: [UInt8], offset: Int64, key: Int) -> Record {
        Record(
            topic: "log", partition: 0, offset: offset, timestamp: 1_000, timestampKind: .logAppendTime,
            key: [UInt8](repeating: 1, count: key), value: value)
    }
}
