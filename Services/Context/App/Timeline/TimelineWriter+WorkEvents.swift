import Domain
import GRDB
import ServiceKit

extension TimelineWriter {
    /// What a timeline shows of a work event.
    private struct Shown {
        var kind: String
        var agent: AgentID?
        var text: String?
        var detail: JSONValue?
    }

    func apply(_ event: WorkEvent, _ record: TimelineRecord) throws {
        guard let subject = event.subject else { return }
        try note(event, subject)
        guard let shown = shown(event.kind) else { return }
        try put(
            "entry", ["key": record.key],
            [
                "kind": shown.kind, "at": event.at.milliseconds, "customer": subject.customerID.rawValue,
                "conversation": subject.conversationID.rawValue, "work_item": subject.workItemID.rawValue,
                "agent": shown.agent?.rawValue, "text": shown.text, "detail": shown.detail?.text,
            ])
    }

    func apply(_ event: SLAEvent, _ record: TimelineRecord) throws {
        let kind: String
        let target: TargetKind
        switch event.kind {
        case .warning(let of, _): (kind, target) = ("target-warning", of)
        case .breached(let of, _): (kind, target) = ("target-breached", of)
        case .breachRetracted(let of, _): (kind, target) = ("target-breach-retracted", of)
        // Clocks themselves are the SLA timer's to show; acknowledgement and survey appear as messages, an
        // escalation as the router's word that it took place.
        case .clockStarted, .clockPaused, .clockResumed, .clockMet, .clockCancelled, .escalated, .acknowledged,
            .surveySent:
            return
        }
        let owner = try Row.fetchOne(
            db, sql: "SELECT customer, conversation FROM work_item WHERE id = ?",
            arguments: [event.workItemID.rawValue])
        try put(
            "entry", ["key": record.key],
            [
                "kind": kind, "at": event.at.milliseconds, "work_item": event.workItemID.rawValue,
                "customer": owner?["customer"] as String?, "conversation": owner?["conversation"] as String?,
                "detail": JSONValue.object(["target": target.rawValue]).text,
            ])
    }

    /// Keeps the work item's own row.
    private func note(_ event: WorkEvent, _ subject: WorkEvent.Subject) throws {
        let key = subject.workItemID.rawValue
        // One statement: every work item comes by here, and most of them when all is read again.
        var opened: (channel: String, priority: Int, at: Int64)?
        if case .opened(let channel, let priority, _, let acceptedAt) = event.kind {
            opened = (channel.rawValue, priority, acceptedAt.milliseconds)
        }
        try put(
            "work_item", ["id": key],
            [
                "conversation": subject.conversationID.rawValue, "customer": subject.customerID.rawValue,
                "pool": event.poolID.rawValue, "queue": subject.queueID.rawValue,
                "channel": opened?.channel, "priority": opened?.priority, "opened_at": opened?.at,
            ])
        switch event.kind {
        case .opened:
            // Events of the SLA timer may have been read first; they know only the work item.
            try db.execute(
                sql: "UPDATE entry SET customer = ?, conversation = ? WHERE work_item = ? AND customer IS NULL",
                arguments: [subject.customerID.rawValue, subject.conversationID.rawValue, key])
        case .assigned(let agent): try put("work_item", ["id": key], ["agent": agent.rawValue])
        case .requeued, .transferred, .transferredToAgent, .handedOver:
            try db.execute(sql: "UPDATE work_item SET agent = NULL WHERE id = ?", arguments: [key])
        case .escalated(_, let priority, _, _): try put("work_item", ["id": key], ["priority": priority])
        case .closed(let agent, let disposition):
            try put(
                "work_item", ["id": key],
                ["agent": agent?.rawValue, "disposition": disposition, "closed_at": event.at.milliseconds])
        case .surveyAnswered(_, let score): try put("work_item", ["id": key], ["score": score])
        case .customerMessageAdded, .queued, .offered, .offerAccepted, .offerDeclined, .offerExpired, .offerRevoked,
            .agentReplied, .noteAdded, .parked, .resumed, .requirementsRelaxed, .wrapUpStarted, .presenceChanged,
            .commandResult, .widened, .turnedAway, .customerTold, .takenOver, .airGiven, .shiftEnded, .abandoned,
            .consultStarted, .consultEnded, .customerLeft, .scheduled, .shadowDiffered:
            break
        }
    }

    /// Nil for what shows otherwise (messages) or is of no interest to who reads about the customer (offers).
    private func shown(_ kind: WorkEvent.Kind) -> Shown? {
        switch kind {
        case .opened(let channel, let priority, _, _):
            Shown(kind: "work-item-opened", detail: .object(["channel": channel.rawValue, "priority": priority]))
        case .assigned(let agent): Shown(kind: "assigned", agent: agent)
        case .noteAdded(let agent, let text, let mentions):
            Shown(
                kind: "note", agent: agent, text: text,
                detail: mentions.isEmpty ? nil : .object(["mentions": mentions.map(\.rawValue)]))
        case .parked(let agent, let until): Shown(kind: "parked", agent: agent, detail: .object(["until": until]))
        case .resumed(let reason): Shown(kind: "resumed", detail: .object(["reason": reason]))
        case .requeued(let agent, let reason):
            Shown(kind: "requeued", agent: agent, detail: .object(["reason": reason]))
        case .transferred(let agent, let queue):
            Shown(kind: "transferred", agent: agent, detail: .object(["queue_id": queue]))
        case .handedOver(let agent, let pool, let queue):
            Shown(kind: "transferred", agent: agent, detail: .object(["pool_id": pool, "queue_id": queue]))
        case .transferredToAgent(let agent, let other):
            Shown(kind: "transferred", agent: agent, detail: .object(["agent_id": other]))
        case .escalated(let from, let to, let reason, let agent):
            Shown(kind: "escalated", agent: agent, detail: .object(["from": from, "to": to, "reason": reason]))
        case .scheduled(let agent, let time, let keepsAgent):
            Shown(
                kind: "callback-scheduled", agent: agent,
                detail: .object(["at": time.rfc3339, "keep_agent": keepsAgent]))
        case .consultStarted(let agent, let other, let question):
            Shown(kind: "consult-started", agent: agent, text: question, detail: .object(["agent_id": other]))
        case .consultEnded(let agent, let reason):
            Shown(kind: "consult-ended", agent: agent, detail: .object(["reason": reason]))
        case .abandoned(_, let reason): Shown(kind: "customer-left", detail: .object(["reason": reason]))
        case .customerLeft(let agent, let reason):
            Shown(kind: "customer-left", agent: agent, detail: .object(["reason": reason]))
        case .closed(let agent, let disposition):
            Shown(kind: "work-item-closed", agent: agent, detail: .object(["disposition": disposition]))
        case .surveyAnswered(let survey, let score):
            Shown(kind: "survey-answered", detail: .object(["survey_id": survey, "score": score]))
        case .customerMessageAdded, .queued, .offered, .offerAccepted, .offerDeclined, .offerExpired, .offerRevoked,
            .agentReplied, .requirementsRelaxed, .wrapUpStarted, .presenceChanged, .commandResult, .widened,
            .turnedAway, .customerTold, .takenOver, .airGiven, .shiftEnded, .shadowDiffered:
            nil
        }
    }
}
