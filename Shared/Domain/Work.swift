/// A skill and the least level of it. Levels run from 1 to 10.
package struct Requirement: Hashable, Sendable {
    package var skill: SkillID
    package var level: Int
    /// Wished for, not asked for: it speaks for an agent, and keeps nobody out.
    package var isNice: Bool = false

    package init(skill: SkillID, level: Int, isNice: Bool = false) {
        self.skill = skill
        self.level = level
        self.isNice = isNice
    }
}

/// How an agent is present.
package enum Presence: String, CaseIterable, Hashable, Sendable {
    /// Takes offers.
    case available
    /// Keeps assignments, takes no offers.
    case away
    /// Gone: offers are revoked, assignments requeued after the grace time.
    case offline
}

/// What `patchbay.work` carries, keyed by pool.
package enum WorkCommand: Hashable, Sendable {
    /// From context: open this work item, or add the message to it.
    case customerMessage(WorkRequest)
    /// From an agent over HTTP.
    case agent(AgentCommand)
    /// From a router instance: the agent made a request, so they are still there.
    case agentSeen(AgentID)
    /// From the SLA timer.
    case escalate(Escalation)
    /// From context: the answer to a survey.
    case surveyAnswered(SurveyAnswer)
    /// From the router of another pool: a work item that it released.
    case handedOver(HandOver)
    /// From context: the customer hung up or closed the window.
    case customerGone(CustomerGone)
    /// From context: what came of an agent's wish to write to a customer first.
    case conversationStarted(ConversationStarted)
}

/// A customer's message, with all that opening a work item takes.
package struct WorkRequest: Hashable, Sendable {
    package var workItemID: WorkItemID
    package var conversationID: ConversationID
    package var customerID: CustomerID
    package var messageID: MessageID
    package var poolID: PoolID
    package var queueID: QueueID
    package var address: Address
    package var priority: Int
    package var language: String?
    package var displayName: String?
    /// The agent who last spoke with this customer.
    package var preferredAgentID: AgentID?
    /// - Bounds: 2,000 characters; the whole text is in the timeline.
    package var excerpt: String
    /// The log time at which the connector's record was accepted: age and clocks count from here.
    package var acceptedAt: Instant

    package init(
        workItemID: WorkItemID, conversationID: ConversationID, customerID: CustomerID, messageID: MessageID,
        poolID: PoolID, queueID: QueueID, address: Address, priority: Int, language: String? = nil,
        displayName: String? = nil, preferredAgentID: AgentID? = nil, excerpt: String, acceptedAt: Instant
    ) {
        self.workItemID = workItemID
        self.conversationID = conversationID
        self.customerID = customerID
        self.messageID = messageID
        self.poolID = poolID
        self.queueID = queueID
        self.address = address
        self.priority = priority
        self.language = language
        self.displayName = displayName
        self.preferredAgentID = preferredAgentID
        self.excerpt = excerpt
        self.acceptedAt = acceptedAt
    }
}

/// An agent's request, named so that a repeat gives the first result.
package struct AgentCommand: Hashable, Sendable {
    /// Derived from agent and Idempotency-Key.
    package var commandID: CommandID
    package var agentID: AgentID
    package var poolID: PoolID
    package var action: Action
    /// Who acts for the agent; nil: the agent does.
    package var supervisor: String?
    /// What the work item's version must be for anything to be done; nil: any.
    package var version: Int64?

    package init(
        commandID: CommandID, agentID: AgentID, poolID: PoolID, action: Action, supervisor: String? = nil,
        version: Int64? = nil
    ) {
        self.commandID = commandID
        self.agentID = agentID
        self.poolID = poolID
        self.action = action
        self.supervisor = supervisor
        self.version = version
    }

    /// Where a supervisor wants a work item.
    package enum Destination: Hashable, Sendable {
        case agent(AgentID)
        case queue(QueueID)
    }

    package enum Action: Hashable, Sendable {
        /// The reason is the agent's for a break, or what a supervisor gives.
        case setPresence(Presence, reason: String? = nil)
        case accept(OfferID)
        case decline(OfferID, reason: String)
        case reply(WorkItemID, messageID: MessageID, text: String)
        /// Internal; those who are mentioned see it at their desk.
        case note(WorkItemID, text: String, mentions: [AgentID] = [])
        /// Waits for the customer; comes back by itself after the given time.
        case park(WorkItemID, seconds: Int)
        case requeue(WorkItemID, reason: String)
        case transfer(WorkItemID, QueueID, note: String? = nil)
        case complete(WorkItemID, disposition: String)
        /// By a supervisor, whose name stands where the agent's does: takes the work item from wherever it is.
        case reassign(WorkItemID, to: Destination, reason: String)
        /// Takes the most urgent work item that this agent may have.
        case pull
        case transferToAgent(WorkItemID, AgentID, note: String? = nil)
        /// Takes up again what this agent parked.
        case resume(WorkItemID)
        /// Lets a second agent see the work item and note.
        case consult(WorkItemID, AgentID, question: String)
        case endConsult(WorkItemID)
        case escalate(WorkItemID, priority: Int, reason: String)
        case endWrapUp(WorkItemID)
        /// A callback: comes back at a time, to this agent first if asked.
        case schedule(WorkItemID, at: Instant, keepsAgent: Bool)
        /// Writes to a customer first.
        case startConversation(Outreach)
    }
}

/// A customer to whom an agent wants to write first, and what.
package struct Outreach: Hashable, Sendable {
    package var account: ChannelAccountID
    package var identifier: Identifier
    /// Nil: the account's.
    package var queueID: QueueID?
    /// - Bounds: as a reply.
    package var text: String

    package init(account: ChannelAccountID, identifier: Identifier, queueID: QueueID? = nil, text: String) {
        self.account = account
        self.identifier = identifier
        self.queueID = queueID
        self.text = text
    }
}

/// Context's answer to `ConversationAsked`: whose work item it is, or why the customer is not written to.
package struct ConversationStarted: Hashable, Sendable {
    package var asked: ConversationAsked
    package var conversationID: ConversationID
    /// Whom the identifier belongs to.
    package var customerID: CustomerID
    package var displayName: String?
    package var language: String?
    /// Nil: they may be written to.
    package var refusal: Refusal?

    package init(
        asked: ConversationAsked, conversationID: ConversationID, customerID: CustomerID, displayName: String? = nil,
        language: String? = nil, refusal: Refusal? = nil
    ) {
        self.asked = asked
        self.conversationID = conversationID
        self.customerID = customerID
        self.displayName = displayName
        self.language = language
        self.refusal = refusal
    }

    /// The raw value is the work item's disposition.
    package enum Refusal: String, CaseIterable, Hashable, Sendable {
        /// The customer's profile names no consent for this channel.
        case noConsent = "no-consent"
        /// The customer has a work item that is open already: that one goes on.
        case alreadyOpen = "already-open"
    }
}

package struct Escalation: Hashable, Sendable {
    package var workItemID: WorkItemID
    package var poolID: PoolID
    package var priority: Int
    package var reason: String

    package init(workItemID: WorkItemID, poolID: PoolID, priority: Int, reason: String) {
        self.workItemID = workItemID
        self.poolID = poolID
        self.priority = priority
        self.reason = reason
    }
}

/// The customer left a live channel; whoever has meanwhile written from another address is not gone.
package struct CustomerGone: Hashable, Sendable {
    package var workItemID: WorkItemID
    package var poolID: PoolID
    /// Where they left.
    package var address: Address
    package var reason: String

    package init(workItemID: WorkItemID, poolID: PoolID, address: Address, reason: String) {
        self.workItemID = workItemID
        self.poolID = poolID
        self.address = address
        self.reason = reason
    }
}

package struct SurveyAnswer: Hashable, Sendable {
    package var surveyID: SurveyID
    package var workItemID: WorkItemID
    package var conversationID: ConversationID
    package var customerID: CustomerID
    package var poolID: PoolID
    package var messageID: MessageID
    /// CSAT, 1 to 5.
    package var score: Int

    package init(
        surveyID: SurveyID, workItemID: WorkItemID, conversationID: ConversationID, customerID: CustomerID,
        poolID: PoolID, messageID: MessageID, score: Int
    ) {
        self.surveyID = surveyID
        self.workItemID = workItemID
        self.conversationID = conversationID
        self.customerID = customerID
        self.poolID = poolID
        self.messageID = messageID
        self.score = score
    }
}

/// What an agent's command came to.
package struct CommandResult: Hashable, Sendable {
    package var commandID: CommandID
    package var agentID: AgentID
    package var outcome: Outcome

    package init(commandID: CommandID, agentID: AgentID, outcome: Outcome) {
        self.commandID = commandID
        self.agentID = agentID
        self.outcome = outcome
    }

    package enum Outcome: Hashable, Sendable {
        /// The work item concerned, if any, and the message that a reply became.
        case done(WorkItemID?, MessageID?)
        case rejected(Rejection)
    }
}

/// Why a command was not carried out. The raw value is the stable end of the problem `type`.
package enum RejectionCode: String, CaseIterable, Hashable, Sendable {
    case unknownAgent = "unknown-agent"
    case unknownOffer = "unknown-offer"
    case unknownWorkItem = "unknown-work-item"
    case unknownQueue = "unknown-queue"
    case notYourOffer = "not-your-offer"
    case notYourWorkItem = "not-your-work-item"
    /// Another agent has it, or it was answered already.
    case offerTaken = "offer-taken"
    case offerExpired = "offer-expired"
    case offerRevoked = "offer-revoked"
    case workItemClosed = "work-item-closed"
    /// The work item is in no state that allows this.
    case wrongState = "wrong-state"
    case overCapacity = "over-capacity"
    /// The customer has only called so far: nowhere to write to.
    case noReplyAddress = "no-reply-address"
    case unknownAccount = "unknown-account"
    /// The same command id came with other content.
    case commandReused = "command-reused"
    case limitReached = "limit-reached"
    /// The pool declares the reasons for being away, and this is none of them.
    case unknownBreakReason = "unknown-break-reason"
    /// The work item is no longer what the command was meant for.
    case versionChanged = "version-changed"
    /// The agent lacks a skill that the work item requires.
    case notQualified = "not-qualified"
    /// The other agent is not there, or does not take this now.
    case agentUnavailable = "agent-unavailable"
    /// The work item is as urgent as that already.
    case priorityNotRaised = "priority-not-raised"
}

package struct Rejection: Error, Hashable, Sendable {
    package var code: RejectionCode
    /// Safe to show: names, never message content.
    package var detail: String

    package init(code: RejectionCode, detail: String) {
        self.code = code
        self.detail = detail
    }
}
