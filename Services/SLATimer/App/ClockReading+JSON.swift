import Domain
import SLATimerCore
package import ServiceKit

extension ClockReader.Reading: JSONRepresentable {
    package var json: JSONValue {
        let course = item.history.course
        return .object([
            "work_item_id": item.id, "conversation_id": item.opened.conversationID, "policy_id": item.opened.policyID,
            "priority": course.priority, "opened_at": item.openedAt, "closed_at": course.closure?.at,
            "survey_due_at": item.surveyAt, "survey_sent": item.isSurveySent,
            "clocks": zip(item.clocks, remaining).map { JSONValue(clock: $0, remaining: $1) },
        ])
    }
}

extension JSONValue {
    /// - Parameter remaining: shown in whole seconds, rounded down: an overdue clock never shows 0.
    fileprivate init(clock tracked: TrackedClock, remaining: Duration) {
        let clock = tracked.clock
        let milliseconds = remaining.milliseconds
        let seconds = milliseconds / 1000 - (milliseconds % 1000 < 0 ? 1 : 0)
        self = .object([
            "target": clock.kind.rawValue, "state": tracked.state.rawValue, "started_at": clock.startedAt,
            "due_at": tracked.saidBreachOf ?? tracked.dueAt, "warning_at": tracked.warningAt,
            "warned_at": tracked.saidWarning ? tracked.warningAt : nil, "breached_at": tracked.saidBreachOf,
            "ended_at": clock.end?.at, "target_seconds": clock.targetSeconds, "remaining_seconds": seconds,
            "calendar_id": clock.calendarID,
            "pauses": clock.pauses.map { JSONValue.object(["from": $0.from, "to": $0.to]) },
        ])
    }
}
