import Domain
import Testing

@testable import ContextCore

@Suite("Agents who want to write first")
struct OutreachTests {
    private let handle = Samples.handle
    private var lena: CustomerID { handle.customerID }

    private var asked: ConversationAsked {
        ConversationAsked(
            workItemID: WorkItemID("started"), messageID: MessageID("first"), agentID: AgentID("ada"),
            poolID: PoolID("support"), queueID: QueueID("general"),
            address: Samples.message("m1", from: handle).address, text: "Good news.")
    }

    private func start(_ desk: inout Desk, _ asked: ConversationAsked, to key: CustomerID) throws
        -> ConversationStarted?
    {
        let outputs = try desk.core.apply(.conversationAsked(asked), key: key, at: desk.now)
        guard case .work(.conversationStarted(let started), let poolID)? = outputs.first else { return nil }
        #expect(poolID == asked.poolID && outputs.count == 1)
        return started
    }

    @Test("With consent for the channel, and nothing open, there is a conversation; what the customer writes joins it")
    func consent() throws {
        var desk = Desk()
        let profile = CustomerProfile(customerID: lena, name: "Lena", language: "fr", consents: [asked.address.channel])
        try desk.write(.profileUpdated(profile), to: lena)
        let started = try #require(try start(&desk, asked, to: lena))
        #expect(started.refusal == nil)
        #expect(started.customerID == lena && started.displayName == "Lena" && started.language == "fr")
        try desk.send(Samples.message("m1", from: handle))
        #expect(desk.requests.map(\.workItemID) == [WorkItemID("started")])
        #expect(desk.requests.map(\.conversationID) == [started.conversationID])
    }

    @Test("Without consent, or with consent for other channels only, it is refused; so it is while something is open")
    func refused() throws {
        var desk = Desk()
        #expect(try start(&desk, asked, to: lena)?.refusal == .noConsent)
        let others = ChannelKind.allCases.filter { $0 != asked.address.channel }
        try desk.write(.profileUpdated(CustomerProfile(customerID: lena, consents: others)), to: lena)
        #expect(try start(&desk, asked, to: lena)?.refusal == .noConsent)
        try desk.write(.profileUpdated(CustomerProfile(customerID: lena, consents: ChannelKind.allCases)), to: lena)
        try desk.send(Samples.message("m1", from: handle))
        #expect(try start(&desk, asked, to: lena)?.refusal == .alreadyOpen)
        try desk.close(desk.requests[0].workItemID, of: lena)
        #expect(try start(&desk, asked, to: lena)?.refusal == nil)
    }

    @Test(
        "An identifier that belongs to another customer is asked for there, once; a record under a wrong key is refused"
    )
    func forwarded() throws {
        var desk = Desk()
        let owner = Samples.phone.customerID
        try desk.write(
            .identityLinked(
                IdentityLink(identifier: handle, customerID: owner, evidence: .manual, reason: "a person")), to: lena)
        var copy = asked
        copy.forwardedFrom = lena
        let outputs = try desk.core.apply(.conversationAsked(asked), key: lena, at: desk.now)
        #expect(outputs == [.inbound(.conversationAsked(copy), owner)])
        #expect(try start(&desk, copy, to: owner)?.customerID == owner)
        #expect(throws: ContextRefusal.self) {
            try desk.core.apply(.conversationAsked(asked), key: owner, at: desk.now)
        }
    }
}
