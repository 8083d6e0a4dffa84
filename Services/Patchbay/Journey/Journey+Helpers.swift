import Domain
import Foundation
import PatchbayClient
import ServiceKit

// What several steps do or look for.
extension Journey {
    /// A message as a connector posts it.
    func message(
        from user: String, _ text: String, kind: String = "handle", language: String? = nil, name: String? = nil
    ) -> CustomerMessage {
        CustomerMessage(
            messageID: "\(user)-\(run)-\(UUID().uuidString)",
            from: CustomerMessage.Sender(kind: kind, value: "\(user)-\(run)"), text: text, language: language,
            displayName: name)
    }

    /// Waits for the agent's offer of this customer's work item, and accepts it.
    /// - Returns: the offer.
    func accept(by agent: String, customer: String, except workItemID: String = "") async throws -> Offer {
        let offer = try await api.offer(to: agent) { $0.customerID == customer && $0.workItemID != workItemID }
        try await api.agent(agent).accept(offer.offerID)
        return offer
    }

    func expectAgent(_ agent: String, of workItemID: String) async throws {
        let item = try await api.supervisor.workItem(workItemID)
        try expect("the agent of the work item", item.agentID, is: agent)
    }

    /// Waits for the delivery of a text by webhook, and checks its signature.
    /// - Returns: the payload's data.
    func webhook(saying text: String) async throws -> JSONValue {
        let delivery = try await until("the delivery of “\(text)” by webhook") {
            let all = receiver.all.filter { $0.kind == .webhook }
            return (
                all.last { Self.data(of: $0)["text"]?.string?.hasPrefix(text) == true }, "\(all.count) other deliveries"
            )
        }
        let problem = Signatures.problem(
            withWebhook: delivery.headers, body: delivery.body, secret: api.settings.secrets.webhook)
        try expect("a signature that holds", problem == nil, found: problem ?? "")
        return Self.data(of: delivery)
    }

    /// Waits for an SMS whose text fits, at Twilio's stand-in.
    func sms(to number: String, where fits: (String) -> Bool) async throws -> String {
        try await until("an SMS to \(number)") {
            let forms = receiver.all.filter { $0.kind == .twilio }.map { Signatures.form($0.body) }
            let texts = forms.filter { $0["To"] == number }.compactMap { $0["Body"] }
            return (texts.last(where: fits), "\(texts)")
        }
    }

    /// The token of the continue-link that a reply carries.
    func linkToken(in delivery: JSONValue) throws -> String {
        let link = try delivery.text("continue_link")
        let start = "\(api.settings.connector)/c/"
        try expect("a link that starts with \(start)", link.hasPrefix(start), found: link)
        return String(link.dropFirst(start.count))
    }

    private static func data(of delivery: Receiver.Delivery) -> JSONValue {
        (try? JSONValue(parsing: delivery.body))?["data"] ?? .null
    }
}

extension JSONValue {
    /// - Throws: `JourneyFailure` unless this member is a text.
    func text(_ name: String) throws -> String {
        guard let text = self[name]?.string else {
            throw JourneyFailure(expected: "a text \"\(name)\"", found: String(self.text.prefix(500)))
        }
        return text
    }
}
