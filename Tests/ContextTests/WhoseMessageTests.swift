import ContextCore
import Domain
import OrderedCollections
import Testing

@Suite("A message is its sender's, whatever it is called")
struct WhoseMessageTests {
    private let lena = Samples.visitor
    private let max = Identifier(kind: .visitor, value: "chat/max")

    private func chat(_ id: String, from sender: Identifier, text: String = "Bonjour") -> InboundMessage {
        Samples.message(id, from: sender, by: "chat", .chat, text: text)
    }

    /// As version 1 of the connector's rules calls it.
    private func first(_ id: String, from sender: Identifier) -> InboundMessage {
        var message = chat(id, from: sender)
        message.messageID = .inboundFirst(message.address.account, id)
        return message
    }

    private func named(_ id: String, from sender: Identifier) -> InboundMessage {
        var message = chat(id, from: sender)
        message.messageID = .inbound(message.address, id)
        return message
    }

    @Test(
        "Two senders who use one id are two customers with two conversations and two work items, and both are filed",
        arguments: ["1001", "<1001@mail>", "a\u{1F}b", "é", "e\u{301}"])
    func twoSenders(id: String) throws {
        let ways: [(Identifier) -> InboundMessage] = [
            { chat(id, from: $0) }, { first(id, from: $0) }, { named(id, from: $0) },
        ]
        for way in ways {
            var desk = Desk()
            let messages = [lena, max].map(way)
            for message in messages { try desk.send(message) }
            #expect(desk.filed.map(\.customerID) == [lena.customerID, max.customerID])
            #expect(Set(desk.requests.map(\.workItemID)).count == 2)
            #expect(Set(desk.requests.map(\.conversationID)).count == 2)
            #expect(Set(desk.requests.map(\.messageID)).count == 2)
            for message in messages { try desk.send(message) }
            #expect(desk.filed.count == 2, "each one's repeat is dropped")
        }
    }

    @Test("Identifiers of one customer that use one id write two messages; each one's repeat is dropped")
    func linked() throws {
        var desk = Desk()
        let link = IdentityLink(identifier: max, customerID: lena.customerID, evidence: .manual, reason: "a person")
        try desk.write(.identityLinked(link), to: max.customerID)
        for _ in 0..<2 { try desk.send(chat("7", from: lena), chat("7", from: max), chat("7", from: lena)) }
        #expect(desk.filed.map(\.customerID) == [lena.customerID, lena.customerID])
        #expect(Set(desk.filed.map(\.messageID)).count == 2, "or the router takes the one for the other")
        #expect(desk.filed.map(\.role) == [.opened, .continued])
    }

    @Test("One id on two accounts is two messages, of one customer too")
    func twoAccounts() throws {
        var desk = Desk()
        let phone = Samples.phone
        try desk.send(Samples.message("1", from: phone, by: "sms", .sms), Samples.call("1", from: phone))
        #expect(Set(desk.requests.map(\.workItemID)).count == 2)
        #expect(Set(desk.requests.map(\.messageID)).count == 2)
    }

    @Test("Senders whose names differ only in how an accent is written are not mixed")
    func normalisation() throws {
        var desk = Desk()
        let senders = ["chat/Zoé", "chat/Zoe\u{301}"].map { Identifier(kind: .visitor, value: $0) }
        for sender in senders { try desk.send(named("1", from: sender)) }
        #expect(desk.filed.map(\.customerID) == senders.map(\.customerID))
        #expect(Set(desk.requests.map(\.workItemID)).count == 2)
    }

    @Test("What names itself after another's message, work item or conversation opens its own")
    func impostor() throws {
        var desk = Desk()
        try desk.send(named("1001", from: lena))
        let victim = desk.requests[0]
        for id in [victim.messageID.rawValue, victim.workItemID.rawValue, victim.conversationID.rawValue] {
            var message = chat("x", from: max)
            message.messageID = MessageID(id)
            try desk.send(message)
            let request = try #require(desk.requests.last)
            #expect(request.customerID == max.customerID)
            #expect(request.workItemID != victim.workItemID && request.conversationID != victim.conversationID)
            #expect(request.messageID != victim.messageID)
        }
        try desk.send(named("1002", from: lena))
        #expect(desk.requests.last?.workItemID == victim.workItemID)
    }

    @Test("Messages of two senders under one id that wait for their account are both filed when it appears")
    func waiting() throws {
        var desk = Desk(configuration: Samples.configuration(accounts: []))
        try desk.send(chat("1", from: lena), chat("1", from: max), chat("1", from: lena))
        #expect(desk.core.sizes.waiting == 2)
        desk.configure(Samples.configuration(revision: 2))
        #expect(Set(desk.filed.map(\.customerID)) == [lena.customerID, max.customerID])
        #expect(desk.core.sizes.waiting == 0)
    }

    @Test("The end of a call ends that caller's call, whichever version of the rules named it")
    func callEnds() throws {
        let callers = [Samples.phone, Identifier(kind: .phone, value: "+33611111111")]
        for (called, ended) in [(1, 1), (1, 2), (2, 2)] {
            for version in [1, 2] {
                var desk = Desk(rulesVersion: version)
                var calls = callers.map { Samples.call("CA1", from: $0) }
                // By the first version the second caller's is lost, or is the first one's.
                if version == 1 { calls.removeLast() }
                for index in calls.indices {
                    calls[index].messageID = name(calls[index].address, "CA1", called)
                    try desk.send(calls[index])
                }
                desk.core.adopt(rules: 2)
                let call = calls[0]
                let departure = Departure(
                    customerID: call.customerID, address: call.address, messageID: name(call.address, "CA1", ended),
                    providerID: ended == 1 ? nil : "CA1", reason: "call completed")
                let outputs = try desk.core.apply(.customerLeft(departure), key: call.customerID, at: desk.now)
                guard case .work(.customerGone(let gone), _) = outputs.first, outputs.count == 1 else {
                    Issue.record("one call ends: \(called), \(ended), \(version)")
                    continue
                }
                #expect(gone.workItemID == desk.requests[0].workItemID)
            }
        }
    }

    private func name(_ address: Address, _ providerID: String, _ version: Int) -> MessageID {
        version == 1 ? .inboundFirst(address.account, providerID) : .inbound(address, providerID)
    }

    @Test("An agent's first words begin a conversation that the message's name alone does not name")
    func outreach() throws {
        let asked = [lena, max].map { sender in
            ConversationAsked(
                workItemID: WorkItemID("w"), messageID: MessageID("first"), agentID: AgentID("ada"),
                poolID: PoolID("support"), queueID: QueueID("general"),
                address: Address(channel: .chat, account: ChannelAccountID("chat"), identifier: sender), text: "Hello")
        }
        for (version, count) in [(1, 1), (2, 2)] {
            var core = ContextCore(rulesVersion: version)
            var ids: Set<ConversationID> = []
            for asked in asked {
                let key = asked.address.identifier.customerID
                guard
                    case .work(.conversationStarted(let started), _)? = try core.apply(
                        .conversationAsked(asked), key: key, at: Samples.start
                    ).first
                else { continue }
                ids.insert(started.conversationID)
            }
            #expect(ids.count == count)
        }
    }
}

@Suite("The step from version 1 of context's rules to 2")
struct WhoseMessageStepTests {
    private let lena = Samples.handle
    private let max = Identifier(kind: .handle, value: "social/max")

    @Test("Version 1 names and drops as it did, mistakes included")
    func first() throws {
        var desk = Desk(rulesVersion: 1)
        try desk.send(Samples.message("1001", from: lena))
        let request = desk.requests[0]
        #expect(request.conversationID == .derived(from: "conversation", "1001"))
        #expect(request.workItemID == .derived(from: "work-item", "1001"))
        #expect(request.messageID == MessageID("1001"))
        #expect(desk.filed[0].receivedAs == nil)
        try desk.send(Samples.message("1001", from: max))
        #expect(desk.filed.count == 1, "the second sender's message was lost")
    }

    @Test("A departure is forwarded with the call's own id from version 2 on", arguments: [1, 2])
    func departure(rules: Int) throws {
        var desk = Desk(rulesVersion: rules)
        let link = IdentityLink(identifier: max, customerID: lena.customerID, evidence: .manual, reason: "a person")
        try desk.write(.identityLinked(link), to: max.customerID)
        let call = Samples.call("CA1", from: max)
        let departure = Departure(
            customerID: max.customerID, address: call.address, messageID: call.messageID, providerID: "CA1",
            reason: "left")
        var forwarded = departure
        forwarded.forwardedFrom = max.customerID
        forwarded.providerID = rules == 1 ? nil : "CA1"
        let outputs = try desk.core.apply(.customerLeft(departure), key: max.customerID, at: desk.now)
        #expect(outputs == [.inbound(.customerLeft(forwarded), lena.customerID)])
    }

    @Test("After the step another sender's message is filed, open work goes on, and old repeats are still known")
    func step() throws {
        var desk = Desk(rulesVersion: 1)
        var message = Samples.message("1001", from: lena)
        message.messageID = .inbound(message.address, "1001")
        try desk.send(message)
        let item = desk.requests[0].workItemID
        desk.core.adopt(rules: 2)
        try desk.send(message)
        #expect(desk.filed.count == 1, "its name holds the sender since the connector's step")
        try desk.send(Samples.message("1002", from: lena), Samples.message("1002", from: max))
        #expect(desk.requests.map(\.workItemID)[1] == item)
        #expect(desk.filed.map(\.customerID) == [lena.customerID, lena.customerID, max.customerID])
    }

    @Test("A provider's repeat that comes by a door of the other version is dropped")
    func doors() throws {
        var desk = Desk()
        var message = Samples.message("1001", from: lena)
        for id in [MessageID.inboundFirst(message.address.account, "1001"), .inbound(message.address, "1001")] {
            message.messageID = id
            try desk.send(message)
        }
        #expect(desk.filed.count == 1 && desk.core.counters.repeatsDropped == 1)
    }

    @Test("A message that began to wait before the step is filed once, and leaves the state under its old name")
    func waits() throws {
        var desk = Desk(configuration: Samples.configuration(accounts: []), rulesVersion: 1)
        try desk.send(Samples.message("1001", from: lena))
        _ = desk.core.changes()
        desk.core.adopt(rules: 2)
        desk.configure(Samples.configuration(revision: 2))
        #expect(desk.filed.count == 1)
        let gone = desk.core.changes().filter { $0.entity == nil }.map(\.key)
        #expect(gone == [.waiting(MessageID("1001"))])
    }
}
