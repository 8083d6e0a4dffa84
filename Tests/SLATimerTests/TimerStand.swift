import Curl
import Domain
import Foundation
import Kafka
import SLATimerApp
import Schema
import ServiceKit
import TestSupport
import Testing

/// The service in this process, on topics of its own of a real broker.
struct TimerStand: Sendable {
    let prefix: String
    let kafka: [String: String]
    let producer: AsyncProducer
    let client = CurlClient(addresses: .all)

    /// Makes the topics, writes the configuration, and closes everything afterwards.
    static func with(_ policy: SLAPolicy, _ body: (TimerStand) async throws -> Void) async throws {
        let broker = try await LocalBroker.shared()
        let prefix = uniqueName("sla")
        try await broker.makeTopics(
            Topic.allCases.map { topic in
                let settings = topic.settings(partitions: 2)
                return Admin.NewTopic(
                    name: topic.name(prefix: prefix), partitions: settings.partitions, replicationFactor: 1,
                    config: Dictionary(uniqueKeysWithValues: settings.properties.map { ($0.name, $0.value) }))
            })
        let stand = TimerStand(
            prefix: prefix, kafka: broker.properties, producer: try AsyncProducer(properties: broker.properties))
        do {
            try await stand.configure(.with(policy))
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

    private func configure(_ configuration: Configuration) async throws {
        let topic = Topic.config.name(prefix: prefix)
        for entry in configuration.entries {
            _ = try await producer.send(topic: topic, key: Array(entry.key.utf8), value: entry.encoded())
        }
        _ = try await producer.send(
            topic: topic, key: Array(ConfigurationEntry.revisionKey.utf8),
            value: Array("\(configuration.revision)".utf8))
    }

    /// Runs the service until the body ends, and waits first until it is ready.
    func run(_ body: (TimerAPI) async throws -> Void) async throws {
        let environment = [
            "PATCHBAY_KAFKA_BOOTSTRAP_SERVERS": kafka["bootstrap.servers"] ?? "", "PATCHBAY_TOPIC_PREFIX": prefix,
            "PATCHBAY_KAFKA_RECEIVE_MESSAGE_MAX_BYTES": "1000000000", "PATCHBAY_KAFKA_BROKER_ADDRESS_FAMILY": "v4",
            "PATCHBAY_CHECKPOINT_INTERVAL": "100",
            "PATCHBAY_DOCS_DIR": repositoryRoot.appending(path: "docs/api").path,
        ]
        try await withRunningService(.slaTimer, environment: environment, build: SLATimerService.build) { port in
            let api = TimerAPI(port: port, client: client)
            try await eventually("the service is ready", within: .seconds(90)) {
                try await api.get("/readyz", roles: nil).status == 200
            }
            try await body(api)
        }
    }

    func send(_ kind: ClockSignal.Kind, item: WorkItemID = .item) async throws {
        let now = Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        let signal = ClockSignal(workItemID: item, at: now, kind: kind)
        let topic = Topic.clocks.name(prefix: prefix)
        _ = try await producer.send(
            topic: topic, partition: Partitioner.murmur2(Array(item.rawValue.utf8), partitions: 2),
            key: Array(item.rawValue.utf8), value: signal.encoded(), headers: [])
    }

    /// What was said about a work item so far.
    func events(of item: WorkItemID = .item) async throws -> [SLAEvent] {
        try await records(.slaEvents).map { try SLAEvent(wire: $0) }.filter { $0.workItemID == item }
    }

    /// The values of all records of a topic.
    func records(_ topic: Topic) async throws -> [[UInt8]] {
        let (kafka, name) = (kafka, topic.name(prefix: prefix))
        return try await onThread {
            var values: [[UInt8]] = []
            for partition in 0..<Int32(2) {
                let consumer = try DataConsumer(
                    properties: kafka, topic: name, partition: partition, from: .beginning)
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

/// Asks the service over HTTP.
struct TimerAPI: Sendable {
    let port: Int
    let client: CurlClient

    /// - Parameter roles: of the token; nil for none.
    func get(
        _ path: String, method: String = "GET", roles: Set<Role>? = [.supervisor], expires: Duration = .seconds(600)
    ) async throws -> CurlResponse {
        var headers: [CurlHeader] = []
        if let roles {
            let tokens = await Tokens(secret: RunningService.secret)
            let token = try await tokens.mint(subject: "ines", roles: roles, expires: expires)
            headers.append(CurlHeader("Authorization", "Bearer \(token)"))
        }
        return try await client.send(
            CurlRequest(method: method, url: "http://127.0.0.1:\(port)\(path)", headers: headers))
    }

    func json(_ path: String) async throws -> JSONValue {
        let response = try await get(path)
        #expect(response.status == 200, "\(path): \(response.text)")
        return try JSONValue(parsing: response.body)
    }
}
