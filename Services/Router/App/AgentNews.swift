import Domain
import HTTPTypes
import ServiceKit
import Synchronization

/// Tells those who wait at an agent's desk that something changed there: long polls and event streams.
final class AgentNews: Sendable {
    private struct State {
        var listeners: [AgentID: [UInt64: AsyncStream<Void>.Continuation]] = [:]
        var count = 0
        var next: UInt64 = 0
    }

    /// Open event streams; the next is refused.
    static let streamsMax = 16_384
    /// Open event streams of one agent; the next one ends the oldest.
    static let streamsPerAgentMax = 8
    /// How often event streams are woken although nothing changed.
    static let beatTime = Duration.seconds(5)

    let polls: LongPolls<AgentID>
    private let state = Mutex(State())

    init(_ metrics: Metrics) {
        polls = LongPolls("agent-work", metrics: metrics)
        metrics.collect { [weak self] samples in
            guard let self else { return }
            samples.gauge(
                "patchbay_router_event_streams", help: "Open event streams of agents.",
                value: Double(self.state.withLock { $0.count }))
        }
    }

    func tell(_ agentID: AgentID) {
        polls.wake(agentID)
        let listeners = state.withLock { state in state.listeners[agentID].map { Array($0.values) } ?? [] }
        for listener in listeners { listener.yield() }
    }

    /// Yields once at the start, then after each change and each beat, until the subscription ends.
    func subscribe(_ agentID: AgentID) throws(Problem) -> Subscription {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        continuation.yield()
        let (id, oldest) = state.withLock { state -> (UInt64?, UInt64?) in
            guard state.count < AgentNews.streamsMax else { return (nil, nil) }
            let listeners = state.listeners[agentID] ?? [:]
            state.count += 1
            state.next += 1
            state.listeners[agentID, default: [:]][state.next] = continuation
            return (state.next, listeners.count >= AgentNews.streamsPerAgentMax ? listeners.keys.min() : nil)
        }
        if let oldest { leave(agentID, oldest) }
        guard let id else { throw .tooManyWaiting(limit: AgentNews.streamsMax) }
        return Subscription(news: self, agentID: agentID, id: id, stream: stream)
    }

    struct Subscription: Sendable {
        fileprivate let news: AgentNews
        fileprivate let agentID: AgentID
        fileprivate let id: UInt64
        let stream: AsyncStream<Void>

        func end() { news.leave(agentID, id) }
    }

    private func leave(_ agentID: AgentID, _ id: UInt64) {
        let continuation = state.withLock { state in
            let continuation = state.listeners[agentID]?.removeValue(forKey: id)
            if continuation != nil { state.count -= 1 }
            if state.listeners[agentID]?.isEmpty == true { state.listeners[agentID] = nil }
            return continuation
        }
        continuation?.finish()
    }

    /// Wakes all event streams from time to time, until cancelled.
    func beat() async throws {
        while true {
            try await Task.sleep(for: AgentNews.beatTime)
            let all = state.withLock { state in state.listeners.values.flatMap(\.values) }
            for listener in all { listener.yield() }
        }
    }
}
