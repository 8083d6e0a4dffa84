import Domain
package import RouterCore
package import Schema
import SwiftProtobuf

extension WorkItem.Stage {
    var wire: WireRouterWorkItem.OneOf_Stage {
        switch self {
        case .queued:
            .queued(WireRouterWorkItem.Queued())
        case .offered(let offer):
            .offered(offer.wire)
        case .assigned(let agentID, let since):
            .assigned(
                .with {
                    $0.agentID = agentID.rawValue
                    $0.sinceMs = since.wire
                })
        case .parked(let agentID, let until):
            .parked(
                .with {
                    $0.agentID = agentID.rawValue
                    $0.untilMs = until.wire
                })
        case .scheduled(let callback):
            .scheduled(
                .with {
                    $0.atMs = callback.at.wire
                    if let agentID = callback.agentID { $0.agentID = agentID.rawValue }
                })
        case .wrapUp(let wrapUp):
            .wrapUp(
                .with {
                    $0.agentID = wrapUp.agentID.rawValue
                    $0.disposition = wrapUp.disposition
                    $0.completedAtMs = wrapUp.completedAt.wire
                    $0.untilMs = wrapUp.until.wire
                    $0.assignedAtMs = wrapUp.assignedAt.wire
                })
        case .closed(let agentID, let disposition, let at):
            .closed(
                .with {
                    if let agentID { $0.agentID = agentID.rawValue }
                    $0.disposition = disposition
                    $0.atMs = at.wire
                })
        }
    }

    init(wire: WireRouterWorkItem.OneOf_Stage?) throws(WireError) {
        switch wire {
        case .queued: self = .queued
        case .offered(let offer):
            self = .offered(try .required("offered", offer))
        case .assigned(let assignment):
            self = .assigned(
                try .required("assigned.agent_id", assignment.agentID),
                since: try .required("assigned.since_ms", assignment.sinceMs))
        case .parked(let parking):
            self = .parked(
                try .required("parked.agent_id", parking.agentID),
                until: try .required("parked.until_ms", parking.untilMs))
        case .scheduled(let callback):
            self = .scheduled(
                WorkItem.Callback(
                    at: try .required("scheduled.at_ms", callback.atMs),
                    agentID: try .optional("scheduled.agent_id", callback.hasAgentID ? callback.agentID : nil)))
        case .wrapUp(let wrapUp):
            self = .wrapUp(
                WorkItem.WrapUp(
                    agentID: try .required("wrap_up.agent_id", wrapUp.agentID),
                    disposition: wrapUp.disposition,
                    completedAt: try .required("wrap_up.completed_at_ms", wrapUp.completedAtMs),
                    until: try .required("wrap_up.until_ms", wrapUp.untilMs),
                    assignedAt: try .required("wrap_up.assigned_at_ms", wrapUp.assignedAtMs)))
        case .closed(let closing):
            self = .closed(
                try .optional("closed.agent_id", closing.hasAgentID ? closing.agentID : nil),
                disposition: closing.disposition,
                at: try .required("closed.at_ms", closing.atMs))
        case nil: throw .unknownKind("stage")
        }
    }
}

extension WorkItem.Offer: WireValue {
    package var wire: WireRouterWorkItem.Offer {
        .with {
            $0.offerID = id.rawValue
            $0.agentID = agentID.rawValue
            $0.expiresAtMs = expiresAt.wire
            $0.explanation = explanation
        }
    }

    package init(wire: WireRouterWorkItem.Offer) throws(WireError) {
        self.init(
            id: try .required("offer_id", wire.offerID),
            agentID: try .required("agent_id", wire.agentID),
            expiresAt: try .required("expires_at_ms", wire.expiresAtMs),
            explanation: wire.explanation)
    }
}

extension WorkItem.TransferNote: WireValue {
    package var wire: WireRouterWorkItem.TransferNote {
        .with {
            $0.agentID = agentID.rawValue
            $0.text = text
            $0.atMs = at.wire
        }
    }

    package init(wire: WireRouterWorkItem.TransferNote) throws(WireError) {
        self.init(
            agentID: try .required("agent_id", wire.agentID), text: wire.text, at: try .required("at_ms", wire.atMs))
    }
}

extension WorkItem.Consultation: WireValue {
    package var wire: WireRouterWorkItem.Consultation {
        .with {
            $0.agentID = agentID.rawValue
            $0.question = question
            $0.sinceMs = since.wire
        }
    }

    package init(wire: WireRouterWorkItem.Consultation) throws(WireError) {
        self.init(
            agentID: try .required("agent_id", wire.agentID), question: wire.question,
            since: try .required("since_ms", wire.sinceMs))
    }
}
