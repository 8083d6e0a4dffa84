package import Domain
import SwiftProtobuf

extension WorkCommand: WireRecord {
    package static var topic: Topic { .work }

    package var kindName: String {
        switch self {
        case .customerMessage: "customer-message"
        case .agent: "agent"
        case .agentSeen: "agent-seen"
        case .escalate: "escalate"
        case .surveyAnswered: "survey-answered"
        case .handedOver: "handed-over"
        case .customerGone: "customer-gone"
        case .conversationStarted: "conversation-started"
        }
    }

    package var wire: WireWorkCommand {
        .with {
            $0.kind =
                switch self {
                case .customerMessage(let request): .customerMessage(request.wire)
                case .agent(let command): .agent(command.wire)
                case .agentSeen(let agentID): .agentSeen(.with { $0.agentID = agentID.rawValue })
                case .escalate(let escalation): .escalate(escalation.wire)
                case .surveyAnswered(let answer): .surveyAnswered(answer.wire)
                case .handedOver(let handOver): .handedOver(handOver.wire)
                case .customerGone(let gone): .customerGone(gone.wire)
                case .conversationStarted(let started): .conversationStarted(started.wire)
                }
        }
    }

    package init(wire: WireWorkCommand) throws(WireError) {
        switch wire.kind {
        case nil: throw .unknownKind()
        case .customerMessage(let request): self = .customerMessage(try .required("customer_message", request))
        case .agent(let command): self = .agent(try .required("agent", command))
        case .agentSeen(let seen): self = .agentSeen(try .required("agent_seen.agent_id", seen.agentID))
        case .escalate(let escalation): self = .escalate(try .required("escalate", escalation))
        case .surveyAnswered(let answer): self = .surveyAnswered(try .required("survey_answered", answer))
        case .handedOver(let handOver): self = .handedOver(try .required("handed_over", handOver))
        case .customerGone(let gone): self = .customerGone(try .required("customer_gone", gone))
        case .conversationStarted(let started):
            self = .conversationStarted(try .required("conversation_started", started))
        }
    }
}

extension WorkRequest: WireValue {
    package var wire: WireWorkRequest {
        .with {
            $0.workItemID = workItemID.rawValue
            $0.conversationID = conversationID.rawValue
            $0.customerID = customerID.rawValue
            $0.messageID = messageID.rawValue
            $0.poolID = poolID.rawValue
            $0.queueID = queueID.rawValue
            $0.address = address.wire
            $0.priority = priority.wire
            if let language { $0.language = language }
            if let displayName { $0.displayName = displayName }
            if let preferredAgentID { $0.preferredAgentID = preferredAgentID.rawValue }
            $0.excerpt = excerpt
            $0.acceptedAtMs = acceptedAt.wire
        }
    }

    package init(wire: WireWorkRequest) throws(WireError) {
        self.init(
            workItemID: try .required("work_item_id", wire.workItemID),
            conversationID: try .required("conversation_id", wire.conversationID),
            customerID: try .required("customer_id", wire.customerID),
            messageID: try .required("message_id", wire.messageID),
            poolID: try .required("pool_id", wire.poolID),
            queueID: try .required("queue_id", wire.queueID),
            address: try .required("address", wire.hasAddress ? wire.address : nil),
            priority: Int(wire.priority),
            language: wire.hasLanguage ? wire.language : nil,
            displayName: wire.hasDisplayName ? wire.displayName : nil,
            preferredAgentID: try AgentID.optional(
                "preferred_agent_id", wire.hasPreferredAgentID ? wire.preferredAgentID : nil),
            excerpt: wire.excerpt,
            acceptedAt: try .required("accepted_at_ms", wire.acceptedAtMs))
    }
}

extension Escalation: WireValue {
    package var wire: WireEscalation {
        .with {
            $0.workItemID = workItemID.rawValue
            $0.poolID = poolID.rawValue
            $0.priority = priority.wire
            $0.reason = reason
        }
    }

    package init(wire: WireEscalation) throws(WireError) {
        self.init(
            workItemID: try .required("work_item_id", wire.workItemID),
            poolID: try .required("pool_id", wire.poolID),
            priority: Int(wire.priority),
            reason: wire.reason)
    }
}

extension CustomerGone: WireValue {
    package var wire: WireCustomerGone {
        .with {
            $0.workItemID = workItemID.rawValue
            $0.poolID = poolID.rawValue
            $0.address = address.wire
            $0.reason = reason
        }
    }

    package init(wire: WireCustomerGone) throws(WireError) {
        self.init(
            workItemID: try .required("work_item_id", wire.workItemID),
            poolID: try .required("pool_id", wire.poolID),
            address: try .required("address", wire.hasAddress ? wire.address : nil),
            reason: wire.reason)
    }
}

extension ConversationStarted: WireValue {
    package var wire: WireConversationStarted {
        .with {
            $0.asked = asked.wire
            $0.conversationID = conversationID.rawValue
            $0.customerID = customerID.rawValue
            if let displayName { $0.displayName = displayName }
            if let language { $0.language = language }
            if let refusal { $0.refusal = refusal.wire }
        }
    }

    package init(wire: WireConversationStarted) throws(WireError) {
        self.init(
            asked: try .required("asked", wire.hasAsked ? wire.asked : nil),
            conversationID: try .required("conversation_id", wire.conversationID),
            customerID: try .required("customer_id", wire.customerID),
            displayName: wire.hasDisplayName ? wire.displayName : nil,
            language: wire.hasLanguage ? wire.language : nil,
            refusal: wire.refusal == .unspecified ? nil : try .required("refusal", wire.refusal))
    }
}

extension SurveyAnswer: WireValue {
    package var wire: WireSurveyAnswer {
        .with {
            $0.surveyID = surveyID.rawValue
            $0.workItemID = workItemID.rawValue
            $0.conversationID = conversationID.rawValue
            $0.customerID = customerID.rawValue
            $0.poolID = poolID.rawValue
            $0.messageID = messageID.rawValue
            $0.score = score.wire
        }
    }

    package init(wire: WireSurveyAnswer) throws(WireError) {
        self.init(
            surveyID: try .required("survey_id", wire.surveyID),
            workItemID: try .required("work_item_id", wire.workItemID),
            conversationID: try .required("conversation_id", wire.conversationID),
            customerID: try .required("customer_id", wire.customerID),
            poolID: try .required("pool_id", wire.poolID),
            messageID: try .required("message_id", wire.messageID),
            score: Int(wire.score))
    }
}
