import Domain
import SLATimerApp
import SLATimerCore
import Schema
import TestSupport
import Testing

/// Random lives of work items, whose signals arrive late, in another order and more than once.
@Suite struct `In a simulation` {
    @Test(arguments: 1...120 as ClosedRange<UInt64>)
    func `every clock ends as the second-by-second oracle says`(seed: UInt64) {
        var simulation = Simulation(seed: seed)
        simulation.run()
        for id in simulation.lives.keys.sorted() {
            let expected = simulation.expectedVerdicts(of: id)
            let found = simulation.verdicts(of: id)
            #expect(Set(found) == Set(expected) && found.count == expected.count, "seed \(seed), \(id)")
            for kind in TargetKind.allCases {
                let breaches = expected.count { $0.kind == kind && $0.state == .breached }
                #expect(simulation.standingBreaches(of: id, kind) == breaches, "seed \(seed), \(id), \(kind)")
            }
        }
    }

    @Test(arguments: 200...240 as ClosedRange<UInt64>)
    func `a timer restored from its checkpoints does the same as one that never stopped`(seed: UInt64) {
        var simulation = Simulation(seed: seed)
        simulation.run(restoring: true)
        #expect(simulation.differences == [], "seed \(seed)")
        #expect(simulation.restores > 0)
    }

    @Test func `the same seed gives the same outputs`() {
        var first = Simulation(seed: 42)
        var second = Simulation(seed: 42)
        first.run()
        second.run()
        #expect(first.outputs == second.outputs)
    }

    /// A simulation in which nothing goes wrong would prove nothing.
    @Test func `everything that can be said of a clock is said`() {
        var said: [String: Int] = [:]
        for seed in 1...60 as ClosedRange<UInt64> {
            var simulation = Simulation(seed: seed)
            simulation.run()
            for case .event(let event) in simulation.outputs { said[event.kind.name, default: 0] += 1 }
        }
        for name in [
            "started", "paused", "resumed", "met", "cancelled", "warning", "breached", "retracted", "escalated",
        ] {
            #expect(said[name, default: 0] >= 10, "\(name)")
        }
    }
}

private struct Simulation {
    struct Life {
        var openedAt: Int
        /// In the order of arrival.
        var facts: [(at: Int, kind: ClockSignal.Kind)] = []
    }

    private enum Step {
        case signal(WorkItemID, at: Int, ClockSignal.Kind)
        case tick
        case extendCalendar
    }

    private static let horizon = 2400

    private(set) var lives: [WorkItemID: Life] = [:]
    private(set) var outputs: [SLAOutput] = []
    private(set) var differences: [String] = []
    private(set) var restores = 0

    private var random: SeededGenerator
    private var timer = SLATimer()
    private var steps: [(at: Int, step: Step)] = []
    private var policy = SLAPolicy(id: .standard)
    private var open: [BusinessCalendar.Interval] = []
    /// A second timer, stopped and restored again and again.
    private var twin = SLATimer()
    private var stored: [WorkItemID: [UInt8]] = [:]
    private var current: Configuration?

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        makePolicy()
        for number in 0..<Int.random(in: 1...4, using: &random) { makeLife(.init("item-\(number)")) }
        for _ in 0..<20 { steps.append((Int.random(in: 0..<Self.horizon, using: &random), .tick)) }
        steps.append((1200, .extendCalendar))
        // Stable: what was made first arrives first.
        steps = steps.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    }

    mutating func run(restoring: Bool = false) {
        // Half of the hours are compiled at first.
        let early = open.filter { $0.start < .s(1200) }.map { interval in
            BusinessCalendar.Interval(start: interval.start, end: min(interval.end, .s(1200)))
        }
        configure(early, revision: 1, at: 0)
        for (at, step) in steps {
            advance(to: .s(at))
            switch step {
            case .tick: break
            case .extendCalendar: configure(open, revision: 2, at: at)
            case .signal(let id, let happenedAt, let kind): signal(id, happenedAt, kind, at: at)
            }
            if restoring, random.chance(15) { restore() }
        }
        advance(to: .s(Self.horizon))
    }

    func expectedVerdicts(of id: WorkItemID) -> [Verdict] {
        guard let life = lives[id] else { return [] }
        var seen: Set<ClockSignalFact> = []
        let distinct = life.facts.filter { seen.insert(ClockSignalFact(at: $0.at, kind: $0.kind)).inserted }
        let shown = asShown(distinct)
        let sorted = shown.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }
        let targets = Dictionary(uniqueKeysWithValues: policy.targets.map { ($0.kind, $0.seconds) })
        let isAlways = policy.calendarID == nil
        var oracle = ClockOracle(targets: targets) { [open] second in
            isAlways || open.contains { $0.start <= .s(second) && .s(second) < $0.end }
        }
        return oracle.verdicts(openedAt: life.openedAt, sorted.map(\.element), horizon: Self.horizon)
    }

    /// A message counts after the replies that came before it in the order of arrival.
    private func asShown(_ facts: [(at: Int, kind: ClockSignal.Kind)]) -> [ClockOracle.Fact] {
        var lastReply = 0
        return facts.map { fact in
            var shown = ClockOracle.Fact(at: fact.at, writtenAt: fact.at, kind: fact.kind)
            switch fact.kind {
            case .agentReplied: lastReply = max(lastReply, fact.at)
            case .customerMessage: shown.at = max(fact.at, lastReply)
            case .opened, .parked, .resumed, .priorityChanged, .closed: break
            }
            return shown
        }
    }

    func verdicts(of id: WorkItemID) -> [Verdict] {
        (timer.workItem(id)?.clocks ?? []).map { tracked in
            let state = tracked.state
            return Verdict(
                kind: tracked.clock.kind, startedAt: seconds(tracked.clock.startedAt), state: state,
                dueAt: state == .breached ? tracked.saidBreachOf.map(seconds) : nil)
        }
    }

    /// Breaches that were announced and not retracted.
    func standingBreaches(of id: WorkItemID, _ kind: TargetKind) -> Int {
        outputs.reduce(0) { count, output in
            guard case .event(let event) = output, event.workItemID == id else { return count }
            return switch event.kind {
            case .breached(kind, _): count + 1
            case .breachRetracted(kind, _): count - 1
            default: count
            }
        }
    }

    private func seconds(_ instant: Instant) -> Int {
        Int((instant - .s(0)).components.seconds)
    }
}

extension Simulation {
    private mutating func makePolicy() {
        for kind in TargetKind.allCases where random.chance(85) {
            policy.targets.append(
                .init(
                    kind: kind, seconds: .random(in: 1...500, using: &random),
                    warningPercent: .random(in: 1...99, using: &random)))
        }
        policy.escalation = .init(priority: 9)
        guard random.chance(70) else { return }
        policy.calendarID = .init("hours")
        var at = Int.random(in: 0...100, using: &random)
        while at < Self.horizon + 2000 {
            let end = at + Int.random(in: 1...300, using: &random)
            open.append(.init(start: .s(at), end: .s(end)))
            at = end + Int.random(in: 1...200, using: &random)
        }
    }

    private mutating func makeLife(_ id: WorkItemID) {
        let openedAt = Int.random(in: 0...600, using: &random)
        lives[id] = Life(openedAt: openedAt)
        steps.append((openedAt, .signal(id, at: openedAt, .opened())))
        for number in 0..<Int.random(in: 0...25, using: &random) {
            let at = Int.random(in: openedAt..<Self.horizon, using: &random)
            let kind = randomKind(number)
            let copies = random.chance(10) ? 2 : 1
            for _ in 0..<copies {
                let jitter = random.chance(40) ? Int.random(in: 0...400, using: &random) : 0
                steps.append((min(at + jitter, Self.horizon), .signal(id, at: at, kind)))
            }
        }
    }

    private mutating func randomKind(_ number: Int) -> ClockSignal.Kind {
        switch Int.random(in: 0..<100, using: &random) {
        case ..<30: .customer("message-\(number)")
        case ..<60: .reply("message-\(number)")
        case ..<75: .parked
        case ..<90: .resumed
        case ..<96: .priorityChanged(.random(in: 1...10, using: &random))
        default: .closed()
        }
    }

    private mutating func signal(_ id: WorkItemID, _ happenedAt: Int, _ kind: ClockSignal.Kind, at: Int) {
        if case .opened = kind {} else { lives[id]?.facts.append((happenedAt, kind)) }
        let signal = ClockSignal(workItemID: id, at: .s(happenedAt), kind: kind)
        record(timer.apply(signal, at: .s(at)), twin.apply(signal, at: .s(at)))
    }

    private mutating func configure(_ intervals: [BusinessCalendar.Interval], revision: Int64, at: Int) {
        let calendar = BusinessCalendar(id: .init("hours"), open: intervals)
        let configuration = Configuration.with(policy, calendars: [calendar], revision: revision)
        record(timer.configure(configuration, at: .s(at)), twin.configure(configuration, at: .s(at)))
        current = configuration
    }

    private mutating func advance(to now: Instant) {
        record(timer.advance(to: now), twin.advance(to: now))
        if let next = timer.nextDeadline, next <= now { differences.append("a deadline is left at \(now)") }
        if timer.nextDeadline != twin.nextDeadline { differences.append("another deadline at \(now)") }
    }

    private mutating func record(_ mine: [SLAOutput], _ others: [SLAOutput]) {
        outputs += mine
        if mine != others { differences.append("\(mine) is not \(others)") }
    }

    /// Stops the twin, and starts another one from what its changes left in the store, in any order.
    private mutating func restore() {
        for (id, item) in twin.changes() { stored[id] = item?.wire.deterministicBytes() }
        twin = SLATimer()
        if let current { twin.restore(current) }
        for (id, bytes) in stored.shuffled(using: &random) {
            if let item = try? TrackedWorkItem(wire: WireSLATimerWorkItem(decoding: bytes)) {
                twin.restore(item)
            } else {
                differences.append("\(id) cannot be restored")
            }
        }
        restores += 1
    }
}

extension SLAEvent.Kind {
    fileprivate var name: String {
        switch self {
        case .clockStarted: "started"
        case .clockPaused: "paused"
        case .clockResumed: "resumed"
        case .clockMet: "met"
        case .clockCancelled: "cancelled"
        case .warning: "warning"
        case .breached: "breached"
        case .breachRetracted: "retracted"
        case .escalated: "escalated"
        case .acknowledged: "acknowledged"
        case .surveySent: "survey"
        }
    }
}

/// A fact as the timer tells facts apart.
private struct ClockSignalFact: Hashable {
    var at: Int
    var kind: ClockSignal.Kind
}
