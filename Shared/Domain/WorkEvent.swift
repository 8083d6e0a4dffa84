/// What `patchbay.work-events` carries, keyed by work item id (a command's result and presence: by agent id).
package struct WorkEvent: Hashable, Sendable {
    /// Log time of the command that caused it.
    package var at: Instant
    package var poolID: PoolID
    /// Nil for events about an agent only.
    package var subject: Subject?
    package var kind: Kind

    package init(at: Instant, poolID: PoolID, subject: Subject? = nil, kind: Kind) {
        self.at = at
        self.poolID = poolID
        self.subject = subject
        self.kind = kind
    }

    /// The work item concerned.
    package struct Subject: Hashable, Sendable {
        package var workItemID: WorkItemID
        package var conversationID: ConversationID
        package var customerID: CustomerID
        package var queueID: QueueID

        package init(
            workItemID: WorkItemID, conversationID: ConversationID, customerID: CustomerID, queueID: QueueID
        ) {
            self.workItemID = workItemID
            self.conversationID = conversationID
            self.customerID = customerID
            self.queueID = queueID
        }
    }

    package enum Kind: Hashable, Sendable {
        case opened(channel: ChannelKind, priority: Int, requirements: [Requirement], acceptedAt: Instant)
        case customerMessageAdded(MessageID, Address, excerpt: String)
        case queued
        case offered(OfferID, AgentID, expiresAt: Instant, explanation: String)
        case offerAccepted(OfferID, AgentID)
        case offerDeclined(OfferID, AgentID, reason: String)
        case offerExpired(OfferID, AgentID)
        case offerRevoked(OfferID, AgentID, reason: String)
        case assigned(AgentID)
        case agentReplied(AgentID, MessageID, Address, text: String)
        case noteAdded(AgentID, text: String)
        case parked(AgentID?, until: Instant)
        case resumed(reason: String)
        case requeued(AgentID?, reason: String)
        case transferred(AgentID?, to: QueueID)
        case requirementsRelaxed(step: Int, requirements: [Requirement])
        case escalated(from: Int, to: Int, reason: String)
        case wrapUpStarted(AgentID, until: Instant)
        case closed(AgentID?, disposition: String)
        case surveyAnswered(SurveyID, score: Int)
        case presenceChanged(AgentID, Presence, reason: String)
        case commandResult(CommandResult)
    }
}
