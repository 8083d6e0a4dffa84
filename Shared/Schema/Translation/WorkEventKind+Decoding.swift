import Domain
import SwiftProtobuf

extension WorkEvent.Kind {
    init(wire: WireWorkEvent.OneOf_Kind?) throws(WireError) {
        switch wire {
        case nil: throw .unknownKind()
        case .opened(let wire): self = try .read(wire, in: "opened")
        case .customerMessageAdded(let wire): self = try .read(wire, in: "customer_message_added")
        case .queued: self = .queued
        case .offered(let wire): self = try .read(wire, in: "offered")
        case .offerAccepted(let wire): self = try .read(wire, in: "offer_accepted")
        case .offerDeclined(let wire): self = try .read(wire, in: "offer_declined")
        case .offerExpired(let wire): self = try .read(wire, in: "offer_expired")
        case .offerRevoked(let wire): self = try .read(wire, in: "offer_revoked")
        case .assigned(let wire): self = .assigned(try .required("assigned.agent_id", wire.agentID))
        case .agentReplied(let wire): self = try .read(wire, in: "agent_replied")
        case .noteAdded(let wire):
            self = .noteAdded(
                try .required("note_added.agent_id", wire.agentID), text: wire.text,
                mentions: try AgentID.list("note_added.mentions", wire.mentions))
        case .parked(let wire): self = try .read(wire, in: "parked")
        case .resumed(let wire): self = .resumed(reason: wire.reason)
        case .requeued(let wire):
            let agentID = try AgentID.optional("requeued.agent_id", wire.hasAgentID ? wire.agentID : nil)
            self = .requeued(agentID, reason: wire.reason)
        case .transferred(let wire): self = try .read(wire, in: "transferred")
        case .requirementsRelaxed(let wire):
            let requirements = try Requirement.list("requirements_relaxed.requirements", wire.requirements)
            self = .requirementsRelaxed(step: Int(wire.step), requirements: requirements)
        case .escalated(let wire):
            self = .escalated(
                from: Int(wire.fromPriority), to: Int(wire.toPriority), reason: wire.reason,
                by: try AgentID.optional("escalated.agent_id", wire.hasAgentID ? wire.agentID : nil))
        case .wrapUpStarted(let wire): self = try .read(wire, in: "wrap_up_started")
        case .closed(let wire):
            let agentID = try AgentID.optional("closed.agent_id", wire.hasAgentID ? wire.agentID : nil)
            self = .closed(agentID, disposition: wire.disposition)
        case .surveyAnswered(let wire):
            self = .surveyAnswered(
                try .required("survey_answered.survey_id", wire.surveyID), score: Int(wire.score))
        case .presenceChanged(let wire): self = try .read(wire, in: "presence_changed")
        case .commandResult(let wire): self = .commandResult(try .required("command_result", wire))
        case .widened(let wire): self = try .read(wire, in: "widened")
        case .turnedAway(let wire): self = try .read(wire, in: "turned_away")
        case .customerTold(let wire): self = try .read(wire, in: "customer_told")
        case .handedOver(let wire): self = try .read(wire, in: "handed_over")
        case .takenOver(let wire): self = .takenOver(from: try .required("taken_over.from_pool_id", wire.fromPoolID))
        case .airGiven(let wire):
            self = .airGiven(
                try .required("air_given.agent_id", wire.agentID),
                until: try .required("air_given.until_ms", wire.untilMs))
        case .shiftEnded(let wire): self = .shiftEnded(try .required("shift_ended.agent_id", wire.agentID))
        case .abandoned(let wire): self = .abandoned(waitedMilliseconds: wire.waitedMs, reason: wire.reason)
        case .consultStarted(let wire): self = try .read(wire, in: "consult_started")
        case .consultEnded(let wire):
            self = .consultEnded(try .required("consult_ended.agent_id", wire.agentID), reason: wire.reason)
        case .customerLeft(let wire):
            self = .customerLeft(try .required("customer_left.agent_id", wire.agentID), reason: wire.reason)
        case .transferredToAgent(let wire): self = try .read(wire, in: "transferred_to_agent")
        case .scheduled(let wire):
            self = .scheduled(
                try .required("scheduled.agent_id", wire.agentID), at: try .required("scheduled.at_ms", wire.atMs),
                keepsAgent: wire.keepsAgent)
        case .shadowDiffered(let wire):
            self = .shadowDiffered(
                try .required("shadow_differed.policy_id", wire.policyID),
                wouldAsk: try .optional(
                    "shadow_differed.would_ask_agent_id", wire.hasWouldAskAgentID ? wire.wouldAskAgentID : nil))
        }
    }

    private static func read(_ wire: WireWorkEvent.Opened, in field: String) throws(WireError) -> Self {
        .opened(
            channel: try .required("\(field).channel", wire.channel), priority: Int(wire.priority),
            requirements: try Requirement.list("\(field).requirements", wire.requirements),
            acceptedAt: try .required("\(field).accepted_at_ms", wire.acceptedAtMs))
    }

    private static func read(
        _ wire: WireWorkEvent.CustomerMessageAdded, in field: String
    ) throws(WireError) -> Self {
        .customerMessageAdded(
            try .required("\(field).message_id", wire.messageID),
            try .required("\(field).address", wire.hasAddress ? wire.address : nil), excerpt: wire.excerpt)
    }

    private static func read(_ wire: WireWorkEvent.Offered, in field: String) throws(WireError) -> Self {
        .offered(
            try .required("\(field).offer_id", wire.offerID), try .required("\(field).agent_id", wire.agentID),
            expiresAt: try .required("\(field).expires_at_ms", wire.expiresAtMs), explanation: wire.explanation)
    }

    private static func read(_ wire: WireWorkEvent.OfferAccepted, in field: String) throws(WireError) -> Self {
        .offerAccepted(
            try .required("\(field).offer_id", wire.offerID), try .required("\(field).agent_id", wire.agentID))
    }

    private static func read(_ wire: WireWorkEvent.OfferDeclined, in field: String) throws(WireError) -> Self {
        .offerDeclined(
            try .required("\(field).offer_id", wire.offerID), try .required("\(field).agent_id", wire.agentID),
            reason: wire.reason)
    }

    private static func read(_ wire: WireWorkEvent.OfferExpired, in field: String) throws(WireError) -> Self {
        .offerExpired(
            try .required("\(field).offer_id", wire.offerID), try .required("\(field).agent_id", wire.agentID))
    }

    private static func read(_ wire: WireWorkEvent.OfferRevoked, in field: String) throws(WireError) -> Self {
        .offerRevoked(
            try .required("\(field).offer_id", wire.offerID), try .required("\(field).agent_id", wire.agentID),
            reason: wire.reason)
    }

    private static func read(_ wire: WireWorkEvent.AgentReplied, in field: String) throws(WireError) -> Self {
        .agentReplied(
            try .required("\(field).agent_id", wire.agentID), try .required("\(field).message_id", wire.messageID),
            try .required("\(field).address", wire.hasAddress ? wire.address : nil), text: wire.text)
    }

    private static func read(_ wire: WireWorkEvent.Parked, in field: String) throws(WireError) -> Self {
        .parked(
            try AgentID.optional("\(field).agent_id", wire.hasAgentID ? wire.agentID : nil),
            until: try .required("\(field).until_ms", wire.untilMs))
    }

    private static func read(_ wire: WireWorkEvent.Transferred, in field: String) throws(WireError) -> Self {
        .transferred(
            try AgentID.optional("\(field).agent_id", wire.hasAgentID ? wire.agentID : nil),
            to: try .required("\(field).to_queue_id", wire.toQueueID))
    }

    private static func read(_ wire: WireWorkEvent.ConsultStarted, in field: String) throws(WireError) -> Self {
        .consultStarted(
            try .required("\(field).agent_id", wire.agentID),
            with: try .required("\(field).with_agent_id", wire.withAgentID), question: wire.question)
    }

    private static func read(
        _ wire: WireWorkEvent.TransferredToAgent, in field: String
    ) throws(WireError) -> Self {
        .transferredToAgent(
            try AgentID.optional("\(field).agent_id", wire.hasAgentID ? wire.agentID : nil),
            to: try .required("\(field).to_agent_id", wire.toAgentID))
    }

    private static func read(_ wire: WireWorkEvent.WrapUpStarted, in field: String) throws(WireError) -> Self {
        .wrapUpStarted(
            try .required("\(field).agent_id", wire.agentID), until: try .required("\(field).until_ms", wire.untilMs))
    }

    private static func read(_ wire: WireWorkEvent.PresenceChanged, in field: String) throws(WireError) -> Self {
        .presenceChanged(
            try .required("\(field).agent_id", wire.agentID), try .required("\(field).presence", wire.presence),
            reason: wire.reason, supervisor: wire.hasSupervisor ? wire.supervisor : nil)
    }
}
