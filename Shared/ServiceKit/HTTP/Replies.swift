internal import Synchronization

/// Brings the result of a command, decided when the log is read, to the request that wrote the command.
///
/// ```swift
/// // In the stream host's onApplied, on its thread:
/// replies.fulfil(result.commandID, result)
/// // In the route:
/// let result = try await replies.expect(commandID, within: .seconds(5)) { try await producer.send(…) }
/// ```
/// - Bounds: `limit` expected results; the next request is refused with 503.
package final class Replies<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct State {
        var expected: [Key: [UInt64: AsyncStream<Value>.Continuation]] = [:]
        var count = 0
        var next: UInt64 = 0
    }

    private let limit: Int
    private let state = Mutex(State())

    package init(limit: Int = 1_000) {
        self.limit = limit
    }

    /// How many requests expect a result now.
    package var expectedCount: Int { state.withLock { $0.count } }

    /// Hands over a result, to everybody who expects it; nothing when nobody does.
    package func fulfil(_ key: Key, _ value: Value) {
        let continuations = state.withLock { state in state.expected[key].map { Array($0.values) } ?? [] }
        for continuation in continuations {
            continuation.yield(value)
            continuation.finish()
        }
    }

    /// Acts, then waits for the result of it. Expecting starts before the act, so no result is missed.
    ///
    /// - Throws: `Problem` 503 `undecided` when no result came in time; what `act` throws.
    package func expect(
        _ key: Key, within time: Duration, _ act: @Sendable () async throws -> Void
    ) async throws -> Value {
        let (results, continuation) = AsyncStream<Value>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let id = try enter(key, continuation)
        defer { leave(key, id) }
        try await act()
        let value: Value? = await withTaskGroup(of: Void.self) { group in
            group.addTask {
                try? await Task.sleep(for: time)
                continuation.finish()
            }
            defer { group.cancelAll() }
            for await value in results { return value }
            return nil
        }
        guard let value else { throw Problem.undecided }
        return value
    }

    private func enter(_ key: Key, _ continuation: AsyncStream<Value>.Continuation) throws(Problem) -> UInt64 {
        let id = state.withLock { state -> UInt64? in
            guard state.count < limit else { return nil }
            state.count += 1
            state.next += 1
            state.expected[key, default: [:]][state.next] = continuation
            return state.next
        }
        guard let id else { throw .tooManyWaiting(limit: limit) }
        return id
    }

    private func leave(_ key: Key, _ id: UInt64) {
        state.withLock { state in
            state.count -= 1
            state.expected[key]?[id] = nil
            if state.expected[key]?.isEmpty == true { state.expected[key] = nil }
        }
    }
}
