import Domain
import Schema
import Streams
import Testing

@testable import RouterApp
@testable import RouterCore

@Suite("The router's state on the wire")
struct RouterStateTests {
    @Test("A hold from before activities is active, and weighs in full what it weighed")
    func olderHold() throws {
        var wire = WireRouterAgent.Hold()
        wire.workItemID = "item"
        wire.weight = 2
        #expect(try Hold(wire: wire) == Hold(weight: 2, fullWeight: 2, channel: nil, activity: .active))
    }

    @Test("A machine that is restored from its changes says the same as one that went on")
    func restoredMachine() throws {
        var first = RouterStreamMachine(topicPrefix: "t")
        let at = Instant(milliseconds: 1_700_000_000_000)
        let organization = Organization()
        let parts = ConfigurationEntry.bundle(
            organization.configuration.entries.map { $0.encoded() }, bytesMax: 100_000)
        let configuration = StreamConfiguration(revision: 1, parts: parts)
        _ = try first.configure(configuration, at: at)
        let present = AgentCommand(
            commandID: "k1", agentID: "ana", poolID: "support", action: .setPresence(.available))
        _ = try first.apply(record(.agent(present)), at: at)
        let outputs = try first.apply(record(.customerMessage(request)), at: at)
        #expect(outputs.contains { if case .send("t.clocks", _, _, _) = $0 { true } else { false } })

        var second = RouterStreamMachine(topicPrefix: "t")
        try second.restore(configuration)
        for change in first.changes() { try second.restore(change.key, try #require(change.value)) }
        #expect(second.nextDeadline == first.nextDeadline)
        let later = at + .seconds(31)
        #expect(second.advance(to: later) == first.advance(to: later))
    }

    @Test("What cannot be understood is poison, and changes nothing")
    func poison() {
        var machine = RouterStreamMachine(topicPrefix: "t")
        let at = Instant(milliseconds: 1_700_000_000_000)
        var broken = record(.agentSeen("ana"))
        broken.value = [0xff, 0xff]
        #expect(throws: PoisonRecord.self) { try machine.apply(broken, at: at) }
        #expect(throws: PoisonRecord.self) { try machine.restore("item/x", [0xff]) }
        #expect(machine.changes().isEmpty)
    }

    private var request: WorkRequest {
        WorkRequest(
            workItemID: "item", conversationID: "c", customerID: "x", messageID: "m", poolID: "support",
            queueID: "general",
            address: Address(channel: .chat, account: "a", identifier: Identifier(kind: .handle, value: "x")),
            priority: 5, excerpt: "hello", acceptedAt: Instant(milliseconds: 1_700_000_000_000))
    }

    private func record(_ command: WorkCommand) -> StreamRecord {
        StreamRecord(
            topic: "t.work", partition: 0, offset: 0, type: command.type, key: Array("support".utf8),
            value: command.encoded())
    }
}
