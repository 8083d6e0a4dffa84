import Domain
import Foundation
import Kafka
import Schema
import Streams

/// The dead letters, and what became of them.
///
/// A letter that a service wrote again after a crash is a copy: it counts once, by the place of its record. That a
/// letter was sent again is itself a record of the topic, so everybody who looks sees it.
struct DeadLetterBox {
    /// One letter.
    struct Entry: Sendable {
        var name: LetterName
        var letter: DeadLetter
        /// Where the letter itself is, and since when.
        var place: TopicPartition
        var at: Instant
        var resend = Resend.never
    }

    /// What is known of a letter's way back.
    enum Resend: Hashable, Sendable, CustomStringConvertible {
        case never
        /// Somebody was about to; whether the record landed is not known.
        case begun(Instant)
        case done(Instant, as: String)

        var description: String {
            switch self {
            case .never: "no"
            case .begun(let at): "perhaps, \(at.rfc3339)"
            case .done(let at, let place): "\(at.rfc3339) as \(place)"
            }
        }
    }

    /// Marks of a resend, as headers of a record of the topic without a value.
    enum Mark {
        static let of = "patchbay-resend-of"
        static let landedAs = "patchbay-resend-as"
    }

    var connection: KafkaConnection
    /// The last records of each partition that are looked at.
    var scanMax: Int64 = 100_000

    /// The letters, newest first, and whether there are older ones that were not looked at.
    /// - Throws: `StackError` when the topic cannot be read.
    func read() throws -> (entries: [Entry], isCut: Bool) {
        let (starts, isCut) = try starts()
        var entries: [LetterName: Entry] = [:]
        guard !starts.isEmpty else { return ([], false) }
        let consumer = try DataConsumer(
            properties: connection.properties, assignments: starts, readCommitted: true)
        defer { consumer.close() }
        var unread = Set(starts.keys)
        let end = ContinuousClock.now + connection.timeout * 4
        while !unread.isEmpty {
            guard ContinuousClock.now < end else { throw StackError("\(topic) could not be read to its end in time") }
            for event in consumer.poll(max: 1000, timeout: .milliseconds(200)) {
                switch event {
                case .record(let record): take(record, &entries)
                case .endOfPartition(let partition, _): unread.remove(partition)
                case .error(let error): if error.isFatal { throw error }
                }
            }
        }
        let sorted = entries.values.sorted {
            ($0.at, $0.name.topic, $0.name.partition, $0.name.offset)
                > ($1.at, $1.name.topic, $1.name.partition, $1.name.offset)
        }
        return (sorted, isCut)
    }

    /// The letter of this name.
    func find(_ name: LetterName) throws -> Entry {
        guard let entry = try read().entries.first(where: { $0.name == name }) else {
            throw StackError("there is no dead letter \(name): `patchbay dead-letters list` names those that there are")
        }
        return entry
    }

    private var topic: String { connection.name(.deadLetter) }

    private func starts() throws -> (starts: [TopicPartition: Offset], isCut: Bool) {
        let counts = try connection.withAdmin { try $0.topics(timeout: connection.timeout) }
        guard let count = counts[topic] else {
            throw StackError("the broker has no topic \(topic): does `patchbay topics` find the topics?")
        }
        let partitions = (0..<Int32(count)).map { TopicPartition(topic: topic, partition: $0) }
        let consumer = try DataConsumer(
            properties: connection.properties,
            assignments: Dictionary(uniqueKeysWithValues: partitions.map { ($0, Offset.end) }))
        defer { consumer.close() }
        var starts: [TopicPartition: Offset] = [:]
        var isCut = false
        for partition in partitions {
            let (low, high) = try consumer.watermarks(of: partition, timeout: connection.timeout)
            starts[partition] = .at(max(low, high - scanMax))
            isCut = isCut || high - scanMax > low
        }
        return (starts, isCut)
    }

    private func take(_ record: Record, _ entries: inout [LetterName: Entry]) {
        let place = TopicPartition(topic: record.topic, partition: record.partition)
        let at = Instant(milliseconds: record.timestamp)
        if let letter = DeadLetter(record) {
            let name = LetterName(letter, prefix: connection.prefix)
            // A copy of an earlier letter.
            guard entries[name]?.letter != letter else { return }
            entries[name] = Entry(name: name, letter: letter, place: place, at: at)
        } else if let of = record.text(Mark.of).flatMap({ LetterName(argument: $0) }) {
            entries[of]?.resend = record.text(Mark.landedAs).map { .done(at, as: $0) } ?? .begun(at)
        }
    }
}

extension Record {
    /// The first header of this name.
    fileprivate func text(_ name: String) -> String? {
        headers.first { $0.name == name }.map { String(decoding: $0.value, as: UTF8.self) }
    }
}
