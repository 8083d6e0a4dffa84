import ConnectorCore
import Curl
import Domain
import ServiceKit

/// Delivers to a Standard Webhooks endpoint.
///
/// The receiver drops repeats by `webhook-id`, so what may have arrived is simply sent again.
struct WebhookDelivery {
    /// How long one try takes at most.
    static let timeout = Duration.seconds(20)

    let http: CurlClient
    let links: ContinueLinks?
    let now: @Sendable () -> Instant

    func perform(_ attempt: DeliveryAttempt, url: String, secret: Secret) async -> DeliveryResult {
        // An operator can mend a secret, so this is no reason to give the message up.
        guard let webhook = StandardWebhook(secret: secret) else {
            return .retry(reason: "webhook-secret-invalid", afterSeconds: nil)
        }
        let body = payload(attempt.message).bytes
        var request = CurlRequest(method: "POST", url: url, body: body)
        request.timeout = Self.timeout
        // Nothing in the body matters, so a receiver that took the message and then babbles has taken it.
        request.responseBytesMax = 64 << 10
        request.isBodyOptional = true
        request.headers = [CurlHeader("Content-Type", "application/json")]
        for header in webhook.headers(id: attempt.message.messageID.rawValue, now: now(), body: body) {
            request.headers.append(CurlHeader(header.name, header.value))
        }
        do throws(CurlError) {
            return result(try await http.send(request))
        } catch {
            // What only the answer made fail has been delivered for all we know, and is sent again like a lost answer.
            return error.isRetriable || error.isAmbiguous
                ? .retry(reason: error.code.rawValue, afterSeconds: nil) : .permanent(reason: error.code.rawValue)
        }
    }

    /// What the receiver gets; the same for every try.
    func payload(_ message: OutboundMessage) -> JSONValue {
        let to = message.address.identifier
        let customer = JSONValue.object(["kind": to.kind.rawValue, "value": message.address.nativeValue])
        return .object([
            "type": "conversation.\(message.kindName)",
            "timestamp": message.createdAt,
            "data": .object([
                "message_id": message.messageID, "conversation_id": message.conversationID,
                "customer_id": message.customerID, "work_item_id": message.workItemID, "to": customer,
                "channel": message.address.channel.rawValue, "account": message.address.account,
                "text": message.text(with: links), "continue_link": message.continueLink(from: links),
            ]) as JSONValue,
        ])
    }

    /// - Source: Standard Webhooks 1.0.0: only 2xx is success, redirects are not followed, 410 ends it.
    private func result(_ response: CurlResponse) -> DeliveryResult {
        let reason = "http-\(response.status)"
        switch response.status {
        case 200...299: return .sent(providerID: nil)
        case 400, 410, 413, 422: return .permanent(reason: reason)
        default: return .retry(reason: reason, afterSeconds: response.retryAfterSeconds(at: now()))
        }
    }
}

extension OutboundMessage {
    /// The last word of a payload's type.
    var kindName: String {
        switch author {
        case .agent: "reply"
        case .acknowledgement: "acknowledgement"
        case .survey: "survey"
        case .notice: "notice"
        }
    }

    /// An agent's reply invites to go on elsewhere; what is sent by itself does not.
    func continueLink(from links: ContinueLinks?) -> String? {
        guard case .agent = author else { return nil }
        return links?.url(for: self)
    }

    /// The text as the customer reads it: with the link, except in web chat, where they are already.
    func text(with links: ContinueLinks?) -> String {
        guard address.channel != .chat, let link = continueLink(from: links) else { return text }
        return "\(text)\n\n\(link)"
    }
}

extension Address {
    /// The identifier as the channel itself knows it: handles and visitors without the account in front.
    var nativeValue: String {
        let scope = "\(account)/"
        switch identifier.kind {
        case .handle, .visitor:
            return identifier.value.hasPrefix(scope)
                ? String(identifier.value.dropFirst(scope.count)) : identifier.value
        case .phone, .email: return identifier.value
        }
    }
}
