public import FoundationEssentials

/// What an agent has before them.
public struct AgentWork: Hashable, Sendable, Decodable {
    public var agentID: String
    public var presence: Presence
    /// What was said with the presence, or which rule set it.
    public var reason: String?
    /// Who set it for them.
    public var supervisor: String?
    public var shift: Shift
    /// Until then nothing is offered: they worked too much of the last while.
    public var airUntil: Date?
    /// Weight of what is offered and assigned.
    public var load: Int
    public var capacity: Int
    public var offers: [Offer]
    public var assignments: [Assignment]
    /// Parked, with room kept for their return.
    public var parked: [Assignment]
    /// Others' work items on which this agent is consulted.
    public var consultations: [Consultation]
    /// Notes that name this agent, the latest.
    public var mentions: [Mention]
    /// Stands for all of the above: changes with it.
    public var cursor: String
}

/// A work item that an agent is asked to take.
public struct Offer: Hashable, Sendable, Decodable {
    public var offerID: String
    public var expiresAt: Date
    /// Why this agent.
    public var explanation: String
    public var workItemID: String
    public var conversationID: String
    public var customerID: String
    public var queueID: String
    public var priority: Int
    public var channel: ChannelKind
    public var language: String?
    public var displayName: String?
    public var acceptedAt: Date
    /// Of the latest message.
    public var excerpt: String?
    public var transferNote: TransferNote?
    /// Of the work item.
    public var version: Int64
}

/// Another agent's work item on which an agent is consulted.
public struct Consultation: Hashable, Sendable, Decodable {
    public var workItemID: String
    public var conversationID: String
    public var customerID: String
    /// Whose it is.
    public var agentID: String?
    public var question: String
    public var since: Date
}

/// A note that names an agent.
public struct Mention: Hashable, Sendable, Decodable {
    public var workItemID: String
    public var byAgentID: String
    /// The beginning of the note.
    public var text: String
    public var at: Date
}

/// What the last transfer said.
public struct TransferNote: Hashable, Sendable, Decodable {
    public var agentID: String
    public var text: String
    public var at: Date
}

/// How long it may take until somebody has room.
public struct ExpectedWait: Hashable, Sendable, Decodable {
    /// As likely too long as too short.
    public var p50Seconds: Int
    /// Nine of ten wait no longer.
    public var p90Seconds: Int
}

/// A work item that an agent has.
public struct Assignment: Hashable, Sendable, Decodable {
    public var workItemID: String
    public var state: WorkItemState
    public var conversationID: String
    public var customerID: String
    public var queueID: String
    public var priority: Int
    public var channel: ChannelKind
    public var language: String?
    public var displayName: String?
    public var acceptedAt: Date
    public var messageCount: Int
    /// Of the latest message.
    public var excerpt: String?
    public var activity: Activity?
    /// Something else that the agent has interrupts it; it weighs nothing.
    public var standsStill: Bool?
    /// What it weighs now, unless it stands still.
    public var weight: Int?
    /// The customer hung up or closed the window.
    public var customerLeftAt: Date?
    public var version: Int64
}

/// Everything about one work item.
public struct WorkItem: Hashable, Sendable, Decodable {
    public var workItemID: String
    public var state: WorkItemState
    /// Who has it, had it last, or waits for it to come back.
    public var agentID: String?
    public var conversationID: String
    public var customerID: String
    public var poolID: String
    public var queueID: String
    public var priority: Int
    public var language: String?
    public var displayName: String?
    public var channel: ChannelKind
    public var replyChannel: ChannelKind?
    public var acceptedAt: Date
    public var openedAt: Date
    /// In force now.
    public var requirements: [Requirement]
    /// Steps of the routing policy done.
    public var relaxedSteps: Int
    /// Queues whose agents may take it too.
    public var widenedTo: [String]
    public var messageCount: Int
    /// The latest, shortened.
    public var messages: [Message]
    public var owners: [Owner]
    public var offerID: String?
    public var offerExpiresAt: Date?
    /// Why it is offered to this agent.
    public var explanation: String?
    /// When parking, wrap-up or the wait for a callback ends.
    public var until: Date?
    public var disposition: String?
    public var closedAt: Date?
    public var waitingSince: Date?
    /// What keeps it waiting.
    public var waitingFor: [WaitingReason]
    /// In its queue, from 1, while it waits.
    public var position: Int?
    /// While it waits; nil when nobody is there to take it.
    public var expectedWait: ExpectedWait?
    public var transferNote: TransferNote?
    public var consultedAgentID: String?
    /// The customer hung up or closed the window.
    public var customerLeftAt: Date?
    public var surveyScore: Int?
    /// The work item that went on after this one was closed.
    public var successorID: String?
    public var version: Int64

    /// A skill and the least level of it.
    public struct Requirement: Hashable, Sendable, Decodable {
        public var skill: String
        public var level: Int
    }

    public struct Message: Hashable, Sendable, Decodable {
        public var messageID: String
        public var channel: ChannelKind
        public var text: String
        public var acceptedAt: Date
    }

    /// Who had it, from when until when.
    public struct Owner: Hashable, Sendable, Decodable {
        public var agentID: String
        public var since: Date
        public var until: Date?
    }

    public struct WaitingReason: Hashable, Sendable, Decodable {
        public var code: String
        /// For people.
        public var detail: String
        public var agentID: String?
        public var until: Date?
    }
}

/// How much waits in a queue.
public struct Queue: Hashable, Sendable, Decodable {
    public var queueID: String
    /// Work items that wait.
    public var backlog: Int
    /// Work items that are not closed.
    public var open: Int
    /// Of those that wait.
    public var oldestAcceptedAt: Date?
    /// Nil until a work item was closed.
    public var averageHandleSeconds: Int?
    /// Of one more; nil when nobody is there to take it, and in lists.
    public var expectedWait: ExpectedWait?
    /// The first of those that wait, in order; nil in lists.
    public var waiting: [Place]?

    public struct Place: Hashable, Sendable, Decodable {
        public var workItemID: String
        /// From 1.
        public var position: Int
        public var expectedWait: ExpectedWait?
    }
}

/// Why a work item is with its agent, or why it still waits.
public struct Explanation: Hashable, Sendable, Decodable {
    public var workItemID: String
    public var state: WorkItemState
    public var agentID: String?
    /// Behind the latest offer or assignment.
    public var whyThisAgent: Decision?
    /// Empty when it does not wait.
    public var whyStillWaiting: [WorkItem.WaitingReason]
    /// While it waits, the agents of its pool as they are now; those who could take it first.
    public var candidates: [Candidate]?
    /// How many there are.
    public var candidateCount: Int?

    public struct Decision: Hashable, Sendable, Decodable {
        public var agentID: String
        public var decidedAt: Date
        /// For people.
        public var detail: String
        /// They knew the conversation or the customer.
        public var preferred: Bool
        public var load: Int
        public var capacity: Int
        public var idleSeconds: Int
        public var relaxedSteps: Int
        /// Agents who could have had it; 100 stands for that many or more.
        public var eligible: Int
        /// How many agents could not, by the first reason that held.
        public var excluded: [String: Int]
    }

    public struct Candidate: Hashable, Sendable, Decodable {
        public var agentID: String
        public var code: String
        /// For people.
        public var detail: String
    }
}

/// What a change came to.
public struct CommandResult: Hashable, Sendable, Decodable {
    public var commandID: String
    public var workItemID: String?
    /// The message that a reply became.
    public var messageID: String?
}
