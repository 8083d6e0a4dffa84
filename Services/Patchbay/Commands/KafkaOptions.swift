import ArgumentParser
import Foundation
import Kafka
import Schema
import ServiceKit

/// Which broker, and which of its topics: the same for every command.
struct KafkaOptions: ParsableArguments {
    @Option(
        help: "Brokers, host:port separated by commas (default: PATCHBAY_KAFKA_BOOTSTRAP_SERVERS or 127.0.0.1:9092).")
    var bootstrapServers: String?

    @Option(help: "What the names of the topics start with (default: PATCHBAY_TOPIC_PREFIX or patchbay).")
    var prefix: String?

    /// Checked settings, with what the command line says over what the environment says.
    func connection(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> KafkaConnection {
        var environment = environment
        environment["PATCHBAY_KAFKA_BOOTSTRAP_SERVERS"] =
            bootstrapServers ?? environment["PATCHBAY_KAFKA_BOOTSTRAP_SERVERS"]
        environment["PATCHBAY_TOPIC_PREFIX"] = prefix ?? environment["PATCHBAY_TOPIC_PREFIX"]
        let settings = try Settings(
            [CommonSettings.bootstrapServers, CommonSettings.broker, CommonSettings.topicPrefix],
            environment: environment)
        return KafkaConnection(properties: settings.kafka, prefix: settings[CommonSettings.topicPrefix])
    }
}

/// A broker as the commands reach it.
struct KafkaConnection: Sendable {
    /// librdkafka's.
    var properties: [String: String]
    var prefix: String
    /// For one request to the broker.
    var timeout: Duration = .seconds(15)

    func name(_ topic: Topic) -> String { topic.name(prefix: prefix) }

    func withAdmin<Result>(_ body: (Admin) throws -> Result) throws -> Result {
        let admin = try Admin(properties: properties)
        defer { admin.close() }
        return try body(admin)
    }
}

/// Runs what blocks, as calls of librdkafka do, on a thread of its own.
func onOwnThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Swift.Result(catching: body)) }
    }
}
