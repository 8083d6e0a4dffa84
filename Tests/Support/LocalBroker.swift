import Foundation
package import Kafka
import Synchronization

/// A real Kafka-protocol broker (`noida-db`) on a free loopback port, with a data folder of its own.
///
/// Tests share one a process (`shared()`) and keep apart by `uniqueName`; a test that stops its broker starts its own.
/// A small shell waits beside the broker and ends it when this process ends, however that happens.
///
/// What it does not do like Apache Kafka: it accepts a transactional offset commit of an old group generation.
package final class LocalBroker: Sendable {
    package struct Unavailable: Error, CustomStringConvertible {
        package var description: String
    }

    private struct Running {
        var shell: Process
        var orders: Pipe
    }

    private static let sharedTask = Task { try await LocalBroker.start() }

    private let running: Mutex<Running?>
    private let folder: URL
    package let port: Int

    /// The broker that the tests of this process share.
    package static func shared() async throws -> LocalBroker {
        try await sharedTask.value
    }

    /// A private broker; end it with `close()`.
    package static func start() async throws -> LocalBroker {
        let broker = try LocalBroker(port: freePort(), folder: makeTemporaryFolder("patchbay-broker"))
        try await broker.launch()
        return broker
    }

    /// A private broker for as long as the body runs.
    package static func with<Result>(_ body: (LocalBroker) async throws -> Result) async throws -> Result {
        let broker = try await start()
        do {
            let result = try await body(broker)
            try await broker.close()
            return result
        } catch {
            try? await broker.close()
            throw error
        }
    }

    private init(port: Int, folder: URL) {
        self.port = port
        self.folder = folder
        running = Mutex(nil)
    }

    package var bootstrapServers: String { "127.0.0.1:\(port)" }

    /// What every client of this broker connects with.
    ///
    /// It answers a fetch with the whole rest of a partition, whatever limits the request names; beyond
    /// `receive.message.max.bytes` (100 MB by default) a consumer would never recover, hence the larger one.
    package var properties: [String: String] {
        [
            "bootstrap.servers": bootstrapServers, "receive.message.max.bytes": "1000000000",
            "broker.address.family": "v4", BrokerKind.property: BrokerKind.local.rawValue,
        ]
    }

    /// The same for services.
    package var environment: [String: String] {
        var environment = ["PATCHBAY_BROKER": BrokerKind.local.rawValue]
        for (name, value) in properties where name != BrokerKind.property {
            environment["PATCHBAY_KAFKA_" + name.uppercased().replacing(".", with: "_")] = value
        }
        return environment
    }

    /// Makes a topic with a name of its own and returns that.
    /// - Parameter config: the topic's settings, such as `message.timestamp.type`.
    package func makeTopic(
        _ base: String = "topic", partitions: Int32 = 1, config: [String: String] = [:]
    ) async throws -> String {
        let name = uniqueName(base)
        try await makeTopics([Admin.NewTopic(name: name, partitions: partitions, replicationFactor: 1, config: config)])
        return name
    }

    /// Makes topics as named; existing ones stay as they are.
    package func makeTopics(_ topics: [Admin.NewTopic]) async throws {
        let properties = properties
        try await onThread {
            let admin = try Admin(properties: properties)
            defer { admin.close() }
            for case (_, let error?) in try admin.createTopics(topics, timeout: .seconds(30))
            where error.code != .topicAlreadyExists {
                throw error
            }
        }
    }

    /// Stops it cleanly: it saves its data, which takes some seconds.
    package func stop() async throws { try await end("INT") }

    /// Ends it with SIGKILL. What it had not saved is gone.
    package func kill() async throws { try await end("KILL") }

    /// Starts it again on the same port and data.
    package func restart() async throws {
        try await end("INT")
        try await launch()
    }

    /// Stops it where it stands, with SIGSTOP: connections stay open, and nothing is answered.
    package func pause() async throws {
        try order("STOP")
        let properties = properties.merging(["log_level": "0"]) { $1 }
        try await eventually("the broker on port \(port) sleeps") {
            try await onThread {
                let admin = try Admin(properties: properties)
                defer { admin.close() }
                return (try? admin.ping(timeout: .milliseconds(300))) == nil
            }
        }
    }

    /// Lets a paused broker go on.
    package func resume() throws { try order("CONT") }

    /// Ends it with SIGKILL, and starts an empty one on the same port.
    package func loseData() async throws {
        try await end("KILL")
        try FileManager.default.removeItem(at: folder.appending(path: "data"))
        try await launch()
    }

    /// Ends it and removes its data.
    package func close() async throws {
        try await end("KILL")
        try? FileManager.default.removeItem(at: folder)
    }
}

extension LocalBroker {
    /// Starts the broker in a shell that waits for orders (signals' names) until one ends it, or this process ends.
    private static let script = """
        "$@" </dev/null >>"$0/broker.log" 2>&1 &
        broker=$!
        send() {
            inner=$(cat /proc/$broker/task/$broker/children 2>/dev/null)
            kill -$1 ${inner:-$broker} 2>/dev/null
        }
        ended=1
        while read -r signal; do
            send $signal
            case $signal in STOP | CONT) ;; *) ended=; break ;; esac
        done
        [ -z "$ended" ] || send KILL
        wait $broker
        [ -z "$ended" ] || rm -rf "$0"
        """

    private func launch() async throws {
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments = [
            "-c", Self.script, folder.path, try Self.executable(), "start", "--only", "kafka", "--kafka-port",
            "\(port)", "--data-dir", folder.appending(path: "data").path,
        ]
        let orders = Pipe()
        shell.standardInput = orders
        try withoutBlockedSignals { try shell.run() }
        running.withLock { $0 = Running(shell: shell, orders: orders) }

        let properties = properties.merging(["log_level": "0"]) { $1 }
        try await eventually("the broker answers on port \(port); its log: \(log)", within: .seconds(60)) {
            try await onThread {
                let admin = try Admin(properties: properties)
                defer { admin.close() }
                return (try? admin.topics(timeout: .seconds(1))) != nil
            }
        }
    }

    private func order(_ signal: String) throws {
        try running.withLock { running in
            try running?.orders.fileHandleForWriting.write(contentsOf: Data("\(signal)\n".utf8))
        }
    }

    private func end(_ signal: String) async throws {
        let running = running.withLock { running in
            defer { running = nil }
            return running
        }
        guard let running else { return }
        try running.orders.fileHandleForWriting.write(contentsOf: Data("\(signal)\n".utf8))
        try running.orders.fileHandleForWriting.close()
        let shell = running.shell
        try await eventually("the broker on port \(port) ends", within: .seconds(60)) { !shell.isRunning }
    }

    private var log: String {
        (try? String(contentsOf: folder.appending(path: "broker.log"), encoding: .utf8)) ?? "(none)"
    }

    /// Where `noida-db` is: `PATCHBAY_NOIDA`, the repository's `.venv`, or the `PATH`.
    package static func executable() throws -> String {
        let environment = ProcessInfo.processInfo.environment
        if let path = environment["PATCHBAY_NOIDA"] { return path }
        let folders = (environment["PATH"] ?? "").split(separator: ":").map(String.init)
        let candidates = [repositoryRoot.appending(path: ".venv/bin").path] + folders
        for folder in candidates where FileManager.default.isExecutableFile(atPath: "\(folder)/noida-db") {
            return "\(folder)/noida-db"
        }
        throw Unavailable(
            description: "noida-db is neither in .venv/bin nor on the PATH: run `make setup`, or set PATCHBAY_NOIDA")
    }
}
