internal import NIOCore
internal import Synchronization

/// A connection of a client, as its requests see it.
///
/// - Ordering: what is called on a hang-up runs on the connection's event loop, once, also when it was registered late.
package final class Connection: Sendable {
    private struct State {
        var isOver = false
        var onHangUp: (@Sendable () -> Void)?
    }

    /// The connection of the request that this task answers.
    @TaskLocal static var current: Connection?

    let eventLoop: any EventLoop
    /// Accepted beyond the limit: for probes, and to tell everybody else.
    let isSpare: Bool
    private let state = Mutex(State())

    init(eventLoop: any EventLoop, isSpare: Bool) {
        self.eventLoop = eventLoop
        self.isSpare = isSpare
    }

    /// Runs something, and calls `handler` if the client hangs up meanwhile. One at a time: a connection answers one
    /// request after the other.
    func watched<Result>(
        by handler: @escaping @Sendable () -> Void, _ body: () async throws -> Result
    ) async rethrows -> Result {
        let isOver = state.withLock { state in
            state.onHangUp = handler
            return state.isOver
        }
        if isOver { handler() }
        defer { state.withLock { $0.onHangUp = nil } }
        return try await body()
    }

    /// The client has closed its side, or the connection is gone.
    func hangUp() {
        let handler = state.withLock { state in
            state.isOver = true
            return state.onHangUp
        }
        handler?()
    }
}
