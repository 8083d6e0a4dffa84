import Curl
import Domain
import Kafka
import Logging
import Schema
import ServiceKit
import Streams

/// Puts the connector together from its settings.
enum ConnectorService {
    /// The largest part in which a configuration revision travels through the log.
    private static let configurationPartBytesMax = 512 << 10
    /// Longer than any process lives, and short enough to be added to the clock.
    private static let untilCancelled = Duration.seconds(1 << 31)

    @Sendable static func build(_ setup: ServiceSetup) async throws {
        let settings = setup.settings
        let prefix = settings[CommonSettings.topicPrefix]
        let logger = setup.logger
        let publicURL = settings[ConnectorSettings.publicURL]
        let links = links(publicURL, settings[ConnectorSettings.linkSecret], setup.logger)
        let table = ConfigurationTable(kafka: settings.kafka, topic: Topic.config.name(prefix: prefix)) { values in
            ConfigurationEntry.parts(of: values, bytesMax: configurationPartBytesMax) { error in
                logger.error(
                    "an entry of the configuration is not understood and left out", metadata: ["error": "\(error)"])
            }
        }
        let intake = intake(setup)
        let producer = try AsyncProducer(properties: settings.kafka, inFlightMax: intake.limit)
        let http = CurlClient(
            addresses: settings[ConnectorSettings.allowsPrivateAddresses] ? .all : .publicOnly, limits: curlLimits)
        let performer = DeliveryPerformer(
            http: http, secrets: settings.secrets, links: links, publicURL: publicURL, metrics: setup.metrics,
            logger: setup.logger, now: { [clock = setup.clock] in clock.now })
        let host = StreamHost(
            settings: streamSettings(settings, prefix), configuration: table, performer: performer,
            onApplied: { [clock = setup.clock] applied, _ in if applied.isFresh { clock.see(applied.at) } },
            onEvent: { [logger = setup.logger] in log($0, logger) },
            makeMachine: { _ in ConnectorStreamMachine(topicPrefix: prefix) })

        let sink = EventSink(
            topicPrefix: prefix, intake: intake, now: { [clock = setup.clock] in clock.now },
            produce: { topic, key, value, headers in
                _ = try await producer.send(topic: topic, key: key, value: value, headers: headers)
            })
        addRoutes(
            setup, ChannelDirectory { table.current }, sink, DoorRules(of: host), links: links, publicURL: publicURL)
        setup.health.check("streams") {
            let status = host.status
            return status.isReady ? .ready : .notReady(status.reasons.joined(separator: "; "))
        }
        setup.health.check("configuration") {
            table.isRead ? .ready : .notReady("the configuration has not been read yet")
        }
        let watch = BrokerWatch(kafka: settings.kafka)
        setup.health.check("kafka") { watch.complaint.map { .notReady($0) } ?? .ready }
        collectMetrics(setup.metrics, host)
        setup.run("clients") {
            // First in, last out: everything else may use them until it has ended.
            try? await Task.sleep(for: untilCancelled)
            await http.close()
            producer.close()
        }
        setup.run("configuration", table.run)
        setup.run("kafka", watch.run, shutdown: watch.shutdown)
        setup.run("streams", host.run, shutdown: host.shutdown)
    }

    /// What may wait for Kafka at one time.
    static func intake(_ setup: ServiceSetup) -> Intake {
        Intake("intake", limit: setup.settings[ConnectorSettings.intakeMax], metrics: setup.metrics)
    }

    /// Everything that answers HTTP.
    static func addRoutes(
        _ setup: ServiceSetup, _ directory: ChannelDirectory, _ sink: EventSink, _ rules: DoorRules,
        links: ContinueLinks?, publicURL: String?
    ) {
        let received = setup.metrics.counter(
            "patchbay_connector_messages_total", help: "Messages and calls accepted.", labels: ["channel"])
        let secrets = setup.settings.secrets
        ChannelRoutes(
            directory: directory, sink: sink, rules: rules, links: links, secrets: secrets,
            authenticator: setup.authenticator, received: received, now: sink.now
        ).add(to: setup.router)
        TwilioRoutes(
            directory: directory, sink: sink, rules: rules, links: links, secrets: secrets, publicURL: publicURL,
            received: received, logger: setup.logger
        ).add(to: setup.router)
        ContinueRoutes(links: links, now: sink.now).add(to: setup.router)
    }

    private static func links(_ publicURL: String?, _ secret: Secret?, _ logger: Logger) -> ContinueLinks? {
        guard let publicURL, let secret else {
            logger.warning(
                "replies carry no continue-links, and Twilio is asked for no receipts",
                metadata: ["needed": "\(ConnectorSettings.publicURL.key), \(ConnectorSettings.linkSecret.key)"])
            return nil
        }
        return ContinueLinks(publicURL: publicURL, secret: secret)
    }

    /// Room for the effects of eight partitions, so that an effect that was begun never waits for a place: what it
    /// knows of its leadership would grow old.
    private static var curlLimits: CurlLimits {
        var limits = CurlLimits()
        limits.inFlightMax = 1_024
        limits.connectionsMax = 256
        return limits
    }

    private static func streamSettings(_ settings: Settings, _ prefix: String) -> StreamSettings {
        var stream = StreamSettings(
            service: "connector", log: Topic.outbound.name(prefix: prefix),
            state: Topic.connectorState.name(prefix: prefix), deadLetter: Topic.deadLetter.name(prefix: prefix),
            group: "\(prefix)-connector", kafka: settings.kafka)
        stream.checkpointInterval = settings[CommonSettings.checkpointInterval]
        stream.checkpointRecords = settings[CommonSettings.checkpointRecords]
        stream.following = settings[CommonSettings.following]
        return stream
    }

    private static func log(_ event: StreamEvent, _ logger: Logger) {
        let level: Logger.Level =
            switch event.level {
            case .info: .info
            case .warning: .warning
            case .error: .error
            }
        logger.log(level: level, "\(event.message)", metadata: event.metadata.mapValues { "\($0)" })
    }

    private static func collectMetrics(_ metrics: Metrics, _ host: StreamHost<ConnectorStreamMachine>) {
        metrics.collect { samples in
            let status = host.status
            for partition in status.all {
                samples.gauge(
                    "patchbay_stream_lag_records", help: "Records of the log that are not applied yet.",
                    labels: ["partition": "\(partition.partition)"], value: Double(partition.lag))
                samples.gauge(
                    "patchbay_stream_leading", help: "1 for a partition that this instance leads.",
                    labels: ["partition": "\(partition.partition)"], value: partition.role == .leading ? 1 : 0)
                // What a partition holds is counted by its leader.
                guard partition.role == .leading else { continue }
                if let pending = try? host.read(partition.partition, { $0.pendingMessages }) {
                    samples.gauge(
                        "patchbay_connector_pending_messages", help: "Messages that wait or are being delivered.",
                        labels: ["partition": "\(partition.partition)"], value: Double(pending))
                }
            }
            let counters = status.counters
            let totals: [(String, String, Int)] = [
                ("patchbay_stream_records_total", "Records applied.", counters.records),
                ("patchbay_stream_outputs_total", "Outputs sent.", counters.outputs),
                ("patchbay_stream_checkpoints_total", "Checkpoints committed.", counters.checkpoints),
                ("patchbay_stream_repeats_total", "Repeated outputs dropped.", counters.repeatsDropped),
                (
                    "patchbay_stream_differing_repeats_total", "Repeats that differ; must stay 0.",
                    counters.repeatsDiffering
                ),
                ("patchbay_stream_dead_letters_total", "Records nobody understood.", counters.deadLetters),
                ("patchbay_stream_effects_total", "Effects performed.", counters.effectsPerformed),
                ("patchbay_stream_restarts_total", "Tasks started again.", counters.restarts),
                ("patchbay_stream_followed_total", "Records applied in silence.", counters.followed),
                (
                    "patchbay_stream_takeovers_warm_total", "Partitions taken over from following.",
                    counters.takeOversWarm
                ),
                (
                    "patchbay_stream_takeovers_cold_total", "Partitions taken over from a checkpoint.",
                    counters.takeOversCold
                ),
            ]
            for (name, help, value) in totals + counters.replacedLogs {
                samples.counter(name, help: help, value: Double(value))
            }
        }
    }
}
