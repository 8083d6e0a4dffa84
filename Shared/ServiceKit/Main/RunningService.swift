package import Logging

/// Runs a service inside this process while `body` runs, for tests: on a free port, with the settings given here and
/// no others, without touching the process's signals and logging.
///
/// ```swift
/// try await withRunningService(.router, build: { setup in try await Router.build(setup) }) { port in … }
/// ```
/// Tokens are signed with `RunningService.secret` unless the environment says otherwise.
/// - Throws: what `build` or `body` throw, or a part of the service.
package func withRunningService<Result: Sendable>(
    _ service: ServiceDescription, environment: [String: String] = [:],
    logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
    build: @escaping @Sendable (ServiceSetup) async throws -> Void,
    _ body: (Int) async throws -> Result
) async throws -> Result {
    let settings = try Settings(
        service.settings, environment: RunningService.environment.merging(environment) { _, given in given })
    let runner = ServiceRunner(service: service, settings: settings, logger: logger)
    let (ports, listening) = AsyncStream<Int>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let (never, end) = AsyncStream<Void>.makeStream()
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            defer { listening.finish() }
            try await runner.run(onListening: { listening.yield($0) }) { setup in
                setup.run("until the end of the test") { for await _ in never {} }
                try await build(setup)
            }
        }
        var result: Result?
        for await port in ports {
            result = try await body(port)
            break
        }
        end.finish()
        try await group.waitForAll()
        guard let result else { throw RunningService.NotStarted() }
        return result
    }
}

/// What `withRunningService` assumes.
package enum RunningService {
    /// Signs the tokens of tests.
    package static let secret = Secret("a secret for tests, long enough for HS256")

    static var environment: [String: String] {
        ["PATCHBAY_HTTP_PORT": "0", AuthSettings.secret.key: secret.value]
    }

    /// The service ended before it listened, without saying why.
    struct NotStarted: Error {}
}
