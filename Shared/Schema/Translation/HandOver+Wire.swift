package import Domain
import SwiftProtobuf

extension HandOver: WireValue {
    package var wire: WireHandOver {
        .with {
            $0.workItemID = workItemID.rawValue
            $0.conversationID = conversationID.rawValue
            $0.customerID = customerID.rawValue
            $0.poolID = poolID.rawValue
            $0.queueID = queueID.rawValue
            $0.path = path.map(\.rawValue)
            if let displayName { $0.displayName = displayName }
            if let language { $0.language = language }
            $0.priority = priority.wire
            $0.acceptedAtMs = acceptedAt.wire
            $0.openedAtMs = openedAt.wire
            $0.address = address.wire
            if let replyAddress { $0.replyAddress = replyAddress.wire }
            if let answeredAt { $0.answeredAtMs = answeredAt.wire }
            $0.messages = messages.map(\.wire)
            $0.messageCount = messageCount.wire
            if let preferredAgentID { $0.preferredAgentID = preferredAgentID.rawValue }
            $0.offersMade = offersMade.wire
            $0.isCallbackOffered = isCallbackOffered
            if let transferNote { $0.transferNote = transferNote.wire }
            if let customerLeftAt { $0.customerLeftAtMs = customerLeftAt.wire }
        }
    }

    package init(wire: WireHandOver) throws(WireError) {
        self.init(
            workItemID: try .required("work_item_id", wire.workItemID),
            conversationID: try .required("conversation_id", wire.conversationID),
            customerID: try .required("customer_id", wire.customerID),
            poolID: try .required("pool_id", wire.poolID),
            queueID: try .required("queue_id", wire.queueID),
            path: try PoolID.list("path", wire.path),
            displayName: wire.hasDisplayName ? wire.displayName : nil,
            language: wire.hasLanguage ? wire.language : nil,
            priority: Int(wire.priority),
            acceptedAt: try .required("accepted_at_ms", wire.acceptedAtMs),
            openedAt: try .required("opened_at_ms", wire.openedAtMs),
            address: try .required("address", wire.hasAddress ? wire.address : nil),
            replyAddress: try .optional("reply_address", wire.hasReplyAddress ? wire.replyAddress : nil),
            answeredAt: try .optional("answered_at_ms", wire.hasAnsweredAtMs ? wire.answeredAtMs : nil),
            messages: try Message.list("messages", wire.messages),
            messageCount: Int(wire.messageCount),
            preferredAgentID: try .optional(
                "preferred_agent_id", wire.hasPreferredAgentID ? wire.preferredAgentID : nil),
            offersMade: Int(wire.offersMade),
            isCallbackOffered: wire.isCallbackOffered,
            transferNote: try .optional("transfer_note", wire.hasTransferNote ? wire.transferNote : nil),
            customerLeftAt: try .optional(
                "customer_left_at_ms", wire.hasCustomerLeftAtMs ? wire.customerLeftAtMs : nil))
    }
}

extension HandOver.Message: WireValue {
    package var wire: WireHandOver.Message {
        .with {
            $0.messageID = messageID.rawValue
            $0.address = address.wire
            $0.text = text
            $0.acceptedAtMs = acceptedAt.wire
        }
    }

    package init(wire: WireHandOver.Message) throws(WireError) {
        self.init(
            messageID: try .required("message_id", wire.messageID),
            address: try .required("address", wire.hasAddress ? wire.address : nil),
            text: wire.text,
            acceptedAt: try .required("accepted_at_ms", wire.acceptedAtMs))
    }
}

extension HandOver.TransferNote: WireValue {
    package var wire: WireHandOver.TransferNote {
        .with {
            $0.agentID = agentID.rawValue
            $0.text = text
            $0.atMs = at.wire
        }
    }

    package init(wire: WireHandOver.TransferNote) throws(WireError) {
        self.init(
            agentID: try .required("agent_id", wire.agentID), text: wire.text, at: try .required("at_ms", wire.atMs))
    }
}
