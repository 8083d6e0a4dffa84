import Curl
import Domain
import Foundation
import Kafka
import Logging
import Schema
import ServiceKit
import Streams
import Synchronization
import TestSupport
import Testing

@testable import ConnectorApp

/// A webhook receiver that remembers what it got.
final class Receiver: Sendable {
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
struct Stage {
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

    /// Puts webhook accounts in force: their names with the URLs of their receivers.
    func applyAccounts(_ webhooks: KeyValuePairs<String, String>) async throws {
        for (name, url) in webhooks {
            let account = ChannelAccount(
                id: ChannelAccountID(name), channel: .social, queueID: QueueID("q"),
                delivery: .webhook(url: url, secret: "hook"))
            let entry = ConfigurationEntry.account(account)
            try await produce(.config, key: entry.key, entry.encoded())
        }
        try await produce(.config, key: ConfigurationEntry.revisionKey, Array("1".utf8))
    }

    func send(_ messages: [OutboundMessage]) async throws {
        let producer = try AsyncProducer(properties: broker.properties)
        let topic = Topic.outbound.name(prefix: prefix)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for message in messages {
                group.addTask {
                    let key = Array(message.conversationID.rawValue.utf8)
                    _ = try await producer.send(topic: topic, key: key, value: message.encoded())
                }
            }
            try await group.waitForAll()
        }
        try await onThread { producer.close() }
    }

    /// Raises one partition of `outbound` to the newest rules, as `patchbay rules` does.
    func raise(partition: Int32) async throws {
        try await append(.rules(version: RulesVersion.newest), partition: partition)
    }

    /// The log as an instance of an older release has led it: who comes next does not raise it.
    func ledByAnOlderRelease(partition: Int32) async throws {
        try await append(.lead(token: "an older release"), partition: partition)
    }

    private func append(_ control: Control, partition: Int32) async throws {
        let producer = try AsyncProducer(properties: broker.properties)
        _ = try await producer.send(
            topic: Topic.outbound.name(prefix: prefix), partition: partition, key: Control.key, value: [],
            headers: control.headers)
        try await onThread { producer.close() }
    }

    private func produce(_ topic: Topic, key: String, _ value: [UInt8]) async throws {
        let producer = try AsyncProducer(properties: broker.properties)
        _ = try await producer.send(topic: topic.name(prefix: prefix), key: Array(key.utf8), value: value)
        try await onThread { producer.close() }
    }

    /// The first records of a topic, of all its partitions.
    func read(_ topic: Topic, count: Int, within limit: Duration = .seconds(60)) async throws -> [Record] {
        let (properties, name) = (broker.properties, topic.name(prefix: prefix))
        return try await onThread {
            let partitions = (0..<2).map { TopicPartition(topic: name, partition: $0) }
            let consumer = try DataConsumer(
                properties: properties,
                assignments: Dictionary(uniqueKeysWithValues: partitions.map { ($0, .beginning) }))
            defer { consumer.close() }
            var records: [Record] = []
            let deadline = ContinuousClock.now + limit
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
        environment.merge(broker.environment) { $1 }
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
