public import FoundationEssentials

/// Sees everybody's work.
public struct SupervisorClient: Sendable {
    let service: Service

    public func workItem(_ id: String) async throws -> WorkItem { try await service.get(["work-items", id]) }

    /// Why it is with its agent, or why it still waits.
    public func explain(_ workItemID: String) async throws -> Explanation {
        try await service.get(["work-items", workItemID, "explain"])
    }

    /// Sets an agent's presence for them; the reason is kept, and who did it.
    public func setPresence(
        of agentID: String, _ presence: Presence, reason: String? = nil, key: String = PatchbayServices.newKey()
    ) async throws {
        try await service.setPresence(of: agentID, presence, reason, key)
    }

    /// A page of all work items that pass the filter, the oldest first.
    /// - Parameter cursor: `nextCursor` of the page before.
    /// - Bounds: `limit` up to 200.
    public func workItems(
        _ filter: WorkItemFilter = WorkItemFilter(), limit: Int = 50, after cursor: String? = nil
    ) async throws -> WorkItemList {
        try await service.get(["work-items"], filter.query + [("limit", String(limit)), ("cursor", cursor)])
    }

    /// Takes a work item from wherever it is, and offers it to an agent of its pool.
    /// - Throws: `not-qualified`, `over-capacity`, `agent-unavailable`, `wrong-state` (409): the promises hold for supervisors too.
    @discardableResult
    public func reassign(
        _ workItemID: String, toAgent agentID: String, reason: String? = nil, version: Int64? = nil,
        key: String = PatchbayServices.newKey()
    ) async throws -> CommandResult {
        try await reassign(workItemID, ["agent_id": agentID], reason, version, key)
    }

    /// Takes a work item from wherever it is, and puts it into a queue of its pool.
    @discardableResult
    public func reassign(
        _ workItemID: String, toQueue queueID: String, reason: String? = nil, version: Int64? = nil,
        key: String = PatchbayServices.newKey()
    ) async throws -> CommandResult {
        try await reassign(workItemID, ["queue_id": queueID], reason, version, key)
    }

    private func reassign(
        _ workItemID: String, _ destination: [String: String], _ reason: String?, _ version: Int64?, _ key: String
    ) async throws -> CommandResult {
        var body = destination
        body["reason"] = reason
        return try await service.change(["work-items", workItemID, "reassign"], body, key: key, version: version)
    }

    /// All queues, once they differ from what `cursor` stands for, by long poll; without a cursor, at once.
    /// - Returns: nil when nothing has changed in that time.
    public func queues(after cursor: String?, within seconds: Int = 20) async throws -> QueueList? {
        try await service.poll(
            ["queues"], [("wait", String(seconds)), ("cursor", cursor)], waiting: .seconds(seconds))
    }

    public func queue(_ id: String) async throws -> Queue { try await service.get(["queues", id]) }

    /// What an agent has. Looking is no sign of the agent's life.
    public func work(of agentID: String) async throws -> AgentWork {
        try await service.get(["agents", agentID, "work"])
    }
}

/// Which work items to look for; what is nil does not matter.
public struct WorkItemFilter: Hashable, Sendable {
    public var state: WorkItemState?
    public var queueID: String?
    public var agentID: String?
    public var customerID: String?
    public var channel: ChannelKind?

    public init(
        state: WorkItemState? = nil, queueID: String? = nil, agentID: String? = nil, customerID: String? = nil,
        channel: ChannelKind? = nil
    ) {
        self.state = state
        self.queueID = queueID
        self.agentID = agentID
        self.customerID = customerID
        self.channel = channel
    }

    fileprivate var query: [(String, String?)] {
        [
            ("state", state?.rawValue), ("queue_id", queueID), ("agent_id", agentID), ("customer_id", customerID),
            ("channel", channel?.rawValue),
        ]
    }
}

/// A page of work items.
public struct WorkItemList: Hashable, Sendable, Decodable {
    public var workItems: [WorkItemSummary]
    /// Nil on the last page.
    public var nextCursor: String?
}

/// A work item as lists show it: without its messages.
public struct WorkItemSummary: Hashable, Sendable, Decodable {
    public var workItemID: String
    public var state: WorkItemState
    /// Who has it, had it last, or waits for it to come back.
    public var agentID: String?
    public var conversationID: String
    public var customerID: String
    public var poolID: String
    public var queueID: String
    public var priority: Int
    public var channel: ChannelKind
    public var language: String?
    public var displayName: String?
    public var acceptedAt: Date
    public var openedAt: Date
    public var messageCount: Int
    public var waitingSince: Date?
    public var version: Int64
}

/// All queues at one time.
public struct QueueList: Hashable, Sendable, Decodable {
    public var queues: [Queue]
    /// Stands for all of them: changes with them.
    public var cursor: String
}
