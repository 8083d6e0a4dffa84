import Foundation
import Kafka

/// A small broker on this machine for development: it speaks Kafka's protocol, and keeps its data in memory.
struct DevelopmentBroker {
    static let processName = "broker"
    /// It answers a fetch with the whole rest of a partition, whatever limit the request names, and beyond this
    /// property's default a consumer would never recover.
    static let properties = [
        "receive.message.max.bytes": "1000000000", BrokerKind.property: BrokerKind.local.rawValue,
    ]
    /// The same for the services.
    static let environment = [
        "PATCHBAY_KAFKA_RECEIVE_MESSAGE_MAX_BYTES": "1000000000", "PATCHBAY_BROKER": BrokerKind.local.rawValue,
    ]

    let process: ChildProcess
    let bootstrapServers: String

    /// Starts it, and waits until it answers.
    /// - Parameter path: of `noida-db`, as pip installs it.
    static func start(path: String, port: Int, folder: URL, deadline: Duration = .seconds(30)) async throws
        -> DevelopmentBroker
    {
        let process = try ChildProcess(
            name: processName, executable: try program(behind: path),
            arguments: [
                "start", "--only", "kafka", "--kafka-port", String(port), "--data-dir",
                folder.appending(path: "broker").path,
            ],
            environment: ProcessInfo.processInfo.environment, logPath: folder.appending(path: "broker.log").path)
        let bootstrapServers = "127.0.0.1:\(port)"
        let clock = ContinuousClock()
        let end = clock.now + deadline
        while clock.now < end, process.isRunning {
            if Sockets.accepts(port: port) {
                return DevelopmentBroker(process: process, bootstrapServers: bootstrapServers)
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        await process.stop(patience: .seconds(2))
        throw StackError("the local broker did not start: \(process.lastLines(5).joined(separator: " | "))")
    }

    /// pip installs a script that runs the program and does not pass signals on: the program itself is wanted.
    private static func program(behind path: String) throws -> String {
        guard let head = FileManager.default.contents(atPath: path)?.prefix(2) else {
            throw StackError("there is no broker at \(path): `make setup` installs one")
        }
        guard head.elementsEqual("#!".utf8) else { return path }
        let library = URL(filePath: path).deletingLastPathComponent().deletingLastPathComponent().appending(path: "lib")
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: library.path)) ?? []
        let candidates = versions.sorted().map {
            library.appending(path: "\($0)/site-packages/noida_db/noida-db").path
        }
        guard let program = candidates.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            throw StackError("no noida-db below \(library.path): `make setup` installs one")
        }
        return program
    }
}
