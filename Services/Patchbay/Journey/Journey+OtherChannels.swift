import Domain
import Foundation
import PatchbayClient
import ServiceKit

// Steps 3 and 4: Lena changes channel, and never repeats herself.
extension Journey {
    /// A number of Lena's that no other run has.
    private var lenasNumber: String {
        var number: UInt64 = 7
        for byte in run.utf8 { number = (number * 31 + UInt64(byte)) % 100_000_000 }
        return "+336" + String(100_000_000 + number).suffix(8)
    }

    mutating func lenaGoesOnInChat() async throws {
        steps.step("Lena opens the link and goes on in web chat")
        let text = "Le numéro de suivi est 42."
        try await steps.hold("her message is accepted with the link's token and her site's signed e-mail claim") {
            let claim = Signatures.claim(
                email: "lena-\(run)@example.org", secret: api.settings.secrets.site,
                expires: Date().addingTimeInterval(600))
            var message = message(from: "visitor", text, kind: "visitor", language: "fr", name: "Lena")
            message.continueToken = story.linkToken
            message.claim = claim
            try await api.channels.post(message, account: "demo-chat")
            story.said.append(("customer", text))
        }
        try await steps.hold("verified evidence: the same work item, with the same agent, shows both messages") {
            try await until("both messages on the work item") {
                let texts = try await api.supervisor.workItem(story.workItemID).messages.map(\.text)
                let isThere = story.said.filter { $0.author == "customer" }.allSatisfy { texts.contains($0.text) }
                return (isThere ? texts : nil, "\(texts)")
            }
            try await expectAgent("amelie", of: story.workItemID)
        }
        try await steps.hold("the CRM adds her verified phone number to her profile") {
            let phone = JSONValue.object(["kind": "phone", "value": lenasNumber, "verified": true])
            let profile: JSONValue = .object([
                "name": "Lena", "language": "fr", "identifiers": JSONValue.array([phone]),
            ])
            _ = try await api.change(
                "PUT", "\(api.settings.context)/v1/customers/\(story.customerID)/profile", as: .connector, profile
            ).status(200, 202)
            try await until("the number among her identifiers") {
                let customer = try await api.customer(story.customerID)
                let values = customer["identifiers"]?.array?.compactMap { $0["value"]?.string } ?? []
                return (values.contains(lenasNumber) ? true : nil, customer.text)
            }
        }
    }

    mutating func lenaTextsAndCalls() async throws {
        steps.step("Lena sends an SMS, and then she calls")
        let text = "Je peux aussi vous appeler."
        try await steps.hold("her SMS, a form signed by Twilio, joins the same conversation") {
            let form = [
                ("MessageSid", "SM\(run)"), ("AccountSid", "AC00000000000000000000000000000001"),
                ("From", lenasNumber), ("To", "+33600000001"), ("Body", text), ("NumMedia", "0"),
            ]
            _ = try await api.postTwilio(account: "demo-sms", path: "messages", form: form).status(200)
            story.said.append(("customer", text))
            try await until("the SMS on the work item") {
                let texts = try await api.supervisor.workItem(story.workItemID).messages.map(\.text)
                return (texts.contains(text) ? true : nil, "\(texts)")
            }
        }
        try await steps.hold("her call is offered to Amélie at once, since she can carry it") {
            let form = [
                ("CallSid", "CA\(run)"), ("AccountSid", "AC00000000000000000000000000000001"), ("From", lenasNumber),
                ("To", "+33600000001"), ("CallStatus", "ringing"), ("Direction", "inbound"),
            ]
            let answer = try await api.postTwilio(account: "demo-voice", path: "voice", form: form).status(200)
            try expect("TwiML", answer.text.contains("<Response"), found: answer.text)
            let offer = try await accept(by: "amelie", customer: story.customerID, except: story.workItemID)
            story.callWorkItemID = offer.workItemID
            try expect("the conversation", offer.conversationID, is: story.conversationID)
            try await expectAgent("amelie", of: story.callWorkItemID)
        }
    }

    mutating func amelieCompletes() async throws {
        steps.step("Amélie completes the work, and Lena is asked how it was")
        try await steps.hold("she completes the call and the messages with a disposition") {
            for id in [story.callWorkItemID, story.workItemID] {
                try await api.agent("amelie").complete(id, disposition: "resolved")
            }
            let item = try await api.supervisor.workItem(story.workItemID)
            try expect("the state", item.state, is: .closed)
            try expect("the disposition", item.disposition, is: "resolved")
        }
        try await steps.hold("the survey goes out by SMS, the channel that she wrote on last") {
            _ = try await sms(to: lenasNumber) { $0.contains("1 (poor) to 5") }
        }
        try await steps.hold("her “5” is recognized as the answer, and recorded on the work item") {
            let form = [
                ("MessageSid", "SM\(run)-5"), ("AccountSid", "AC00000000000000000000000000000001"),
                ("From", lenasNumber), ("To", "+33600000001"), ("Body", "5"), ("NumMedia", "0"),
            ]
            _ = try await api.postTwilio(account: "demo-sms", path: "messages", form: form).status(200)
            try await until("the score on the work item") {
                let score = try await api.supervisor.workItem(story.workItemID).surveyScore
                return (score == 5 ? true : nil, "\(score, default: "no score")")
            }
        }
    }

    mutating func amelieWritesFirst() async throws {
        steps.step("Amélie has good news, and writes to Lena first")
        let number = CustomerMessage.Sender(kind: "phone", value: lenasNumber)
        let amelie = api.agent("amelie")
        try await steps.hold("without Lena's consent nothing is sent: the work item is closed, and says why") {
            try await amelie.setPresence(.available)
            let refused = try await amelie.startConversation(with: number, account: "demo-sms", "Bonne nouvelle !")
            let item = try await started(refused)
            try expect("the disposition", item.disposition, is: "no-consent")
        }
        try await steps.hold("with consent for SMS the text reaches her number, and the work item is Amélie's") {
            let phone = JSONValue.object(["kind": "phone", "value": lenasNumber, "verified": true])
            let profile: JSONValue = .object([
                "name": "Lena", "language": "fr", "identifiers": JSONValue.array([phone]),
                "consents": JSONValue.array([JSONValue.string("sms")]),
            ])
            _ = try await api.change(
                "PUT", "\(api.settings.context)/v1/customers/\(story.customerID)/profile", as: .connector, profile
            ).status(200, 202)
            let result = try await amelie.startConversation(with: number, account: "demo-sms", "Votre colis est là.")
            let item = try await started(result)
            try expect("the agent", item.agentID, is: "amelie")
            try expect("the customer", item.customerID, is: story.customerID)
            _ = try await sms(to: lenasNumber) { $0.contains("Votre colis est là.") }
        }
        try await steps.hold("she schedules a callback for herself, takes it up early, and completes it") {
            guard let id = try await amelie.work().assignments.last?.workItemID else {
                throw JourneyFailure(expected: "an assignment", found: "none")
            }
            try await amelie.schedule(id, at: Date().addingTimeInterval(3_600), keepsAgent: true)
            try expect("the state", try await amelie.workItem(id).state, is: .scheduled)
            try await amelie.resume(id)
            try await amelie.complete(id, disposition: "told")
        }
    }

    /// The work item that came of it: it is there a moment after the answer.
    private func started(_ result: PatchbayClient.CommandResult) async throws -> PatchbayClient.WorkItem {
        try await until("the work item") {
            let item = try? await api.supervisor.workItem(result.workItemID ?? "")
            return (item, "none")
        }
    }
}
