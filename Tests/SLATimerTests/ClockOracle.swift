import Domain
import SLATimerCore

/// What became of a clock.
struct Verdict: Hashable, CustomStringConvertible {
    var kind: TargetKind
    /// Seconds, as everything here.
    var startedAt: Int
    var state: TrackedClock.State
    /// Of a breached clock.
    var dueAt: Int?

    var description: String {
        "\(kind.rawValue) since \(startedAt): \(state.rawValue)" + (dueAt.map { ", due \($0)" } ?? "")
    }
}

/// Clocks run the slow way: second by second through what happened, in the order in which it happened.
/// It knows nothing of intervals, pauses, deadlines or late signals.
struct ClockOracle {
    /// Something that happened at a second.
    struct Fact {
        var at: Int
        /// Of a message: earlier when it was passed on after a reply.
        var writtenAt: Int
        var kind: ClockSignal.Kind
    }

    private struct Running {
        var kind: TargetKind
        var startedAt: Int
        var target: Int
        var passed = 0
        var reachedAt: Int?
        var end: (at: Int, isDone: Bool)?
    }

    let targets: [TargetKind: Int]
    let isOpen: (Int) -> Bool
    private var clocks: [Running] = []
    private var isParked = false
    private var hasReplied = false
    private var isClosed = false

    init(targets: [TargetKind: Int], isOpen: @escaping (Int) -> Bool) {
        self.targets = targets
        self.isOpen = isOpen
    }

    /// - Parameter facts: in the order of their time.
    mutating func verdicts(
        openedAt: Int, _ facts: [Fact], horizon: Int
    ) -> [Verdict] {
        start(.firstResponse, openedAt)
        start(.resolution, openedAt)
        var rest = facts[...]
        for second in openedAt...horizon {
            while let fact = rest.first, fact.at == second {
                happen(fact, second)
                rest.removeFirst()
            }
            if second < horizon { pass(second) }
        }
        return clocks.map { verdict($0, horizon) }
    }

    private mutating func happen(_ fact: Fact, _ second: Int) {
        guard !isClosed else { return }
        switch fact.kind {
        case .opened, .priorityChanged: break
        case .customerMessage:
            isParked = false
            let isAwaited = clocks.contains { $0.kind == .nextResponse && $0.end == nil }
            if hasReplied, !isAwaited, start(.nextResponse, fact.writtenAt) {
                // Nobody could have parked it for a customer who had written already.
                for earlier in fact.writtenAt..<second { pass(earlier, clocks.count - 1) }
            }
        case .agentReplied:
            hasReplied = true
            end(.firstResponse, second, isDone: true)
            end(.nextResponse, second, isDone: true)
        case .parked: isParked = true
        case .resumed: isParked = false
        case .closed:
            isClosed = true
            end(.firstResponse, second, isDone: false)
            end(.nextResponse, second, isDone: false)
            end(.resolution, second, isDone: true)
        }
    }

    private mutating func pass(_ second: Int) {
        guard !isParked else { return }
        for index in clocks.indices where clocks[index].end == nil { pass(second, index) }
    }

    private mutating func pass(_ second: Int, _ index: Int) {
        guard isOpen(second) else { return }
        clocks[index].passed += 1
        if clocks[index].passed == clocks[index].target { clocks[index].reachedAt = second + 1 }
    }

    /// - Returns: whether there is such a target.
    @discardableResult
    private mutating func start(_ kind: TargetKind, _ second: Int) -> Bool {
        guard let target = targets[kind] else { return false }
        clocks.append(Running(kind: kind, startedAt: second, target: target))
        return true
    }

    private mutating func end(_ kind: TargetKind, _ second: Int, isDone: Bool) {
        for index in clocks.indices where clocks[index].kind == kind && clocks[index].end == nil {
            clocks[index].end = (second, isDone)
        }
    }

    private func verdict(_ clock: Running, _ horizon: Int) -> Verdict {
        if let reachedAt = clock.reachedAt, (clock.end?.at ?? horizon) > reachedAt {
            return Verdict(kind: clock.kind, startedAt: clock.startedAt, state: .breached, dueAt: reachedAt)
        }
        let state: TrackedClock.State =
            switch clock.end?.isDone {
            case true: .met
            case false: .cancelled
            case nil: isParked ? .paused : .running
            }
        return Verdict(kind: clock.kind, startedAt: clock.startedAt, state: state)
    }
}
