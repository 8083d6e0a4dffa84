import Domain
import Logging
import Schema
package import ServiceKit
import Streams

/// Puts the service together: the machine on its log, the configuration, the routes, health and metrics.
package enum SLATimerService {
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
        let promises = PromiseMetrics(setup.metrics)
        let host = StreamHost(
            settings: streamSettings(setup.settings), configuration: table,
            onApplied: { [clock = setup.clock] applied, _ in
                if applied.isFresh { clock.see(applied.at) }
                promises.count(applied)
            },
            onEvent: { event in logger.log(event) },
            makeMachine: { _ in SLATimerStreamMachine(topicPrefix: prefix) })

        setup.health.check("streams") {
            let status = host.status
            return status.isReady ? .ready : .notReady(status.reasons.joined(separator: "; "))
        }
        let watch = BrokerWatch(kafka: setup.settings.kafka)
        setup.health.check("kafka") { watch.complaint.map { .notReady($0) } ?? .ready }
        setup.metrics.collect { StreamMetrics.collect(host.status, into: &$0) }
        ClockRoutes(clocks: ClockReader(host), clock: setup.clock).add(to: setup.routes(for: .agent, .supervisor))
        setup.run("configuration", table.run, shutdown: table.shutdown)
        setup.run("kafka", watch.run, shutdown: watch.shutdown)
        setup.run("streams", host.run, shutdown: host.shutdown)
    }

    /// Half of the broker's usual limit of a record.
    private static let configurationPartBytesMax = 512 * 1024

    private static func streamSettings(_ settings: Settings) -> StreamSettings {
        let prefix = settings[CommonSettings.topicPrefix]
        let service = ServiceDescription.slaTimer.name
        var stream = StreamSettings(
            service: service, log: Topic.clocks.name(prefix: prefix), state: Topic.slaTimerState.name(prefix: prefix),
            deadLetter: Topic.deadLetter.name(prefix: prefix), group: "\(prefix)-\(service)", kafka: settings.kafka)
        stream.checkpointInterval = settings[CommonSettings.checkpointInterval]
        stream.checkpointRecords = settings[CommonSettings.checkpointRecords]
        stream.following = settings[CommonSettings.following]
        return stream
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
