internal import FoundationEssentials
internal import Glibc
internal import Logging
internal import Synchronization
internal import UnixSignals

/// The whole life of a service's process, so that a main file says only what is special about its service:
/// ```swift
/// @main struct Main {
///     static func main() async {
///         await ServiceMain.run(.router) { setup in
///             let producer = try AsyncProducer(setup.settings.kafka)
///             let host = StreamHost(settings: …, configuration: table) { partition in RouterStreamMachine(partition) }
///             setup.health.check("streams") { host.status.isReady ? .ready : .notReady(host.status.reason) }
///             setup.metrics.collect { samples in samples.gauge("patchbay_stream_lag_records", help: "…", value: … ) }
///             AgentRoutes(host: host, producer: producer, setup: setup).add(to: setup.routes(for: .agent))
///             setup.run("configuration", table.run)                          // ends by cancellation
///             setup.run("streams", host.run, shutdown: host.shutdown)        // ends by shutdown()
///         }
///     }
/// }
/// ```
/// A route reads its input strictly and throws `Problem`s; everything else is done around it:
/// ```swift
/// routes.post("/v1/work-items/{id}/reply") { request, context in
///     let principal = try context.requirePrincipal()
///     let key = try IdempotencyKey(of: request)
///     let item = try context.pathID("id", WorkItemID.self)
///     let text = try await request.readJSON { body in body.string("text", bytes: 1...65_536) }
///     let result = try await replies.expect(key.commandID(of: principal), within: .seconds(5)) { try await send(…) }
///     return Response.json(.object(["work_item_id": item, "at": result.at]))
/// }
/// ```
/// - Names in JSON are lower case with underscores, as in `work_item_id`; times are RFC 3339.
/// - Settings are declared in `SettingsCatalogue.swift` and read by `setup.settings[ConnectorSettings.publicURL]`;
///   Kafka's are `setup.settings.kafka`, named secrets `setup.settings.secrets.secret(named:)`.
/// - Exit codes: 0 stopped as asked; 64 wrong arguments; 69 could not start; 70 failed while running; 75 did not stop
///   in time; 78 wrong settings (the numbers of sysexits.h).
package enum ServiceMain {
    /// When a stop is given up, and the process ends as it is: what is unfinished is repeated by the next owner.
    static let stopSeconds: UInt32 = 10

    package static func run(
        _ service: ServiceDescription, arguments: [String] = CommandLine.arguments,
        environment: [String: String] = ProcessInfo.processInfo.environment,
        build: (ServiceSetup) async throws -> Void
    ) async -> Never {
        signal(SIGPIPE, SIG_IGN)
        let words = Array(arguments.dropFirst())
        switch words {
        case ["--help"], ["-h"]: leave(0, HelpText(service: service).text)
        case ["--version"]: leave(0, "\(service.name) \(patchbayVersion)\n")
        case [], ["--check-config"]: break
        default: leave(64, "\(service.name): unknown arguments: \(words.joined(separator: " ")) (see --help)\n")
        }
        do throws(SettingsError) {
            let settings = try Settings(service.settings, environment: environment)
            await run(service, settings, checkOnly: !words.isEmpty, build)
        } catch {
            leave(78, "\(service.name): wrong settings:\n\(error)\n")
        }
    }

    private static func run(
        _ service: ServiceDescription, _ settings: Settings, checkOnly: Bool,
        _ build: (ServiceSetup) async throws -> Void
    ) async -> Never {
        let instance = settings[CommonSettings.instance]
        let (level, format) = (settings[CommonSettings.logLevel], settings[CommonSettings.logFormat])
        LoggingSystem.bootstrap { _ in
            var handler = LineLogHandler(service: service.name, level: level, format: format)
            if let instance { handler[metadataKey: "instance"] = "\(instance)" }
            return handler
        }
        let logger = Logger(label: service.name)
        let runner = ServiceRunner(service: service, settings: settings, logger: logger)
        let isRunning = Mutex(false)
        do {
            if checkOnly {
                _ = try await runner.makeAuthenticator()
                leave(0, "\(service.name): the settings are right\n")
            }
            logger.info("starting", metadata: ["version": "\(patchbayVersion)", "pid": "\(getpid())"])
            try await runner.run(
                signals: [.sigterm, .sigint], onListening: { _ in isRunning.withLock { $0 = true } },
                onStopping: { startWatchdog() }, build: build)
            logger.info("stopped")
            leave(0, nil)
        } catch let error as SettingsError {
            leave(78, "\(service.name): wrong settings:\n\(error)\n")
        } catch {
            let wasRunning = isRunning.withLock { $0 }
            if wasRunning { logger.critical("failed", metadata: ["error": "\(error)"]) }
            leave(wasRunning ? 70 : 69, "\(service.name): \(wasRunning ? "failed" : "could not start"): \(error)\n")
        }
    }

    /// Ends the process when the orderly way takes too long: by a timer of the kernel, which nothing can hold up.
    private static func startWatchdog() {
        signal(SIGALRM) { _ in
            let complaint: StaticString = "did not stop in time\n"
            _ = write(STDERR_FILENO, complaint.utf8Start, complaint.utf8CodeUnitCount)
            _exit(75)
        }
        alarm(stopSeconds)
    }

    /// Help and versions are answers, everything else is a complaint.
    private static func leave(_ code: Int32, _ text: String?) -> Never {
        if let text { writeAll(text, to: code == 0 ? STDOUT_FILENO : STDERR_FILENO) }
        exit(code)
    }
}
