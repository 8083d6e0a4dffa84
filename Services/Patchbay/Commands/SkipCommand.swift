import ArgumentParser
import Kafka
import Schema
import Streams

struct SkipCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "skip",
        abstract: "Has a record that ends each process which meets it stepped over, for good.",
        discussion: """
            The record is named as patchbay.work/0/123 or work/0/123: look for it with `patchbay tail`, behind the place \
            that `patchbay rules` shows as applied. No service applies it any more, and it lies in the dead letters with \
            the reason. Start the services again afterwards. A record that was applied before cannot be skipped: what \
            followed from it is known outside.
            """)

    @OptionGroup var kafka: KafkaOptions
    @Argument(help: ArgumentHelp("The record's place.", valueName: "topic/partition/offset")) var record: String?
    @Option(help: "Why: it is kept with the record, and shown in the dead letter.") var reason: String?
    @Flag(help: "Show what is skipped already.") var list = false

    func validate() throws {
        guard !list else { return }
        guard let record, SkippedRecord(record) != nil else {
            throw ValidationError("name the record as work/0/123: topic, partition, offset")
        }
        guard let reason, !reason.isEmpty, reason.utf8.count <= 1_000 else {
            throw ValidationError("--reason is missing: say in up to 1000 bytes why the record is skipped")
        }
    }

    func run() throws {
        let connection = try kafka.connection()
        for line in try list ? Self.list(connection) : skip(connection) { print(line) }
    }

    static func list(_ connection: KafkaConnection) throws -> [String] {
        let skips = try ConfigurationStore(connection: connection).read().skips
        return skips.map { "\($0.key): \($0.value)" }.sorted()
    }

    func skip(_ connection: KafkaConnection) throws -> [String] {
        guard var place = record.flatMap({ SkippedRecord($0) }), let reason else { return [] }
        if let topic = Topic(rawValue: place.topic) { place.topic = connection.name(topic) }
        try Self.check(place, connection)
        let written = try ConfigurationStore(connection: connection).skip(place, reason: reason)
        return [written ? "\(place) is skipped: start the services again" : "\(place) was skipped already"]
    }

    /// - Throws: `StackError` when there is no such record, or it was applied.
    private static func check(_ place: SkippedRecord, _ connection: KafkaConnection) throws {
        guard let service = ServiceLog.allCases.first(where: { connection.name($0.log) == place.topic }) else {
            let logs = ServiceLog.allCases.map(\.log.rawValue).joined(separator: ", ")
            throw StackError("\(place.topic) is no log of a service: expected one of \(logs)")
        }
        let partition = TopicPartition(topic: place.topic, partition: place.partition)
        let (low, high) = try watermarks(of: partition, connection)
        guard place.offset >= low, place.offset < high else {
            throw StackError("there is no record \(place): \(partition) holds \(low)..<\(high)")
        }
        let checkpoints = try CheckpointReader.read(
            kafka: connection.properties, state: connection.name(service.state), partitions: place.partition + 1,
            timeout: connection.timeout)
        if let next = checkpoints[place.partition]?.nextOffset, place.offset < next {
            throw StackError(
                "\(place) was applied: the \(service.rawValue) is at \(next). What followed from it is known outside, "
                    + "so it cannot be skipped")
        }
    }

    private static func watermarks(
        of partition: TopicPartition, _ connection: KafkaConnection
    ) throws -> (low: Int64, high: Int64) {
        let counts = try connection.withAdmin { try $0.topics(timeout: connection.timeout) }
        guard let count = counts[partition.topic], partition.partition < count else {
            throw StackError("the broker has no \(partition)")
        }
        let consumer = try DataConsumer(
            properties: connection.properties, topic: partition.topic, partition: partition.partition, from: .end)
        defer { consumer.close() }
        return try consumer.watermarks(timeout: connection.timeout)
    }
}
