package import Domain
internal import Kafka

/// What the last checkpoint of a partition says, for tools.
package struct CheckpointPlace: Hashable, Sendable {
    /// The next record of the log to be applied.
    package var nextOffset: Int64
    /// The log's time at that place.
    package var instant: Instant
    /// The version of the rules that the log had reached.
    package var rules: Int
}

/// Reads from a service's state topic how far its partitions are.
package enum CheckpointReader {
    /// Partitions without a checkpoint are left out. Blocks the calling thread.
    /// - Throws: `KafkaError`; `StreamError` kafka when the topic cannot be read to its end in time, badCheckpoint.
    package static func read(
        kafka: [String: String], state topic: String, partitions: Int32, timeout: Duration
    ) throws -> [Int32: CheckpointPlace] {
        let all = (0..<partitions).map { TopicPartition(topic: topic, partition: $0) }
        let consumer = try DataConsumer(
            properties: kafka, assignments: Dictionary(uniqueKeysWithValues: all.map { ($0, Offset.beginning) }),
            readCommitted: true)
        defer { consumer.close() }
        var positions: [Int32: [UInt8]] = [:]
        var unread = Set(all)
        let deadline = ContinuousClock.now + timeout
        while !unread.isEmpty {
            guard ContinuousClock.now < deadline else {
                throw StreamError(.kafka, "\(topic) could not be read to its end within \(timeout)")
            }
            for event in consumer.poll(max: 10_000, timeout: .milliseconds(100)) {
                switch event {
                case .record(let record):
                    if record.key == Array(stateKeyOfPosition.utf8) { positions[record.partition] = record.value }
                case .endOfPartition(let partition, _): unread.remove(partition)
                case .error(let error): if error.isFatal || !error.isRetriable { throw error }
                }
            }
        }
        return try positions.mapValues { bytes in
            let position = try Position(decoding: bytes)
            return CheckpointPlace(
                nextOffset: position.nextOffset, instant: Instant(milliseconds: position.instantMilliseconds),
                rules: position.rules ?? 1)
        }
    }
}
