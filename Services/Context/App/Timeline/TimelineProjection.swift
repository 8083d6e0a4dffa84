import Kafka
import Logging
import Schema
import Streams
import Synchronization

/// Keeps the timeline's file up with the topics.
final class TimelineProjection: Sendable {
    private let projection: Projection
    private let store: TimelineStore
    private let logger: Logger

    init(kafka: [String: String], prefix: String, store: TimelineStore, logger: Logger) {
        self.store = store
        self.logger = logger
        projection = Projection(
            kafka: kafka, topics: TimelineRecord.topics.map { $0.name(prefix: prefix) },
            onEvent: { ContextService.log($0, logger) }, handler: { try store.store(TimelineBatch($0, prefix: prefix)) }
        )
    }

    /// Every partition has been read to its end at least once.
    var isCaughtUp: Bool { projection.isCaughtUp }

    /// Reads until `shutdown()` or cancellation. When the topics no longer hold what the file stands for, because they
    /// were made anew or have lost their beginning, the file is emptied and filled again.
    @Sendable func run() async throws {
        do {
            try await projection.run(from: try store.places())
        } catch let error as KafkaError where error.code == .offsetOutOfRange {
            logger.warning("the timeline is ahead of the topics: it is built again", metadata: ["error": "\(error)"])
            try store.clear()
            try await projection.run(from: [:])
        }
    }

    @Sendable func shutdown() { projection.shutdown() }
}
