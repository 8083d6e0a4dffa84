package import Domain

/// A clock, and what has been said about it.
///
/// After every change the clock is compared with what was said, and the difference becomes events. So the events are
/// right in the end whatever the order of signals: what turns out to be wrong is said again, and a breach is retracted.
/// A verdict changes only when the facts change: a configuration revision alters nothing that was decided.
package struct TrackedClock: Hashable, Sendable {
    package var clock: Clock
    /// As of the last change; nil while it is paused or cannot be computed.
    package var dueAt: Instant?
    package var warningAt: Instant?
    /// What readers take for the due time; nil while nothing was said.
    package var saidDueAt: Instant?
    package var saidPaused = false
    package var saidWarning = false
    /// The due time whose breach was said and not retracted.
    package var saidBreachOf: Instant?
    package var outcome: Outcome?

    package init(
        clock: Clock, dueAt: Instant? = nil, warningAt: Instant? = nil, saidDueAt: Instant? = nil,
        saidPaused: Bool = false, saidWarning: Bool = false, saidBreachOf: Instant? = nil, outcome: Outcome? = nil
    ) {
        self.clock = clock
        self.dueAt = dueAt
        self.warningAt = warningAt
        self.saidDueAt = saidDueAt
        self.saidPaused = saidPaused
        self.saidWarning = saidWarning
        self.saidBreachOf = saidBreachOf
        self.outcome = outcome
    }

    /// How it ended.
    package enum Outcome: String, CaseIterable, Hashable, Sendable {
        case met
        case cancelled
        /// After its due time.
        case late
    }

    /// What readers are shown.
    package enum State: String, CaseIterable, Hashable, Sendable {
        case running, paused, met, breached, cancelled
    }

    package var state: State {
        if saidBreachOf != nil { return .breached }
        switch outcome {
        case .met: return .met
        case .cancelled: return .cancelled
        case .late: return .breached
        case nil: return clock.isPaused ? .paused : .running
        }
    }

    /// When the clock has something to say by itself. A promise is kept up to and including its due time.
    var nextDeadline: Instant? {
        guard clock.end == nil, saidBreachOf == nil, let dueAt else { return nil }
        let breach = dueAt + .milliseconds(1)
        guard !saidWarning, let warningAt else { return breach }
        return min(warningAt, breach)
    }

    private var isDecided: Bool { outcome != nil || saidBreachOf != nil }

    /// Takes the clock as it is now known, and returns what is to be said.
    mutating func update(to newClock: Clock, at now: Instant, in calendar: BusinessCalendar?) -> [Saying] {
        if isDecided, newClock == clock { return [] }
        clock = newClock
        dueAt = clock.due(in: calendar)
        warningAt = clock.warning(in: calendar)
        var sayings: [Saying] = []
        if saidDueAt == nil {
            // Not computable yet: nothing is said until a revision brings the hours, or the pause ends.
            guard let dueAt else {
                if clock.end?.reason == .withdrawn { outcome = .cancelled }
                return []
            }
            saidDueAt = dueAt
            sayings.append(Saying(clock.startedAt, .clockStarted(clock.kind, dueAt: dueAt)))
        }
        sayings += breach(at: now)
        sayings += clock.end.map { finish($0) } ?? course(at: now)
        return sayings
    }

    /// The clock turned out never to have run.
    func withdrawn(at now: Instant) -> [Saying] {
        guard saidDueAt != nil else { return [] }
        var sayings: [Saying] = []
        if let saidBreachOf { sayings.append(Saying(now, .breachRetracted(clock.kind, dueAt: saidBreachOf))) }
        if outcome != .cancelled { sayings.append(Saying(now, .clockCancelled(clock.kind))) }
        return sayings
    }

    /// Says a breach, or takes it back.
    private mutating func breach(at now: Instant) -> [Saying] {
        var sayings: [Saying] = []
        let brokenDue = dueAt.flatMap { (clock.end?.at ?? now) > $0 ? $0 : nil }
        if let said = saidBreachOf, said != brokenDue {
            sayings.append(Saying(now, .breachRetracted(clock.kind, dueAt: said)))
            saidBreachOf = nil
        }
        if let brokenDue, saidBreachOf == nil {
            if clock.end == nil { sayings += warning(at: now) }
            sayings.append(Saying(brokenDue, .breached(clock.kind, dueAt: brokenDue)))
            saidBreachOf = brokenDue
            saidDueAt = brokenDue
        }
        return sayings
    }

    /// What is to be said of a clock that goes on: paused, resumed, moved, warned. Of a breached one: nothing more.
    private mutating func course(at now: Instant) -> [Saying] {
        guard saidBreachOf == nil else { return [] }
        if clock.isPaused {
            guard !saidPaused, let pause = clock.pauses.last else { return [] }
            saidPaused = true
            return [Saying(pause.from, .clockPaused(clock.kind))]
        }
        guard let dueAt else { return [] }
        var sayings: [Saying] = []
        if saidPaused || saidDueAt != dueAt {
            let resumedAt = saidPaused ? clock.pauses.last?.to : nil
            sayings.append(Saying(resumedAt ?? now, .clockResumed(clock.kind, dueAt: dueAt)))
            saidPaused = false
            saidDueAt = dueAt
        }
        return sayings + warning(at: now)
    }

    private mutating func warning(at now: Instant) -> [Saying] {
        guard !saidWarning, let warningAt, warningAt <= now, let dueAt else { return [] }
        saidWarning = true
        return [Saying(warningAt, .warning(clock.kind, dueAt: dueAt))]
    }

    private mutating func finish(_ end: Clock.End) -> [Saying] {
        if saidBreachOf != nil {
            outcome = .late
            return []
        }
        let previous = outcome
        switch end.reason {
        case .withdrawn:
            outcome = .cancelled
            return previous == .cancelled ? [] : [Saying(end.at, .clockCancelled(clock.kind))]
        case .done:
            // Without the hours nobody knows whether it was in time.
            guard let dueAt else {
                outcome = nil
                return []
            }
            outcome = .met
            return previous == .met && saidDueAt == dueAt ? [] : [Saying(end.at, .clockMet(clock.kind, dueAt: dueAt))]
        }
    }
}

/// An event to be, without its work item.
struct Saying: Hashable, Sendable {
    var at: Instant
    var kind: SLAEvent.Kind

    init(_ at: Instant, _ kind: SLAEvent.Kind) {
        self.at = at
        self.kind = kind
    }
}
