import Curl
import Foundation
import PatchbayClient
import ServiceKit

/// The services as the journey's people use them: a connector, agents with a token each, a supervisor.
struct JourneyAPI: Sendable {
    var settings: Journey.Settings
    var curl = CurlClient(addresses: .all)

    /// Who makes a request.
    enum Caller: Sendable {
        case connector
        case agent(String)
        case supervisor
        /// Without a token, as a provider's webhook.
        case nobody

        var subject: (name: String, roles: Set<Role>)? {
            switch self {
            case .connector: ("journey", [.connector])
            case .agent(let id): (id, [.agent])
            case .supervisor: ("journey", [.supervisor])
            case .nobody: nil
            }
        }
    }

    struct Answer {
        var status: Int
        var headers: [CurlHeader]
        var text: String
        var json: JSONValue

        func header(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }

        /// - Throws: `JourneyFailure` unless the status is one of these.
        func status(_ accepted: Int...) throws -> Answer {
            guard accepted.contains(status) else {
                let names = accepted.map(String.init).joined(separator: " or ")
                throw JourneyFailure(expected: "the answer \(names)", found: "\(status) \(text.prefix(500))")
            }
            return self
        }
    }

    func send(
        _ method: String, _ url: String, as caller: Caller, json: JSONValue? = nil, idempotencyKey: String? = nil,
        timeout: Duration = .seconds(40)
    ) async throws -> Answer {
        var headers = [CurlHeader("content-type", "application/json")]
        if let idempotencyKey { headers.append(CurlHeader("idempotency-key", "\"\(idempotencyKey)\"")) }
        return try await send(method, url, as: caller, headers: headers, body: json?.bytes, timeout: timeout)
    }

    func send(
        _ method: String, _ url: String, as caller: Caller, headers: [CurlHeader], body: [UInt8]?,
        timeout: Duration = .seconds(40)
    ) async throws -> Answer {
        var request = CurlRequest(method: method, url: url, headers: headers, body: body)
        request.timeout = timeout
        if let subject = caller.subject {
            let token = try await settings.secrets.token(subject: subject.name, roles: subject.roles)
            request.headers.append(CurlHeader("authorization", "Bearer \(token)"))
        }
        let response = try await curl.send(request)
        let json = (try? JSONValue(parsing: response.body)) ?? .null
        return Answer(status: response.status, headers: response.headers, text: response.text, json: json)
    }

    /// A change that a client names, so that sending it again changes nothing.
    func change(_ method: String, _ url: String, as caller: Caller, _ json: JSONValue = .object([])) async throws
        -> Answer
    {
        try await send(method, url, as: caller, json: json, idempotencyKey: UUID().uuidString)
    }

    // MARK: Through the client library

    var channels: ChannelClient { patchbay.channels(token: token(.connector)) }
    var supervisor: SupervisorClient { patchbay.supervisor(token: token(.supervisor)) }

    func agent(_ id: String) -> AgentClient { patchbay.agent(id, token: token(.agent(id))) }

    private var patchbay: PatchbayServices {
        PatchbayServices(connector: settings.connector, router: settings.router, curl: curl)
    }

    private func token(_ caller: Caller) -> PatchbayServices.TokenSource {
        let (secrets, subject) = (settings.secrets, caller.subject)
        return { try await secrets.token(subject: subject?.name ?? "", roles: subject?.roles ?? []) }
    }

    /// Waits by long poll until the agent has an offer that fits.
    func offer(to agent: String, within deadline: Duration = .seconds(20), where fits: (Offer) -> Bool) async throws
        -> Offer
    {
        var seen: AgentWork?
        return try await until("an offer to \(agent)", within: deadline) {
            seen = try await self.agent(agent).work(after: seen?.cursor) ?? seen
            return (seen?.offers.first(where: fits), "\(seen?.offers ?? [])")
        }
    }

    // MARK: Providers

    /// A provider's webhook: a form, signed over the URL that the provider was told.
    func postTwilio(account: String, path: String, form: [(String, String)]) async throws -> Answer {
        let url = "\(settings.connector)/v1/channels/\(account)/twilio/\(path)"
        let signature = Signatures.twilio(url: url, form: form, token: settings.secrets.twilio)
        return try await send(
            "POST", url, as: .nobody,
            headers: [
                CurlHeader("content-type", "application/x-www-form-urlencoded"),
                CurlHeader("x-twilio-signature", signature),
            ], body: Signatures.formBody(form))
    }

    // MARK: What is known

    /// A conversation with its work items and everything that was said, the newest first.
    func conversation(_ id: String) async throws -> JSONValue {
        try await send("GET", "\(settings.context)/v1/conversations/\(id)?limit=200", as: .supervisor).status(200).json
    }

    func customer(_ id: String) async throws -> JSONValue {
        try await send("GET", "\(settings.context)/v1/customers/\(id)", as: .supervisor).status(200).json
    }

    func clocks(ofWorkItem id: String) async throws -> JSONValue {
        try await send("GET", "\(settings.slaTimer)/v1/work-items/\(id)/clocks", as: .supervisor).status(200).json
    }
}
