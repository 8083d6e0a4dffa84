package import Domain

/// One promise about time to one customer: what was promised, since when, its pauses and its end.
///
/// These are facts by event time. When it is due follows from them and the calendar; what was said about it is kept
/// by `TrackedClock`.
package struct Clock: Hashable, Sendable {
    package var kind: TargetKind
    package var startedAt: Instant
    /// Business time, as the policy said when the clock started: a later revision does not change it.
    package var targetSeconds: Int
    package var warningPercent: Int
    package var calendarID: PolicyID?
    /// In order; only the last can be open. Each is stored: the verdict can be computed again from them.
    package var pauses: [Pause] = []
    package var end: End?

    package init(
        kind: TargetKind, startedAt: Instant, targetSeconds: Int, warningPercent: Int, calendarID: PolicyID?,
        pauses: [Pause] = [], end: End? = nil
    ) {
        self.kind = kind
        self.startedAt = startedAt
        self.targetSeconds = targetSeconds
        self.warningPercent = warningPercent
        self.calendarID = calendarID
        self.pauses = pauses
        self.end = end
    }

    package struct Pause: Hashable, Sendable {
        package var from: Instant
        /// Nil while it lasts.
        package var to: Instant?

        package init(from: Instant, to: Instant? = nil) {
            self.from = from
            self.to = to
        }
    }

    package struct End: Hashable, Sendable {
        package var at: Instant
        package var reason: Reason

        package init(at: Instant, reason: Reason) {
            self.at = at
            self.reason = reason
        }

        package enum Reason: String, CaseIterable, Hashable, Sendable {
            /// What was promised has happened, in time or not.
            case done
            /// Nobody waits for it any more.
            case withdrawn
        }
    }

    package var isPaused: Bool {
        if let last = pauses.last { last.to == nil } else { false }
    }

    mutating func pause(at instant: Instant) {
        guard end == nil, !isPaused, pauses.count < SLALimits.pausesMax else { return }
        pauses.append(Pause(from: instant))
    }

    mutating func resume(at instant: Instant) {
        guard isPaused else { return }
        pauses[pauses.count - 1].to = instant
    }

    mutating func finish(_ reason: End.Reason, at instant: Instant) {
        guard end == nil else { return }
        resume(at: instant)
        end = End(at: instant, reason: reason)
    }
}

extension Clock {
    /// The instant at which the whole target has passed in business time.
    /// - Returns: nil while it is paused before that, or when the calendar is not compiled that far.
    package func due(in calendar: BusinessCalendar?) -> Instant? {
        instant(after: .seconds(targetSeconds), in: calendar)
    }

    /// The instant at which the policy's share of the target has passed in business time. Nil as for `due`.
    package func warning(in calendar: BusinessCalendar?) -> Instant? {
        instant(after: .milliseconds(Int64(targetSeconds) * 10 * Int64(warningPercent)), in: calendar)
    }

    /// Business time left at an instant; negative when more than the target has passed.
    package func remaining(at now: Instant, in calendar: BusinessCalendar?) -> Duration {
        var left = Duration.seconds(targetSeconds)
        for stretch in runningStretches {
            let until = min(stretch.to ?? end?.at ?? now, now)
            if until > stretch.from { left -= calendar.openTime(from: stretch.from, to: until) }
        }
        return left
    }

    /// The earliest instant at which this much business time has passed outside the pauses.
    private func instant(after openTime: Duration, in calendar: BusinessCalendar?) -> Instant? {
        var left = openTime
        for stretch in runningStretches {
            guard let to = stretch.to else { return calendar.instant(after: left, from: stretch.from) }
            let open = calendar.openTime(from: stretch.from, to: to)
            if left <= open { return calendar.instant(after: left, from: stretch.from) }
            left -= open
        }
        return nil
    }

    /// The times between the pauses; the last has no end unless the clock is paused.
    private var runningStretches: [(from: Instant, to: Instant?)] {
        var stretches: [(from: Instant, to: Instant?)] = []
        var from = startedAt
        for pause in pauses {
            stretches.append((from, pause.from))
            guard let to = pause.to else { return stretches }
            from = to
        }
        stretches.append((from, nil))
        return stretches
    }
}
