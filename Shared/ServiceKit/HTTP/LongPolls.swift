package import Hummingbird
internal import NIOCore
internal import ServiceLifecycle
internal import Synchronization

/// Requests that wait until there is something to answer.
///
/// A waiting request is named by what it waits for; whoever changes that wakes it, and it looks again. It ends without
/// an answer (204) after its time, when the service is told to stop, and when the client has hung up.
/// ```swift
/// // In the stream host's onApplied, on its thread:
/// for agent in changed { polls.wake(agent) }
/// // In the route:
/// return try await polls.respond(over: context.connection, on: agent, within: .seconds(wait)) {
///     let page = try host.read(partition) { $0.work(of: agent, after: cursor) }
///     return page.isEmpty ? nil : .json(page)
/// }
/// ```
/// - Bounds: `limit` waiting requests; the next is refused with 503. Of them `limitPerKey` for one key: a newer one
///   takes the place of the oldest, which is told so with 429. A client that lost its connection is let in again at
///   once, and one that polls without end hears of it.
package final class LongPolls<Key: Hashable & Sendable>: Sendable {
    private struct State {
        var waiting: [Key: [UInt64: Waiter]] = [:]
        var count = 0
        var next: UInt64 = 0
    }

    private let limit: Int
    private let limitPerKey: Int
    private let state = Mutex(State())
    private let refused: Counter
    private let superseded: Counter
    private let name: String

    /// - Parameter name: the value of the label `kind` in `patchbay_http_waiting`, `…_refused_total` and
    ///   `…_superseded_total`.
    package init(_ name: String, limit: Int = 16_384, limitPerKey: Int = 8, metrics: Metrics) {
        precondition(limitPerKey > 0, "at least one may wait")
        self.name = name
        self.limit = limit
        self.limitPerKey = limitPerKey
        refused = metrics.counter(
            "patchbay_http_waiting_refused_total", help: "Requests refused because too many wait.", labels: ["kind"])
        superseded = metrics.counter(
            "patchbay_http_waiting_superseded_total",
            help: "Requests that waited and were sent away because a newer one of the same kind came.", labels: ["kind"]
        )
        metrics.collect { [weak self] samples in
            guard let self else { return }
            samples.gauge(
                "patchbay_http_waiting", help: "Requests that wait for something to answer.", labels: ["kind": name],
                value: Double(self.waiting))
        }
    }

    /// How many requests wait now.
    package var waiting: Int { state.withLock { $0.count } }

    /// Lets everybody who waits for this look again. Cheap, from any thread, after the change can be seen.
    package func wake(_ key: Key) {
        let waiters = state.withLock { state in state.waiting[key].map { Array($0.values) } ?? [] }
        for waiter in waiters { waiter.give(.changed) }
    }

    /// Lets everybody look again.
    package func wakeAll() {
        let waiters = state.withLock { state in state.waiting.values.flatMap(\.values) }
        for waiter in waiters { waiter.give(.changed) }
    }

    /// Answers as soon as `look` does, or 204 after `time`.
    ///
    /// - Ordering: a change followed by `wake` is never missed, also when it comes between two looks.
    /// - Throws: `Problem` 503 when too many wait already, 429 when a newer request took this one's place;
    ///   `CancellationError` when the client has hung up; what `look` throws.
    package func respond(
        over connection: Connection, on key: Key, within time: Duration, look: () throws -> Response?
    ) async throws -> Response {
        if let response = try look() { return response }
        guard time > .zero else { return .empty }
        let waiter = Waiter()
        let id = try enter(key, waiter)
        defer { leave(key, id) }
        // A timer of the event loop costs a tenth of what a task would, and most agents wait most of the time.
        let timer = connection.eventLoop.scheduleTask(in: TimeAmount(time)) { waiter.give(.over) }
        defer { timer.cancel() }
        let hangUp: @Sendable () -> Void = { waiter.give(.hungUp) }
        return try await connection.watched(by: hangUp) {
            try await withGracefulShutdownHandler {
                try await answer(waiter, look)
            } onGracefulShutdown: {
                waiter.give(.over)
            }
        }
    }

    private func answer(_ waiter: Waiter, _ look: () throws -> Response?) async throws -> Response {
        while true {
            switch await waiter.next() {
            case .changed:
                if let response = try look() { return response }
            case .over:
                return .empty
            case .superseded:
                superseded.increment([name])
                throw Problem.superseded(limit: limitPerKey)
            case .hungUp:
                throw CancellationError()
            }
        }
    }

    private func enter(_ key: Key, _ waiter: Waiter) throws(Problem) -> UInt64 {
        let (id, oldest) = state.withLock { state -> (UInt64?, Waiter?) in
            guard state.count < limit else { return (nil, nil) }
            var waiting = state.waiting[key] ?? [:]
            var oldest: Waiter?
            if waiting.count >= limitPerKey { oldest = waiting.keys.min().flatMap { waiting.removeValue(forKey: $0) } }
            state.count += 1
            state.next += 1
            waiting[state.next] = waiter
            state.waiting[key] = waiting
            return (state.next, oldest)
        }
        oldest?.give(.superseded)
        guard let id else {
            refused.increment([name])
            throw .tooManyWaiting(limit: limit)
        }
        return id
    }

    private func leave(_ key: Key, _ id: UInt64) {
        state.withLock { state in
            state.count -= 1
            state.waiting[key]?[id] = nil
            if state.waiting[key]?.isEmpty == true { state.waiting[key] = nil }
        }
    }
}
