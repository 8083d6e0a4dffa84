import ArgumentParser
import Foundation
import Kafka
import Schema
import Streams

/// Where a pool's log comes from.
struct HistoryOptions: ParsableArguments {
    @OptionGroup var kafka: KafkaOptions
    @Option(help: "The pool whose log is read from Kafka.") var pool: String?
    @Option(help: ArgumentHelp("Read the log from here instead.", valueName: "file")) var history: String?

    func validate() throws {
        guard (pool == nil) != (history == nil) else {
            throw ValidationError("name either --pool, whose log is read from Kafka, or --history, a file")
        }
    }

    /// The records, and on standard error a warning when they are not the first of their log.
    func read() throws -> [Record] {
        let records = try history.map(readFile) ?? readLog()
        if let first = records.first, first.offset > 0 {
            let warning =
                "warning: the log begins at offset \(first.offset); what came before, such as configuration and presence, is "
                + "not known\n"
            FileHandle.standardError.write(Data(warning.utf8))
        }
        return records
    }

    private func readFile(_ history: String) throws -> [Record] {
        guard let data = FileManager.default.contents(atPath: history) else {
            throw ValidationError("\(history) cannot be read")
        }
        do {
            return try RecordedPartition.records(
                String(decoding: data, as: UTF8.self), topic: Topic.work.rawValue, partition: 0)
        } catch let error as RecordedPartitionError {
            throw ValidationError("\(history): \(error)")
        }
    }

    private func readLog() throws -> [Record] {
        let connection = try kafka.connection()
        let topic = connection.name(.work)
        let partition = try connection.withAdmin { admin in
            guard let count = try admin.topics(timeout: connection.timeout)[topic] else {
                throw ValidationError("the broker has no topic \(topic)")
            }
            return Partitioner.murmur2(Array((pool ?? "").utf8), partitions: Int32(count))
        }
        let consumer = try DataConsumer(
            properties: connection.properties, topic: topic, partition: partition, from: .beginning)
        defer { consumer.close() }
        var records: [Record] = []
        while true {
            for event in consumer.poll(max: 1_000, timeout: .milliseconds(500)) {
                switch event {
                case .record(let record): records.append(record)
                case .endOfPartition: return records
                case .error(let error): if error.isFatal { throw error }
                }
            }
        }
    }
}
