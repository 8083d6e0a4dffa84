import Hummingbird
import ServiceKit
import Synchronization

/// Shows all queues to those who watch them: at most once a second, and then once for all of them.
///
/// - Bounds: `watchersMax` at a time. However many watch and however much happens, the queues are counted once a beat.
final class QueueWatch: Sendable {
    enum Key: Hashable, Sendable { case all }

    static let watchersMax = 1_024
    static let beatTime = Duration.seconds(1)

    private struct Picture {
        var json: JSONValue
        var cursor: Cursor
        var takenAt: ContinuousClock.Instant
    }

    let polls: LongPolls<Key>
    private let picture = Mutex<Picture?>(nil)
    private let hasChanged = Atomic<Bool>(false)

    init(_ metrics: Metrics) {
        polls = LongPolls("queues", limit: Self.watchersMax, limitPerKey: Self.watchersMax, metrics: metrics)
    }

    /// Cheap, from any thread: a record was applied.
    func note() { hasChanged.store(true, ordering: .relaxed) }

    /// Nil when the queues are as they were at the cursor.
    /// - Throws: `Problem` 503 when this instance does not know all of them.
    func answer(from desk: Desk, after cursor: Cursor?) throws(Problem) -> Response? {
        var current = picture.withLock(\.self)
        if current.map({ ContinuousClock.now - $0.takenAt >= Self.beatTime }) ?? true {
            let queues = JSONValue.array(try desk.queues().map(\.json))
            let cursor = Cursor([String(queues.fingerprint, radix: 16)])
            let json = JSONValue.object(["queues": queues, "cursor": cursor])
            current = Picture(json: json, cursor: cursor, takenAt: .now)
            picture.withLock { $0 = current }
        }
        guard let current, current.cursor != cursor else { return nil }
        return .json(current.json)
    }

    /// Wakes those who wait, once a beat in which anything happened, until cancelled.
    func beat() async throws {
        while true {
            try await Task.sleep(for: Self.beatTime)
            if hasChanged.exchange(false, ordering: .relaxed) { polls.wakeAll() }
        }
    }
}
