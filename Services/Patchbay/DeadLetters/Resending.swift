import Domain
import Kafka
import Schema
import Streams

/// Sends the record of a dead letter to its log again, once.
///
/// ```
/// fence others ─▶ read the box ─▶ mark "begun" (transaction) ─▶ produce the record ─▶ mark "done"
/// ```
/// Whoever resends at the same time is fenced before the mark, so two people never send the same letter. A crash between
/// the marks leaves "perhaps": only a person can tell then, and `--force` says that one has looked.
struct Resending {
    var box: DeadLetterBox
    var connection: KafkaConnection { box.connection }

    /// - Parameter isForced: also what would be refused again, and what was sent before.
    /// - Returns: where the record is now, as `topic/partition/offset`.
    /// - Throws: `StackError` saying why not.
    func resend(_ name: LetterName, isForced: Bool) throws -> String {
        let marks = try Producer(properties: producerProperties, transactionalID: "\(connection.prefix)-resend")
        defer { marks.close() }
        try marks.initTransactions(timeout: connection.timeout)
        let entry = try box.find(name)
        let record = try original(of: entry.letter)
        if !isForced { try check(entry, record) }
        try mark(entry, landedAs: nil, marks)
        let place = try send(record, from: name)
        try mark(entry, landedAs: place, marks)
        return place
    }

    private var producerProperties: [String: String] {
        connection.properties.merging(["message.max.bytes": "\(DeadLetter.bytesMax)"]) { given, _ in given }
    }

    /// The record as it was, but for its origin: the readers have passed that, and would drop it as a repeat.
    private func original(of letter: DeadLetter) throws -> Record {
        var record = Record(
            topic: letter.topic, partition: letter.partition, offset: letter.offset, key: letter.key,
            value: letter.value, headers: letter.headers)
        if letter.cutFrom != nil { record = try source(of: letter) }
        record.headers.removeAll { $0.name == Origin.header || $0.name == DeadLetter.Name.resent }
        return record
    }

    /// What was too large for a letter is still in its log, if that has kept it.
    private func source(of letter: DeadLetter) throws -> Record {
        let consumer = try DataConsumer(
            properties: connection.properties, topic: letter.topic, partition: letter.partition,
            from: .at(letter.offset))
        defer { consumer.close() }
        let end = ContinuousClock.now + connection.timeout
        while ContinuousClock.now < end {
            for event in consumer.poll(max: 1, timeout: .milliseconds(200)) {
                if case .record(let record) = event, record.offset == letter.offset { return record }
            }
        }
        throw StackError(
            "the record was too large for its letter, and \(letter.topic)/\(letter.partition)/\(letter.offset) is gone")
    }

    private func check(_ entry: DeadLetterBox.Entry, _ record: Record) throws {
        switch entry.resend {
        case .never: break
        case .begun:
            throw StackError(
                "somebody began to send \(entry.name) again, and it is not known whether it landed: look into "
                    + "\(record.topic)/\(record.partition) for the header \(DeadLetter.Name.resent), and then use --force"
            )
        case .done(_, let place):
            throw StackError("\(entry.name) was sent again before, as \(place). Use --force to do so once more")
        }
        if let reason = refusal(of: record) {
            throw StackError("\(entry.name) would be refused again: \(reason). Use --force to send it all the same")
        }
    }

    /// What the reader of the log would say of the record's bytes; nil: nothing. What a rule says is not known here.
    private func refusal(of record: Record) -> String? {
        guard let topic = Topic(name: record.topic, prefix: connection.prefix) else { return "an unknown topic" }
        if record.headers.contains(where: { $0.name == Control.header }) {
            return "it is a control record, which only its service writes"
        }
        guard record.bytes <= StreamRecord.bytesMax else {
            return "found \(record.bytes) bytes, expected at most \(StreamRecord.bytesMax)"
        }
        let type = record.headers.first { $0.name == CloudEvent.type }?.value ?? []
        do throws(WireError) {
            try topic.check(value: record.value, type: String(decoding: type, as: UTF8.self))
            return nil
        } catch {
            return "\(error)"
        }
    }

    private func mark(_ entry: DeadLetterBox.Entry, landedAs place: String?, _ marks: Producer) throws {
        var headers = [header(DeadLetterBox.Mark.of, "\(entry.name)")]
        if let place { headers.append(header(DeadLetterBox.Mark.landedAs, place)) }
        try marks.beginTransaction()
        try marks.produce(
            topic: entry.place.topic, partition: entry.place.partition, key: entry.letter.key, value: nil,
            headers: headers)
        try marks.commitTransaction(timeout: connection.timeout)
    }

    private func send(_ record: Record, from name: LetterName) throws -> String {
        let properties = producerProperties.merging(
            ["message.timeout.ms": "\(connection.timeout.components.seconds * 1000)"]
        ) { given, _ in given }
        let producer = try Producer(properties: properties, isGapless: false)
        defer { producer.close() }
        try producer.produce(
            topic: record.topic, partition: record.partition, key: record.key, value: record.value,
            headers: record.headers + [header(DeadLetter.Name.resent, "\(name)")])
        _ = producer.flush(timeout: connection.timeout * 2)
        guard let delivery = producer.poll(timeout: .zero).first else {
            throw StackError("\(record.topic) did not take the record in time; it may still have landed")
        }
        if let error = delivery.error { throw error }
        let topic = Topic(name: delivery.topic, prefix: connection.prefix)?.rawValue ?? delivery.topic
        return "\(topic)/\(delivery.partition)/\(delivery.offset)"
    }

    private func header(_ name: String, _ text: String) -> Header { Header(name: name, value: Array(text.utf8)) }
}
