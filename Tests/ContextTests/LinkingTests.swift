import ContextCore
import Domain
import OrderedCollections
import Testing

@Suite("Linking identifiers")
struct LinkingTests {
    private let social = Samples.handle.customerID

    private func profile(_ customer: CustomerID, _ identifiers: Identifier...) -> InboundRecord {
        .profileUpdated(CustomerProfile(customerID: customer, name: "Lena", verifiedIdentifiers: identifiers))
    }

    private func unlink(_ identifier: Identifier, from customer: CustomerID) -> InboundRecord {
        .identityUnlinked(
            IdentityLink(identifier: identifier, customerID: customer, evidence: .manual, reason: "supervisor"))
    }

    @Test("A continue-link joins the visitor to the customer and the message to the open conversation")
    func continueLink() throws {
        var desk = Desk()
        try desk.send(Samples.message("m1", from: Samples.handle))
        try desk.send(
            Samples.message(
                "m2", from: Samples.visitor, by: "chat", .chat, evidence: [Samples.continueLink(to: social)]),
            Samples.message("m3", from: Samples.visitor, by: "chat", .chat))
        #expect(Set(desk.requests.map(\.workItemID)).count == 1)
        #expect(desk.requests.map(\.customerID) == [social, social, social])
        #expect(desk.forwards.map(\.forwardedFrom) == Array(repeating: Samples.visitor.customerID, count: 2))
        #expect(desk.forwards.allSatisfy { $0.acceptedAt == Samples.start })
        #expect(desk.identity == [Samples.visitor: social])
        #expect(desk.core.customer(social)?.attached[Samples.visitor]?.reason == "message m2")
    }

    @Test("A signed claim and a profile link further identifiers, each under its own key")
    func claimAndProfile() throws {
        var desk = Desk()
        try desk.send(Samples.message("m1", from: Samples.handle, evidence: [Samples.claim(Samples.email)]))
        try desk.write(profile(social, Samples.phone, Samples.handle, Samples.email), to: social)
        #expect(desk.identity == [Samples.email: social, Samples.phone: social])
        let attached = try #require(desk.core.customer(social)?.attached)
        #expect(attached.values.map(\.evidence) == [.signedClaim, .profile])
        try desk.send(Samples.message("m2", from: Samples.phone, by: "sms", .sms))
        #expect(desk.requests[1].workItemID == desk.requests[0].workItemID)
        #expect(desk.core.counters.linked == 2)
    }

    @Test("The first verified link stays: later evidence for another customer is counted, the message follows the link")
    func conflict() throws {
        var desk = Desk()
        try desk.write(profile(social, Samples.phone), to: social)
        let other = Samples.email.customerID
        try desk.send(
            Samples.message("m1", from: Samples.phone, by: "sms", .sms, evidence: [Samples.continueLink(to: other)]))
        #expect(desk.requests.map(\.customerID) == [social])
        #expect(desk.identity == [Samples.phone: social])
        #expect(desk.core.counters.linkConflicts == 1)
    }

    @Test("An unlinked identifier is its own customer again, on both sides")
    func unlinks() throws {
        var desk = Desk()
        try desk.write(profile(social, Samples.phone), to: social)
        try desk.write(unlink(Samples.phone, from: social), to: Samples.phone.customerID)
        try desk.send(Samples.message("m1", from: Samples.phone, by: "sms", .sms))
        #expect(desk.requests.map(\.customerID) == [Samples.phone.customerID])
        #expect(desk.identity.isEmpty)
        #expect(desk.core.customer(social)?.attached.isEmpty == true)
    }

    @Test("Unlinking from a customer to whom the identifier does not belong changes nothing")
    func unlinksOnlyWhatIs() throws {
        var desk = Desk()
        try desk.write(profile(social, Samples.phone), to: social)
        try desk.write(unlink(Samples.phone, from: Samples.email.customerID), to: Samples.phone.customerID)
        #expect(desk.identity == [Samples.phone: social])
    }

    @Test(
        "When the customer of a link is linked on, before or after, messages still take one hop",
        arguments: [true, false])
    func chains(parentFirst: Bool) throws {
        var desk = Desk()
        let (mail, visitor) = (Samples.email.customerID, Samples.visitor.customerID)
        let first = parentFirst ? (mail, Samples.handle) : (social, Samples.phone)
        let second = parentFirst ? (social, Samples.phone) : (mail, Samples.handle)
        try desk.write(profile(first.0, first.1), to: first.0)
        try desk.write(profile(second.0, second.1), to: second.0)
        #expect(desk.identity == [Samples.phone: mail, Samples.handle: mail])
        try desk.send(Samples.message("m1", from: Samples.phone, by: "sms", .sms))
        #expect(desk.requests.map(\.customerID) == [mail])

        try desk.write(profile(visitor, Samples.email), to: visitor)
        #expect(desk.identity == [Samples.phone: visitor, Samples.handle: visitor, Samples.email: visitor])
        #expect(desk.core.customer(visitor)?.attached.count == 3)
        #expect(desk.core.customer(mail)?.attached.keys == [Samples.handle])

        try desk.write(unlink(Samples.email, from: visitor), to: mail)
        #expect(desk.identity == [Samples.phone: mail, Samples.handle: mail])
        try desk.write(unlink(Samples.handle, from: mail), to: social)
        #expect(desk.identity == [Samples.phone: social])
        #expect(desk.core.customer(mail)?.attached.isEmpty == true)
    }

    @Test("Repeated evidence for a chained identifier does not move it")
    func repeatedEvidence() throws {
        var desk = Desk()
        let mail = Samples.email.customerID
        try desk.write(profile(social, Samples.phone), to: social)
        try desk.write(profile(mail, Samples.handle), to: mail)
        let again = IdentityLink(
            identifier: Samples.phone, customerID: social, evidence: .signedClaim, reason: "message m9")
        try desk.write(.identityLinked(again), to: Samples.phone.customerID)
        #expect(desk.identity == [Samples.phone: mail, Samples.handle: mail])
        #expect(desk.core.counters.linkConflicts == 0)
    }

    @Test("Customers who are one already are not linked the other way round")
    func alreadyJoined() throws {
        var desk = Desk()
        try desk.write(profile(social, Samples.phone), to: social)
        try desk.write(profile(Samples.phone.customerID, Samples.handle), to: Samples.phone.customerID)
        #expect(desk.identity == [Samples.phone: social])
    }

    @Test("One identifier more than the limit is unlinked again")
    func bounded() throws {
        var limits = ContextLimits()
        limits.identifiersPerCustomer = 1
        var desk = Desk(limits: limits)
        try desk.write(profile(social, Samples.phone, Samples.email), to: social)
        #expect(desk.identity == [Samples.phone: social])
        #expect(desk.core.counters.identifiersRefused == 1)
    }
}
