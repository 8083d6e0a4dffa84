import ArgumentParser
import Domain
import Kafka
import Schema
import Streams

struct RulesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "Shows which version of its rules each service applies, and raises it.",
        discussion: """
            A new release applies the old rules until their version is raised, so that instances of both can run side by \
            side. Raise it when all instances of the service run the new release: one that does not know the version \
            gives its partitions up and is unready until it is replaced. There is no way back.
            """)

    @OptionGroup var kafka: KafkaOptions
    @Argument(help: "The service: \(ServiceLog.allCases.map(\.rawValue).joined(separator: ", ")).")
    var service: ServiceLog?
    @Option(help: "The version that holds from now on.") var raise: Int?

    func validate() throws {
        guard let raise else { return }
        guard let service else { throw ValidationError("name the service whose rules are raised") }
        guard (2...max(2, service.newestRules)).contains(raise), raise <= service.newestRules else {
            throw ValidationError(
                "--raise is \(raise): the \(service.rawValue) of this release knows version \(service.newestRules) at most"
            )
        }
    }

    func run() throws {
        let connection = try kafka.connection()
        if let service, let raise { try Self.raise(service, to: raise, connection) }
        for line in try lines(connection) { print(line) }
    }

    func lines(_ connection: KafkaConnection) throws -> [String] {
        let counts = try connection.withAdmin { try $0.topics(timeout: connection.timeout) }
        var lines: [String] = []
        for service in service.map({ [$0] }) ?? ServiceLog.allCases {
            let count = try Self.count(service, counts, connection)
            let checkpoints = try CheckpointReader.read(
                kafka: connection.properties, state: connection.name(service.state), partitions: count,
                timeout: connection.timeout)
            lines.append("\(service.rawValue): this release knows version \(service.newestRules)")
            for partition in 0..<count {
                let place = "  \(connection.name(service.log))/\(partition): "
                guard let found = checkpoints[partition] else {
                    lines.append(place + "no checkpoint yet")
                    continue
                }
                lines.append(
                    place + "version \(found.rules), applied up to \(found.nextOffset), at \(found.instant.rfc3339)")
            }
        }
        return lines
    }

    /// Appends the record that begins the version to each partition of the service's log.
    static func raise(_ service: ServiceLog, to version: Int, _ connection: KafkaConnection) throws {
        let counts = try connection.withAdmin { try $0.topics(timeout: connection.timeout) }
        let count = try count(service, counts, connection)
        try connection.append(.rules(version: version), to: service, partitions: count)
    }

    static func count(
        _ service: ServiceLog, _ counts: [String: Int], _ connection: KafkaConnection
    ) throws -> Int32 {
        guard let count = counts[connection.name(service.log)], counts[connection.name(service.state)] != nil else {
            throw StackError("the topics of the \(service.rawValue) do not exist: run `patchbay topics --apply`")
        }
        return Int32(count)
    }
}

extension ServiceLog: ExpressibleByArgument {}

extension KafkaConnection {
    /// Appends a control record to each partition of the service's log. Repeating it does no harm.
    func append(_ control: Control, to service: ServiceLog, partitions: Int32) throws {
        let producer = try Producer(properties: properties)
        defer { producer.close() }
        for partition in 0..<partitions {
            try producer.produce(
                topic: name(service.log), partition: partition, key: Control.key, value: [], headers: control.headers)
        }
        let landed = producer.flush(timeout: timeout)
        let refused = producer.poll(timeout: .zero).compactMap(\.error)
        guard landed, refused.isEmpty else {
            throw StackError(
                "not every partition of \(name(service.log)) has the record: run this again "
                    + "(\(refused.first.map { "\($0)" } ?? "time is over"))")
        }
    }
}
