import Curl
import Domain
import Foundation
import Kafka
import Schema
import ServiceKit
import Streams
import TestSupport
import Testing

/// Topics of one partition each, under a prefix of their own, and a service that runs over them in this process.
struct PoisonStand: Sendable {
    let prefix = uniqueName("poison")
    let broker: LocalBroker
    let producer: AsyncProducer
    let folder: URL

    static func with(_ body: (PoisonStand) async throws -> Void) async throws {
        let broker = try await LocalBroker.shared()
        try await withTemporaryFolder { folder in
            // The largest record must not be held up by the client.
            let properties = broker.properties.merging(["message.max.bytes": "1048588"]) { $1 }
            let stand = PoisonStand(
                broker: broker, producer: try AsyncProducer(properties: properties), folder: folder)
            let prefix = stand.prefix
            try await broker.makeTopics(
                Topic.allCases.map { topic in
                    let settings = topic.settings(partitions: 1)
                    return Admin.NewTopic(
                        name: topic.name(prefix: prefix), partitions: 1, replicationFactor: 1,
                        config: Dictionary(uniqueKeysWithValues: settings.properties.map { ($0.name, $0.value) }))
                })
            do {
                try await body(stand)
            } catch {
                await stand.producer.closed()
                throw error
            }
            await stand.producer.closed()
        }
    }

    @discardableResult
    func write(_ topic: Topic, _ poison: Poison) async throws -> Int64 {
        try await producer.send(
            topic: topic.name(prefix: prefix), partition: 0, key: poison.key, value: poison.value,
            headers: poison.headers
        ).offset
    }

    @discardableResult
    func write(_ topic: Topic, _ good: GoodRecord) async throws -> Int64 {
        try await producer.send(
            topic: topic.name(prefix: prefix), partition: 0, key: good.key, value: good.value,
            headers: [Header(name: "ce_type", value: Array(good.type.utf8))]
        ).offset
    }

    func apply(_ entries: [ConfigurationEntry], revision: Int = 1) async throws {
        for entry in entries { try await write(.config, GoodRecord(entry, key: entry.key)) }
        _ = try await producer.send(
            topic: Topic.config.name(prefix: prefix), partition: 0, key: Array("revision".utf8),
            value: Array("\(revision)".utf8), headers: [])
    }

    /// What `patchbay skip` writes.
    func skip(_ topic: Topic, _ offset: Int64) async throws {
        let place = SkippedRecord(topic: topic.name(prefix: prefix), partition: 0, offset: offset)
        _ = try await producer.send(
            topic: Topic.config.name(prefix: prefix), partition: 0, key: Array(place.key.utf8),
            value: Array("a test".utf8),
            headers: [])
    }

    /// All records of a topic at this moment.
    func records(_ topic: Topic) async throws -> [Record] {
        let (properties, name) = (broker.properties, topic.name(prefix: prefix))
        return try await onThread {
            let consumer = try DataConsumer(
                properties: properties, topic: name, partition: 0, from: .beginning, readCommitted: true)
            defer { consumer.close() }
            var records: [Record] = []
            var isAtEnd = false
            try waitUntil("the end of \(name)", within: .seconds(60)) {
                for event in consumer.poll(max: 1000, timeout: .milliseconds(100)) {
                    switch event {
                    case .record(let record): records.append(record)
                    case .endOfPartition: isAtEnd = true
                    case .error(let error): if error.isFatal { throw error }
                    }
                }
                return isAtEnd
            }
            return records
        }
    }

    func letters() async throws -> [DeadLetter] {
        try await records(.deadLetter).compactMap { DeadLetter($0) }
    }

    /// Runs a service until the body ends, and waits first until it is ready.
    func run(
        _ service: PoisonedService, environment: [String: String] = [:], _ body: (ServiceAPI) async throws -> Void
    ) async throws {
        var settings = [
            "PATCHBAY_TOPIC_PREFIX": prefix, "PATCHBAY_CHECKPOINT_INTERVAL": "200",
            "PATCHBAY_SECRET_HOOK": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        ]
        settings.merge(broker.environment) { $1 }
        if service == .connector { settings["PATCHBAY_ALLOW_PRIVATE_ADDRESSES"] = "true" }
        if service == .context { settings["PATCHBAY_DATA_DIR"] = folder.path }
        settings.merge(environment) { $1 }
        let http = CurlClient(addresses: .all)
        do {
            try await withRunningService(
                service.description, environment: settings, build: service.build
            ) { port in
                let api = ServiceAPI(port: port, http: http)
                try await eventually("\(service) is ready", within: .seconds(90)) {
                    try await api.get("/readyz").status == 200
                }
                try await body(api)
            }
        } catch {
            await http.close()
            throw error
        }
        await http.close()
    }
}

struct ServiceAPI: Sendable {
    let port: Int
    let http: CurlClient

    func get(_ path: String) async throws -> CurlResponse {
        let token = try await Tokens(secret: RunningService.secret)
            .mint(subject: "sue", roles: [.supervisor], expires: .seconds(600))
        var request = CurlRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.headers = [CurlHeader("Authorization", "Bearer \(token)")]
        return try await http.send(request)
    }

    /// The sum of a metric's samples.
    func metric(_ name: String) async throws -> Double {
        try await get("/metrics").text.split(separator: "\n").filter { $0.hasPrefix(name) }
            .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
    }
}
