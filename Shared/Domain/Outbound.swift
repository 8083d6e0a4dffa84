/// A message for a customer; `patchbay.outbound` carries it, keyed by conversation id.
package struct OutboundMessage: Hashable, Sendable {
    /// Also the idempotency key towards the provider.
    package var messageID: MessageID
    package var conversationID: ConversationID
    package var customerID: CustomerID
    package var workItemID: WorkItemID
    package var author: Author
    package var address: Address
    package var text: String
    /// Log time of the command that caused it.
    package var createdAt: Instant

    package init(
        messageID: MessageID, conversationID: ConversationID, customerID: CustomerID, workItemID: WorkItemID,
        author: Author, address: Address, text: String, createdAt: Instant
    ) {
        self.messageID = messageID
        self.conversationID = conversationID
        self.customerID = customerID
        self.workItemID = workItemID
        self.author = author
        self.address = address
        self.text = text
        self.createdAt = createdAt
    }

    package enum Author: Hashable, Sendable {
        case agent(AgentID)
        case acknowledgement
        case survey
        /// The queue itself.
        case notice(Notice)
    }
}

/// What a queue tells a customer by itself. The raw value names it on the wire, and is the disposition of a work item
/// that was turned away.
package enum Notice: String, CaseIterable, Hashable, Sendable {
    case queueFull = "queue-full"
    case queueClosed = "queue-closed"
    case callbackOffered = "callback-offered"
}

/// What `patchbay.delivery` carries, keyed by conversation id.
package struct DeliveryEvent: Hashable, Sendable {
    package var messageID: MessageID
    package var conversationID: ConversationID
    package var at: Instant
    package var kind: Kind

    package init(messageID: MessageID, conversationID: ConversationID, at: Instant, kind: Kind) {
        self.messageID = messageID
        self.conversationID = conversationID
        self.at = at
        self.kind = kind
    }

    package enum Kind: Hashable, Sendable {
        /// The provider took it; its own id for it, if it gave one.
        case sent(providerID: String?, attempts: Int)
        case delivered
        case read
        /// Given up; the reason is safe to show.
        case failed(reason: String, attempts: Int)
    }
}

/// What `patchbay.identity` carries, keyed by identifier, for readers outside; a tombstone takes it back.
package struct IdentityEntry: Hashable, Sendable {
    package var identifier: Identifier
    package var customerID: CustomerID
    package var evidence: EvidenceKind
    package var linkedAt: Instant

    package init(identifier: Identifier, customerID: CustomerID, evidence: EvidenceKind, linkedAt: Instant) {
        self.identifier = identifier
        self.customerID = customerID
        self.evidence = evidence
        self.linkedAt = linkedAt
    }
}
