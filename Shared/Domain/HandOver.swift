/// A work item on its way from one pool to another: released in the log of the old one, and not yet admitted in the new.
package struct HandOver: Hashable, Sendable {
    package var workItemID: WorkItemID
    package var conversationID: ConversationID
    package var customerID: CustomerID
    package var poolID: PoolID
    package var queueID: QueueID
    /// The pools through which it came, in order, each time that it left one.
    package var path: [PoolID]
    package var displayName: String?
    package var language: String?
    package var priority: Int
    package var acceptedAt: Instant
    package var openedAt: Instant
    package var address: Address
    package var replyAddress: Address?
    /// When an agent last replied.
    package var answeredAt: Instant?
    package var messages: [Message]
    package var messageCount: Int
    package var preferredAgentID: AgentID?
    /// Offers are named by their number, so it goes on.
    package var offersMade: Int
    package var isCallbackOffered: Bool
    /// What the agent who handed it over said to whoever has it next.
    package var transferNote: TransferNote?
    /// Nil while the customer is there.
    package var customerLeftAt: Instant?

    package init(
        workItemID: WorkItemID, conversationID: ConversationID, customerID: CustomerID, poolID: PoolID,
        queueID: QueueID, path: [PoolID], displayName: String? = nil, language: String? = nil, priority: Int,
        acceptedAt: Instant, openedAt: Instant, address: Address, replyAddress: Address? = nil,
        answeredAt: Instant? = nil, messages: [Message] = [], messageCount: Int = 0, preferredAgentID: AgentID? = nil,
        offersMade: Int = 0, isCallbackOffered: Bool = false, transferNote: TransferNote? = nil,
        customerLeftAt: Instant? = nil
    ) {
        self.workItemID = workItemID
        self.conversationID = conversationID
        self.customerID = customerID
        self.poolID = poolID
        self.queueID = queueID
        self.path = path
        self.displayName = displayName
        self.language = language
        self.priority = priority
        self.acceptedAt = acceptedAt
        self.openedAt = openedAt
        self.address = address
        self.replyAddress = replyAddress
        self.answeredAt = answeredAt
        self.messages = messages
        self.messageCount = messageCount
        self.preferredAgentID = preferredAgentID
        self.offersMade = offersMade
        self.isCallbackOffered = isCallbackOffered
        self.transferNote = transferNote
        self.customerLeftAt = customerLeftAt
    }

    package struct TransferNote: Hashable, Sendable {
        package var agentID: AgentID
        package var text: String
        package var at: Instant

        package init(agentID: AgentID, text: String, at: Instant) {
            self.agentID = agentID
            self.text = text
            self.at = at
        }
    }

    /// One message of the customer, shortened.
    package struct Message: Hashable, Sendable {
        package var messageID: MessageID
        package var address: Address
        package var text: String
        package var acceptedAt: Instant

        package init(messageID: MessageID, address: Address, text: String, acceptedAt: Instant) {
            self.messageID = messageID
            self.address = address
            self.text = text
            self.acceptedAt = acceptedAt
        }
    }
}
