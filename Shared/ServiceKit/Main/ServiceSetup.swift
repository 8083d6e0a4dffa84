package import Hummingbird
package import Logging
internal import ServiceLifecycle

/// What a service's main function puts its parts into, before anything runs.
///
/// Everything in it but the setup itself may be kept by routes and threads.
package final class ServiceSetup {
    package let service: ServiceDescription
    package let settings: Settings
    package let logger: Logger
    package let metrics: Metrics
    package let health: Health
    package let authenticator: Authenticator
    /// What time it is, for all that no log decides; whoever reads a log shows it each record's time.
    package let clock: LogClock
    /// Routes that need no token: webhooks that carry their provider's signature, customers' links.
    package let router: Router<HTTPContext>
    /// Runs beside the HTTP server: started in this order, stopped in the reverse order, after the server.
    private(set) var parts: [Part] = []
    /// Begins the end of the whole service.
    let stop: @Sendable () -> Void

    init(
        service: ServiceDescription, settings: Settings, logger: Logger, metrics: Metrics, health: Health,
        authenticator: Authenticator, clock: LogClock, router: Router<HTTPContext>, stop: @escaping @Sendable () -> Void
    ) {
        self.service = service
        self.settings = settings
        self.logger = logger
        self.metrics = metrics
        self.health = health
        self.authenticator = authenticator
        self.clock = clock
        self.router = router
        self.stop = stop
    }

    /// Routes for bearers of one of these roles, and for admins. `context.principal` says who it is.
    package func routes(for roles: Role...) -> RouterGroup<HTTPContext> {
        router.group("").add(middleware: RoleGuard(authenticator: authenticator, roles: roles))
    }

    /// As `routes(for:)`, with as many requests from each bearer as the limiter lets through.
    package func routes(for roles: Role..., limiter: RateLimiter) -> RouterGroup<HTTPContext> {
        router.group("").add(middleware: RoleGuard(authenticator: authenticator, roles: roles))
            .add(middleware: RateGuard(limiter: limiter))
    }

    /// Adds what runs for as long as the service does: a stream host, a table, a projection.
    ///
    /// - Parameter run: returns only after `shutdown` was called or its task was cancelled. When it returns or throws
    ///   before, the whole service stops; an error makes the exit code 70.
    /// - Parameter shutdown: asks `run` to end. Called once, from any thread.
    package func run(
        _ name: String, _ run: @escaping @Sendable () async throws -> Void,
        shutdown: @escaping @Sendable () -> Void
    ) {
        parts.append(Part(name: name, body: run, shutdown: shutdown, stop: stop))
    }

    /// Adds what ends when its task is cancelled.
    package func run(_ name: String, _ run: @escaping @Sendable () async throws -> Void) {
        parts.append(Part(name: name, body: { try await cancelWhenGracefulShutdown(run) }, shutdown: {}, stop: stop))
    }
}
