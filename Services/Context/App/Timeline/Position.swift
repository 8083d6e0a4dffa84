import ServiceKit
import Synchronization

/// A record's place, as answers name it and `wait_for` takes it: `inbound/3/1234`.
struct Position: Hashable, Sendable, CustomStringConvertible {
    /// Without the prefix.
    var topic: String
    var partition: Int32
    var offset: Int64

    init(topic: String, partition: Int32, offset: Int64) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
    }

    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty, let partition = Int32(parts[1]), partition >= 0,
            let offset = Int64(parts[2]), offset >= 0
        else { return nil }
        self.init(topic: String(parts[0]), partition: partition, offset: offset)
    }

    var description: String { "\(topic)/\(partition)/\(offset)" }
}

/// Requests that wait until the timeline has reached a position. Whoever waits looks again after every batch.
///
/// - Bounds: `limit` requests; one more is refused with 503.
final class PositionWaiters: Sendable {
    private struct State {
        var waiting: [UInt64: AsyncStream<Void>.Continuation] = [:]
        var next: UInt64 = 0
    }

    private let limit = 1_000
    private let state = Mutex(State())

    func wake() {
        let continuations = state.withLock { Array($0.waiting.values) }
        for continuation in continuations { continuation.yield() }
    }

    /// Returns whether the condition held within the time.
    func wait(until condition: @escaping @Sendable () -> Bool, within time: Duration) async throws -> Bool {
        let (signals, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let limit = limit
        let id = state.withLock { state -> UInt64? in
            guard state.waiting.count < limit else { return nil }
            state.next += 1
            state.waiting[state.next] = continuation
            return state.next
        }
        guard let id else { throw Problem.tooManyWaiting(limit: limit) }
        defer { state.withLock { _ = $0.waiting.removeValue(forKey: id) } }
        if condition() { return true }
        return await withTaskGroup(of: Void.self) { group in
            group.addTask {
                try? await Task.sleep(for: time)
                continuation.finish()
            }
            defer { group.cancelAll() }
            for await _ in signals where condition() { return true }
            return condition()
        }
    }
}
