import Domain
import Kafka
import OrderedCollections
import Testing

@testable import Streams

@Suite("A configuration that the machine refuses")
struct RefusedConfigurationTests {
    /// Takes no configuration that begins with a zero.
    private struct Picky: StreamMachine {
        var configuration: StreamConfiguration?

        mutating func advance(to now: Instant) -> [StreamOutput] { [] }
        mutating func apply(_ record: StreamRecord, at now: Instant) throws(PoisonRecord) -> [StreamOutput] { [] }
        mutating func complete(_ effect: String, result: [UInt8], at now: Instant) throws(PoisonRecord)
            -> [StreamOutput]
        { [] }
        mutating func configure(_ configuration: StreamConfiguration, at now: Instant) throws(PoisonRecord)
            -> [StreamOutput]
        {
            try restore(configuration)
            return []
        }
        var nextDeadline: Instant? { nil }
        mutating func changes() -> [StateChange] { [] }
        mutating func restore(_ key: String, _ value: [UInt8]) throws(PoisonRecord) {}
        mutating func restore(_ configuration: StreamConfiguration) throws(PoisonRecord) {
            guard configuration.parts.first?.first != 0 else { throw PoisonRecord("a zero") }
            self.configuration = configuration
        }
    }

    private func state() -> StreamState<Picky> {
        StreamState(service: "picky", deadLetter: "dead", machine: Picky())
    }

    private func record(_ revision: Int64, _ value: [UInt8], offset: Int64) -> Record {
        Record(
            topic: "log", partition: 0, offset: offset, timestamp: 1_000, timestampKind: .logAppendTime, value: value,
            headers: Control.configuration(revision: revision, part: 0, count: 1).headers)
    }

    @Test("is a dead letter, leaves the one before in force, also after a checkpoint, and is not asked for again")
    func refused() throws {
        var state = state()
        #expect(state.apply(record(1, [1], offset: 0)).poison == nil)
        #expect(state.apply(record(2, [0], offset: 1)).poison?.reason == "a zero")
        var entries: OrderedDictionary<String, [UInt8]> = [:]
        for change in state.takeChanges() { entries[change.key] = change.value }
        entries[stateKeyOfPosition] = state.encodedPosition

        var restored = self.state()
        try restored.restore(entries)
        #expect(restored.machine.configuration == StreamConfiguration(revision: 1, parts: [[1]]))
        #expect(restored.knownRevision == 2)
        for revision in [1, 2] as [Int64] {
            #expect(restored.apply(record(revision, [9], offset: 2)).sends.isEmpty)
            #expect(restored.machine.configuration?.revision == 1)
        }
        #expect(restored.apply(record(3, [3], offset: 4)).poison == nil)
        #expect(restored.machine.configuration?.revision == 3)
    }

    @Test("A position that names an impossible number of parts is a bad checkpoint", arguments: [-1, 1 << 40])
    func parts(count: Int) {
        let position =
            #"{"nextOffset":5,"instantMilliseconds":1,"marks":[],"configurationRevision":1,"#
            + #""configurationParts":\#(count)}"#
        #expect(throws: StreamError.self) {
            var state = state()
            try state.restore([stateKeyOfPosition: Array(position.utf8)])
        }
    }
}
