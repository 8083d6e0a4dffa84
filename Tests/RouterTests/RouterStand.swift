import Curl
import Domain
import Foundation
import Kafka
import PatchbayClient
import RouterApp
import Schema
import ServiceKit
import TestSupport
import Testing

/// The service in this process, on topics of its own of a real broker.
struct RouterStand: Sendable {
    static let partitions: Int32 = 2

    let prefix: String
    let broker: LocalBroker
    let producer: AsyncProducer
    let client = CurlClient(addresses: .all)

    /// Makes the topics, writes the configuration, and closes everything afterwards.
    static func with(
        _ organization: Organization = Organization(), broker: LocalBroker? = nil,
        _ body: (RouterStand) async throws -> Void
    ) async throws {
        var running = broker
        if running == nil { running = try await LocalBroker.shared() }
        guard let running else { return }
        let prefix = uniqueName("router")
        try await running.makeTopics(
            Topic.allCases.map { topic in
                let settings = topic.settings(partitions: partitions)
                return Admin.NewTopic(
                    name: topic.name(prefix: prefix), partitions: settings.partitions, replicationFactor: 1,
                    config: Dictionary(uniqueKeysWithValues: settings.properties.map { ($0.name, $0.value) }))
            })
        let stand = RouterStand(
            prefix: prefix, broker: running, producer: try AsyncProducer(properties: running.properties))
        do {
            try await stand.configure(organization.configuration)
            try await body(stand)
        } catch {
            await stand.close()
            throw error
        }
        await stand.close()
    }

    private func close() async {
        await producer.closed()
        await client.close()
    }

    func configure(_ configuration: Configuration) async throws {
        let topic = Topic.config.name(prefix: prefix)
        for entry in configuration.entries {
            _ = try await producer.send(topic: topic, key: Array(entry.key.utf8), value: entry.encoded())
        }
        _ = try await producer.send(
            topic: topic, key: Array(ConfigurationEntry.revisionKey.utf8),
            value: Array("\(configuration.revision)".utf8))
    }

    /// Runs the service until the body ends, and waits first until it is ready and configured.
    func run(
        environment more: [String: String] = [:], _ body: (RouterAPI) async throws -> Void
    ) async throws {
        let environment = [
            "PATCHBAY_TOPIC_PREFIX": prefix, "PATCHBAY_CHECKPOINT_INTERVAL": "100",
            "PATCHBAY_DOCS_DIR": repositoryRoot.appending(path: "docs/api").path,
        ].merging(broker.environment) { $1 }.merging(more) { $1 }
        try await withRunningService(.router, environment: environment, build: RouterService.build) { port in
            let api = RouterAPI(port: port, client: client)
            try await eventually("the service is ready", within: .seconds(90)) {
                try await api.send("GET", "/readyz", as: nil).status == 200
            }
            try await eventually("both pools have their configuration", within: .seconds(90)) {
                for agent in ["ana", "sam"] {
                    let answer = try await api.send("GET", "/v1/agents/\(agent)/work", as: .supervisor)
                    guard answer.status == 200 else { return false }
                }
                return true
            }
            try await body(api)
        }
    }

    /// A customer's message, as context writes it.
    func message(_ item: String, id: String? = nil, channel: Domain.ChannelKind = .chat) async throws {
        let address = Address(
            channel: channel, account: ChannelAccountID("account"), identifier: Identifier(kind: .handle, value: "lena")
        )
        let request = WorkRequest(
            workItemID: WorkItemID(item), conversationID: ConversationID("c-\(item)"), customerID: "lena",
            messageID: MessageID(id ?? UUID().uuidString), poolID: "support", queueID: "general", address: address,
            priority: 5, excerpt: "Hello from \(item)",
            acceptedAt: Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)))
        try await write(.customerMessage(request))
    }

    /// The customer of `message` closes the window.
    func leave(_ item: String, channel: Domain.ChannelKind = .chat) async throws {
        let address = Address(
            channel: channel, account: ChannelAccountID("account"), identifier: Identifier(kind: .handle, value: "lena")
        )
        try await write(
            .customerGone(
                CustomerGone(workItemID: WorkItemID(item), poolID: "support", address: address, reason: "left")))
    }

    private func write(_ command: WorkCommand) async throws {
        let key = Array("support".utf8)
        _ = try await producer.send(
            topic: Topic.work.name(prefix: prefix),
            partition: Partitioner.murmur2(key, partitions: RouterStand.partitions), key: key,
            value: command.encoded())
    }

    /// The values of all records of a topic.
    func records(_ topic: Topic) async throws -> [[UInt8]] {
        let (kafka, name) = (broker.properties, topic.name(prefix: prefix))
        return try await onThread {
            var values: [[UInt8]] = []
            for partition in 0..<RouterStand.partitions {
                let consumer = try DataConsumer(properties: kafka, topic: name, partition: partition, from: .beginning)
                defer { consumer.close() }
                var isAtEnd = false
                try waitUntil("the end of \(name)") {
                    for event in consumer.poll(max: 1000, timeout: .milliseconds(100)) {
                        switch event {
                        case .record(let record): values.append(record.value ?? [])
                        case .endOfPartition: isAtEnd = true
                        case .error: break
                        }
                    }
                    return isAtEnd
                }
            }
            return values
        }
    }
}

/// Who asks.
enum Caller: Sendable {
    case agent(String)
    case supervisor
    case connector
    case expired

    var subject: String { if case .agent(let name) = self { name } else { "somebody" } }

    var role: Role {
        switch self {
        case .agent, .expired: .agent
        case .supervisor: .supervisor
        case .connector: .connector
        }
    }
}

/// Asks the service over HTTP.
struct RouterAPI: Sendable {
    let port: Int
    let client: CurlClient

    func send(
        _ method: String, _ path: String, as caller: Caller?, body: String? = nil, key: String? = nil,
        headers: [CurlHeader] = []
    ) async throws -> CurlResponse {
        var request = CurlRequest(method: method, url: "http://127.0.0.1:\(port)\(path)", headers: headers)
        request.timeout = .seconds(60)
        if let caller {
            request.headers.append(CurlHeader("Authorization", "Bearer \(try await token(caller))"))
        }
        if let key { request.headers.append(CurlHeader("Idempotency-Key", "\"\(key)\"")) }
        if let body {
            request.headers.append(CurlHeader("Content-Type", "application/json"))
            request.body = Array(body.utf8)
        }
        return try await client.send(request)
    }

    // MARK: As its clients do

    private var patchbay: PatchbayServices {
        PatchbayServices(connector: "", router: "http://127.0.0.1:\(port)", curl: client)
    }

    func agent(_ id: String) -> AgentClient { patchbay.agent(id) { try await token(.agent(id)) } }

    var supervisor: SupervisorClient { patchbay.supervisor { try await token(.supervisor) } }

    private func token(_ caller: Caller) async throws -> String {
        let expires: Duration = if case .expired = caller { .seconds(-10) } else { .seconds(600) }
        return try await Tokens(secret: RunningService.secret)
            .mint(subject: caller.subject, roles: [caller.role], expires: expires)
    }

    /// The agent's first offer, waited for by long poll.
    func offer(to agent: AgentClient) async throws -> Offer {
        var cursor: String?
        return try await eventuallySome("an offer to \(agent.id)", within: .seconds(60)) {
            let news = try await agent.work(after: cursor, within: 5)
            cursor = news?.cursor ?? cursor
            return news?.offers.first
        }
    }

    // MARK: Byte by byte

    /// A change by an agent, under a key of its own.
    @discardableResult
    func act(
        _ agent: String, _ path: String, _ body: String = "{}", method: String = "POST", key: String = UUID().uuidString
    ) async throws -> JSONValue {
        let answer = try await send(method, path, as: .agent(agent), body: body, key: key)
        #expect(answer.status == 200, "\(path): \(answer.text)")
        return try JSONValue(parsing: answer.body)
    }

    func json(_ path: String, as caller: Caller = .supervisor) async throws -> JSONValue {
        let answer = try await send("GET", path, as: caller)
        #expect(answer.status == 200, "\(path): \(answer.text)")
        return try JSONValue(parsing: answer.body)
    }

    /// The agent's first offer, waited for by long poll.
    func offer(to agent: String) async throws -> JSONValue {
        _ = try await offer(to: self.agent(agent))
        return try await json("/v1/agents/\(agent)/work", as: .agent(agent))["offers"]?[0] ?? .null
    }
}
