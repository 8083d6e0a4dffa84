internal import HTTPTypes
package import Hummingbird
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
/// return try await polls.respond(to: request, on: agent, within: .seconds(wait)) {
///     let page = try host.read(partition) { $0.work(of: agent, after: cursor) }
///     return page.isEmpty ? nil : .json(page)
/// }
/// ```
/// - Bounds: `limit` waiting requests; the next is refused with 503. Of them `limitPerKey` for one key: a newer one
///   takes the place of the oldest, which is told so with 429. A client that lost its connection is let in again at
///   once, and one that polls without end hears of it.
package final class LongPolls<Key: Hashable & Sendable>: Sendable {
    private struct State {
        var waiting: [Key: [UInt64: AsyncStream<Void>.Continuation]] = [:]
        var count = 0
        var next: UInt64 = 0
    }

    private struct Place {
        var id: UInt64
        var signals: AsyncStream<Void>
        var continuation: AsyncStream<Void>.Continuation
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
        let continuations = state.withLock { state in state.waiting[key].map { Array($0.values) } ?? [] }
        for continuation in continuations { continuation.yield() }
    }

    /// Lets everybody look again.
    package func wakeAll() {
        let continuations = state.withLock { state in state.waiting.values.flatMap(\.values) }
        for continuation in continuations { continuation.yield() }
    }

    /// Answers as soon as `look` does, or 204 after `time`.
    ///
    /// - Ordering: a change followed by `wake` is never missed, also when it comes between two looks.
    /// - Throws: `Problem` 503 when too many wait already, 429 when a newer request took this one's place; what `look`
    ///   throws.
    package func respond(
        to request: Request, on key: Key, within time: Duration,
        look: @escaping @Sendable () throws -> Response?
    ) async throws -> Response {
        if let response = try look() { return response }
        guard time > .zero else { return .empty }
        let place = try enter(key)
        defer { leave(key, place.id) }
        let (signals, continuation) = (place.signals, place.continuation)
        var response = try await request.body.consumeWithCancellationOnInboundClose { _ in
            try await withGracefulShutdownHandler {
                try await LongPolls.answer(signals, continuation, time, look)
            } onGracefulShutdown: {
                continuation.finish()
            }
        }
        if response.status == .noContent, !isHeld(key, place.id) {
            superseded.increment([name])
            throw Problem.superseded(limit: limitPerKey)
        }
        // Watching for the hang-up has used up the connection: it cannot carry another request.
        response.headers[.connection] = "close"
        return response
    }

    private static func answer(
        _ signals: AsyncStream<Void>, _ continuation: AsyncStream<Void>.Continuation, _ time: Duration,
        _ look: @Sendable () throws -> Response?
    ) async throws -> Response {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await Task.sleep(for: time)
                continuation.finish()
            }
            defer { group.cancelAll() }
            for await _ in signals {
                if let response = try look() { return response }
            }
            return .empty
        }
    }

    private func enter(_ key: Key) throws(Problem) -> Place {
        let (signals, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        // The first look after entering sees what changed before it; what changes later wakes.
        continuation.yield()
        let (id, oldest) = state.withLock { state -> (UInt64?, AsyncStream<Void>.Continuation?) in
            guard state.count < limit else { return (nil, nil) }
            var waiting = state.waiting[key] ?? [:]
            var oldest: AsyncStream<Void>.Continuation?
            if waiting.count >= limitPerKey { oldest = waiting.keys.min().flatMap { waiting.removeValue(forKey: $0) } }
            state.count += 1
            state.next += 1
            waiting[state.next] = continuation
            state.waiting[key] = waiting
            return (state.next, oldest)
        }
        oldest?.finish()
        guard let id else {
            refused.increment([name])
            throw .tooManyWaiting(limit: limit)
        }
        return Place(id: id, signals: signals, continuation: continuation)
    }

    private func isHeld(_ key: Key, _ id: UInt64) -> Bool { state.withLock { $0.waiting[key]?[id] != nil } }

    private func leave(_ key: Key, _ id: UInt64) {
        state.withLock { state in
            state.count -= 1
            state.waiting[key]?[id] = nil
            if state.waiting[key]?.isEmpty == true { state.waiting[key] = nil }
        }
    }
}
