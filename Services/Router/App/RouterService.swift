import Domain
import Kafka
import Logging
import RouterCore
import Schema
package import ServiceKit
import Streams

/// Puts the service together: the machine on its log, the configuration, the routes, health and metrics.
package enum RouterService {
    package static func build(_ setup: ServiceSetup) async throws {
        let prefix = setup.settings[CommonSettings.topicPrefix]
        let logger = setup.logger
        let table = ConfigurationTable(
            kafka: setup.settings.kafka, topic: Topic.config.name(prefix: prefix),
            bundle: { values in
                ConfigurationEntry.parts(of: values, bytesMax: configurationPartBytesMax) { error in
                    logger.error(
                        "an entry of the configuration is not understood and left out",
                        metadata: ["error": "\(error)"])
                }
            })
        let news = AgentNews(setup.metrics)
        let watch = QueueWatch(setup.metrics)
        let replies = Replies<CommandID, CommandResult>()
        let counters = RouterMetrics(setup.metrics)
        let host = StreamHost(
            settings: streamSettings(setup.settings), configuration: table,
            onApplied: { [clock = setup.clock] applied, machine in
                if applied.isFresh { clock.see(applied.at) }
                counters.count(applied)
                for result in applied.outputs.compactMap(\.commandResult) { replies.fulfil(result.commandID, result) }
                for agentID in machine.router.touchedAgents { news.tell(agentID) }
                watch.note()
            },
            onEvent: { event in logger.log(event) },
            makeMachine: { _ in RouterStreamMachine(topicPrefix: prefix) })
        let producer = try AsyncProducer(properties: setup.settings.kafka)
        let desk = Desk(
            host: host, replies: replies,
            log: WorkLog(producer: producer, topic: Topic.work.name(prefix: prefix), clock: setup.clock), logger: logger
        )

        setup.health.check("streams") {
            let status = host.status
            return status.isReady ? .ready : .notReady(status.reasons.joined(separator: "; "))
        }
        let broker = BrokerWatch(kafka: setup.settings.kafka)
        setup.health.check("kafka") { broker.complaint.map { .notReady($0) } ?? .ready }
        setup.metrics.collect { RouterMetrics.collect(host, into: &$0) }
        let limiter = RateLimiter(
            quota: setup.settings[RouterSettings.rateLimit], windowSeconds: setup.settings[RouterSettings.rateWindow],
            metrics: setup.metrics)
        let agents = setup.routes(for: .agent, .supervisor, limiter: limiter)
        AgentRoutes(desk: desk, news: news).add(to: agents)
        OfferRoutes(desk: desk).add(to: agents)
        WorkItemRoutes(desk: desk).add(to: agents)
        ExplanationRoutes(desk: desk).add(to: agents)
        QueueRoutes(desk: desk, watch: watch).add(to: agents)
        SupervisorRoutes(desk: desk).add(to: setup.routes(for: .supervisor, limiter: limiter))
        setup.run("producer") {
            defer { producer.close() }
            try await untilCancelled()
        }
        setup.run("configuration", table.run, shutdown: table.shutdown)
        setup.run("kafka", broker.run, shutdown: broker.shutdown)
        setup.run("streams", host.run, shutdown: host.shutdown)
        setup.run("heartbeat", news.beat)
        setup.run("queue-watch", watch.beat)
    }

    private static func untilCancelled() async throws {
        while true { try await Task.sleep(for: .seconds(3_600)) }
    }

    /// Half of the broker's usual limit of a record.
    private static let configurationPartBytesMax = 512 * 1024

    private static func streamSettings(_ settings: Settings) -> StreamSettings {
        let prefix = settings[CommonSettings.topicPrefix]
        let service = ServiceDescription.router.name
        var stream = StreamSettings(
            service: service, log: Topic.work.name(prefix: prefix), state: Topic.routerState.name(prefix: prefix),
            deadLetter: Topic.deadLetter.name(prefix: prefix), group: "\(prefix)-\(service)", kafka: settings.kafka)
        stream.checkpointInterval = settings[CommonSettings.checkpointInterval]
        stream.checkpointRecords = settings[CommonSettings.checkpointRecords]
        stream.following = settings[CommonSettings.following]
        return stream
    }
}

extension StreamOutput {
    /// What an agent's command came to, if this says that.
    fileprivate var commandResult: CommandResult? {
        guard case .send(_, let type, _, let value?) = self, type.hasSuffix(".command-result.v1"),
            let event = try? WorkEvent(wire: value), case .commandResult(let result) = event.kind
        else { return nil }
        return result
    }
}

extension Logger {
    fileprivate func log(_ event: StreamEvent) {
        let level: Level =
            switch event.level {
            case .info: .info
            case .warning: .warning
            case .error: .error
            }
        log(level: level, "\(event.message)", metadata: event.metadata.mapValues { "\($0)" })
    }
}
