import Domain
import SwiftProtobuf

extension WorkEvent.Kind {
    var wire: WireWorkEvent.OneOf_Kind {
        switch self {
        case .opened(let channel, let priority, let requirements, let acceptedAt):
            .opened(.init(channel, priority, requirements, acceptedAt))
        case .customerMessageAdded(let messageID, let address, let excerpt):
            .customerMessageAdded(.init(messageID, address, excerpt))
        case .queued: .queued(.init())
        case .offered(let offerID, let agentID, let expiresAt, let explanation):
            .offered(.init(offerID, agentID, expiresAt, explanation))
        case .offerAccepted(let offerID, let agentID): .offerAccepted(.init(offerID, agentID))
        case .offerDeclined(let offerID, let agentID, let reason): .offerDeclined(.init(offerID, agentID, reason))
        case .offerExpired(let offerID, let agentID): .offerExpired(.init(offerID, agentID))
        case .offerRevoked(let offerID, let agentID, let reason): .offerRevoked(.init(offerID, agentID, reason))
        case .assigned(let agentID): .assigned(.with { $0.agentID = agentID.rawValue })
        case .agentReplied(let agentID, let messageID, let address, let text):
            .agentReplied(.init(agentID, messageID, address, text))
        case .noteAdded(let agentID, let text, let mentions): .noteAdded(.init(agentID, text, mentions))
        case .parked(let agentID, let until): .parked(.init(agentID, until))
        case .resumed(let reason): .resumed(.with { $0.reason = reason })
        case .requeued(let agentID, let reason): .requeued(.init(agentID, reason))
        case .transferred(let agentID, let queueID): .transferred(.init(agentID, queueID))
        case .requirementsRelaxed(let step, let requirements): .requirementsRelaxed(.init(step, requirements))
        case .escalated(let from, let to, let reason, let agentID): .escalated(.init(from, to, reason, agentID))
        case .wrapUpStarted(let agentID, let until): .wrapUpStarted(.init(agentID, until))
        case .closed(let agentID, let disposition): .closed(.init(agentID, disposition))
        case .surveyAnswered(let surveyID, let score): .surveyAnswered(.init(surveyID, score))
        case .presenceChanged(let agentID, let presence, let reason, let supervisor):
            .presenceChanged(.init(agentID, presence, reason, supervisor))
        case .commandResult(let result): .commandResult(result.wire)
        case .widened(let step, let queueIDs): .widened(.init(step, queueIDs))
        case .turnedAway(let notice, let wait): .turnedAway(.init(notice, wait))
        case .customerTold(let notice, let messageID): .customerTold(.init(notice, messageID))
        case .handedOver(let agentID, let poolID, let queueID): .handedOver(.init(agentID, poolID, queueID))
        case .takenOver(let poolID): .takenOver(.with { $0.fromPoolID = poolID.rawValue })
        case .airGiven(let agentID, let until):
            .airGiven(
                .with {
                    $0.agentID = agentID.rawValue
                    $0.untilMs = until.wire
                })
        case .shiftEnded(let agentID): .shiftEnded(.with { $0.agentID = agentID.rawValue })
        case .abandoned(let waited, let reason):
            .abandoned(
                .with {
                    $0.waitedMs = waited
                    $0.reason = reason
                })
        case .consultStarted(let agentID, let otherID, let question):
            .consultStarted(.init(agentID, otherID, question))
        case .consultEnded(let agentID, let reason):
            .consultEnded(
                .with {
                    $0.agentID = agentID.rawValue
                    $0.reason = reason
                })
        case .customerLeft(let agentID, let reason):
            .customerLeft(
                .with {
                    $0.agentID = agentID.rawValue
                    $0.reason = reason
                })
        case .transferredToAgent(let agentID, let otherID): .transferredToAgent(.init(agentID, otherID))
        case .scheduled(let agentID, let at, let keepsAgent):
            .scheduled(
                .with {
                    $0.agentID = agentID.rawValue
                    $0.atMs = at.wire
                    $0.keepsAgent = keepsAgent
                })
        case .shadowDiffered(let policyID, let agentID):
            .shadowDiffered(
                .with {
                    $0.policyID = policyID.rawValue
                    if let agentID { $0.wouldAskAgentID = agentID.rawValue }
                })
        }
    }
}

extension WireWorkEvent.Opened {
    fileprivate init(
        _ channel: ChannelKind, _ priority: Int, _ requirements: [Requirement], _ acceptedAt: Instant
    ) {
        self.init()
        self.channel = channel.wire
        self.priority = priority.wire
        self.requirements = requirements.map(\.wire)
        self.acceptedAtMs = acceptedAt.wire
    }
}

extension WireWorkEvent.CustomerMessageAdded {
    fileprivate init(_ messageID: MessageID, _ address: Address, _ excerpt: String) {
        self.init()
        self.messageID = messageID.rawValue
        self.address = address.wire
        self.excerpt = excerpt
    }
}

extension WireWorkEvent.Offered {
    fileprivate init(_ offerID: OfferID, _ agentID: AgentID, _ expiresAt: Instant, _ explanation: String) {
        self.init()
        self.offerID = offerID.rawValue
        self.agentID = agentID.rawValue
        self.expiresAtMs = expiresAt.wire
        self.explanation = explanation
    }
}

extension WireWorkEvent.OfferAccepted {
    fileprivate init(_ offerID: OfferID, _ agentID: AgentID) {
        self.init()
        self.offerID = offerID.rawValue
        self.agentID = agentID.rawValue
    }
}

extension WireWorkEvent.OfferDeclined {
    fileprivate init(_ offerID: OfferID, _ agentID: AgentID, _ reason: String) {
        self.init()
        self.offerID = offerID.rawValue
        self.agentID = agentID.rawValue
        self.reason = reason
    }
}

extension WireWorkEvent.OfferExpired {
    fileprivate init(_ offerID: OfferID, _ agentID: AgentID) {
        self.init()
        self.offerID = offerID.rawValue
        self.agentID = agentID.rawValue
    }
}

extension WireWorkEvent.OfferRevoked {
    fileprivate init(_ offerID: OfferID, _ agentID: AgentID, _ reason: String) {
        self.init()
        self.offerID = offerID.rawValue
        self.agentID = agentID.rawValue
        self.reason = reason
    }
}

extension WireWorkEvent.AgentReplied {
    fileprivate init(_ agentID: AgentID, _ messageID: MessageID, _ address: Address, _ text: String) {
        self.init()
        self.agentID = agentID.rawValue
        self.messageID = messageID.rawValue
        self.address = address.wire
        self.text = text
    }
}

extension WireWorkEvent.NoteAdded {
    fileprivate init(_ agentID: AgentID, _ text: String, _ mentions: [AgentID]) {
        self.init()
        self.agentID = agentID.rawValue
        self.text = text
        self.mentions = mentions.map(\.rawValue)
    }
}

extension WireWorkEvent.Parked {
    fileprivate init(_ agentID: AgentID?, _ until: Instant) {
        self.init()
        if let agentID { self.agentID = agentID.rawValue }
        self.untilMs = until.wire
    }
}

extension WireWorkEvent.Requeued {
    fileprivate init(_ agentID: AgentID?, _ reason: String) {
        self.init()
        if let agentID { self.agentID = agentID.rawValue }
        self.reason = reason
    }
}

extension WireWorkEvent.Transferred {
    fileprivate init(_ agentID: AgentID?, _ queueID: QueueID) {
        self.init()
        if let agentID { self.agentID = agentID.rawValue }
        self.toQueueID = queueID.rawValue
    }
}

extension WireWorkEvent.RequirementsRelaxed {
    fileprivate init(_ step: Int, _ requirements: [Requirement]) {
        self.init()
        self.step = step.wire
        self.requirements = requirements.map(\.wire)
    }
}

extension WireWorkEvent.Escalated {
    fileprivate init(_ from: Int, _ to: Int, _ reason: String, _ agentID: AgentID?) {
        self.init()
        self.fromPriority = from.wire
        self.toPriority = to.wire
        self.reason = reason
        if let agentID { self.agentID = agentID.rawValue }
    }
}

extension WireWorkEvent.WrapUpStarted {
    fileprivate init(_ agentID: AgentID, _ until: Instant) {
        self.init()
        self.agentID = agentID.rawValue
        self.untilMs = until.wire
    }
}

extension WireWorkEvent.Closed {
    fileprivate init(_ agentID: AgentID?, _ disposition: String) {
        self.init()
        if let agentID { self.agentID = agentID.rawValue }
        self.disposition = disposition
    }
}

extension WireWorkEvent.SurveyAnswered {
    fileprivate init(_ surveyID: SurveyID, _ score: Int) {
        self.init()
        self.surveyID = surveyID.rawValue
        self.score = score.wire
    }
}

extension WireWorkEvent.PresenceChanged {
    fileprivate init(_ agentID: AgentID, _ presence: Presence, _ reason: String, _ supervisor: String?) {
        self.init()
        self.agentID = agentID.rawValue
        self.presence = presence.wire
        self.reason = reason
        if let supervisor { self.supervisor = supervisor }
    }
}

extension WireWorkEvent.ConsultStarted {
    fileprivate init(_ agentID: AgentID, _ otherID: AgentID, _ question: String) {
        self.init()
        self.agentID = agentID.rawValue
        self.withAgentID = otherID.rawValue
        self.question = question
    }
}

extension WireWorkEvent.TransferredToAgent {
    fileprivate init(_ agentID: AgentID?, _ otherID: AgentID) {
        self.init()
        if let agentID { self.agentID = agentID.rawValue }
        self.toAgentID = otherID.rawValue
    }
}
