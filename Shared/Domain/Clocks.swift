/// What `patchbay.clocks` carries, keyed by work item id: what the SLA timer must know.
package struct ClockSignal: Hashable, Sendable {
    package var workItemID: WorkItemID
    /// Log time of the command that caused it: this decides, not when the record arrives.
    package var at: Instant
    package var kind: Kind

    package init(workItemID: WorkItemID, at: Instant, kind: Kind) {
        self.workItemID = workItemID
        self.at = at
        self.kind = kind
    }

    package enum Kind: Hashable, Sendable {
        case opened(OpenedWorkItem)
        case customerMessage(MessageID, Address)
        case agentReplied(MessageID)
        case parked
        case resumed
        case priorityChanged(Int)
        case closed(agentID: AgentID?, disposition: String, conversationEnded: Bool, replyAddress: Address?)
    }
}

package struct OpenedWorkItem: Hashable, Sendable {
    package var conversationID: ConversationID
    package var customerID: CustomerID
    package var poolID: PoolID
    package var queueID: QueueID
    package var policyID: PolicyID
    package var priority: Int
    package var address: Address
    package var language: String?
    /// Estimated by the router when it opened the item; nil when nobody is there to serve it.
    package var expectedWaitSeconds: Int?
    /// Another work item of this conversation is open already: no second acknowledgement.
    package var joinsOpenConversation: Bool

    package init(
        conversationID: ConversationID, customerID: CustomerID, poolID: PoolID, queueID: QueueID,
        policyID: PolicyID, priority: Int, address: Address, language: String? = nil,
        expectedWaitSeconds: Int? = nil, joinsOpenConversation: Bool
    ) {
        self.conversationID = conversationID
        self.customerID = customerID
        self.poolID = poolID
        self.queueID = queueID
        self.policyID = policyID
        self.priority = priority
        self.address = address
        self.language = language
        self.expectedWaitSeconds = expectedWaitSeconds
        self.joinsOpenConversation = joinsOpenConversation
    }
}

/// A promise about time.
package enum TargetKind: String, CaseIterable, Hashable, Sendable {
    case firstResponse = "first-response"
    case nextResponse = "next-response"
    case resolution
}

/// What `patchbay.sla-events` carries, keyed by work item id.
package struct SLAEvent: Hashable, Sendable {
    package var workItemID: WorkItemID
    package var at: Instant
    package var kind: Kind

    package init(workItemID: WorkItemID, at: Instant, kind: Kind) {
        self.workItemID = workItemID
        self.at = at
        self.kind = kind
    }

    package enum Kind: Hashable, Sendable {
        case clockStarted(TargetKind, dueAt: Instant)
        case clockPaused(TargetKind)
        case clockResumed(TargetKind, dueAt: Instant)
        case clockMet(TargetKind, dueAt: Instant)
        case clockCancelled(TargetKind)
        case warning(TargetKind, dueAt: Instant)
        case breached(TargetKind, dueAt: Instant)
        case breachRetracted(TargetKind, dueAt: Instant)
        case escalated(priority: Int)
        case acknowledged(MessageID, expectedWaitSeconds: Int?)
        case surveySent(SurveyID, MessageID)
    }
}
