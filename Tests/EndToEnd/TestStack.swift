import Curl
import Foundation
import Kafka
import Schema
import Synchronization
import TestSupport
import Testing

@testable import PatchbayCLI

/// The four services as real processes on free ports, with topics and secrets of their own; of each one process or
/// several.
///
/// A service that has one process is a static member of its group, as in `patchbay up`: back from the dead it takes its
/// place at once. Where there are several they are dynamic members with sessions of 6 s, and `evict` plays the part of
/// the broker that notices a death.
final class TestStack: Sendable {
    /// One process of a service.
    struct Instance: Hashable, Sendable, CustomStringConvertible {
        var service: Stack.Service
        /// From 1.
        var number: Int
        var description: String { "\(service.rawValue)-\(number)" }
    }

    fileprivate struct Running {
        var process: ChildProcess
        /// When it last lived, as far as the broker can know.
        var silentSince: ContinuousClock.Instant?
    }

    let stack: Stack
    let broker: LocalBroker
    let connection: KafkaConnection
    /// In the order in which they were started.
    let instances: [Instance]
    private let ports: [Instance: Int]
    private let isStatic: Set<Stack.Service>
    private let environment: [Stack.Service: [String: String]]
    fileprivate let running = Mutex<[Instance: Running]>([:])
    /// One client for all who ask this stack something, and one for the crowd, behind which nobody else queues.
    let api: JourneyAPI
    let crowdAPI: JourneyAPI
    private let folder: URL

    /// Starts everything against a broker, does something, and stops everything whatever happens.
    /// - Parameters:
    ///   - counts: of the services with several processes, or with one that is a dynamic member.
    ///   - partitions: of each topic.
    ///   - environment: what processes of a service are told besides.
    static func with<Result>(
        _ broker: LocalBroker, _ counts: [Stack.Service: Int] = [:],
        partitions: Int32 = TopicSettings.defaultPartitions, environment: [Stack.Service: [String: String]] = [:],
        _ body: (TestStack) async throws -> Result
    ) async throws -> Result {
        let stack = try await TestStack(broker, counts, partitions: partitions, environment: environment)
        do {
            try await stack.start()
            let result = try await body(stack)
            let unclean = await stack.stop()
            #expect(unclean.isEmpty, "stopped by SIGTERM within 10 s, with exit code 0")
            return result
        } catch {
            stack.printLogs()
            _ = await stack.stop()
            throw error
        }
    }

    private init(
        _ broker: LocalBroker, _ counts: [Stack.Service: Int], partitions: Int32,
        environment: [Stack.Service: [String: String]]
    ) async throws {
        self.broker = broker
        self.environment = environment
        folder = try makeTemporaryFolder("patchbay-stack")
        let connection = KafkaConnection(properties: broker.properties, prefix: uniqueName("stack"))
        self.connection = connection
        try await Self.createTopics(connection, partitions)
        instances = Stack.Service.allCases.flatMap { service in
            (1...(counts[service] ?? 1)).map { Instance(service: service, number: $0) }
        }
        isStatic = Set(Stack.Service.allCases.filter { counts[$0] == nil })
        ports = Dictionary(uniqueKeysWithValues: zip(instances, Sockets.freePorts(instances.count)))
        let firstPorts = ports.filter { $0.key.number == 1 }.map { ($0.key.service, $0.value) }
        stack = Stack(
            Stack.Plan(
                executables: Self.executables, folder: folder,
                bootstrapServers: broker.bootstrapServers, topicPrefix: connection.prefix,
                ports: Dictionary(uniqueKeysWithValues: firstPorts), secrets: DevelopmentSecrets(),
                environment: DevelopmentBroker.environment))
        let settings = Journey.Settings(plan: stack.plan)
        var limits = CurlLimits()
        limits.inFlightMax = 1_024
        api = JourneyAPI(settings: settings)
        crowdAPI = JourneyAPI(settings: settings, curl: CurlClient(addresses: .all, limits: limits))
    }

    private func start() async throws {
        for instance in instances { try launch(instance) }
        for instance in instances { try await waitUntilReady(instance, within: .seconds(120)) }
    }

    fileprivate func launch(_ instance: Instance) throws {
        var environment = ["PATCHBAY_HTTP_PORT": "\(ports[instance] ?? 0)", "PATCHBAY_INSTANCE": "\(instance)"]
        if !isStatic.contains(instance.service) {
            environment["PATCHBAY_KAFKA_GROUP_INSTANCE_ID"] = ""
            environment["PATCHBAY_KAFKA_SESSION_TIMEOUT_MS"] = "\(LocalBroker.sessionTimeout.components.seconds)000"
            // How long the local broker waits when it has forgotten a member of a round (docs/testing.md).
            environment["PATCHBAY_KAFKA_MAX_POLL_INTERVAL_MS"] = "30000"
            environment["PATCHBAY_DATA_DIR"] = folder.appending(path: "\(instance)-data").path
        }
        // A handful of agents here does what hundreds do elsewhere.
        if instance.service == .router { environment["PATCHBAY_RATE_LIMIT"] = "0" }
        environment.merge(self.environment[instance.service] ?? [:]) { $1 }
        let process = try stack.start(
            instance.service, name: "\(instance)", appendsToLog: true, environment: environment)
        running.withLock { $0[instance] = Running(process: process) }
    }

    /// The processes of one service.
    func instances(of service: Stack.Service) -> [Instance] { instances.filter { $0.service == service } }

    func url(_ instance: Instance) -> String { "http://127.0.0.1:\(ports[instance] ?? 0)" }

    var settings: Journey.Settings { api.settings }

    func url(_ service: Stack.Service) -> String { stack.plan.url(of: service) }

    /// Makes the topics that are missing.
    func createTopics() async throws { try await Self.createTopics(connection, TopicSettings.defaultPartitions) }

    private static func createTopics(_ connection: KafkaConnection, _ partitions: Int32) async throws {
        let catalogue = TopicCatalogue(connection: connection, partitions: partitions)
        _ = try await onThread { try catalogue.create(try catalogue.differences()) }
    }

    /// Puts an organization in force, and waits until nothing more is to be waited for: the first command tells.
    func apply(_ text: String, values: [String: String]) async throws {
        let store = ConfigurationStore(connection: connection)
        let text = try OrganizationFiles.replace(in: text, of: "organization.yaml", values: values)
        let entries = try Organization(files: [("organization.yaml", text)]).entries(now: .now)
        _ = try await onThread {
            try store.update { try ConfigurationChanges(from: $0, to: entries) }
        }
    }

    var areAllRunning: Bool { running.withLock { $0.values.allSatisfy(\.process.isRunning) } }

    /// Every record of a topic, in the order of each partition; those of aborted transactions too, unless they are not
    /// wanted.
    func records(_ topic: Topic, readCommitted: Bool = false) async throws -> [Record] {
        let connection = connection
        return try await onThread {
            let name = connection.name(topic)
            let count = try connection.withAdmin { try $0.topics(timeout: connection.timeout)[name] ?? 0 }
            let partitions = (0..<Int32(count)).map { TopicPartition(topic: name, partition: $0) }
            let consumer = try DataConsumer(
                properties: connection.properties,
                assignments: Dictionary(uniqueKeysWithValues: partitions.map { ($0, .beginning) }),
                readCommitted: readCommitted)
            defer { consumer.close() }
            var (records, unread) = ([Record](), Set(partitions))
            let end = ContinuousClock.now + .seconds(60)
            while !unread.isEmpty {
                guard ContinuousClock.now < end else { throw NotInTime(description: "reading \(name)") }
                for event in consumer.poll(max: 10_000, timeout: .milliseconds(200)) {
                    switch event {
                    case .record(let record): records.append(record)
                    case .endOfPartition(let partition, _): unread.remove(partition)
                    case .error(let error): if error.isFatal { throw error }
                    }
                }
            }
            return records
        }
    }

    fileprivate func process(_ instance: Instance) throws -> ChildProcess {
        guard let process = running.withLock({ $0[instance]?.process }) else {
            throw StackError("\(instance) was never started")
        }
        return process
    }

    private func stop() async -> [String] {
        for instance in instances { resume(instance) }
        let unclean = await Stack.stop(running.withLock { $0.values.map(\.process) })
        await api.curl.close()
        await crowdAPI.curl.close()
        try? FileManager.default.removeItem(at: folder)
        return unclean
    }

    private func printLogs() {
        for process in running.withLock({ $0.values.map(\.process) }) {
            print("--- end of \(process.name)'s log")
            for line in process.lastLines(40) { print(line) }
        }
    }

    /// Test bundles lie beside the executables, or in a folder beside them.
    static var executables: URL {
        var folder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        for _ in 0..<4 {
            if FileManager.default.isExecutableFile(atPath: folder.appending(path: "connector").path) { return folder }
            folder = folder.deletingLastPathComponent()
        }
        return Repository.root.appending(path: ".build/debug")
    }
}

// MARK: - What is done to processes

extension TestStack {
    /// Ends a process with SIGKILL.
    func kill(_ instance: Instance) async throws {
        let process = try process(instance)
        process.send(signal: SIGKILL)
        _ = await process.waitForExit()
        running.withLock { $0[instance]?.silentSince = .now }
    }

    /// Starts a process again that has ended, without waiting for anything.
    func restart(_ instance: Instance) throws {
        guard try !process(instance).isRunning else { throw StackError("\(instance) is still running") }
        try launch(instance)
    }

    /// Asks a process to stop, and waits until it has.
    func stop(_ instance: Instance) async throws {
        let isClean = try await process(instance).stop()
        #expect(isClean, "\(instance) stopped by SIGTERM within 10 s, with exit code 0")
    }

    /// Stops a process where it stands, with SIGSTOP.
    func pause(_ instance: Instance) throws {
        try process(instance).send(signal: SIGSTOP)
        running.withLock { $0[instance]?.silentSince = .now }
    }

    /// Lets a paused process go on.
    func resume(_ instance: Instance) {
        try? process(instance).send(signal: SIGCONT)
        running.withLock { $0[instance]?.silentSince = nil }
    }

    /// Waits until the session of a killed or paused process is over, and takes it out of its group.
    func evict(_ instance: Instance) async throws {
        guard let silentSince = running.withLock({ $0[instance]?.silentSince }) else {
            throw StackError("\(instance) is alive")
        }
        try await Task.sleep(until: silentSince + LocalBroker.sessionTimeout, clock: .continuous)
        let group = "\(connection.prefix)-\(instance.service.rawValue)"
        let count = try await broker.evict("\(instance)", from: group)
        #expect(count > 0, "\(instance) was in the group")
    }

    /// Waits until a process has ended by itself.
    /// - Returns: its exit code, and the end of its log.
    func waitForExit(_ instance: Instance, within limit: Duration = .seconds(60)) async throws -> (Int32?, String) {
        let process = try process(instance)
        try await eventually("\(instance) ends by itself", within: limit) { !process.isRunning }
        return (await process.waitForExit(), process.lastLines(20).joined(separator: "\n"))
    }

    func isRunning(_ instance: Instance) throws -> Bool { try process(instance).isRunning }

    func waitUntilReady(_ instance: Instance, within limit: Duration = .seconds(60)) async throws {
        try await stack.waitUntilReady(process(instance), at: url(instance), deadline: limit)
    }

    /// Ends processes with SIGKILL and starts them again; returns when they are ready.
    func killAndRestart(_ instances: [Instance]) async throws {
        for instance in instances { try await kill(instance) }
        for instance in instances { try restart(instance) }
        for instance in instances { try await waitUntilReady(instance) }
    }
}

enum Repository {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
}
