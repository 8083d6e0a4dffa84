import Foundation
import Kafka
import ServiceKit
import TestSupport

/// A broker and the services in front of it, all as processes of their own, as `patchbay up` starts them.
final class Stand {
    enum Service: String, CaseIterable {
        case connector, router, context
        case slaTimer = "sla-timer"
    }

    /// One process of a service.
    struct Instance {
        var program: Program
        var port: Int
        /// Its `client.id`.
        var name: String
    }

    static let agents = (0..<50).map { "agent-\($0)" }
    static let queues = (0..<16).map { "queue-\($0)" }

    let broker: LocalBroker
    let brokerPID: Int32
    let requests: Requests
    private(set) var instances: [Service: Instance] = [:]
    private let executables: URL
    private let folder: URL
    private let prefix: String
    private let environment: [String: String]
    private let partitions: Int

    /// Starts a broker of its own, makes the topics, applies the organization and starts the services.
    /// - Parameter settings: of the services, over those that a benchmark needs.
    init(executables: URL, partitions: Int, settings: [String: String]) async throws {
        self.partitions = partitions
        self.executables = executables
        folder = try makeTemporaryFolder("patchbay-benchmark")
        broker = try await .start()
        brokerPID = try ProcessUsage.find(["noida-db", "--kafka-port", "\(broker.port)"])
        prefix = "bench"
        let secret = "a secret that signs the tokens of a benchmark"
        environment = [
            "PATCHBAY_RATE_LIMIT": "0",
            "PATCHBAY_TOPIC_PREFIX": prefix, "PATCHBAY_AUTH_SECRET": secret,
            "PATCHBAY_LINK_SECRET": secret, "PATCHBAY_LOG_FORMAT": "text", "PATCHBAY_LOG_LEVEL": "warning",
            "PATCHBAY_DATA_DIR": folder.appending(path: "data").path, "SWIFT_BACKTRACE": "enable=no",
        ].merging(broker.environment) { $1 }.merging(settings) { $1 }
        let tokens = await Tokens(secret: Secret(secret))
        var agentTokens: [String: String] = [:]
        for agent in Self.agents { agentTokens[agent] = try await tokens.mint(subject: agent, roles: [.agent]) }
        agentTokens["supervisor"] = try await tokens.mint(subject: "supervisor", roles: [.supervisor])
        requests = Requests(
            channelToken: try await tokens.mint(subject: "bench", roles: [.connector]), agentTokens: agentTokens)
        try await prepareTopics()
        try await start()
    }

    /// Ends everything and removes what it left.
    func close() async throws {
        for instance in instances.values { try await instance.program.kill() }
        try await broker.close()
        try? FileManager.default.removeItem(at: folder)
    }

    private func prepareTopics() async throws {
        let patchbay = executables.appending(path: "patchbay")
        let file = folder.appending(path: "organization.yaml")
        try Data(Self.organization.utf8).write(to: file)
        _ = try await Program.output(
            of: patchbay, ["topics", "--apply", "--partitions", "\(partitions)"], environment: environment)
        _ = try await Program.output(of: patchbay, ["apply", file.path], environment: environment)
    }

    // MARK: - Services

    /// Puts two routers in the place of the one, dynamic members of their group with the shortest session.
    /// - Returns: the one that leads the agents' pool, and the one that follows there.
    func pairRouters() async throws -> (leader: Instance, follower: Instance) {
        if let single = instances[.router] {
            try await single.program.terminate()
            // Its name keeps its place in the group until its session is over.
            try await broker.evict(Service.router.rawValue, from: "\(prefix)-router")
        }
        let pair = try (1...2).map { try launch(.router, member: "", name: "router-\($0)") }
        let end = ContinuousClock.now + .seconds(90)
        let partition = Partitioner.murmur2(Array("desk".utf8), partitions: Int32(partitions))
        while true {
            if let leader = pair.first(where: { leads(partition, $0) }), pair.allSatisfy(isReady) {
                let follower = pair[leader.port == pair[0].port ? 1 : 0]
                instances[.router] = follower
                return (leader, follower)
            }
            guard ContinuousClock.now < end else { throw BenchmarkError("no router leads: \(log(.router))") }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Waits as a broker would until the session of a router that was killed at a moment is over, and until the other
    /// leads.
    func takeOver(from dead: Instance, killed: ContinuousClock.Instant, by survivor: Instance) async throws {
        try await Task.sleep(until: killed + LocalBroker.sessionTimeout)
        try await broker.evict(dead.name, from: "\(prefix)-router")
        let partition = Partitioner.murmur2(Array("desk".utf8), partitions: Int32(partitions))
        try await eventually("the follower leads", within: .seconds(60)) { leads(partition, survivor) }
    }

    private func leads(_ partition: Int32, _ instance: Instance) -> Bool {
        let page = BlockingHTTP.get("/metrics", port: instance.port)?.body ?? ""
        return page.contains("patchbay_stream_leading{partition=\"\(partition)\"} 1\n")
    }

    /// Starts all services and waits until they are ready.
    /// - Returns: how long each took.
    @discardableResult
    func start() async throws -> [Service: Duration] {
        let began = ContinuousClock.now
        for service in Service.allCases { instances[service] = try launch(service) }
        var times: [Service: Duration] = [:]
        while times.count < instances.count {
            for (service, instance) in instances where times[service] == nil {
                guard instance.program.isRunning else { throw BenchmarkError("\(service) ended: \(log(service))") }
                if isReady(instance) { times[service] = .now - began }
            }
            guard .now - began < .seconds(180) else { throw BenchmarkError("not ready: \(log(.router))") }
            try await Task.sleep(for: .milliseconds(5))
        }
        return times
    }

    /// Asks all services to stop, and waits for it.
    func stop() async throws {
        for instance in instances.values { Foundation.kill(instance.program.pid, SIGTERM) }
        for instance in instances.values { try await instance.program.terminate() }
        instances = [:]
    }

    /// Starts one process of a service.
    /// - Parameter member: its name in the group; with the name of one that died it takes that one's place. Empty: a
    ///   dynamic member, with the shortest session.
    private func launch(
        _ service: Service, member: String? = nil, port: Int? = nil, name: String? = nil
    ) throws -> Instance {
        let port = try port ?? freePort()
        let name = name ?? service.rawValue
        var own = [
            "PATCHBAY_HTTP_PORT": "\(port)", "PATCHBAY_KAFKA_GROUP_INSTANCE_ID": member ?? service.rawValue,
            "PATCHBAY_INSTANCE": name,
        ]
        if member == "" {
            own["PATCHBAY_KAFKA_SESSION_TIMEOUT_MS"] = "\(LocalBroker.sessionTimeout.components.seconds)000"
        }
        let program = try Program(
            executables.appending(path: service.rawValue), environment: environment.merging(own) { $1 },
            log: logFile(service))
        return Instance(program: program, port: port, name: name)
    }

    func port(_ service: Service) -> Int { instances[service]?.port ?? 0 }

    /// Kills a service's process and starts another in its place; does not wait until that one is ready.
    func replace(_ service: Service) throws {
        guard let old = instances[service] else { return }
        old.program.killAtOnce()
        instances[service] = try launch(service, port: old.port)
    }

    func isReady(_ instance: Instance) -> Bool {
        BlockingHTTP.get("/readyz", port: instance.port)?.status == 200
    }

    private func logFile(_ service: Service) -> URL { folder.appending(path: "\(service.rawValue).log") }

    private func log(_ service: Service) -> String {
        let text = (try? String(contentsOf: logFile(service), encoding: .utf8)) ?? ""
        return String(text.suffix(2000))
    }

    /// CPU time and memory of every process.
    func usage() throws -> [String: ProcessUsage] {
        var usage = ["broker": try ProcessUsage(pid: brokerPID)]
        for (service, instance) in instances {
            usage[service.rawValue] = try ProcessUsage(pid: instance.program.pid)
        }
        return usage
    }

    // MARK: - The floor

    /// Runs the bare librdkafka program against a broker, over topics of its own.
    func floor(on broker: LocalBroker, rate: Int, seconds: Int, window: Int) async throws -> FloorResult {
        let config = ["message.timestamp.type": "LogAppendTime"]
        let topics = [
            try await broker.makeTopic("floor-a", partitions: Int32(partitions), config: config),
            try await broker.makeTopic("floor-b", partitions: Int32(partitions), config: config),
        ]
        let text = try await Program.output(
            of: executables.appending(path: "benchmark-floor"),
            [broker.bootstrapServers] + topics + ["\(partitions)", "\(rate)", "\(seconds)", "\(window)", "400"])
        return try JSONDecoder().decode(FloorResult.self, from: Data(text.utf8))
    }

    /// Sixteen queues in pools of their own, and agents who can carry all that a benchmark has open at once.
    private static var organization: String {
        let lines = { (parts: [String]) in parts.map { "  \($0)\n" }.joined() }
        return """
            skills: {}
            profiles: { wide: { capacity: 40, presence-lease: 30m, grace: 30m } }
            routing-policies: { standard: { offer: 60s, decline-cooldown: 1s } }
            sla-policies: { standard: { targets: { first-response: { within: 8h }, resolution: { within: 3d } } } }
            pools:
            \(lines(["desk: {}"] + queues.map { "pool-\($0): {}" }))
            queues:
              desk: { pool: desk, routing-policy: standard, sla-policy: standard }
            \(lines(queues.map { "\($0): { pool: pool-\($0), routing-policy: standard, sla-policy: standard }" }))
            agents:
            \(lines(agents.map { "\($0): { pool: desk, profile: wide }" }))
            accounts:
              page: { channel: social, queue: desk }
            \(lines(queues.map { "page-\($0): { channel: social, queue: \($0) }" }))
            """
    }
}

/// What the floor prints. Times are in microseconds.
struct FloorResult: Decodable {
    var sent: Int
    var arrived: Int
    var perSecond: Int
    var p50: Int
    var p90: Int
    var p99: Int
    var max: Int
    var cpuMilliseconds: Int

    var quantiles: Quantiles { Quantiles(p50: p50, p90: p90, p99: p99, max: max) }
}
