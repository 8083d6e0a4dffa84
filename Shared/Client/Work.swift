public import FoundationEssentials

/// What an agent has before them.
public struct AgentWork: Hashable, Sendable, Decodable {
    public var agentID: String
    public var presence: Presence
    /// Weight of what is offered and assigned.
    public var load: Int
    public var capacity: Int
    public var offers: [Offer]
    public var assignments: [Assignment]
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
    /// Of the work item.
    public var version: Int64
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
    public var messageCount: Int
    /// The latest, shortened.
    public var messages: [Message]
    public var owners: [Owner]
    public var offerID: String?
    public var offerExpiresAt: Date?
    /// Why it is offered to this agent.
    public var explanation: String?
    /// When parking or wrap-up ends.
    public var until: Date?
    public var disposition: String?
    public var closedAt: Date?
    public var waitingSince: Date?
    /// What keeps it waiting.
    public var waitingFor: [WaitingReason]
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
}

/// What a change came to.
public struct CommandResult: Hashable, Sendable, Decodable {
    public var commandID: String
    public var workItemID: String?
    /// The message that a reply became.
    public var messageID: String?
}
