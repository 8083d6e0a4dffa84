package import Domain
internal import Foundation
package import Kafka
internal import Synchronization

/// A record on its way into a projection: not repeated, not a control record.
package struct ProjectedRecord: Hashable, Sendable {
    package var topic: String
    package var partition: Int32
    package var offset: Int64
    package var at: Instant
    /// `ce_type`, or empty.
    package var type: String
    package var key: [UInt8]
    /// Nil for a tombstone.
    package var value: [UInt8]?
}

/// Some records of several partitions, and where each partition stands after them.
package struct ProjectionBatch: Sendable {
    package var records: [ProjectedRecord] = []
    /// To be stored with what the records change, in one transaction, and handed to `Projection` at the next start.
    package var states: [TopicPartition: [UInt8]] = [:]
}

/// Reads all partitions of some topics into a store that can be thrown away, on a thread of its own.
///
/// Projections feed reads, never decisions.
package final class Projection: Sendable {
    /// How far one partition was read: what is stored with the projection.
    private struct Place: Codable {
        var nextOffset: Int64
        var marks: [OriginFilter.Mark]
    }

    private struct State {
        var isStopping = false
        var behind: Set<TopicPartition> = []
        var isStarted = false
        var failure: String?
    }

    /// Few large batches cost less than many small ones, and nobody waits for a projection.
    private static let pause = Duration.milliseconds(20)

    private let kafka: [String: String]
    private let topics: [String]
    private let handler: @Sendable (ProjectionBatch) throws -> Void
    private let onEvent: @Sendable (StreamEvent) -> Void
    private let state = Mutex(State())

    /// - Parameter handler: stores a batch; called on the projection's thread, may block. When it throws, the batch is
    ///   handed over again after a pause.
    package init(
        kafka: [String: String], topics: [String], onEvent: @escaping @Sendable (StreamEvent) -> Void = { _ in },
        handler: @escaping @Sendable (ProjectionBatch) throws -> Void
    ) {
        self.kafka = kafka
        self.topics = topics
        self.onEvent = onEvent
        self.handler = handler
    }

    /// Every partition has been read to the end that it had when reading began.
    package var isCaughtUp: Bool { state.withLock { $0.isStarted && $0.behind.isEmpty } }

    package func shutdown() { state.withLock { $0.isStopping = true } }

    /// Reads from the stored states until `shutdown()` or cancellation; a partition without one is read from its
    /// beginning.
    package func run(from states: [TopicPartition: [UInt8]]) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                _ = NamedThread.start("projection") {
                    continuation.resume(with: Result { try self.read(from: states) })
                }
            }
        } onCancel: {
            shutdown()
        }
    }

    // MARK: - On the projection's thread

    private var isStopping: Bool { state.withLock { $0.isStopping } }

    private func read(from states: [TopicPartition: [UInt8]]) throws {
        guard let partitions = try partitions() else { return }
        var places: [TopicPartition: (next: Int64, filter: OriginFilter)] = [:]
        var assignments: [TopicPartition: Offset] = [:]
        for partition in partitions {
            let place = try states[partition].map { try JSONDecoder().decode(Place.self, from: Data($0)) }
            places[partition] = (place?.nextOffset ?? 0, OriginFilter(marks: place?.marks ?? []))
            assignments[partition] = place.map { .at($0.nextOffset) } ?? .beginning
        }
        let consumer = try DataConsumer(properties: kafka, assignments: assignments, pause: Self.pause)
        defer { consumer.close() }
        state.withLock { state in
            state.behind = Set(partitions)
            state.isStarted = true
        }
        var ends = Ends(partitions)
        while !isStopping {
            var batch = ProjectionBatch()
            var reached: [TopicPartition] = []
            for event in consumer.poll(max: 2000, timeout: .milliseconds(100)) {
                switch event {
                case .record(let record): take(record, &places, &batch)
                case .endOfPartition(let partition, _): reached.append(partition)
                case .error(let error): if error.isFatal || error.code == .offsetOutOfRange { throw error }
                }
            }
            if !batch.states.isEmpty { try store(&batch, places) }
            reached += ends.reached(in: consumer) { places[$0]?.next ?? 0 }
            state.withLock { $0.behind.subtract(reached) }
        }
    }

    private func partitions() throws -> [TopicPartition]? {
        while !isStopping {
            do {
                let admin = try Admin(properties: kafka)
                defer { admin.close() }
                let counts = try admin.topics(timeout: .seconds(5))
                if let missing = topics.first(where: { counts[$0] == nil }) {
                    throw StreamError(
                        .refused, "the topic \(missing) does not exist: run `patchbay topics --apply`")
                }
                return topics.flatMap { topic in
                    (0..<Int32(counts[topic] ?? 0)).map { TopicPartition(topic: topic, partition: $0) }
                }
            } catch let error as KafkaError where error.isRetriable || error.code == .allBrokersDown {
                Thread.sleep(forTimeInterval: 0.2)
            }
        }
        return nil
    }

    private func take(
        _ record: Record, _ places: inout [TopicPartition: (next: Int64, filter: OriginFilter)],
        _ batch: inout ProjectionBatch
    ) {
        let partition = TopicPartition(topic: record.topic, partition: record.partition)
        places[partition]?.next = record.offset + 1
        batch.states[partition] = []
        guard record.header(Control.header) == nil else { return }
        let type = record.header(CloudEvent.type) ?? ""
        if let origin = record.header(Origin.header).flatMap({ Origin($0) }) {
            let admission = places[partition]?.filter
                .admit(origin, type: Array(type.utf8), key: record.key ?? [], value: record.value ?? [])
            admission.flatMap { StreamEvent($0, record) }.map(onEvent)
            guard admission?.isTaken ?? false else { return }
        }
        batch.records.append(
            ProjectedRecord(
                topic: record.topic, partition: record.partition, offset: record.offset,
                at: Instant(milliseconds: record.timestamp), type: type, key: record.key ?? [], value: record.value))
    }

    private func store(
        _ batch: inout ProjectionBatch, _ places: [TopicPartition: (next: Int64, filter: OriginFilter)]
    ) throws {
        for partition in batch.states.keys {
            guard let place = places[partition] else { continue }
            let encoded = try JSONEncoder().encode(Place(nextOffset: place.next, marks: place.filter.marks))
            batch.states[partition] = Array(encoded)
        }
        while !isStopping {
            do {
                return try handler(batch)
            } catch {
                onEvent(
                    StreamEvent(
                        level: .error, message: "a projection could not store a batch; trying again",
                        metadata: ["error": "\(error)"]))
                Thread.sleep(forTimeInterval: 1)
            }
        }
    }
}

/// The ends that partitions had when their reading began.
///
/// librdkafka tells of an end only when a fetch finds nothing, and a log that is written all the time never lets that
/// happen. Where a transaction's mark is the last of a log that rests, librdkafka tells, and the position never gets
/// there: both are needed.
private struct Ends {
    private var unknown: [TopicPartition]
    private var known: [TopicPartition: Int64] = [:]
    private var askAgainAt = ContinuousClock.now

    init(_ partitions: [TopicPartition]) {
        unknown = partitions
    }

    /// The partitions of which this much has been read, each once.
    /// - Parameter position: the next offset of a partition.
    mutating func reached(in consumer: DataConsumer, position: (TopicPartition) -> Int64) -> [TopicPartition] {
        while let partition = unknown.last, askAgainAt <= .now {
            guard let end = try? consumer.watermarks(of: partition, timeout: .seconds(1)).high else {
                askAgainAt = .now + .seconds(1)
                break
            }
            known[partition] = end
            unknown.removeLast()
        }
        let reached = known.filter { position($0.key) >= $0.value }.map(\.key)
        for partition in reached { known[partition] = nil }
        return reached
    }
}
