package import Domain
import SwiftProtobuf

extension WorkEvent: WireRecord {
    package static var topic: Topic { .workEvents }

    package var kindName: String {
        switch kind {
        case .opened: "opened"
        case .customerMessageAdded: "customer-message-added"
        case .queued: "queued"
        case .offered: "offered"
        case .offerAccepted: "offer-accepted"
        case .offerDeclined: "offer-declined"
        case .offerExpired: "offer-expired"
        case .offerRevoked: "offer-revoked"
        case .assigned: "assigned"
        case .agentReplied: "agent-replied"
        case .noteAdded: "note-added"
        case .parked: "parked"
        case .resumed: "resumed"
        case .requeued: "requeued"
        case .transferred: "transferred"
        case .requirementsRelaxed: "requirements-relaxed"
        case .escalated: "escalated"
        case .wrapUpStarted: "wrap-up-started"
        case .closed: "closed"
        case .surveyAnswered: "survey-answered"
        case .presenceChanged: "presence-changed"
        case .commandResult: "command-result"
        case .widened: "widened"
        case .turnedAway: "turned-away"
        case .customerTold: "customer-told"
        case .handedOver: "handed-over"
        case .takenOver: "taken-over"
        case .airGiven: "air-given"
        case .shiftEnded: "shift-ended"
        case .abandoned: "abandoned"
        case .consultStarted: "consult-started"
        case .consultEnded: "consult-ended"
        case .customerLeft: "customer-left"
        case .transferredToAgent: "transferred-to-agent"
        case .scheduled: "scheduled"
        case .shadowDiffered: "shadow-differed"
        }
    }

    package var wire: WireWorkEvent {
        .with {
            $0.atMs = at.wire
            $0.poolID = poolID.rawValue
            if let subject { $0.subject = subject.wire }
            $0.kind = kind.wire
        }
    }

    package init(wire: WireWorkEvent) throws(WireError) {
        self.init(
            at: try .required("at_ms", wire.atMs),
            poolID: try .required("pool_id", wire.poolID),
            subject: try Subject.optional("subject", wire.hasSubject ? wire.subject : nil),
            kind: try Kind(wire: wire.kind))
    }
}

extension WorkEvent.Subject: WireValue {
    package var wire: WireWorkEvent.Subject {
        .with {
            $0.workItemID = workItemID.rawValue
            $0.conversationID = conversationID.rawValue
            $0.customerID = customerID.rawValue
            $0.queueID = queueID.rawValue
        }
    }

    package init(wire: WireWorkEvent.Subject) throws(WireError) {
        self.init(
            workItemID: try .required("work_item_id", wire.workItemID),
            conversationID: try .required("conversation_id", wire.conversationID),
            customerID: try .required("customer_id", wire.customerID),
            queueID: try .required("queue_id", wire.queueID))
    }
}

extension CommandResult: WireValue {
    package var wire: WireCommandResult {
        .with {
            $0.commandID = commandID.rawValue
            $0.agentID = agentID.rawValue
            $0.outcome =
                switch outcome {
                case .done(let workItemID, let messageID):
                    .done(
                        .with {
                            if let workItemID { $0.workItemID = workItemID.rawValue }
                            if let messageID { $0.messageID = messageID.rawValue }
                        })
                case .rejected(let rejection): .rejected(rejection.wire)
                }
        }
    }

    package init(wire: WireCommandResult) throws(WireError) {
        let outcome: Outcome =
            switch wire.outcome {
            case nil: throw .unknownKind("outcome")
            case .done(let done):
                .done(
                    try WorkItemID.optional("done.work_item_id", done.hasWorkItemID ? done.workItemID : nil),
                    try MessageID.optional("done.message_id", done.hasMessageID ? done.messageID : nil))
            case .rejected(let rejection): .rejected(try .required("rejected", rejection))
            }
        self.init(
            commandID: try .required("command_id", wire.commandID),
            agentID: try .required("agent_id", wire.agentID),
            outcome: outcome)
    }
}

extension Rejection: WireValue {
    package var wire: WireRejection {
        .with {
            $0.code = code.wire
            $0.detail = detail
        }
    }

    package init(wire: WireRejection) throws(WireError) {
        self.init(code: try .required("code", wire.code), detail: wire.detail)
    }
}
