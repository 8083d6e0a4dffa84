import ArgumentParser
import Foundation
import Schema
import UnixSignals

struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Runs the whole stack on this machine until Ctrl-C.",
        discussion: """
            Creates the topics, starts the four services beside this executable with secrets made up for this run, \
            waits until they are ready, and prints addresses and tokens. With --local-broker it also starts a small \
            broker that keeps its data in memory: for development only.
            """)

    @OptionGroup var kafka: KafkaOptions
    @Option(help: ArgumentHelp("Start a local broker, the noida-db at this path.", valueName: "path"))
    var localBroker: String?
    @Flag(help: "Play a customer's journey through the stack, printing each step.") var journey = false
    @Flag(help: "Stop after the journey; the exit code says whether every step held.") var exit = false
    @Option(help: "Port of the connector; the other services have the next three.") var port = 8081
    @Flag(help: "Let the services have any free ports.") var freePorts = false
    @Option(help: "Partitions of each topic that is created.") var partitions: Int32 = TopicSettings.defaultPartitions
    @Option(help: "Folder for logs and data (default: .run/up-<process id>).") var folder: String?
    @Option(
        help: ArgumentHelp("Write addresses, secrets and tokens into this file once all is ready.", valueName: "file"))
    var writeEnvironment: String?

    func validate() throws {
        if exit, !journey { throw ValidationError("--exit goes with --journey") }
        if localBroker != nil, kafka.bootstrapServers != nil {
            throw ValidationError("name either --local-broker or --bootstrap-servers")
        }
        guard (1...65_531).contains(port) else { throw ValidationError("--port is \(port): expected 1 to 65531") }
    }

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        let started = StartedProcesses()
        let result = await firstToEnd(
            { try await runStack(started) },
            {
                for await _ in signals { break }
                say("\nstopping")
                return .stopped
            })
        let unclean = await started.stopAll()
        for name in unclean { say("\(name) did not stop by itself with exit code 0") }
        switch result {
        case .success(.stopped): break
        case .success(.journeyEnded(let held)):
            guard held, unclean.isEmpty else { throw ExitCode.failure }
        case .failure(let error):
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            throw ExitCode.failure
        }
    }

    private enum End {
        case stopped
        case journeyEnded(held: Bool)
    }

    private func runStack(_ started: StartedProcesses) async throws -> End {
        let folder = URL(filePath: self.folder ?? ".run/up-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var connection = try kafka.connection()
        if let localBroker {
            let broker = try await DevelopmentBroker.start(
                path: localBroker, port: Sockets.freePorts(1)[0], folder: folder)
            started.add(broker.process)
            connection.properties["bootstrap.servers"] = broker.bootstrapServers
            connection.properties.merge(DevelopmentBroker.properties) { $1 }
            say("broker     \(broker.bootstrapServers) (in memory, for development)")
        }
        let catalogue = TopicCatalogue(connection: connection, partitions: partitions)
        _ = try await onOwnThread { try catalogue.create(try catalogue.differences()) }
        let plan = Stack.Plan(
            executables: Self.executablesFolder, folder: folder,
            bootstrapServers: connection.properties["bootstrap.servers"] ?? "", topicPrefix: connection.prefix,
            ports: ports, secrets: DevelopmentSecrets(),
            environment: localBroker == nil ? [:] : DevelopmentBroker.environment)
        let stack = Stack(plan)
        let processes = try await stack.start()
        for service in Stack.Service.allCases { processes[service].map(started.add) }
        let announcement = Announcement(plan: plan)
        say(announcement.addresses)
        if journey {
            let (settings, connection) = (Journey.Settings(plan: plan), connection)
            let held = try await dieWith(started) { await Journey.play(settings, connection: connection) }
            if exit { return .journeyEnded(held: held) }
        }
        if let writeEnvironment { try await announcement.write(to: writeEnvironment) }
        say("\nfor another terminal, valid for a day:\n" + (try await announcement.exports()))
        say("\nlogs are in \(folder.path); Ctrl-C stops everything")
        return try await dieWith(started) {
            try await Task.sleep(for: .seconds(31_536_000))
            return .stopped
        }
    }

    private var ports: [Stack.Service: Int] {
        let numbers = freePorts ? Sockets.freePorts(4) : Array(port..<(port + 4))
        return Dictionary(uniqueKeysWithValues: zip(Stack.Service.allCases, numbers))
    }

    /// Does something, unless one of the processes ends meanwhile: that ends it with an error.
    private func dieWith<Result: Sendable>(
        _ started: StartedProcesses, _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        try await firstToEnd(body, { throw Stack.died(try await started.firstToEnd()) }).get()
    }

    static var executablesFolder: URL {
        URL(filePath: CommandLine.arguments[0].contains("/") ? CommandLine.arguments[0] : "/proc/self/exe")
            .resolvingSymlinksInPath().deletingLastPathComponent()
    }
}

/// Runs two things; the end of one, good or bad, cancels the other.
///
/// What does not heed cancellation is left behind: it only waits for something.
func firstToEnd<Result: Sendable>(
    _ first: @escaping @Sendable () async throws -> Result, _ second: @escaping @Sendable () async throws -> Result
) async -> Swift.Result<Result, any Error> {
    let (results, continuation) = AsyncStream.makeStream(
        of: Swift.Result<Result, any Error>.self, bufferingPolicy: .bufferingOldest(1))
    let tasks = [first, second].map { body in
        Task {
            do {
                continuation.yield(.success(try await body()))
            } catch {
                continuation.yield(.failure(error))
            }
        }
    }
    defer { for task in tasks { task.cancel() } }
    for await result in results { return result }
    return .failure(CancellationError())
}
