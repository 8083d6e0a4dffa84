internal import Domain
internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
package import Logging
internal import NIOCore
internal import ServiceLifecycle
package import UnixSignals

/// Runs one service from its settings to its end: what `ServiceMain` does after the command line, and what tests do
/// inside their own process.
package struct ServiceRunner: Sendable {
    package let service: ServiceDescription
    package let settings: Settings
    package let logger: Logger

    /// How long what is open may take to end, once intake has stopped.
    package static let drainTime = Duration.seconds(3)
    /// How long everything may take to stop before it is cancelled.
    package static let gracefulTime = Duration.seconds(8)

    package init(service: ServiceDescription, settings: Settings, logger: Logger) {
        self.service = service
        self.settings = settings
        self.logger = logger
    }

    /// Builds the service, runs it, and returns when it has stopped.
    ///
    /// Order of the end: `/readyz` turns 503; after `PATCHBAY_SHUTDOWN_DELAY` no connection is accepted any more, long
    /// polls and streams end, other requests finish; then the parts stop, the last added first.
    /// - Parameter onListening: called with the port once requests are accepted.
    /// - Parameter onStopping: called when the end begins.
    /// - Throws: what `build` throws; `PartFailure` when a part failed.
    package func run(
        signals: [UnixSignal] = [], onListening: @escaping @Sendable (Int) -> Void = { _ in },
        onStopping: @escaping @Sendable () -> Void = {},
        build: (ServiceSetup) async throws -> Void
    ) async throws {
        let routes = RouteTable()
        let listening = Gate()
        let (stops, stopping) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let stop: @Sendable () -> Void = { stopping.yield() }
        let setup = try await makeSetup(routes, stop: stop)
        try await build(setup)
        routes.fill(from: setup.router)
        let (logger, host) = (self.logger, settings[CommonSettings.httpHost])
        let server = makeServer(setup) { port in
            logger.info("listening", metadata: ["address": "\(host)", "port": "\(port)"])
            listening.open()
            onListening(port)
        }
        let intake = BoundedService(service: server, time: Self.drainTime)
        let http = Part(name: "http", body: intake.run, shutdown: {}, stop: stop)
        let drain = Drain(
            health: setup.health, delay: settings[CommonSettings.shutdownDelay], logger: logger, stops: stops,
            onStopping: onStopping)
        let services =
            (setup.parts.map { $0.waiting(for: listening) } + [http]).map(\.configuration) + [
                ServiceGroupConfiguration.ServiceConfiguration(
                    service: drain, successTerminationBehavior: .gracefullyShutdownGroup, serviceName: "drain")
            ]
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .notice)
        var configuration = ServiceGroupConfiguration(services: services, logger: quiet)
        configuration.gracefulShutdownSignals = signals
        // No maximum for the cancellation: it would trap. The timer of `ServiceMain` ends what does not end.
        configuration.maximumGracefulShutdownDuration = Self.gracefulTime
        try await ServiceGroup(configuration: configuration).run()
    }

    /// Checks what can be checked without starting: the settings are already, the keys are here.
    package func makeAuthenticator(_ clock: LogClock = LogClock()) async throws -> Authenticator {
        if settings[AuthSettings.isDisabled] { return .disabled }
        let now: @Sendable () -> Double = { Double(clock.now.milliseconds) / 1_000 }
        if let secret = settings[AuthSettings.secret] { return await Authenticator(secret: secret, now: now) }
        let key = AuthSettings.keySetFile.key
        guard let path = settings[AuthSettings.keySetFile] else { preconditionFailure("settings are checked") }
        guard let data = FileManager.default.contents(atPath: path),
            let authenticator = try? await Authenticator(keySet: String(decoding: data, as: UTF8.self), now: now)
        else {
            let expected = "a readable JSON Web Key Set whose keys have a kid"
            throw SettingsError(problems: [SettingsProblem(key: key, value: path, expected: expected)])
        }
        return authenticator
    }

    private func makeSetup(_ routes: RouteTable, stop: @escaping @Sendable () -> Void) async throws -> ServiceSetup {
        let (metrics, clock) = (Metrics(), LogClock())
        metrics.collect(ProcessMetrics.collect)
        metrics.collect(BodyBudget.collect)
        let name = service.name
        metrics.collect { samples in
            samples.gauge(
                "patchbay_build_info", help: "Always 1; which program this is.",
                labels: ["service": name, "version": patchbayVersion], value: 1)
        }
        metrics.collect { samples in
            samples.gauge(
                "patchbay_clock_ahead_seconds",
                help: "How far this machine's wall clock is ahead of the brokers'; 0 until a record was read.",
                value: Double(clock.wallAhead.milliseconds) / 1_000)
        }
        if settings[AuthSettings.isDisabled] {
            logger.critical("AUTHENTICATION IS OFF: everybody who reaches this port may do everything")
        }
        let router = Router(context: HTTPContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: RequestManners(metrics: metrics, routes: routes))
        let setup = ServiceSetup(
            service: service, settings: settings, logger: logger, metrics: metrics, health: Health(),
            authenticator: try await makeAuthenticator(clock), clock: clock, router: router, stop: stop)
        HealthRoutes.add(to: setup)
        return setup
    }

    private func makeServer(
        _ setup: ServiceSetup, onListening: @escaping @Sendable (Int) -> Void
    ) -> Application<RouterResponder<HTTPContext>> {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .notice)
        let address = BindAddress.hostname(
            settings[CommonSettings.httpHost], port: settings[CommonSettings.httpPort])
        let connections = OpenConnections(limit: connectionsMax, metrics: setup.metrics)
        setup.run("memory") { try await Memory.giveBack(connections) }
        return Application(
            router: setup.router,
            server: HTTPServerBuilder { HTTPConnections(connections: connections, responder: $0) },
            configuration: ApplicationConfiguration(
                address: address, serverName: nil,
                availableConnectionsDelegate: .maximum(
                    connections.limit + OpenConnections.spare, logger: quiet)),
            onServerRunning: { channel in onListening(channel.localAddress?.port ?? 0) }, logger: quiet)
    }

    /// What the settings want, as far as this process may open files.
    private var connectionsMax: Int {
        let wanted = settings[CommonSettings.httpConnectionsMax]
        let limit = OpenFiles.raise()
        let possible = OpenFiles.connections(wanted: wanted, limit: limit)
        if possible < wanted {
            logger.warning(
                "fewer connections than wanted: the process may not open more files",
                metadata: ["wanted": "\(wanted)", "connections": "\(possible)", "files": "\(limit)"])
        }
        return possible
    }
}

/// Comes first when the service stops, because it is told to or because a part has ended: says not ready, and gives
/// load balancers time to see it.
private struct Drain: Service {
    let health: Health
    let delay: Duration
    let logger: Logger
    let stops: AsyncStream<Void>
    let onStopping: @Sendable () -> Void

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in stops { return }
        }
        onStopping()
        logger.info("stopping")
        health.stop()
        try? await Task.sleep(for: delay)
    }
}

/// A service that is cancelled when it takes too long to end: one client that does not read its answer must not
/// take the time that the stream host needs.
private struct BoundedService<Inner: Service>: Service {
    let service: Inner
    let time: Duration

    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await service.run() }
            group.addTask {
                try await gracefulShutdown()
                try await Task.sleep(for: time)
            }
            defer { group.cancelAll() }
            do {
                try await group.next()
            } catch is CancellationError where Task.isCancelled {
                return
            }
        }
    }
}
