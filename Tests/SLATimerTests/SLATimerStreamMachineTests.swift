import Domain
import OrderedCollections
import SLATimerApp
import SLATimerCore
import Schema
import Streams
import Testing

@Suite struct `The SLA timer's stream machine` {
    @Test func `puts every output on its topic under its key`() throws {
        var policy = SLAPolicy.standard
        policy.acknowledgement = .init(text: "Hello", textWithoutWait: "Hello")
        policy.survey = .init(question: "How was it?")
        var machine = try configured(.with(policy))
        var outputs = try machine.apply(record(.opened(), at: 0), at: .s(0))
        outputs += machine.advance(to: .s(200))
        outputs += try machine.apply(record(.closed(), at: 300), at: .s(300))
        let sent = outputs.compactMap { output -> [String]? in
            guard case .send(let topic, let type, let key, .some) = output else { return nil }
            return [topic, type, String(decoding: key, as: UTF8.self)]
        }
        #expect(sent.count == outputs.count)
        #expect(sent.contains(["test.outbound", OutboundMessage.topicType, "conversation"]))
        #expect(sent.contains(["test.work", "patchbay.work.escalate.v1", "pool"]))
        #expect(sent.contains(["test.sla-events", "patchbay.sla-events.breached.v1", "item-1"]))
        #expect(sent.contains(["test.inbound", "patchbay.inbound.survey-asked.v1", "customer"]))
    }

    @Test func `refuses what it cannot understand, and is as before then`() throws {
        var machine = try configured(.standard)
        _ = try machine.apply(record(.opened(), at: 0), at: .s(0))
        let before = machine.timer.workItem(.item)
        for value in [[], [0xff], Array("nonsense".utf8)] as [[UInt8]] {
            let poison = StreamRecord(
                topic: "test.clocks", partition: 0, offset: 1, type: "?", key: Array("item-1".utf8), value: value)
            #expect(throws: PoisonRecord.self) { try machine.apply(poison, at: .s(1)) }
        }
        #expect(throws: PoisonRecord.self) { try machine.complete("effect", result: [], at: .s(1)) }
        #expect(throws: PoisonRecord.self) { try machine.restore("work-item/x", [0xff]) }
        #expect(throws: PoisonRecord.self) { try machine.restore("agent/x", []) }
        #expect(machine.timer.workItem(.item) == before)
    }

    @Test func `keeps a work item in its checkpoint as it is, and removes it when it is forgotten`() throws {
        var policy = SLAPolicy.standard
        policy.survey = .init(question: "How was it?", delaySeconds: 60)
        var machine = try configured(.with(policy))
        let steps: [(ClockSignal.Kind, Int)] = [
            (.opened(), 0), (.parked, 10), (.resumed, 20), (.reply("a"), 200), (.customer("b"), 210), (.parked, 220),
            (.priorityChanged(7), 230), (.closed(), 400),
        ]
        for (kind, second) in steps {
            _ = machine.advance(to: .s(second))
            _ = try machine.apply(record(kind, at: second), at: .s(second))
            let change = try #require(machine.changes().first)
            var twin = try configured(.with(policy))
            try twin.restore(change.key, try #require(change.value))
            #expect(twin.timer.workItem(.item) == machine.timer.workItem(.item), "after \(kind)")
            #expect(twin.nextDeadline == machine.nextDeadline)
        }
        _ = machine.advance(to: .s(400 + 2 * 86_400))
        #expect(machine.changes() == [StateChange(key: "work-item/item-1", value: nil)])
    }

    private func configured(_ configuration: Configuration) throws -> SLATimerStreamMachine {
        var machine = SLATimerStreamMachine(topicPrefix: "test")
        _ = try machine.configure(configuration.streamed, at: .s(0))
        return machine
    }

    private func record(_ kind: ClockSignal.Kind, at second: Int) -> StreamRecord {
        let signal = ClockSignal(workItemID: .item, at: .s(second), kind: kind)
        return StreamRecord(
            topic: "test.clocks", partition: 0, offset: Int64(second), type: signal.type, key: Array("item-1".utf8),
            value: signal.encoded())
    }
}

extension OutboundMessage {
    fileprivate static var topicType: String { "patchbay.outbound.message.v1" }
}

extension Configuration {
    /// As `patchbay apply` writes it and a stream task hands it over.
    var entries: [ConfigurationEntry] {
        slaPolicies.values.map { .slaPolicy($0) } + calendars.values.map { .calendar($0) }
            + accounts.values.map { .account($0) }
    }

    var streamed: StreamConfiguration {
        StreamConfiguration(
            revision: revision,
            parts: ConfigurationEntry.bundle(entries.map { $0.encoded() }, bytesMax: 100_000))
    }
}
