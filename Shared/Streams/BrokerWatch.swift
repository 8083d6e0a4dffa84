internal import Foundation
internal import Kafka
internal import Synchronization

/// Asks Kafka now and then whether it is there, so that readiness can say so before anybody needs it.
///
/// A broker that is away shows in nothing else for a while: clients go on trying, and reads are answered from memory.
package final class BrokerWatch: Sendable {
    private struct State {
        var lastAnswer: ContinuousClock.Instant?
        var isStopping = false
    }

    /// Between an answer and the next question.
    private static let interval = Duration.seconds(1)
    /// How long an answer may take; a stop waits no longer.
    private static let answerTime = Duration.seconds(2)
    /// Without an answer for this long Kafka counts as away.
    private static let patience = Duration.seconds(5)

    private let kafka: [String: String]
    private let state = Mutex(State())

    /// - Parameter kafka: librdkafka properties.
    package init(kafka: [String: String]) {
        self.kafka = kafka
    }

    /// Why nothing can be written at this moment, for operators; nil while Kafka answers.
    package var complaint: String? {
        guard let last = state.withLock({ $0.lastAnswer }) else { return "Kafka has not answered yet" }
        let silence = ContinuousClock.now - last
        return silence < Self.patience ? nil : "Kafka has not answered for \(silence.components.seconds) s"
    }

    package func shutdown() { state.withLock { $0.isStopping = true } }

    /// Asks until `shutdown()` or cancellation.
    package func run() async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                _ = NamedThread.start("broker-watch") { continuation.resume(with: Result { try self.watch() }) }
            }
        } onCancel: {
            shutdown()
        }
    }

    private var isStopping: Bool { state.withLock { $0.isStopping } }

    private func watch() throws {
        let admin = try Admin(properties: kafka)
        defer { admin.close() }
        var next = ContinuousClock.now
        while !isStopping {
            guard ContinuousClock.now >= next else {
                Thread.sleep(forTimeInterval: 0.05)
                continue
            }
            if (try? admin.ping(timeout: Self.answerTime)) != nil { state.withLock { $0.lastAnswer = .now } }
            next = .now + Self.interval
        }
    }
}
