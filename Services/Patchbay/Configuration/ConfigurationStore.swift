import Domain
import Foundation
import Kafka
import Schema
import Streams

/// The applied configuration, as `patchbay.config` holds it.
struct ConfigurationStore {
    var connection: KafkaConnection

    struct Applied: Sendable {
        /// 0 before anything was applied.
        var revision: Int64 = 0
        var entries: [String: ConfigurationEntry] = [:]
        /// Keys under which stands what this version does not understand: the services leave it out, and the next
        /// revision puts something better there or removes it.
        var unreadable: Set<String> = []
        /// Records of logs that are stepped over, and why. They belong to no revision.
        var skips: [SkippedRecord: String] = [:]
    }

    /// Reads the topic to its end.
    /// - Throws: `StackError` when the topic cannot be read.
    func read() throws -> Applied {
        let partition = TopicPartition(topic: connection.name(.config), partition: 0)
        let consumer = try DataConsumer(
            properties: connection.properties, topic: partition.topic, partition: 0, from: .beginning,
            readCommitted: true)
        defer { consumer.close() }
        var applied = Applied()
        let clock = ContinuousClock()
        let end = clock.now + connection.timeout
        var lastError = "the broker did not answer"
        while clock.now < end {
            for event in consumer.poll(max: 1000, timeout: .milliseconds(200)) {
                switch event {
                case .record(let record): try take(record, into: &applied)
                case .endOfPartition: return applied
                case .error(let error):
                    lastError = "\(error)"
                    if error.isFatal || error.code == .unknownTopicOrPartition { throw StackError(explain(lastError)) }
                }
            }
        }
        throw StackError(explain(lastError))
    }

    /// Writes a revision in one transaction: all of it is seen, or nothing.
    ///
    /// Whoever applies at the same time is fenced, so that two people never mix their revisions.
    /// - Parameter decide: is given what is applied now, and says what to write; nil: nothing.
    /// - Returns: the changes written.
    func update(_ decide: (Applied) throws -> ConfigurationChanges?) throws -> ConfigurationChanges? {
        try alone { producer in
            guard let changes = try decide(try read()) else { return nil }
            try write(changes.records, "\(changes.revision)", producer)
            return changes
        }
    }

    /// Has a record of a log stepped over from now on.
    /// - Returns: false when it is already.
    func skip(_ record: SkippedRecord, reason: String) throws -> Bool {
        try alone { producer in
            guard try read().skips[record] == nil else { return false }
            let entry = ConfigurationChanges.Record(
                key: record.key, type: "patchbay.config.skip.v1", value: Array(reason.utf8))
            try write([entry], "skip", producer)
            return true
        }
    }

    /// Runs a body that nobody else's writing can come between.
    private func alone<Result>(_ body: (Producer) throws -> Result) throws -> Result {
        let producer = try Producer(
            properties: connection.properties, transactionalID: "\(connection.prefix)-apply")
        defer { producer.close() }
        try producer.initTransactions(timeout: connection.timeout)
        return try body(producer)
    }

    private func write(_ records: [ConfigurationChanges.Record], _ name: String, _ producer: Producer) throws {
        try producer.beginTransaction()
        do {
            let now = Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
            for record in records {
                let headers = EventHeaders(
                    id: "\(name)/\(record.key)", type: record.type, source: "/patchbay/apply", time: now)
                try producer.produce(
                    topic: connection.name(.config), partition: 0, key: Array(record.key.utf8), value: record.value,
                    headers: headers.list.map { Header(name: $0.name, value: $0.value) })
            }
            try producer.commitTransaction(timeout: connection.timeout)
        } catch {
            try? producer.abortTransaction(timeout: connection.timeout)
            throw error
        }
    }

    private func take(_ record: Record, into applied: inout Applied) throws {
        let key = String(decoding: record.key ?? [], as: UTF8.self)
        if let skipped = SkippedRecord(key: key) {
            applied.skips[skipped] = record.value.map { String(decoding: $0, as: UTF8.self) }
            return
        }
        applied.entries[key] = nil
        applied.unreadable.remove(key)
        guard let value = record.value else { return }
        if key == ConfigurationEntry.revisionKey {
            guard let revision = Int64(String(decoding: value, as: UTF8.self)), (0..<Int64.max).contains(revision)
            else {
                throw StackError(
                    "\(connection.name(.config)): the record under the key revision is no number that another can "
                        + "follow. Write the last revision's number there, and apply again")
            }
            applied.revision = revision
        } else {
            let entry = try? ConfigurationEntry(wire: value)
            applied.entries[key] = entry
            if entry == nil { applied.unreadable.insert(key) }
        }
    }

    private func explain(_ reason: String) -> String {
        "\(connection.name(.config)) cannot be read (\(reason)): does `patchbay topics` find the topics?"
    }
}
