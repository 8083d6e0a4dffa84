package import Domain
import SwiftProtobuf

extension ClockSignal: WireRecord {
    package static var topic: Topic { .clocks }

    package var kindName: String {
        switch kind {
        case .opened: "opened"
        case .customerMessage: "customer-message"
        case .agentReplied: "agent-replied"
        case .parked: "parked"
        case .resumed: "resumed"
        case .priorityChanged: "priority-changed"
        case .closed: "closed"
        }
    }

    package var wire: WireClockSignal {
        .with {
            $0.workItemID = workItemID.rawValue
            $0.atMs = at.wire
            $0.kind = kind.wire
        }
    }

    package init(wire: WireClockSignal) throws(WireError) {
        self.init(
            workItemID: try .required("work_item_id", wire.workItemID),
            at: try .required("at_ms", wire.atMs),
            kind: try Kind(wire: wire.kind))
    }
}

extension ClockSignal.Kind {
    fileprivate var wire: WireClockSignal.OneOf_Kind {
        switch self {
        case .opened(let opened): .opened(opened.wire)
        case .customerMessage(let messageID, let address):
            .customerMessage(
                .with {
                    $0.messageID = messageID.rawValue
                    $0.address = address.wire
                })
        case .agentReplied(let messageID): .agentReplied(.with { $0.messageID = messageID.rawValue })
        case .parked: .parked(.init())
        case .resumed: .resumed(.init())
        case .priorityChanged(let priority): .priorityChanged(.with { $0.priority = priority.wire })
        case .closed(let agentID, let disposition, let conversationEnded, let replyAddress):
            .closed(
                .with {
                    if let agentID { $0.agentID = agentID.rawValue }
                    $0.disposition = disposition
                    $0.conversationEnded = conversationEnded
                    if let replyAddress { $0.replyAddress = replyAddress.wire }
                })
        }
    }

    fileprivate init(wire: WireClockSignal.OneOf_Kind?) throws(WireError) {
        switch wire {
        case nil: throw .unknownKind()
        case .opened(let opened): self = .opened(try .required("opened", opened))
        case .customerMessage(let wire):
            self = .customerMessage(
                try .required("customer_message.message_id", wire.messageID),
                try .required("customer_message.address", wire.hasAddress ? wire.address : nil))
        case .agentReplied(let wire):
            self = .agentReplied(try .required("agent_replied.message_id", wire.messageID))
        case .parked: self = .parked
        case .resumed: self = .resumed
        case .priorityChanged(let wire): self = .priorityChanged(Int(wire.priority))
        case .closed(let wire):
            self = .closed(
                agentID: try AgentID.optional("closed.agent_id", wire.hasAgentID ? wire.agentID : nil),
                disposition: wire.disposition,
                conversationEnded: wire.conversationEnded,
                replyAddress: try Address.optional(
                    "closed.reply_address", wire.hasReplyAddress ? wire.replyAddress : nil))
        }
    }
}

extension OpenedWorkItem: WireValue {
    package var wire: WireOpenedWorkItem {
        .with {
            $0.conversationID = conversationID.rawValue
            $0.customerID = customerID.rawValue
            $0.poolID = poolID.rawValue
            $0.queueID = queueID.rawValue
            $0.policyID = policyID.rawValue
            $0.priority = priority.wire
            $0.address = address.wire
            if let language { $0.language = language }
            if let expectedWaitSeconds { $0.expectedWaitSeconds = expectedWaitSeconds.wire }
            $0.joinsOpenConversation = joinsOpenConversation
        }
    }

    package init(wire: WireOpenedWorkItem) throws(WireError) {
        self.init(
            conversationID: try .required("conversation_id", wire.conversationID),
            customerID: try .required("customer_id", wire.customerID),
            poolID: try .required("pool_id", wire.poolID),
            queueID: try .required("queue_id", wire.queueID),
            policyID: try .required("policy_id", wire.policyID),
            priority: Int(wire.priority),
            address: try .required("address", wire.hasAddress ? wire.address : nil),
            language: wire.hasLanguage ? wire.language : nil,
            expectedWaitSeconds: wire.hasExpectedWaitSeconds ? Int(wire.expectedWaitSeconds) : nil,
            joinsOpenConversation: wire.joinsOpenConversation)
    }
}
