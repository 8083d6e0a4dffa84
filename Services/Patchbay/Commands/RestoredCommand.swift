import ArgumentParser
import Kafka
import Schema
import Streams

struct RestoredCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restored",
        abstract: "Says that a service's log and state were put back to an earlier time.",
        discussion: """
            Readers drop what comes from places of a log that they have read before. A log that was put back from a copy \
            fills such places anew, with other records: without this command all that follows from them is dropped. Stop \
            the service, put log and state back from the same time, run this, and start it. A log that was deleted and \
            made anew by `patchbay topics --apply` needs none of it: its readers tell it from the old one.
            """)

    @OptionGroup var kafka: KafkaOptions
    @Argument(help: "The service: \(ServiceLog.allCases.map(\.rawValue).joined(separator: ", ")).")
    var service: ServiceLog

    func run() throws { print(try Self.begin(service, try kafka.connection())) }

    /// - Throws: `StackError` for a log that has not reached the version from which on outputs name their incarnation.
    static func begin(_ service: ServiceLog, _ connection: KafkaConnection) throws -> String {
        let counts = try connection.withAdmin { try $0.topics(timeout: connection.timeout) }
        let count = try RulesCommand.count(service, counts, connection)
        let checkpoints = try CheckpointReader.read(
            kafka: connection.properties, state: connection.name(service.state), partitions: count,
            timeout: connection.timeout)
        let log = connection.name(service.log)
        if let (partition, found) = checkpoints.sorted(by: { $0.key < $1.key }).first(where: { $0.value.rules < 2 }) {
            throw StackError(
                "\(log)/\(partition) is at version \(found.rules) of the rules, and its outputs name no incarnation before "
                    + "version 2: put the readers of this log back to the same time, all services and the timeline")
        }
        try connection.append(.incarnation, to: service, partitions: count)
        return "\(log): what follows counts as another log's, in each of \(count) partitions"
    }
}
