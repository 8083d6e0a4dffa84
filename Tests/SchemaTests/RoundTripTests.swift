import Domain
import Schema
import SwiftProtobuf
import Testing

@Suite("Every record comes back from the wire as it was")
struct RoundTripTests {
    @Test("A record is read back equal", arguments: Sample.all)
    func isReadBack(sample: Sample) throws {
        try expectRoundTrip(sample.record)
    }

    @Test("A record encodes to the same bytes every time", arguments: Sample.all)
    func isDeterministic(sample: Sample) throws {
        try expectSameBytes(sample.record)
    }

    @Test("A record cut short is never taken for the whole", arguments: Sample.all)
    func isNotReadFromAPart(sample: Sample) {
        expectNoPartReads(sample.record)
    }

    @Test("A field of a newer version is skipped", arguments: Sample.all)
    func newerFieldIsSkipped(sample: Sample) throws {
        // Field 2047, a varint.
        let bytes = sample.bytes + [0xf8, 0x7f, 0x01]
        try expect(sample.record, from: bytes)
    }

    @Test("No two samples share their bytes")
    func samplesDiffer() {
        for topic in Topic.allCases {
            let values = Sample.all.filter { $0.topic == topic }.map(\.bytes)
            #expect(Set(values).count == values.count, "\(topic)")
        }
    }

    @Test(
        "There is a sample of every kind in the .proto files, and ce_type ends like the kind's field",
        arguments: [
            ("inbound", Topic.inbound), ("work", .work), ("work_events", .workEvents), ("clocks", .clocks),
            ("outbound", .outbound), ("delivery", .delivery), ("sla_events", .slaEvents), ("identity", .identity),
            ("profiles", .profiles), ("config", .config),
        ])
    func kindsAreComplete(proto: String, topic: Topic) throws {
        let text = try RepositoryFile.text("Shared/Schema/Proto/\(proto).proto")
        let oneof = try #require(text.split(separator: "oneof kind {", maxSplits: 1).last?.split(separator: "}").first)
        let fields = oneof.matches(of: #/(?m)^ *\w+ (\w+) = \d+;/#).map { $0.1.replacing("_", with: "-") }
        let types = fields.map { "patchbay.\(topic.rawValue).\($0).v1" }
        #expect(!types.isEmpty)
        #expect(Set(Sample.all.filter { $0.topic == topic }.map(\.record.type)) == Set(types))
    }

    @Test("Numbers that 32 bits cannot hold, and moments that cannot be written, go to the nearest that can")
    func numbersAreClamped() throws {
        let escalation = Escalation(workItemID: "item-1", poolID: "europe", priority: .max, reason: "")
        guard case .escalate(let read) = try WorkCommand(wire: WorkCommand.escalate(escalation).encoded()) else {
            Issue.record("another kind came back")
            return
        }
        #expect(read.priority == Int(Int32.max))
        let signal = ClockSignal(workItemID: "item-1", at: Instant(milliseconds: .max), kind: .parked)
        #expect(try ClockSignal(wire: signal.encoded()).at == Instant.writable.upperBound)
    }
}

private func expectRoundTrip<R: WireRecord & Hashable>(_ record: R) throws {
    #expect(try R(wire: record.encoded()) == record)
}

private func expect<R: WireRecord & Hashable>(_ record: R, from bytes: [UInt8]) throws {
    #expect(try R(wire: bytes) == record)
}

private func expectSameBytes<R: WireRecord & Hashable>(_ record: R) throws {
    let bytes = record.encoded()
    #expect(record.encoded() == bytes)
    #expect(try R(wire: bytes).encoded() == bytes)
}

private func expectNoPartReads<R: WireRecord & Hashable>(_ record: R) {
    let bytes = record.encoded()
    for count in 0..<bytes.count {
        #expect((try? R(wire: Array(bytes.prefix(count)))) != record, "\(count) of \(bytes.count) bytes")
    }
}
