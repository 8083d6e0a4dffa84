import Foundation
import Kafka
import Schema
import Synchronization
import TestSupport
import Testing

@testable import PatchbayCLI

/// The four services as real processes on free ports, with topics and secrets of their own.
final class TestStack: Sendable {
    let stack: Stack
    let connection: KafkaConnection
    private let processes: Mutex<[Stack.Service: ChildProcess]>
    private let folder: URL

    /// Starts everything against a broker, does something, and stops everything whatever happens.
    static func with<Result>(_ broker: LocalBroker, _ body: (TestStack) async throws -> Result) async throws -> Result {
        let stack = try await TestStack(broker)
        do {
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

    private init(_ broker: LocalBroker) async throws {
        folder = try makeTemporaryFolder("patchbay-stack")
        let connection = KafkaConnection(properties: broker.properties, prefix: uniqueName("stack"))
        self.connection = connection
        let catalogue = TopicCatalogue(connection: connection)
        _ = try await onThread { try catalogue.create(try catalogue.differences()) }
        let ports = Dictionary(uniqueKeysWithValues: zip(Stack.Service.allCases, Sockets.freePorts(4)))
        let executables = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        stack = Stack(
            Stack.Plan(
                executables: Self.executables(from: executables), folder: folder,
                bootstrapServers: broker.bootstrapServers,
                topicPrefix: connection.prefix, ports: ports, secrets: DevelopmentSecrets(),
                environment: DevelopmentBroker.environment))
        processes = Mutex([:])
        let started = try await stack.start(deadline: .seconds(120))
        processes.withLock { $0 = started }
    }

    var settings: Journey.Settings { Journey.Settings(plan: stack.plan) }

    func url(_ service: Stack.Service) -> String { stack.plan.url(of: service) }

    /// Puts an organization in force, and waits until nothing more is to be waited for: the first command tells.
    func apply(_ text: String, values: [String: String]) async throws {
        let store = ConfigurationStore(connection: connection)
        let text = try OrganizationFiles.replace(in: text, of: "organization.yaml", values: values)
        let entries = try Organization(files: [("organization.yaml", text)]).entries(now: .now)
        _ = try await onThread {
            try store.update { try ConfigurationChanges(from: $0, to: entries) }
        }
    }

    /// Ends a service with SIGKILL and starts it again; returns when it is ready.
    func killAndRestart(_ service: Stack.Service) async throws {
        let old = processes.withLock { $0[service] }
        old?.send(signal: SIGKILL)
        _ = await old?.waitForExit()
        let new = try stack.start(service, appendsToLog: true)
        processes.withLock { $0[service] = new }
        try await stack.waitUntilReady(service, new, deadline: .seconds(60))
    }

    var areAllRunning: Bool { processes.withLock { $0.values.allSatisfy(\.isRunning) } }

    /// Every record of a topic, in the order of each partition, with records of a transaction that was aborted.
    func records(_ topic: Topic) async throws -> [Record] {
        let connection = connection
        return try await onThread {
            let name = connection.name(topic)
            let count = try connection.withAdmin { try $0.topics(timeout: connection.timeout)[name] ?? 0 }
            let partitions = (0..<Int32(count)).map { TopicPartition(topic: name, partition: $0) }
            let consumer = try DataConsumer(
                properties: connection.properties,
                assignments: Dictionary(uniqueKeysWithValues: partitions.map { ($0, .beginning) }))
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

    private func stop() async -> [String] {
        let unclean = await Stack.stop(Array(processes.withLock(\.values)))
        try? FileManager.default.removeItem(at: folder)
        return unclean
    }

    private func printLogs() {
        for process in processes.withLock(\.values) {
            print("--- end of \(process.name)'s log")
            for line in process.lastLines(40) { print(line) }
        }
    }

    /// Test bundles lie beside the executables, or in a folder beside them.
    private static func executables(from folder: URL) -> URL {
        var folder = folder
        for _ in 0..<4 {
            if FileManager.default.isExecutableFile(atPath: folder.appending(path: "connector").path) { return folder }
            folder = folder.deletingLastPathComponent()
        }
        return Repository.root.appending(path: ".build/debug")
    }
}

enum Repository {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
}
