import ConnectorCore
import Curl
import Domain
import ServiceKit

/// Sends SMS and WhatsApp messages through Twilio's REST interface.
///
/// It has no idempotency key, so a try that may have arrived is looked for before the message is sent again.
/// - Source: twilio-python 9.13.0, `twilio/rest/api/v2010/account/message`.
struct TwilioDelivery {
    let http: CurlClient
    let links: ContinueLinks?
    /// Where Twilio reports what became of a message; without it nothing is reported.
    let publicURL: String?
    let now: @Sendable () -> Instant

    struct Account {
        var baseURL: String
        var sid: String
        var number: String
        var token: Secret
    }

    func perform(_ attempt: DeliveryAttempt, account: Account) async -> DeliveryResult {
        if attempt.mayHaveBeenSent {
            switch await find(attempt.message, account: account) {
            case .found(let sid): return .sent(providerID: sid)
            case .unknown(let reason): return .ambiguous(reason: reason)
            case .absent: break
            }
        }
        var request = self.request("POST", account, query: "")
        request.headers = [CurlHeader("Content-Type", FormBody.mediaType)]
        request.body = FormBody.encode(form(attempt.message, account: account))
        // libcurl would repeat the request by itself when a reused connection turns out closed.
        request.needsOwnConnection = true
        do throws(CurlError) {
            return result(try await http.send(request))
        } catch {
            if error.isAmbiguous { return .ambiguous(reason: error.code.rawValue) }
            return error.isRetriable
                ? .retry(reason: error.code.rawValue, afterSeconds: nil) : .permanent(reason: error.code.rawValue)
        }
    }

    func form(_ message: OutboundMessage, account: Account) -> [(name: String, value: String)] {
        var fields = [
            (name: "To", value: addressed(message, message.address.identifier.value)),
            (name: "From", value: addressed(message, account.number)),
            (name: "Body", value: message.text(with: links)),
        ]
        if let publicURL, let links {
            // Our ids come back with every report, under Twilio's signature and with our proof that they belong to this
            // account, so nothing needs to be looked up.
            let proof = links.receiptProof(
                of: message.messageID, in: message.conversationID, over: message.address.account)
            let query =
                "message=\(FormBody.escape(message.messageID.rawValue))"
                + "&conversation=\(FormBody.escape(message.conversationID.rawValue))&proof=\(proof)"
            let path = "/v1/channels/\(FormBody.escape(message.address.account.rawValue))/twilio/status"
            fields.append((name: "StatusCallback", value: "\(publicURL)\(path)?\(query)"))
        }
        return fields
    }

    private func result(_ response: CurlResponse) -> DeliveryResult {
        let answer = try? JSONValue(parsing: response.body)
        let code = answer?["code"]?.integer
        let reason = code.map { "twilio-\($0)" } ?? "http-\(response.status)"
        switch response.status {
        case 200...299: return .sent(providerID: answer?["sid"]?.string)
        case 429, 500...599: return .retry(reason: reason, afterSeconds: response.retryAfterSeconds(at: now()))
        default: return .permanent(reason: reason)
        }
    }

    // MARK: - Looking for what may have been sent

    private enum Finding {
        case found(sid: String)
        case absent
        case unknown(reason: String)
    }

    /// Looks among the latest messages between the two numbers for one with this text, since the message was written.
    private func find(_ message: OutboundMessage, account: Account) async -> Finding {
        let to = FormBody.escape(addressed(message, message.address.identifier.value))
        let from = FormBody.escape(addressed(message, account.number))
        do throws(CurlError) {
            let response = try await http.send(request("GET", account, query: "?To=\(to)&From=\(from)&PageSize=50"))
            guard response.status == 200, let page = try? JSONValue(parsing: response.body),
                let messages = page["messages"]?.array
            else { return .unknown(reason: "http-\(response.status)") }
            let text = message.text(with: links)
            // Twilio counts in whole seconds, by its own clock.
            let earliest = message.createdAt - .seconds(2)
            let match = messages.first { candidate in
                guard candidate["body"]?.string == text, candidate["direction"]?.string != "inbound",
                    let date = candidate["date_created"]?.string.flatMap(Instant.init(httpDate:))
                else { return false }
                return date >= earliest
            }
            return match?["sid"]?.string.map { .found(sid: $0) } ?? .absent
        } catch {
            return .unknown(reason: error.code.rawValue)
        }
    }

    private func request(_ method: String, _ account: Account, query: String) -> CurlRequest {
        let base = account.baseURL.hasSuffix("/") ? String(account.baseURL.dropLast()) : account.baseURL
        let path = "/2010-04-01/Accounts/\(FormBody.escape(account.sid))/Messages.json"
        var request = CurlRequest(method: method, url: base + path + query)
        request.credentials = .init(user: account.sid, password: account.token.value)
        request.timeout = .seconds(20)
        return request
    }

    private func addressed(_ message: OutboundMessage, _ number: String) -> String {
        message.address.channel == .whatsapp && !number.hasPrefix("whatsapp:") ? "whatsapp:\(number)" : number
    }
}
