import Curl
import Foundation

/// The four services as processes of this machine, against one broker.
///
/// Each service can be killed and started again while the others run; that is what the tests do to it.
final class Stack: Sendable {
    /// Where everything is, and what it was told.
    struct Plan: Sendable {
        /// Folder of the services' executables.
        var executables: URL
        /// For logs, the broker's data and the timeline database.
        var folder: URL
        var bootstrapServers: String
        var topicPrefix: String
        var ports: [Service: Int]
        var secrets: DevelopmentSecrets
        /// Over what the stack sets itself.
        var environment: [String: String] = [:]

        func url(of service: Service) -> String { "http://127.0.0.1:\(ports[service] ?? service.port)" }
    }

    enum Service: String, CaseIterable, Sendable {
        case connector, router, context
        case slaTimer = "sla-timer"

        var port: Int {
            switch self {
            case .connector: 8081
            case .router: 8082
            case .context: 8083
            case .slaTimer: 8084
            }
        }
    }

    let plan: Plan
    private let curl = CurlClient(addresses: .all)

    init(_ plan: Plan) {
        self.plan = plan
    }

    /// Starts one service; it is not ready yet.
    /// - Parameters:
    ///   - name: of the process and its log, where there are several of a service.
    ///   - extra: what this process is told besides, and instead of, what the plan says.
    func start(
        _ service: Service, name: String? = nil, appendsToLog: Bool = false, environment extra: [String: String] = [:]
    ) throws -> ChildProcess {
        let name = name ?? service.rawValue
        let executable = plan.executables.appending(path: service.rawValue).path
        guard FileManager.default.isExecutableFile(atPath: executable) else {
            throw StackError("\(executable) is missing: `make build` builds it")
        }
        try FileManager.default.createDirectory(at: plan.folder, withIntermediateDirectories: true)
        return try ChildProcess(
            name: name, executable: executable, environment: environment(of: service).merging(extra) { $1 },
            logPath: plan.folder.appending(path: "\(name).log").path, appendsToLog: appendsToLog)
    }

    /// Starts all services and waits until each says that it is ready.
    ///
    /// When one of them does not come up, all are stopped again.
    func start(deadline: Duration = .seconds(60)) async throws -> [Service: ChildProcess] {
        for service in Service.allCases where !Sockets.isFree(port: plan.ports[service] ?? service.port) {
            throw StackError(
                "port \(plan.ports[service] ?? service.port) for \(service.rawValue) is in use: choose others with --port"
            )
        }
        var processes: [Service: ChildProcess] = [:]
        do {
            for service in Service.allCases { processes[service] = try start(service) }
            for (service, process) in processes { try await waitUntilReady(service, process, deadline: deadline) }
        } catch {
            await Self.stop(Array(processes.values))
            throw error
        }
        return processes
    }

    func waitUntilReady(_ service: Service, _ process: ChildProcess, deadline: Duration = .seconds(60)) async throws {
        try await waitUntilReady(process, at: plan.url(of: service), deadline: deadline)
    }

    func waitUntilReady(_ process: ChildProcess, at url: String, deadline: Duration = .seconds(60)) async throws {
        let clock = ContinuousClock()
        let end = clock.now + deadline
        var request = CurlRequest(url: url + "/readyz")
        request.timeout = .seconds(5)
        var last = "no answer"
        while clock.now < end {
            guard process.isRunning else { throw Self.died(process) }
            do {
                let response = try await curl.send(request)
                if response.status == 200 { return }
                last = "\(response.status) \(response.text.prefix(300))"
            } catch {
                last = "\(error)"
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw StackError("\(process.name) was not ready within \(deadline): \(last); see \(process.logPath)")
    }

    /// All at once, each by its process id.
    /// - Returns: the names of those that did not stop by themselves with exit code 0.
    @discardableResult
    static func stop(_ processes: [ChildProcess]) async -> [String] {
        await withTaskGroup { group in
            for process in processes {
                group.addTask { await process.stop() ? nil : process.name }
            }
            var names: [String] = []
            for await name in group { if let name { names.append(name) } }
            return names.sorted()
        }
    }

    static func died(_ process: ChildProcess) -> StackError {
        let lines = process.lastLines(20).map { "  \($0)" }.joined(separator: "\n")
        return StackError("\(process.name) ended; the end of \(process.logPath):\n\(lines)")
    }

    private func environment(of service: Service) -> [String: String] {
        var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("PATCHBAY_") }
        environment["SWIFT_BACKTRACE"] = "enable=no"
        environment["PATCHBAY_HTTP_PORT"] = String(plan.ports[service] ?? service.port)
        environment["PATCHBAY_KAFKA_BOOTSTRAP_SERVERS"] = plan.bootstrapServers
        // One instance of each: under its name it takes its place in the group again as soon as it is back.
        environment["PATCHBAY_KAFKA_GROUP_INSTANCE_ID"] = service.rawValue
        environment["PATCHBAY_TOPIC_PREFIX"] = plan.topicPrefix
        environment["PATCHBAY_LOG_FORMAT"] = "text"
        environment["PATCHBAY_PUBLIC_URL"] = plan.url(of: .connector)
        // Deliveries of a development stack go to this machine.
        environment["PATCHBAY_ALLOW_PRIVATE_ADDRESSES"] = "true"
        environment["PATCHBAY_DATA_DIR"] = plan.folder.appending(path: "data").path
        environment["PATCHBAY_DOCS_DIR"] = Self.docsFolder(beside: plan.executables).path
        environment.merge(plan.secrets.environment) { $1 }
        environment.merge(plan.environment) { $1 }
        return environment
    }

    /// `docs/api` of the checkout that the executables were built in, or of an installation.
    private static func docsFolder(beside executables: URL) -> URL {
        var folder = executables.resolvingSymlinksInPath()
        for _ in 0..<6 {
            let docs = folder.appending(path: "docs/api")
            if FileManager.default.fileExists(atPath: docs.path) { return docs }
            folder = folder.deletingLastPathComponent()
        }
        return executables.appending(path: "docs/api")
    }
}
