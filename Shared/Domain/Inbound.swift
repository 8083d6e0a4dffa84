/// What `patchbay.inbound` carries, keyed by customer id.
package enum InboundRecord: Hashable, Sendable {
    case messageReceived(InboundMessage)
    case identityLinked(IdentityLink)
    case identityUnlinked(IdentityLink)
    case identifierAttached(IdentityLink)
    case identifierDetached(IdentityLink)
    case profileUpdated(CustomerProfile)
    case messageFiled(MessageFiled)
    case workItemClosed(ClosedWorkItem)
    case workItemReopened(ReopenedWorkItem)
    case surveyAsked(SurveyAsked)
    /// From the connector, forwarded as a message is.
    case customerLeft(Departure)
    /// From the router, forwarded as a message is.
    case conversationAsked(ConversationAsked)
}

/// A customer's message or call, as a connector accepted it.
package struct InboundMessage: Hashable, Sendable {
    /// Derived from channel account, sender and provider id: a provider's repeat has the same. Who writes to the log
    /// may have chosen it: `boundID` is what is relied on.
    package var messageID: MessageID
    /// The customer named by the sender's own identifier; the key of the record's first partition.
    package var customerID: CustomerID
    package var address: Address
    /// - Bounds: 64 KiB of UTF-8; empty for a call.
    package var text: String
    package var subject: String?
    /// BCP 47, as far as the channel knows it.
    package var language: String?
    package var displayName: String?
    package var providerID: String
    package var evidence: [Evidence] = []
    /// The log time at which the message was first accepted; set when it is forwarded.
    package var acceptedAt: Instant?
    /// The customer whose partition forwarded it here.
    package var forwardedFrom: CustomerID?

    package init(
        messageID: MessageID, customerID: CustomerID, address: Address, text: String, subject: String? = nil,
        language: String? = nil, displayName: String? = nil, providerID: String, evidence: [Evidence] = [],
        acceptedAt: Instant? = nil, forwardedFrom: CustomerID? = nil
    ) {
        self.messageID = messageID
        self.customerID = customerID
        self.address = address
        self.text = text
        self.subject = subject
        self.language = language
        self.displayName = displayName
        self.providerID = providerID
        self.evidence = evidence
        self.acceptedAt = acceptedAt
        self.forwardedFrom = forwardedFrom
    }
}

/// Says that an identifier belongs to a customer.
///
/// Under the identifier's own key as `identityLinked` / `identityUnlinked`: messages from it are forwarded from
/// here on, or no longer. Under the customer's key as `identifierAttached` / `identifierDetached`: the customer's side.
package struct IdentityLink: Hashable, Sendable {
    package var identifier: Identifier
    package var customerID: CustomerID
    package var evidence: EvidenceKind
    /// The message, profile revision or person that brought the evidence.
    package var reason: String
    /// The customer whom the evidence named, when that one belongs to another customer in turn: `customerID` is then
    /// whom the messages go to. Nil for the evidence itself.
    package var via: CustomerID?

    package init(
        identifier: Identifier, customerID: CustomerID, evidence: EvidenceKind, reason: String,
        via: CustomerID? = nil
    ) {
        self.identifier = identifier
        self.customerID = customerID
        self.evidence = evidence
        self.reason = reason
        self.via = via
    }
}

/// What a CRM knows of a customer.
package struct CustomerProfile: Hashable, Sendable {
    package var customerID: CustomerID
    package var name: String?
    package var language: String?
    package var verifiedIdentifiers: [Identifier] = []
    package var attributes: [Attribute] = []
    /// Channels on which the customer agreed to be written to first.
    package var consents: [ChannelKind] = []

    package init(
        customerID: CustomerID, name: String? = nil, language: String? = nil,
        verifiedIdentifiers: [Identifier] = [], attributes: [Attribute] = [], consents: [ChannelKind] = []
    ) {
        self.customerID = customerID
        self.name = name
        self.language = language
        self.verifiedIdentifiers = verifiedIdentifiers
        self.attributes = attributes
        self.consents = consents
    }

    package struct Attribute: Hashable, Sendable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }
}

/// Where context put a message: exactly one of these for every accepted message.
package struct MessageFiled: Hashable, Sendable {
    package var messageID: MessageID
    package var customerID: CustomerID
    package var conversationID: ConversationID
    package var workItemID: WorkItemID
    package var role: Role
    package var acceptedAt: Instant
    /// The id of the record that came, where that one did not hold the sender: `messageID` does.
    package var receivedAs: MessageID?

    package init(
        messageID: MessageID, customerID: CustomerID, conversationID: ConversationID, workItemID: WorkItemID,
        role: Role, acceptedAt: Instant, receivedAs: MessageID? = nil
    ) {
        self.messageID = messageID
        self.customerID = customerID
        self.conversationID = conversationID
        self.workItemID = workItemID
        self.role = role
        self.acceptedAt = acceptedAt
        self.receivedAs = receivedAs
    }

    package enum Role: String, CaseIterable, Hashable, Sendable {
        case opened, continued
        case surveyAnswer = "survey-answer"
    }
}

/// The router's word that a work item ended.
package struct ClosedWorkItem: Hashable, Sendable {
    package var workItemID: WorkItemID
    package var conversationID: ConversationID
    package var customerID: CustomerID
    package var disposition: String
    package var agentID: AgentID?
    /// No other work item of this conversation is open.
    package var conversationEnded: Bool

    package init(
        workItemID: WorkItemID, conversationID: ConversationID, customerID: CustomerID, disposition: String,
        agentID: AgentID? = nil, conversationEnded: Bool
    ) {
        self.workItemID = workItemID
        self.conversationID = conversationID
        self.customerID = customerID
        self.disposition = disposition
        self.agentID = agentID
        self.conversationEnded = conversationEnded
    }
}

/// The router's word that a message which came too late for its work item opened another one.
package struct ReopenedWorkItem: Hashable, Sendable {
    package var workItemID: WorkItemID
    package var conversationID: ConversationID
    package var customerID: CustomerID

    package init(workItemID: WorkItemID, conversationID: ConversationID, customerID: CustomerID) {
        self.workItemID = workItemID
        self.conversationID = conversationID
        self.customerID = customerID
    }
}

/// The SLA timer's word that a survey was sent, so that the answer is recognized.
package struct SurveyAsked: Hashable, Sendable {
    package var surveyID: SurveyID
    package var workItemID: WorkItemID
    package var conversationID: ConversationID
    package var customerID: CustomerID
    package var poolID: PoolID
    package var address: Address
    package var expiresAt: Instant

    package init(
        surveyID: SurveyID, workItemID: WorkItemID, conversationID: ConversationID, customerID: CustomerID,
        poolID: PoolID, address: Address, expiresAt: Instant
    ) {
        self.surveyID = surveyID
        self.workItemID = workItemID
        self.conversationID = conversationID
        self.customerID = customerID
        self.poolID = poolID
        self.address = address
        self.expiresAt = expiresAt
    }
}

/// A customer left a live channel: hung up, or closed the window.
package struct Departure: Hashable, Sendable {
    /// The customer named by the identifier; the key of the record's first partition.
    package var customerID: CustomerID
    package var address: Address
    /// The call that ended; nil: whatever is open at this address.
    package var messageID: MessageID?
    /// The provider's own id of that call.
    package var providerID: String?
    package var reason: String
    /// The customer whose partition forwarded it here.
    package var forwardedFrom: CustomerID?

    package init(
        customerID: CustomerID, address: Address, messageID: MessageID? = nil, providerID: String? = nil,
        reason: String, forwardedFrom: CustomerID? = nil
    ) {
        self.customerID = customerID
        self.address = address
        self.messageID = messageID
        self.providerID = providerID
        self.reason = reason
        self.forwardedFrom = forwardedFrom
    }
}

/// The router's question whether an agent may write to a customer first, and where that conversation belongs.
package struct ConversationAsked: Hashable, Sendable {
    /// The work item that it will be.
    package var workItemID: WorkItemID
    /// Of what the agent writes.
    package var messageID: MessageID
    package var agentID: AgentID
    package var poolID: PoolID
    package var queueID: QueueID
    package var address: Address
    package var text: String
    /// The customer whose partition forwarded it here.
    package var forwardedFrom: CustomerID?

    package init(
        workItemID: WorkItemID, messageID: MessageID, agentID: AgentID, poolID: PoolID, queueID: QueueID,
        address: Address, text: String, forwardedFrom: CustomerID? = nil
    ) {
        self.workItemID = workItemID
        self.messageID = messageID
        self.agentID = agentID
        self.poolID = poolID
        self.queueID = queueID
        self.address = address
        self.text = text
        self.forwardedFrom = forwardedFrom
    }
}
