import Curl
import Domain
import Foundation
import Kafka
import Logging
import Schema
import ServiceKit
import Streams
import Synchronization
import Testing

@testable import ConnectorApp

/// The connector's HTTP side as it is deployed, over a sink in memory: for everything that needs no Kafka.
struct TestConnector: Sendable {
    static let publicURL = "https://support.example"
    static let linkSecret = "a link secret of at least 32 characters"
    static let claimSecret = "the site's secret"
    static let twilioToken = "12345"

    let port: Int
    let http: CurlClient
    let sink: MemorySink
    let links: ContinueLinks
    let tokens: Tokens

    /// Runs a connector for as long as the body takes.
    static func with(
        _ given: [String: String] = [:], sink: MemorySink = MemorySink(), rules: Int? = RulesVersion.newest,
        _ body: @Sendable (TestConnector) async throws -> Void
    ) async throws {
        let authSecret = "an auth secret of at least 32 characters"
        let settings = try Settings(
            ServiceDescription.connector.settings,
            environment: [
                "PATCHBAY_HTTP_PORT": "0", "PATCHBAY_AUTH_SECRET": authSecret,
                "PATCHBAY_SECRET_SITE": claimSecret, "PATCHBAY_SECRET_TWILIO": twilioToken,
                "PATCHBAY_SECRET_SITE_2": "another site's secret", "PATCHBAY_SECRET_TWILIO_2": "67890",
            ].merging(given) { _, given in given })
        let links = ContinueLinks(publicURL: publicURL, secret: Secret(linkSecret))
        let (ports, listening) = AsyncStream<Int>.makeStream(bufferingPolicy: .bufferingNewest(1))
        var logger = Logger(label: "connector")
        logger.logLevel = .critical
        let runner = ServiceRunner(service: .connector, settings: settings, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { listening.finish() }
                try await runner.run(onListening: { listening.yield($0) }) { setup in
                    ConnectorService.addRoutes(
                        setup, ChannelDirectory { accounts() }, sink.sink(ConnectorService.intake(setup)),
                        DoorRules { rules }, links: links, publicURL: publicURL)
                }
            }
            var iterator = ports.makeAsyncIterator()
            let port = try #require(await iterator.next())
            var limits = CurlLimits()
            limits.inFlightMax = 4_096
            let http = CurlClient(addresses: .all, limits: limits)
            let tokens = await Tokens(secret: Secret(authSecret))
            let connector = TestConnector(port: port, http: http, sink: sink, links: links, tokens: tokens)
            do {
                try await body(connector)
            } catch {
                await http.close()
                group.cancelAll()
                throw error
            }
            await http.close()
            group.cancelAll()
            try? await group.waitForAll()
        }
    }

    static func accounts() -> StreamConfiguration {
        let queue = QueueID("q")
        let twilio = ChannelAccount.Delivery.twilio(
            baseURL: "https://api.twilio.com", accountSID: "AC1", number: "+12025550100", secret: "twilio")
        let accounts = [
            ChannelAccount(id: "page", channel: .social, delivery: webhook, secret: "site"),
            ChannelAccount(id: "chat", channel: .chat, delivery: webhook, secret: "site"),
            ChannelAccount(id: "mail", channel: .email, delivery: webhook, secret: nil),
            ChannelAccount(id: "sms", channel: .sms, delivery: twilio, secret: "twilio"),
            ChannelAccount(id: "sms-2", channel: .sms, delivery: twilio, secret: "twilio-2"),
            ChannelAccount(id: "chat-2", channel: .chat, delivery: webhook, secret: "site-2"),
            ChannelAccount(id: "calls", channel: .voice, delivery: .none, secret: "twilio"),
            ChannelAccount(id: "bare", channel: .sms, delivery: twilio, secret: "missing"),
        ].map { account in
            var account = account
            account.queueID = queue
            return ConfigurationEntry.account(account).encoded()
        }
        return StreamConfiguration(revision: 1, parts: ConfigurationEntry.bundle(accounts, bytesMax: 1 << 20))
    }

    func token(_ role: Role = .connector, expires: Duration = .seconds(600)) async throws -> String {
        try await tokens.mint(subject: "tester", roles: [role], expires: expires)
    }

    /// Sends a request; a JSON body says so.
    func send(
        _ method: String, _ path: String, body: String? = nil, type: String = "application/json",
        token: String? = nil, headers: [CurlHeader] = []
    ) async throws -> CurlResponse {
        var request = CurlRequest(method: method, url: "http://127.0.0.1:\(port)\(path)", headers: headers)
        (request.connectTimeout, request.timeout) = (.seconds(60), .seconds(120))
        request.body = body.map { Array($0.utf8) }
        if body != nil { request.headers.append(CurlHeader("Content-Type", type)) }
        if let token { request.headers.append(CurlHeader("Authorization", "Bearer \(token)")) }
        return try await http.send(request)
    }

    /// Posts a message as a connector.
    func post(_ account: String, _ body: String) async throws -> CurlResponse {
        try await send("POST", "/v1/channels/\(account)/messages", body: body, token: try await token())
    }

    /// The query of a receipt that was asked for.
    func receipt(_ message: MessageID, _ conversation: ConversationID, over account: ChannelAccountID) -> String {
        let proof = links.receiptProof(of: message, in: conversation, over: account)
        return "message=\(FormBody.escape(message.rawValue))&conversation=\(conversation)&proof=\(proof)"
    }

    /// Posts a form as Twilio does.
    func twilio(_ path: String, _ form: [(name: String, value: String)], secret: String = twilioToken) async throws
        -> CurlResponse
    {
        let signature = twilioSignature(Self.publicURL + path, form, secret)
        return try await send(
            "POST", path, body: String(decoding: FormBody.encode(form), as: UTF8.self), type: FormBody.mediaType,
            headers: [CurlHeader("X-Twilio-Signature", signature)])
    }
}

extension ChannelAccount {
    fileprivate init(id: String, channel: ChannelKind, delivery: Delivery, secret: String?) {
        self.init(
            id: ChannelAccountID(id), channel: channel, queueID: QueueID("q"), delivery: delivery,
            inboundSecret: secret)
    }
}

/// Holds what the connector wrote, or refuses it as an absent Kafka does, or takes as long as `land` does.
final class MemorySink: Sendable {
    private let land: @Sendable () async -> Void

    init(land: @escaping @Sendable () async -> Void = {}) {
        self.land = land
    }

    struct Written: Sendable {
        var topic: String
        var key: String
        var value: [UInt8]
        var headers: [String: String]
    }

    private let state = Mutex((written: [Written](), isAway: false))

    var written: [Written] { state.withLock { $0.written } }

    var isAway: Bool {
        get { state.withLock { $0.isAway } }
        set { state.withLock { $0.isAway = newValue } }
    }

    /// The messages among what was written.
    func messages() throws -> [InboundMessage] {
        try written.filter { $0.topic == "patchbay.inbound" }.map { written in
            guard case .messageReceived(let message) = try InboundRecord(wire: written.value) else {
                throw NotAMessage()
            }
            return message
        }
    }

    struct NotAMessage: Error {}

    func sink(_ intake: Intake) -> EventSink {
        let produce: EventSink.Produce = { topic, key, value, headers in
            if self.isAway { throw KafkaError(.messageTimedOut, context: "test") }
            await self.land()
            let pairs = headers.map { ($0.name, String(decoding: $0.value, as: UTF8.self)) }
            let record = Written(
                topic: topic, key: String(decoding: key, as: UTF8.self), value: value,
                headers: Dictionary(pairs) { _, last in last })
            self.state.withLock { $0.written.append(record) }
        }
        return EventSink(topicPrefix: "patchbay", intake: intake, now: { at(0) }, produce: produce)
    }
}

/// The problem's code.
func code(_ response: CurlResponse) -> String? {
    guard response.header("content-type") == "application/problem+json" else { return nil }
    return (try? JSONValue(parsing: response.body))?["code"]?.string
}

/// The fields that a problem names.
func fields(_ response: CurlResponse) -> [String] {
    let errors = (try? JSONValue(parsing: response.body))?["errors"]?.array ?? []
    return errors.compactMap { $0["field"]?.string }
}
