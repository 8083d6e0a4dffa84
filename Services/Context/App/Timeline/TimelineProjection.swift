import Foundation
import Kafka
import Logging
import Schema
import Streams
import Synchronization

/// Keeps the timeline's file up with the topics, and fills it again from their beginning when it must be built anew.
final class TimelineProjection: Sendable {
    private struct State {
        var projection: Projection?
        var isStopping = false
        /// The file was empty: until everything was read once, reads would tell less than is known.
        var isFilling = false
    }

    /// How long the disk is left alone after it has taken nothing.
    private static let pause = 0.5

    private let kafka: [String: String]
    private let prefix: String
    private let store: TimelineStore
    private let logger: Logger
    private let state = Mutex(State())

    init(kafka: [String: String], prefix: String, store: TimelineStore, logger: Logger) {
        self.kafka = kafka
        self.prefix = prefix
        self.store = store
        self.logger = logger
        store.onDamage { [weak self] in self?.current?.shutdown() }
    }

    /// Why reads must wait; nil: they need not.
    var unavailable: String? {
        store.checkFile()
        if let trouble = store.trouble { return trouble.description }
        let (isFilling, isCaughtUp) = state.withLock { ($0.isFilling, $0.projection?.isCaughtUp ?? false) }
        guard isFilling else { return nil }
        guard isCaughtUp else { return "the timeline is still being read from the topics" }
        let isFirst = state.withLock { state in
            defer { state.isFilling = false }
            return state.isFilling
        }
        if isFirst { logger.notice("the timeline holds everything that the topics do") }
        return nil
    }

    /// Reads until `shutdown()` or cancellation. When the topics no longer hold what the file stands for, because they
    /// were made anew or have lost their beginning, or when the file is damaged or gone, it is emptied and filled again.
    @Sendable func run() async throws {
        while !isStopping, !Task.isCancelled {
            guard let places = try await openedPlaces() else { continue }
            let projection = makeProjection()
            state.withLock { state in
                state.projection = projection
                state.isFilling = places.isEmpty
                if state.isStopping { projection.shutdown() }
            }
            if store.isDamaged { continue }
            if places.isEmpty { logger.notice("the timeline is empty, and is filled from the topics") }
            do {
                try await projection.run(from: places)
            } catch let error as KafkaError where error.code == .offsetOutOfRange {
                logger.warning(
                    "the timeline is ahead of the topics: it is built again", metadata: ["error": "\(error)"])
                try store.clear()
            }
        }
    }

    @Sendable func shutdown() {
        let projection = state.withLock { state in
            state.isStopping = true
            return state.projection
        }
        projection?.shutdown()
    }

    private var isStopping: Bool { state.withLock { $0.isStopping } }
    private var current: Projection? { state.withLock { $0.projection } }

    /// Where to go on; nil after a pause when the file cannot be opened now.
    private func openedPlaces() async throws -> [TopicPartition: [UInt8]]? {
        // Before the file is opened anew: nobody may read it while nobody knows whether it is empty.
        state.withLock { state in
            state.projection = nil
            state.isFilling = true
        }
        do {
            try store.open()
            return try store.places()
        } catch is TimelineTrouble {
            try? await Task.sleep(for: .seconds(Self.pause))
            return nil
        }
    }

    private func makeProjection() -> Projection {
        Projection(
            kafka: kafka, topics: TimelineRecord.topics.map { $0.name(prefix: prefix) },
            onEvent: { [logger] in ContextService.log($0, logger) },
            handler: { [weak self] batch in try self?.keep(batch) })
    }

    /// Stores a batch on the projection's thread, for as long as it takes the disk.
    private func keep(_ batch: ProjectionBatch) throws {
        let batch = TimelineBatch(batch, prefix: prefix)
        while true {
            do {
                return try store.store(batch)
            } catch TimelineTrouble.unwritable where !isStopping && !store.isDamaged {
                Thread.sleep(forTimeInterval: Self.pause)
            }
        }
    }
}
