import Curl
import Domain
import Foundation
import Kafka
import Logging
import OrderedCollections
import Schema
import ServiceKit
import Synchronization
import TestSupport
import Testing

@testable import ContextApp

/// Context as it is deployed, on a real broker with topics of its own.
struct Deployment: Sendable {
    let broker: LocalBroker
    let prefix: String
    let folder: URL
    let producer: AsyncProducer
    /// What the service has logged.
    let lines = LogLines()

    /// - Parameter folder: for the timeline; nil makes one.
    init(folder: URL? = nil) async throws {
        broker = try await LocalBroker.shared()
        prefix = uniqueName("context")
        self.folder = try folder ?? makeTemporaryFolder("context")
        let prefix = prefix
        try await broker.makeTopics(
            Topic.allCases.map { topic in
                let settings = topic.settings(partitions: 2)
                return Admin.NewTopic(
                    name: topic.name(prefix: prefix), partitions: settings.partitions, replicationFactor: 1,
                    config: Dictionary(uniqueKeysWithValues: settings.properties))
            })
        producer = try AsyncProducer(properties: broker.properties)
    }

    func close() async throws {
        await producer.closed()
        try FileManager.default.removeItem(at: folder)
    }

    var database: URL { folder.appending(path: "\(prefix)-timeline.sqlite") }

    /// Writes a configuration as `patchbay apply` does.
    func apply(_ configuration: Configuration) async throws {
        let entries =
            configuration.pools.values.map { ConfigurationEntry.pool($0) }
            + configuration.queues.values.map { .queue($0) } + configuration.accounts.values.map { .account($0) }
        for entry in entries { try await produce(.config, entry.key, entry.encoded(), type: entry.type) }
        try await produce(
            .config, ConfigurationEntry.revisionKey, Array("\(configuration.revision)".utf8), type: "revision")
    }

    /// Writes a message as the connector does.
    func receive(_ message: InboundMessage) async throws {
        let record = InboundRecord.messageReceived(message)
        try await produce(.inbound, message.customerID.rawValue, record.encoded(), type: record.type)
    }

    func produce(_ topic: Topic, _ key: String, _ value: [UInt8], type: String) async throws {
        let headers = EventHeaders(id: UUID().uuidString, type: type, source: "/test", time: Samples.start)
        _ = try await producer.send(
            topic: topic.name(prefix: prefix), key: Array(key.utf8), value: value,
            headers: headers.list.map { Header(name: $0.name, value: $0.value) })
    }

    /// Waits until the router has been sent this many requests, and returns them.
    func requests(_ count: Int) async throws -> [WorkRequest] {
        let (properties, topic) = (broker.properties, Topic.work.name(prefix: prefix))
        return try await onThread {
            let partitions = [0, 1].map { TopicPartition(topic: topic, partition: $0) }
            let consumer = try DataConsumer(
                properties: properties, assignments: [partitions[0]: .beginning, partitions[1]: .beginning])
            defer { consumer.close() }
            var requests: [WorkRequest] = []
            try waitUntil("\(count) requests to the router", within: .seconds(60)) {
                for case .record(let record) in consumer.poll(max: 100, timeout: .milliseconds(50)) {
                    guard record.headers.allSatisfy({ $0.name != "patchbay-control" }) else { continue }
                    if case .customerMessage(let request) = try WorkCommand(wire: record.value ?? []) {
                        requests.append(request)
                    }
                }
                return requests.count >= count
            }
            return requests
        }
    }

    /// Runs the service until the body is through, and cancels it then: it has no time for a last checkpoint.
    func run(_ body: @Sendable (Client) async throws -> Void) async throws {
        let secret = "an auth secret of at least 32 characters"
        let settings = try Settings(
            ServiceDescription.context.settings,
            environment: [
                "PATCHBAY_HTTP_PORT": "0", "PATCHBAY_AUTH_SECRET": secret, "PATCHBAY_TOPIC_PREFIX": prefix,
                "PATCHBAY_DATA_DIR": folder.path, "PATCHBAY_CHECKPOINT_INTERVAL": "100",
            ].merging(broker.environment) { $1 })
        let (ports, listening) = AsyncStream<Int>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let runner = ServiceRunner(service: .context, settings: settings, logger: lines.logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await runner.run(onListening: { listening.yield($0) }, build: ContextService.build)
            }
            var iterator = ports.makeAsyncIterator()
            let port = try #require(await iterator.next())
            let tokens = await Tokens(secret: Secret(secret))
            let client = Client(
                http: CurlClient(addresses: .all), base: "http://127.0.0.1:\(port)",
                token: try await tokens.mint(subject: "sue", roles: [.supervisor]))
            let result: Result<Void, any Error>
            do {
                try await eventually("the service is ready", within: .seconds(60)) {
                    try await client.send("GET", "/readyz").status == 200
                }
                try await body(client)
                result = .success(())
            } catch {
                result = .failure(error)
            }
            await client.http.close()
            group.cancelAll()
            try? await group.waitForAll()
            try result.get()
        }
    }

    struct Client: Sendable {
        let http: CurlClient
        let base: String
        let token: String

        func send(_ method: String, _ path: String, body: String? = nil) async throws -> CurlResponse {
            var request = CurlRequest(
                method: method, url: base + path, headers: [CurlHeader("Authorization", "Bearer \(token)")])
            request.body = body.map { Array($0.utf8) }
            if body != nil { request.headers.append(CurlHeader("Content-Type", "application/json")) }
            return try await http.send(request)
        }

        /// The texts of a customer's messages, oldest first, once there are as many as expected.
        func texts(of customer: CustomerID, _ count: Int) async throws -> [String] {
            try await eventuallySome("\(count) messages in the timeline", within: .seconds(60)) {
                let answer = try await send("GET", "/v1/customers/\(customer)/timeline")
                let texts = (answer.json?["entries"]?.array ?? []).compactMap { $0["text"]?.string }
                return texts.count >= count ? texts.reversed() : nil
            }
        }
    }
}

/// Keeps the messages that a service logs.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    var logger: Logger {
        var logger = Logger(label: "context") { [self] _ in Handler(lines: self) }
        logger.logLevel = .notice
        return logger
    }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.notice

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { lines.lines.withLock { $0.append(event.message.description) } }
    }
}
