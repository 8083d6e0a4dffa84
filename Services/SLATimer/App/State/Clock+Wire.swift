import Domain
import SLATimerCore
package import Schema
import SwiftProtobuf

extension Clock: WireValue {
    package var wire: WireSLATimerWorkItem.Clock {
        .with {
            $0.kind = kind.wire
            $0.startedAtMs = startedAt.wire
            $0.targetSeconds = targetSeconds.wire
            $0.warningPercent = warningPercent.wire
            if let calendarID { $0.calendarID = calendarID.rawValue }
            $0.pauses = pauses.map(\.wire)
            if let end { $0.end = end.wire }
        }
    }

    package init(wire: WireSLATimerWorkItem.Clock) throws(WireError) {
        self.init(
            kind: try .required("kind", wire.kind), startedAt: try .required("started_at_ms", wire.startedAtMs),
            targetSeconds: Int(wire.targetSeconds), warningPercent: Int(wire.warningPercent),
            calendarID: try PolicyID.optional("calendar_id", wire.hasCalendarID ? wire.calendarID : nil),
            pauses: try Pause.list("pauses", wire.pauses), end: try End.optional("end", wire.hasEnd ? wire.end : nil))
    }
}

extension Clock.Pause: WireValue {
    package var wire: WireSLATimerWorkItem.Pause {
        .with {
            $0.fromMs = from.wire
            if let to { $0.toMs = to.wire }
        }
    }

    package init(wire: WireSLATimerWorkItem.Pause) throws(WireError) {
        self.init(
            from: try .required("from_ms", wire.fromMs),
            to: try Instant.optional("to_ms", wire.hasToMs ? wire.toMs : nil))
    }
}

extension Clock.End: WireValue {
    package var wire: WireSLATimerWorkItem.End {
        .with {
            $0.atMs = at.wire
            $0.done = reason == .done
        }
    }

    package init(wire: WireSLATimerWorkItem.End) throws(WireError) {
        self.init(at: try .required("at_ms", wire.atMs), reason: wire.done ? .done : .withdrawn)
    }
}

extension TrackedClock: WireValue {
    package var wire: WireSLATimerWorkItem.TrackedClock {
        .with {
            $0.clock = clock.wire
            if let dueAt { $0.dueAtMs = dueAt.wire }
            if let warningAt { $0.warningAtMs = warningAt.wire }
            if let saidDueAt { $0.saidDueAtMs = saidDueAt.wire }
            $0.saidPaused = saidPaused
            $0.saidWarning = saidWarning
            if let saidBreachOf { $0.saidBreachOfMs = saidBreachOf.wire }
            $0.outcome = outcome?.wire ?? .unspecified
        }
    }

    package init(wire: WireSLATimerWorkItem.TrackedClock) throws(WireError) {
        self.init(
            clock: try .required("clock", wire.hasClock ? wire.clock : nil),
            dueAt: try Instant.optional("due_at_ms", wire.hasDueAtMs ? wire.dueAtMs : nil),
            warningAt: try Instant.optional("warning_at_ms", wire.hasWarningAtMs ? wire.warningAtMs : nil),
            saidDueAt: try Instant.optional("said_due_at_ms", wire.hasSaidDueAtMs ? wire.saidDueAtMs : nil),
            saidPaused: wire.saidPaused, saidWarning: wire.saidWarning,
            saidBreachOf: try Instant.optional("said_breach_of_ms", wire.hasSaidBreachOfMs ? wire.saidBreachOfMs : nil),
            outcome: wire.outcome == .unspecified ? nil : try .required("outcome", wire.outcome))
    }
}

extension TrackedClock.Outcome: WireEnum {
    package var wire: WireSLATimerWorkItem.Outcome {
        switch self {
        case .met: .met
        case .cancelled: .cancelled
        case .late: .late
        }
    }
}
