import Curl
import Domain
import Foundation
import Kafka
import Logging
import Schema
import ServiceKit
import Synchronization
import TestSupport
import Testing

@testable import ConnectorApp

@Suite("The whole connector over a real broker")
struct ConnectorEndToEndTests {
    @Test("accepts into inbound, delivers from outbound once and in order, says so, and refuses while Kafka is away")
    func journey() async throws {
        let broker = try await LocalBroker.start()
        let receiver = Receiver()
        let stage = Stage(broker: broker, prefix: uniqueName("connector"))
        try await stage.makeTopics()
        try await stage.applyAccounts(webhook: receiver.server.url("/hook"))
        try await stage.run { http, port in
            let url = "http://127.0.0.1:\(port)"
            try await eventually("ready") { try await http.send(CurlRequest(url: "\(url)/readyz")).status == 200 }
            try await accept(stage, http, url)
            try await deliver(stage, receiver)
            try await broker.kill()
            let refused = try await post(http, url, id: "p-2")
            #expect(refused.status == 503 && code(refused) == "service-unavailable")
            #expect(try await http.send(CurlRequest(url: "\(url)/livez")).status == 200)
        }
        receiver.server.stop()
        try await broker.close()
    }

    private func accept(_ stage: Stage, _ http: CurlClient, _ url: String) async throws {
        let response = try await post(http, url, id: "p-1")
        #expect(response.status == 202)
        let records = try await stage.read(.inbound, count: 1)
        guard case .messageReceived(let message) = try InboundRecord(wire: records[0].value ?? []) else {
            Issue.record("no message")
            return
        }
        #expect(message.text == "Bonjour" && message.address.identifier.value == "page/lena")
        #expect(records[0].key == Array(message.customerID.rawValue.utf8))
    }

    private func deliver(_ stage: Stage, _ receiver: Receiver) async throws {
        let messages = (1...5).map { number in message("m\(number)", in: "c\(number % 2)") }
        // Each comes twice, as after a crash of whoever wrote it.
        for message in messages + messages { try await stage.send(message) }
        let events = try await stage.read(.delivery, count: 5).map { try DeliveryEvent(wire: $0.value ?? []) }
        #expect(Set(events.map(\.messageID)) == Set(messages.map(\.messageID)))
        #expect(events.allSatisfy { $0.kind == .sent(providerID: nil, attempts: 1) })
        let ids = receiver.ids
        #expect(ids.count == 5)
        #expect(ids.filter { ["m1", "m3", "m5"].contains($0) } == ["m1", "m3", "m5"], "in order")
        #expect(ids.filter { ["m2", "m4"].contains($0) } == ["m2", "m4"])
    }

    private func post(_ http: CurlClient, _ url: String, id: String) async throws -> CurlResponse {
        var request = CurlRequest(method: "POST", url: "\(url)/v1/channels/page/messages")
        request.headers = [CurlHeader("Content-Type", "application/json")]
        request.body = Array(
            "{\"message_id\":\"\(id)\",\"from\":{\"kind\":\"handle\",\"value\":\"lena\"},\"text\":\"Bonjour\"}".utf8)
        return try await http.send(request)
    }
}

/// A webhook receiver that remembers what it got.
private final class Receiver: Sendable {
    private let seen: Seen
    let server: LoopbackServer

    private final class Seen: Sendable {
        let ids = Mutex<[String]>([])
    }

    init() {
        let seen = Seen()
        self.seen = seen
        server = .answering { request in
            seen.ids.withLock { $0.append(request.header("webhook-id") ?? "-") }
            return .init(200)
        }
    }

    var ids: [String] { seen.ids.withLock { $0 } }
}

/// Topics, records and a running connector under one prefix.
private struct Stage {
    let broker: LocalBroker
    let prefix: String

    func makeTopics() async throws {
        let topics = Topic.allCases.map { topic in
            let settings = topic.settings(partitions: 2)
            return Admin.NewTopic(
                name: topic.name(prefix: prefix), partitions: settings.partitions, replicationFactor: 1,
                config: Dictionary(settings.properties.map { ($0.name, $0.value) }) { _, last in last })
        }
        try await broker.makeTopics(topics)
    }

    func applyAccounts(webhook url: String) async throws {
        let account = ChannelAccount(
            id: ChannelAccountID("page"), channel: .social, queueID: QueueID("q"),
            delivery: .webhook(url: url, secret: "hook"))
        let entry = ConfigurationEntry.account(account)
        try await produce(.config, key: entry.key, entry.encoded())
        try await produce(.config, key: ConfigurationEntry.revisionKey, Array("1".utf8))
    }

    func send(_ message: OutboundMessage) async throws {
        try await produce(.outbound, key: message.conversationID.rawValue, message.encoded())
    }

    private func produce(_ topic: Topic, key: String, _ value: [UInt8]) async throws {
        let producer = try AsyncProducer(properties: broker.properties)
        _ = try await producer.send(topic: topic.name(prefix: prefix), key: Array(key.utf8), value: value)
        try await onThread { producer.close() }
    }

    /// The first records of a topic, of all its partitions.
    func read(_ topic: Topic, count: Int) async throws -> [Record] {
        let (properties, name) = (broker.properties, topic.name(prefix: prefix))
        return try await onThread {
            let partitions = (0..<2).map { TopicPartition(topic: name, partition: $0) }
            let consumer = try DataConsumer(
                properties: properties,
                assignments: Dictionary(uniqueKeysWithValues: partitions.map { ($0, .beginning) }))
            defer { consumer.close() }
            var records: [Record] = []
            let deadline = ContinuousClock.now + .seconds(60)
            while records.count < count, ContinuousClock.now < deadline {
                for case .record(let record) in consumer.poll(max: 100, timeout: .milliseconds(100)) {
                    records.append(record)
                }
            }
            try #require(records.count >= count, "\(name) has only \(records.count) records")
            return records
        }
    }

    /// Runs the connector for as long as the body takes, and stops it in an orderly way.
    func run(_ body: @Sendable (_ http: CurlClient, _ port: Int) async throws -> Void) async throws {
        var environment = [
            "PATCHBAY_HTTP_PORT": "0", "PATCHBAY_AUTH_DISABLED": "true", "PATCHBAY_TOPIC_PREFIX": prefix,
            "PATCHBAY_ALLOW_PRIVATE_ADDRESSES": "true", "PATCHBAY_PUBLIC_URL": TestConnector.publicURL,
            "PATCHBAY_LINK_SECRET": TestConnector.linkSecret,
            "PATCHBAY_SECRET_HOOK": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        ]
        for (name, value) in broker.properties {
            environment["PATCHBAY_KAFKA_" + name.uppercased().replacing(".", with: "_")] = value
        }
        let settings = try Settings(ServiceDescription.connector.settings, environment: environment)
        var logger = Logger(label: "connector")
        logger.logLevel = .critical
        let runner = ServiceRunner(service: .connector, settings: settings, logger: logger)
        let (ports, listening) = AsyncStream<Int>.makeStream(bufferingPolicy: .bufferingNewest(1))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { listening.finish() }
                try await runner.run(onListening: { listening.yield($0) }, build: ConnectorService.build)
            }
            var iterator = ports.makeAsyncIterator()
            let port = try #require(await iterator.next())
            let http = CurlClient(addresses: .all)
            do {
                try await body(http, port)
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
}
