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
        case noteAdded(AgentID, text: String, mentions: [AgentID] = [])
        case parked(AgentID?, until: Instant)
        case resumed(reason: String)
        case requeued(AgentID?, reason: String)
        case transferred(AgentID?, to: QueueID)
        case requirementsRelaxed(step: Int, requirements: [Requirement])
        /// By nobody: a step or a breach did it.
        case escalated(from: Int, to: Int, reason: String, by: AgentID? = nil)
        case wrapUpStarted(AgentID, until: Instant)
        case closed(AgentID?, disposition: String)
        case surveyAnswered(SurveyID, score: Int)
        /// The supervisor is who set it for the agent.
        case presenceChanged(AgentID, Presence, reason: String, supervisor: String? = nil)
        case commandResult(CommandResult)
        /// A step of the routing policy, counted from 0: agents of these queues may take it too.
        case widened(step: Int, to: [QueueID])
        /// No place in the queue: the work item is closed at once, with the notice as its disposition.
        case turnedAway(Notice, expectedWaitSeconds: Int?)
        /// The queue wrote to the customer by itself.
        case customerTold(Notice, MessageID)
        /// Released by its pool; no agent: by a step.
        case handedOver(AgentID?, to: PoolID, QueueID)
        /// Admitted by its new pool.
        case takenOver(from: PoolID)
        /// The agent worked too much of the last while; nothing is offered for the time being.
        case airGiven(AgentID, until: Instant)
        /// The agent's shift ended while they were there: they finish what they have.
        case shiftEnded(AgentID)
        /// The customer left before anybody had accepted; `closed` follows.
        case abandoned(waitedMilliseconds: Int64, reason: String)
        case consultStarted(AgentID, with: AgentID, question: String)
        /// Names the agent who was consulted.
        case consultEnded(AgentID, reason: String)
        /// The customer left; the agent who has it completes it.
        case customerLeft(AgentID, reason: String)
        case transferredToAgent(AgentID?, to: AgentID)
        /// A callback: it comes back at that time; kept for the agent, or for anyone.
        case scheduled(AgentID, at: Instant, keepsAgent: Bool)
        /// The queue's shadow policy would have asked another agent than `offered`, which follows; nil: nobody yet.
        case shadowDiffered(PolicyID, wouldAsk: AgentID?)
    }
}
