package import Domain
package import OrderedCollections

/// What context must know of one customer to place the next message.
///
/// Every identifier names a customer of its own (`Identifier.customerID`), so a customer also stands for that
/// identifier: `link` says where its messages go, `attached` which other identifiers' messages come here.
///
/// - Bounds: see `ContextLimits`; names, languages and ids are bounded at the edges.
package struct Customer: Hashable, Sendable {
    package var id: CustomerID
    /// Set while the customer's own identifier belongs to another customer.
    package var link: Link?
    /// Identifiers whose messages come here, or go on from here when `link` is set. Those with a `via` came along
    /// with the customer named there.
    package var attached: OrderedDictionary<Identifier, IdentityLink> = [:]
    /// The latest conversation; it is open while one of its work items is.
    package var conversation: Conversation?
    package var surveys: [SurveyAsked] = []
    /// Who ended the customer's last work item.
    package var lastAgentID: AgentID?
    /// From the profile.
    package var name: String?
    /// From the profile.
    package var language: String?
    /// From the latest message that told it.
    package var heardName: String?
    /// From the latest message that told it.
    package var heardLanguage: String?
    package var hasProfile: Bool = false
    /// From the profile: channels on which they agreed to be written to first.
    package var consents: [ChannelKind] = []
    package var lastActivity: Instant = Instant(milliseconds: 0)

    package init(id: CustomerID) {
        self.id = id
    }

    package var openConversation: Conversation? {
        conversation.flatMap { $0.items.isEmpty ? nil : $0 }
    }

    /// Nothing but the passing of time keeps this customer in memory.
    var isForgettable: Bool {
        link == nil && attached.isEmpty && openConversation == nil && !hasProfile
    }

    /// Where the messages of a customer's own identifier go.
    ///
    /// - Ordering: the parent tells its children whenever its own owner changes, so that a message takes one hop
    ///   however long the chain of evidence is.
    package struct Link: Hashable, Sendable {
        package var identifier: Identifier
        /// The customer whom the evidence named.
        package var parentID: CustomerID
        /// The customer whom the parent belongs to; the parent itself when it belongs to nobody.
        package var ownerID: CustomerID
        package var evidence: EvidenceKind
        package var reason: String
        package var linkedAt: Instant

        package init(
            identifier: Identifier, parentID: CustomerID, ownerID: CustomerID, evidence: EvidenceKind,
            reason: String, linkedAt: Instant
        ) {
            self.identifier = identifier
            self.parentID = parentID
            self.ownerID = ownerID
            self.evidence = evidence
            self.reason = reason
            self.linkedAt = linkedAt
        }
    }

    /// A conversation and the work items that are open in it.
    package struct Conversation: Hashable, Sendable {
        package var id: ConversationID
        package var items: [Item]
        /// Where the last message went: what a work item that the router reopens inherits.
        package var lastPoolID: PoolID
        package var lastQueueID: QueueID

        package init(id: ConversationID, items: [Item], lastPoolID: PoolID, lastQueueID: QueueID) {
            self.id = id
            self.items = items
            self.lastPoolID = lastPoolID
            self.lastQueueID = lastQueueID
        }
    }

    /// An open work item.
    package struct Item: Hashable, Sendable {
        package var id: WorkItemID
        package var poolID: PoolID
        package var queueID: QueueID
        package var isLive: Bool

        package init(id: WorkItemID, poolID: PoolID, queueID: QueueID, isLive: Bool) {
            self.id = id
            self.poolID = poolID
            self.queueID = queueID
            self.isLive = isLive
        }
    }
}

/// A message whose account or queue is not configured yet.
package struct WaitingMessage: Hashable, Sendable {
    /// Its place in the state: what the message was called when it began to wait.
    package var key: MessageID
    package var message: InboundMessage
    /// Under whose key it came.
    package var customerID: CustomerID
    package var since: Instant

    package init(key: MessageID, message: InboundMessage, customerID: CustomerID, since: Instant) {
        self.key = key
        self.message = message
        self.customerID = customerID
        self.since = since
    }
}
