import Domain
import Foundation
import Kafka
import Logging
import Schema
import ServiceKit
import Streams

/// Puts context together from its settings.
enum ContextService {
    /// The largest part in which a configuration revision travels through the log.
    private static let configurationPartBytesMax = 512 << 10

    @Sendable static func build(_ setup: ServiceSetup) async throws {
        let settings = setup.settings
        let prefix = settings[CommonSettings.topicPrefix]
        let logger = setup.logger
        let table = ConfigurationTable(kafka: settings.kafka, topic: Topic.config.name(prefix: prefix)) { values in
            ConfigurationEntry.parts(of: values, bytesMax: configurationPartBytesMax) { error in
                logger.error(
                    "an entry of the configuration is not understood and left out", metadata: ["error": "\(error)"])
            }
        }
        let host = StreamHost(
            settings: streamSettings(settings, prefix), configuration: table,
            onApplied: { [clock = setup.clock] applied, _ in if applied.isFresh { clock.see(applied.at) } },
            onEvent: { log($0, logger) },
            makeMachine: { _ in ContextStreamMachine(topicPrefix: prefix) })
        let store = try TimelineStore(
            directory: settings[ContextSettings.dataDirectory], prefix: prefix, logger: logger)
        let timeline = TimelineProjection(kafka: settings.kafka, prefix: prefix, store: store, logger: logger)
        let producer = try AsyncProducer(properties: settings.kafka)
        let now = { @Sendable [clock = setup.clock] in clock.now }
        let sink = InboundSink(topicPrefix: prefix, now: now) { topic, key, value, headers throws(KafkaError) in
            try await producer.send(topic: topic, key: key, value: value, headers: headers)
        }
        CustomerRoutes(store: store, sink: sink, unavailable: { timeline.unavailable }).add(to: setup)
        setup.health.check("streams") {
            let status = host.status
            return status.isReady ? .ready : .notReady(status.reasons.joined(separator: "; "))
        }
        setup.health.check("timeline") {
            // One that is behind answers as it did before the stop; only one that is being filled does not.
            timeline.unavailable.map { .notReady($0) } ?? .ready
        }
        let watch = BrokerWatch(kafka: settings.kafka)
        setup.health.check("kafka") { watch.complaint.map { .notReady($0) } ?? .ready }
        ContextMetrics(host: host, store: store).collect(in: setup.metrics)
        setup.run("clients") {
            // First in, last out: everything else may use them until it has ended. The sleep ends by cancellation.
            try? await Task.sleep(for: .seconds(100 * 365 * 86_400))
            producer.close()
            try store.close()
        }
        setup.run("configuration", table.run)
        setup.run("timeline", timeline.run, shutdown: timeline.shutdown)
        setup.run("kafka", watch.run, shutdown: watch.shutdown)
        setup.run("streams", host.run, shutdown: host.shutdown)
    }

    private static func streamSettings(_ settings: Settings, _ prefix: String) -> StreamSettings {
        var stream = StreamSettings(
            service: "context", log: Topic.inbound.name(prefix: prefix),
            state: Topic.contextState.name(prefix: prefix), deadLetter: Topic.deadLetter.name(prefix: prefix),
            group: "\(prefix)-context", kafka: settings.kafka)
        stream.checkpointInterval = settings[CommonSettings.checkpointInterval]
        stream.checkpointRecords = settings[CommonSettings.checkpointRecords]
        stream.following = settings[CommonSettings.following]
        return stream
    }

    static func log(_ event: StreamEvent, _ logger: Logger) {
        let level: Logger.Level =
            switch event.level {
            case .info: .info
            case .warning: .warning
            case .error: .error
            }
        logger.log(level: level, "\(event.message)", metadata: event.metadata.mapValues { "\($0)" })
    }
}
