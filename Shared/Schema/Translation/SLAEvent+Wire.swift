package import Domain
import SwiftProtobuf

extension SLAEvent: WireRecord {
    package static var topic: Topic { .slaEvents }

    package var kindName: String {
        switch kind {
        case .clockStarted: "clock-started"
        case .clockPaused: "clock-paused"
        case .clockResumed: "clock-resumed"
        case .clockMet: "clock-met"
        case .clockCancelled: "clock-cancelled"
        case .warning: "warning"
        case .breached: "breached"
        case .breachRetracted: "breach-retracted"
        case .escalated: "escalated"
        case .acknowledged: "acknowledged"
        case .surveySent: "survey-sent"
        }
    }

    package var wire: WireSLAEvent {
        .with {
            $0.workItemID = workItemID.rawValue
            $0.atMs = at.wire
            $0.kind = kind.wire
        }
    }

    package init(wire: WireSLAEvent) throws(WireError) {
        self.init(
            workItemID: try .required("work_item_id", wire.workItemID),
            at: try .required("at_ms", wire.atMs),
            kind: try Kind(wire: wire.kind))
    }
}

extension SLAEvent.Kind {
    fileprivate var wire: WireSLAEvent.OneOf_Kind {
        switch self {
        case .clockStarted(let target, let dueAt): .clockStarted(timed(target, dueAt))
        case .clockPaused(let target): .clockPaused(.with { $0.target = target.wire })
        case .clockResumed(let target, let dueAt): .clockResumed(timed(target, dueAt))
        case .clockMet(let target, let dueAt): .clockMet(timed(target, dueAt))
        case .clockCancelled(let target): .clockCancelled(.with { $0.target = target.wire })
        case .warning(let target, let dueAt): .warning(timed(target, dueAt))
        case .breached(let target, let dueAt): .breached(timed(target, dueAt))
        case .breachRetracted(let target, let dueAt): .breachRetracted(timed(target, dueAt))
        case .escalated(let priority): .escalated(.with { $0.priority = priority.wire })
        case .acknowledged(let messageID, let expectedWaitSeconds):
            .acknowledged(
                .with {
                    $0.messageID = messageID.rawValue
                    if let expectedWaitSeconds { $0.expectedWaitSeconds = expectedWaitSeconds.wire }
                })
        case .surveySent(let surveyID, let messageID):
            .surveySent(
                .with {
                    $0.surveyID = surveyID.rawValue
                    $0.messageID = messageID.rawValue
                })
        }
    }

    fileprivate init(wire: WireSLAEvent.OneOf_Kind?) throws(WireError) {
        switch wire {
        case nil: throw .unknownKind()
        case .clockStarted(let wire):
            let (target, dueAt) = try timed("clock_started", wire)
            self = .clockStarted(target, dueAt: dueAt)
        case .clockPaused(let wire): self = .clockPaused(try .required("clock_paused.target", wire.target))
        case .clockResumed(let wire):
            let (target, dueAt) = try timed("clock_resumed", wire)
            self = .clockResumed(target, dueAt: dueAt)
        case .clockMet(let wire):
            let (target, dueAt) = try timed("clock_met", wire)
            self = .clockMet(target, dueAt: dueAt)
        case .clockCancelled(let wire): self = .clockCancelled(try .required("clock_cancelled.target", wire.target))
        case .warning(let wire):
            let (target, dueAt) = try timed("warning", wire)
            self = .warning(target, dueAt: dueAt)
        case .breached(let wire):
            let (target, dueAt) = try timed("breached", wire)
            self = .breached(target, dueAt: dueAt)
        case .breachRetracted(let wire):
            let (target, dueAt) = try timed("breach_retracted", wire)
            self = .breachRetracted(target, dueAt: dueAt)
        case .escalated(let wire): self = .escalated(priority: Int(wire.priority))
        case .acknowledged(let wire):
            self = .acknowledged(
                try .required("acknowledged.message_id", wire.messageID),
                expectedWaitSeconds: wire.hasExpectedWaitSeconds ? Int(wire.expectedWaitSeconds) : nil)
        case .surveySent(let wire):
            self = .surveySent(
                try .required("survey_sent.survey_id", wire.surveyID),
                try .required("survey_sent.message_id", wire.messageID))
        }
    }
}

private func timed(_ target: TargetKind, _ dueAt: Instant) -> WireSLAEvent.Timed {
    .with {
        $0.target = target.wire
        $0.dueAtMs = dueAt.wire
    }
}

private func timed(_ field: String, _ wire: WireSLAEvent.Timed) throws(WireError) -> (TargetKind, dueAt: Instant) {
    (try .required("\(field).target", wire.target), try .required("\(field).due_at_ms", wire.dueAtMs))
}
