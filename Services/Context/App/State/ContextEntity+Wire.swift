import ContextCore
import Domain
import OrderedCollections
import Schema
import SwiftProtobuf

// Context's working state, as its checkpoints hold it.

extension ContextEntity: WireValue {
    var wire: WireContextEntity {
        .with {
            $0.kind =
                switch self {
                case .customer(let customer): .customer(customer.wire)
                case .message(let id, let at):
                    .message(
                        .with {
                            $0.messageID = id.rawValue
                            $0.atMs = at.wire
                        })
                case .waiting(let message): .waiting(message.wire)
                }
        }
    }

    init(wire: WireContextEntity) throws(WireError) {
        switch wire.kind {
        case nil:
            throw WireError(
                field: "kind", value: "unknown entity kind", expected: "a kind that this version knows")
        case .customer(let customer): self = .customer(try .required("customer", customer))
        case .message(let message):
            self = .message(
                try .required("message.message_id", message.messageID), try .required("message.at_ms", message.atMs))
        case .waiting(let message): self = .waiting(try .required("waiting", message))
        }
    }
}

extension Customer: WireValue {
    var wire: WireContextCustomer {
        .with {
            $0.customerID = id.rawValue
            if let link { $0.link = link.wire }
            $0.attached = attached.values.map(\.wire)
            if let conversation { $0.conversation = conversation.wire }
            $0.surveys = surveys.map(\.wire)
            if let lastAgentID { $0.lastAgentID = lastAgentID.rawValue }
            if let name { $0.name = name }
            if let language { $0.language = language }
            if let heardName { $0.heardName = heardName }
            if let heardLanguage { $0.heardLanguage = heardLanguage }
            $0.hasProfile_p = hasProfile
            $0.lastActivityMs = lastActivity.wire
            $0.consents = consents.map(\.wire)
        }
    }

    init(wire: WireContextCustomer) throws(WireError) {
        self.init(id: try .required("customer_id", wire.customerID))
        link = try Link.optional("link", wire.hasLink ? wire.link : nil)
        for attachment in try IdentityLink.list("attached", wire.attached) {
            attached[attachment.identifier] = attachment
        }
        conversation = try Conversation.optional("conversation", wire.hasConversation ? wire.conversation : nil)
        surveys = try SurveyAsked.list("surveys", wire.surveys)
        lastAgentID = try .optional("last_agent_id", wire.hasLastAgentID ? wire.lastAgentID : nil)
        name = wire.hasName ? wire.name : nil
        language = wire.hasLanguage ? wire.language : nil
        heardName = wire.hasHeardName ? wire.heardName : nil
        heardLanguage = wire.hasHeardLanguage ? wire.heardLanguage : nil
        hasProfile = wire.hasProfile_p
        lastActivity = try .required("last_activity_ms", wire.lastActivityMs)
        consents = try ChannelKind.list("consents", wire.consents)
    }
}

extension Customer.Link: WireValue {
    var wire: WireContextCustomer.Link {
        .with {
            $0.identifier = identifier.wire
            $0.parentID = parentID.rawValue
            $0.ownerID = ownerID.rawValue
            $0.evidence = evidence.wire
            $0.reason = reason
            $0.linkedAtMs = linkedAt.wire
        }
    }

    init(wire: WireContextCustomer.Link) throws(WireError) {
        self.init(
            identifier: try .required("identifier", wire.hasIdentifier ? wire.identifier : nil),
            parentID: try .required("parent_id", wire.parentID), ownerID: try .required("owner_id", wire.ownerID),
            evidence: try .required("evidence", wire.evidence), reason: wire.reason,
            linkedAt: try .required("linked_at_ms", wire.linkedAtMs))
    }
}

extension Customer.Conversation: WireValue {
    var wire: WireContextCustomer.Conversation {
        .with {
            $0.conversationID = id.rawValue
            $0.items = items.map(\.wire)
            $0.lastPoolID = lastPoolID.rawValue
            $0.lastQueueID = lastQueueID.rawValue
        }
    }

    init(wire: WireContextCustomer.Conversation) throws(WireError) {
        self.init(
            id: try .required("conversation_id", wire.conversationID),
            items: try Customer.Item.list("items", wire.items),
            lastPoolID: try .required("last_pool_id", wire.lastPoolID),
            lastQueueID: try .required("last_queue_id", wire.lastQueueID))
    }
}

extension Customer.Item: WireValue {
    var wire: WireContextCustomer.Item {
        .with {
            $0.workItemID = id.rawValue
            $0.poolID = poolID.rawValue
            $0.queueID = queueID.rawValue
            $0.isLive = isLive
        }
    }

    init(wire: WireContextCustomer.Item) throws(WireError) {
        self.init(
            id: try .required("work_item_id", wire.workItemID), poolID: try .required("pool_id", wire.poolID),
            queueID: try .required("queue_id", wire.queueID), isLive: wire.isLive)
    }
}

extension WaitingMessage: WireValue {
    var wire: WireWaitingMessage {
        .with {
            $0.message = message.wire
            $0.customerID = customerID.rawValue
            $0.sinceMs = since.wire
        }
    }

    init(wire: WireWaitingMessage) throws(WireError) {
        let message = try InboundMessage.required("message", wire.hasMessage ? wire.message : nil)
        self.init(
            key: message.messageID, message: message, customerID: try .required("customer_id", wire.customerID),
            since: try .required("since_ms", wire.sinceMs))
    }
}
