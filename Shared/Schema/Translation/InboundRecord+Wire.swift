package import Domain
import SwiftProtobuf

extension InboundRecord: WireRecord {
    package static var topic: Topic { .inbound }

    package var kindName: String {
        switch self {
        case .messageReceived: "message-received"
        case .identityLinked: "identity-linked"
        case .identityUnlinked: "identity-unlinked"
        case .identifierAttached: "identifier-attached"
        case .identifierDetached: "identifier-detached"
        case .profileUpdated: "profile-updated"
        case .messageFiled: "message-filed"
        case .workItemClosed: "work-item-closed"
        case .workItemReopened: "work-item-reopened"
        case .surveyAsked: "survey-asked"
        case .customerLeft: "customer-left"
        case .conversationAsked: "conversation-asked"
        }
    }

    package var wire: WireInboundRecord {
        .with {
            $0.kind =
                switch self {
                case .messageReceived(let message): .messageReceived(message.wire)
                case .identityLinked(let link): .identityLinked(link.wire)
                case .identityUnlinked(let link): .identityUnlinked(link.wire)
                case .identifierAttached(let link): .identifierAttached(link.wire)
                case .identifierDetached(let link): .identifierDetached(link.wire)
                case .profileUpdated(let profile): .profileUpdated(profile.wire)
                case .messageFiled(let filed): .messageFiled(filed.wire)
                case .workItemClosed(let closed): .workItemClosed(closed.wire)
                case .workItemReopened(let reopened): .workItemReopened(reopened.wire)
                case .surveyAsked(let asked): .surveyAsked(asked.wire)
                case .customerLeft(let departure): .customerLeft(departure.wire)
                case .conversationAsked(let asked): .conversationAsked(asked.wire)
                }
        }
    }

    package init(wire: WireInboundRecord) throws(WireError) {
        switch wire.kind {
        case nil: throw .unknownKind()
        case .messageReceived(let message): self = .messageReceived(try .required("message_received", message))
        case .identityLinked(let link): self = .identityLinked(try .required("identity_linked", link))
        case .identityUnlinked(let link): self = .identityUnlinked(try .required("identity_unlinked", link))
        case .identifierAttached(let link): self = .identifierAttached(try .required("identifier_attached", link))
        case .identifierDetached(let link): self = .identifierDetached(try .required("identifier_detached", link))
        case .profileUpdated(let profile): self = .profileUpdated(try .required("profile_updated", profile))
        case .messageFiled(let filed): self = .messageFiled(try .required("message_filed", filed))
        case .workItemClosed(let closed): self = .workItemClosed(try .required("work_item_closed", closed))
        case .workItemReopened(let reopened): self = .workItemReopened(try .required("work_item_reopened", reopened))
        case .surveyAsked(let asked): self = .surveyAsked(try .required("survey_asked", asked))
        case .customerLeft(let departure): self = .customerLeft(try .required("customer_left", departure))
        case .conversationAsked(let asked): self = .conversationAsked(try .required("conversation_asked", asked))
        }
    }
}

extension InboundMessage: WireValue {
    package var wire: WireInboundMessage {
        .with {
            $0.messageID = messageID.rawValue
            $0.customerID = customerID.rawValue
            $0.address = address.wire
            $0.text = text
            if let subject { $0.subject = subject }
            if let language { $0.language = language }
            if let displayName { $0.displayName = displayName }
            $0.providerID = providerID
            $0.evidence = evidence.map(\.wire)
            if let acceptedAt { $0.acceptedAtMs = acceptedAt.wire }
            if let forwardedFrom { $0.forwardedFrom = forwardedFrom.rawValue }
        }
    }

    package init(wire: WireInboundMessage) throws(WireError) {
        self.init(
            messageID: try .required("message_id", wire.messageID),
            customerID: try .required("customer_id", wire.customerID),
            address: try .required("address", wire.hasAddress ? wire.address : nil),
            text: wire.text,
            subject: wire.hasSubject ? wire.subject : nil,
            language: wire.hasLanguage ? wire.language : nil,
            displayName: wire.hasDisplayName ? wire.displayName : nil,
            providerID: wire.providerID,
            evidence: try Evidence.list("evidence", wire.evidence),
            acceptedAt: try Instant.optional("accepted_at_ms", wire.hasAcceptedAtMs ? wire.acceptedAtMs : nil),
            forwardedFrom: try CustomerID.optional(
                "forwarded_from", wire.hasForwardedFrom ? wire.forwardedFrom : nil))
    }
}

extension Evidence: WireValue {
    package var wire: WireEvidence {
        .with {
            $0.kind = kind.wire
            if let customerID { $0.customerID = customerID.rawValue }
            if let conversationID { $0.conversationID = conversationID.rawValue }
            if let identifier { $0.identifier = identifier.wire }
        }
    }

    package init(wire: WireEvidence) throws(WireError) {
        self.init(
            kind: try .required("kind", wire.kind),
            customerID: try CustomerID.optional("customer_id", wire.hasCustomerID ? wire.customerID : nil),
            conversationID: try ConversationID.optional(
                "conversation_id", wire.hasConversationID ? wire.conversationID : nil),
            identifier: try Identifier.optional("identifier", wire.hasIdentifier ? wire.identifier : nil))
    }
}

extension IdentityLink: WireValue {
    package var wire: WireIdentityLink {
        .with {
            $0.identifier = identifier.wire
            $0.customerID = customerID.rawValue
            $0.evidence = evidence.wire
            $0.reason = reason
            if let via { $0.via = via.rawValue }
        }
    }

    package init(wire: WireIdentityLink) throws(WireError) {
        self.init(
            identifier: try .required("identifier", wire.hasIdentifier ? wire.identifier : nil),
            customerID: try .required("customer_id", wire.customerID),
            evidence: try .required("evidence", wire.evidence),
            reason: wire.reason,
            via: try CustomerID.optional("via", wire.hasVia ? wire.via : nil))
    }
}

extension MessageFiled: WireValue {
    package var wire: WireMessageFiled {
        .with {
            $0.messageID = messageID.rawValue
            $0.customerID = customerID.rawValue
            $0.conversationID = conversationID.rawValue
            $0.workItemID = workItemID.rawValue
            $0.role = role.wire
            $0.acceptedAtMs = acceptedAt.wire
            if let receivedAs { $0.receivedAs = receivedAs.rawValue }
        }
    }

    package init(wire: WireMessageFiled) throws(WireError) {
        self.init(
            messageID: try .required("message_id", wire.messageID),
            customerID: try .required("customer_id", wire.customerID),
            conversationID: try .required("conversation_id", wire.conversationID),
            workItemID: try .required("work_item_id", wire.workItemID),
            role: try .required("role", wire.role),
            acceptedAt: try .required("accepted_at_ms", wire.acceptedAtMs),
            receivedAs: try MessageID.optional("received_as", wire.hasReceivedAs ? wire.receivedAs : nil))
    }
}

extension Departure: WireValue {
    package var wire: WireDeparture {
        .with {
            $0.customerID = customerID.rawValue
            $0.address = address.wire
            if let messageID { $0.messageID = messageID.rawValue }
            if let providerID { $0.providerID = providerID }
            $0.reason = reason
            if let forwardedFrom { $0.forwardedFrom = forwardedFrom.rawValue }
        }
    }

    package init(wire: WireDeparture) throws(WireError) {
        self.init(
            customerID: try .required("customer_id", wire.customerID),
            address: try .required("address", wire.hasAddress ? wire.address : nil),
            messageID: try MessageID.optional("message_id", wire.hasMessageID ? wire.messageID : nil),
            providerID: wire.hasProviderID ? wire.providerID : nil, reason: wire.reason,
            forwardedFrom: try CustomerID.optional(
                "forwarded_from", wire.hasForwardedFrom ? wire.forwardedFrom : nil))
    }
}

extension ConversationAsked: WireValue {
    package var wire: WireConversationAsked {
        .with {
            $0.workItemID = workItemID.rawValue
            $0.messageID = messageID.rawValue
            $0.agentID = agentID.rawValue
            $0.poolID = poolID.rawValue
            $0.queueID = queueID.rawValue
            $0.address = address.wire
            $0.text = text
            if let forwardedFrom { $0.forwardedFrom = forwardedFrom.rawValue }
        }
    }

    package init(wire: WireConversationAsked) throws(WireError) {
        self.init(
            workItemID: try .required("work_item_id", wire.workItemID),
            messageID: try .required("message_id", wire.messageID),
            agentID: try .required("agent_id", wire.agentID),
            poolID: try .required("pool_id", wire.poolID),
            queueID: try .required("queue_id", wire.queueID),
            address: try .required("address", wire.hasAddress ? wire.address : nil),
            text: wire.text,
            forwardedFrom: try CustomerID.optional(
                "forwarded_from", wire.hasForwardedFrom ? wire.forwardedFrom : nil))
    }
}
