import ArgumentParser
import Domain
import Foundation
import Kafka
import Schema
import ServiceKit

struct TailCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Prints the records of topics as JSON, one a line.",
        discussion: """
            Topics are named without the prefix, as work-events. Without --from-beginning only new records are shown; \
            with --until-end it stops at what is there now. Records are shown in the order of each partition.
            """)

    @OptionGroup var kafka: KafkaOptions
    @Argument(
        help: ArgumentHelp("Topics: \(Topic.allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "topic"))
    var topics: [Topic]
    @Flag(help: "Show what is there already.") var fromBeginning = false
    @Flag(help: "Stop when everything that is there now was shown.") var untilEnd = false
    @Option(help: "Stop after this many records.") var limit: Int?
    @Option(help: "Show records of this key only.") var key: String?

    func validate() throws {
        guard !topics.isEmpty else { throw ValidationError("name at least one topic") }
        if let limit, limit < 1 { throw ValidationError("--limit is \(limit): expected at least 1") }
    }

    func run() throws {
        let connection = try kafka.connection()
        let partitions = try connection.withAdmin { admin in
            let counts = try admin.topics(timeout: connection.timeout)
            return try topics.flatMap { topic -> [TopicPartition] in
                let name = connection.name(topic)
                guard let count = counts[name] else { throw ValidationError("the broker has no topic \(name)") }
                return (0..<Int32(count)).map { TopicPartition(topic: name, partition: $0) }
            }
        }
        let start: Offset = fromBeginning ? .beginning : .end
        let consumer = try DataConsumer(
            properties: connection.properties,
            assignments: Dictionary(uniqueKeysWithValues: partitions.map { ($0, start) }), readCommitted: true)
        defer { consumer.close() }
        try print(consumer, unread: Set(partitions), prefix: connection.prefix)
    }

    private func print(_ consumer: DataConsumer, unread: Set<TopicPartition>, prefix: String) throws {
        var unread = unread
        var shown = 0
        while !(untilEnd && unread.isEmpty) {
            for event in consumer.poll(max: 1000, timeout: .milliseconds(500)) {
                switch event {
                case .record(let record):
                    guard key == nil || record.key == key.map({ Array($0.utf8) }) else { continue }
                    Swift.print(Self.line(record, prefix: prefix))
                    fflush(nil)
                    shown += 1
                    if shown == limit { return }
                case .endOfPartition(let partition, _): unread.remove(partition)
                case .error(let error):
                    if error.isFatal { throw error }
                    FileHandle.standardError.write(Data("\(error)\n".utf8))
                }
            }
        }
    }

    /// A record with its place, its headers and its value.
    static func line(_ record: Record, prefix: String) -> String {
        let key = record.key ?? []
        let headers = JSONValue.object(
            record.headers.map { ($0.name, JSONValue.string(String(decoding: $0.value, as: UTF8.self))) })
        let place: JSONValue = .object([
            "topic": record.topic, "partition": record.partition, "offset": record.offset,
            "time": Instant(milliseconds: record.timestamp).rfc3339, "key": String(decoding: key, as: UTF8.self),
            "headers": headers,
        ])
        let value: String
        do {
            let topic = Topic(name: record.topic, prefix: prefix)
            value = try topic.map { try WireJSON.string($0, key: key, value: record.value) } ?? "null"
        } catch {
            value = JSONValue.object(["unreadable": "\(error)"]).text
        }
        return place.text.dropLast() + ",\"value\":\(value)}"
    }
}

extension Topic: ExpressibleByArgument {}
