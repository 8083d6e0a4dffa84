import Domain
import PatchbayClient
import ServiceKit

// Steps 1 and 2: the organization, and a first message.
extension Journey {
    mutating func openTheDoors() async throws {
        steps.step("The organization is loaded, and six agents come in")
        try await steps.hold("patchbay apply: the organization is in force") {
            let (store, receiver) = (ConfigurationStore(connection: connection), receiverURL)
            let revision = try await onOwnThread {
                let entries = try DemoOrganization.load(receiver: receiver).entries(now: .now)
                let written = try store.update { applied in
                    let changes = try ConfigurationChanges(from: applied, to: entries)
                    return changes.isEmpty ? nil : changes
                }
                return try written?.revision ?? store.read().revision
            }
            try expect("a revision", revision >= 1, found: "\(revision)")
        }
        for agent in ["amelie", "ben", "carlos", "dana", "emre"] {
            try await steps.hold("\(agent) is available") { try await setPresence(of: agent, .available) }
        }
        try await steps.hold("farah is away") { try await setPresence(of: "farah", .away) }
    }

    /// The configuration reaches the router through its log: until then the agent is unknown there.
    private func setPresence(of agent: String, _ presence: PatchbayClient.Presence) async throws {
        try await until("the router knows \(agent)") {
            do {
                try await api.agent(agent).setPresence(presence)
                return (true, "")
            } catch let error as PatchbayError where error.code == .unknownAgent || error.isRetriable {
                return (nil, "\(error)")
            }
        }
    }

    mutating func lenaWritesInFrench() async throws {
        steps.step("Lena writes on a social network, in French")
        try await steps.hold("Paul wrote before her, so that Amélie is less free than Ben") {
            let accepted = try await api.channels.post(
                message(from: "paul", "Bonjour, une question sur ma facture.", language: "fr"), account: "demo-social")
            _ = try await accept(by: "amelie", customer: accepted.customerID)
        }
        let text = "Bonjour, mon colis n'est pas arrivé."
        try await steps.hold("her message is accepted: 202") {
            let accepted = try await api.channels.post(
                message(from: "lena", text, language: "fr", name: "Lena"), account: "demo-social")
            story.customerID = accepted.customerID
            story.said.append(("customer", text))
        }
        let offer = try await steps.hold("Amélie, who speaks French well enough, gets it by long poll; Ben does not") {
            let offer = try await api.offer(to: "amelie") { $0.customerID == story.customerID }
            story.workItemID = offer.workItemID
            story.conversationID = offer.conversationID
            try expect("Ben's offers", try await api.agent("ben").work().offers.count, is: 0)
            return offer
        }
        try await steps.hold("she accepts") {
            try await api.agent("amelie").accept(offer.offerID)
            try await expectAgent("amelie", of: story.workItemID)
        }
        let reply = "Bonjour Lena, je regarde où il est."
        try await steps.hold("she replies; the reply arrives, and its Standard Webhooks signature holds") {
            try await api.agent("amelie").reply(to: story.workItemID, reply)
            story.said.append(("agent", reply))
            let delivery = try await webhook(saying: reply)
            story.linkToken = try linkToken(in: delivery)
        }
    }
}
