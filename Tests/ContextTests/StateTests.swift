import ContextCore
import Domain
import OrderedCollections
import Schema
import Streams
import TestSupport
import Testing

@testable import ContextApp

@Suite("Context as the stream task runs it")
struct StateTests {
    private func record(_ inbound: InboundRecord, key: String, offset: Int64 = 0) -> StreamRecord {
        StreamRecord(
            topic: "test.inbound", partition: 0, offset: offset, type: inbound.type, key: Array(key.utf8),
            value: inbound.encoded())
    }

    /// A machine that holds one entity of every kind, and every field of a customer.
    private func machine() throws -> ContextStreamMachine {
        var machine = ContextStreamMachine(topicPrefix: "test")
        let configuration = Samples.configuration()
        let entries =
            configuration.pools.values.map { ConfigurationEntry.pool($0) }
            + configuration.queues.values.map { .queue($0) } + configuration.accounts.values.map { .account($0) }
        let parts = ConfigurationEntry.bundle(entries.map { $0.encoded() }, bytesMax: 200)
        _ = try machine.configure(StreamConfiguration(revision: 1, parts: parts), at: Samples.start)
        let lena = Story.lena
        let survey = SurveyAsked(
            surveyID: SurveyID("s"), workItemID: WorkItemID("w"), conversationID: ConversationID("c"),
            customerID: lena, poolID: PoolID("support"),
            address: Story.address(.sms, "sms", Samples.phone), expiresAt: Story.at(1_000))
        let attached = IdentityLink(
            identifier: Samples.phone, customerID: lena, evidence: .profile, reason: "profile", via: Story.visitor)
        let closed = ClosedWorkItem(
            workItemID: WorkItemID("w"), conversationID: ConversationID("c"), customerID: lena, disposition: "solved",
            agentID: AgentID("ada"), conversationEnded: true)
        let records: [(InboundRecord, CustomerID)] = [
            (.profileUpdated(CustomerProfile(customerID: lena, name: "Lena", language: "fr")), lena),
            (.messageReceived(Samples.message("m1", from: Samples.handle, language: "de", name: "l")), lena),
            (.messageReceived(Samples.call("k1", from: Samples.handle)), lena),
            (.messageReceived(Samples.message("m2", from: Samples.handle, by: "nowhere")), lena),
            (.surveyAsked(survey), lena), (.identifierAttached(attached), lena), (.workItemClosed(closed), lena),
            (
                .identityLinked(
                    IdentityLink(
                        identifier: Samples.visitor, customerID: lena, evidence: .signedClaim, reason: "message m")),
                Story.visitor
            ),
        ]
        for (inbound, key) in records {
            _ = try machine.apply(record(inbound, key: key.rawValue), at: Samples.start)
        }
        return machine
    }

    @Test("Every entity comes back from its bytes as it was")
    func restores() throws {
        var machine = try machine()
        let changes = machine.changes()
        #expect(Set(changes.map { $0.key.prefix { $0 != "/" } }) == ["customer", "message", "waiting"])
        var restored = ContextStreamMachine(topicPrefix: "test")
        for change in changes.reversed() { try restored.restore(change.key, try #require(change.value)) }
        for id in [Story.lena, Story.visitor] {
            let customer = try #require(machine.core.customer(id))
            #expect(restored.core.customer(id) == customer)
        }
        #expect(restored.core.sizes == machine.core.sizes)
        #expect(machine.changes().isEmpty)
        #expect(restored.changes().isEmpty)
    }

    @Test("Two senders' messages under one id that wait come back as two, and are filed", arguments: [1, 2])
    func restoresWaiting(rules: Int) throws {
        var machine = ContextStreamMachine(topicPrefix: "test")
        machine.adopt(rules: rules)
        for sender in [Samples.handle, Samples.visitor] {
            let message = InboundRecord.messageReceived(Samples.message("1001", from: sender))
            _ = try machine.apply(record(message, key: sender.customerID.rawValue), at: Samples.start)
        }
        var restored = ContextStreamMachine(topicPrefix: "test")
        restored.adopt(rules: rules)
        let changes = machine.changes()
        for change in changes { try restored.restore(change.key, try #require(change.value)) }
        let entries =
            Samples.configuration().pools.values.map { ConfigurationEntry.pool($0) }
            + Samples.configuration().queues.values.map { .queue($0) }
            + Samples.configuration().accounts.values.map { .account($0) }
        let parts = ConfigurationEntry.bundle(entries.map { $0.encoded() }, bytesMax: 1 << 20)
        let outputs = try restored.configure(StreamConfiguration(revision: 1, parts: parts), at: Samples.start)
        // Version 1 had lost the second one already.
        #expect(outputs.count == 2 * rules)
        let gone = restored.changes().filter { $0.value == nil }.map(\.key)
        #expect(Set(gone) == Set(changes.map(\.key).filter { $0.hasPrefix("waiting/") }))
    }

    @Test("What is forgotten is removed from the checkpoint")
    func forgets() throws {
        var machine = try machine()
        _ = machine.changes()
        _ = machine.advance(to: Samples.start + .seconds(8 * 86_400))
        let removed = machine.changes().filter { $0.value == nil }.map(\.key)
        #expect(Set(removed) == ["message/m1", "message/k1", "message/m2"])
    }

    @Test("Outputs name their topics, keys and types; an unlink is a tombstone")
    func outputs() throws {
        var machine = try machine()
        let unlink = IdentityLink(
            identifier: Samples.visitor, customerID: Story.lena, evidence: .manual, reason: "sue")
        let outputs = try machine.apply(
            record(.identityUnlinked(unlink), key: Story.visitor.rawValue), at: Samples.start)
        #expect(
            outputs.first
                == .send(
                    topic: "test.identity", type: "patchbay.identity.removed.v1", key: Array("visitor:chat/v-1".utf8),
                    value: nil))
        guard case .send("test.inbound", "patchbay.inbound.identifier-detached.v1", let key, _) = outputs.last else {
            Issue.record("no detached record: \(outputs)")
            return
        }
        #expect(String(decoding: key, as: UTF8.self) == Story.lena.rawValue)
        let message = InboundRecord.messageReceived(Samples.message("m3", from: Samples.handle))
        let filing = try machine.apply(record(message, key: Story.lena.rawValue), at: Samples.start)
        guard case .send("test.work", "patchbay.work.customer-message.v1", let pool, _) = filing.first else {
            Issue.record("no work: \(filing)")
            return
        }
        #expect(String(decoding: pool, as: UTF8.self) == "support")
    }

    @Test("What cannot be understood is poison and changes nothing", arguments: 1...50 as ClosedRange<UInt64>)
    func poison(seed: UInt64) throws {
        var machine = try machine()
        _ = machine.changes()
        var generator = SeededGenerator(seed: seed)
        let sound = record(
            .messageReceived(Samples.message("m9", from: Samples.handle)), key: Story.lena.rawValue)
        var broken = sound
        broken.value = broken.value.prefix(Int.random(in: 0..<broken.value.count, using: &generator)) + []
        for index in broken.value.indices where Int.random(in: 0..<8, using: &generator) == 0 {
            broken.value[index] = UInt8.random(in: 0...255, using: &generator)
        }
        do {
            _ = try machine.apply(broken, at: Samples.start)
        } catch {
            #expect(machine.changes().isEmpty, "seed \(seed)")
        }
        _ = try? machine.restore("customer/x", broken.value)
    }

    @Test("A record under another customer's key is poison")
    func misplaced() throws {
        var machine = try machine()
        let message = InboundRecord.messageReceived(Samples.message("m9", from: Samples.handle))
        #expect(throws: PoisonRecord.self) {
            try machine.apply(record(message, key: Story.visitor.rawValue), at: Samples.start)
        }
        #expect(throws: PoisonRecord.self) { try machine.apply(record(message, key: ""), at: Samples.start) }
    }
}
