package import Domain
internal import HeapModule
package import OrderedCollections

/// The heart of Patchbay's routing: who waits, who is there, who gets what, for all pools of one partition of
/// `patchbay.work`.
///
/// A pure state machine: what it returns follows from the commands, their log times and the configuration, and from
/// nothing else. Each public call changes the state, does what is due, matches what changed, and returns all outputs
/// in order.
///
/// - Ordering: `advance(to:)` before each `apply` and `configure`, so that what is due comes first.
/// - Bounds: `RouterLimits`.
package struct RouterMachine: Sendable {
    // What is stored, as entities of the checkpoint.
    var items: [WorkItemID: WorkItem] = [:]
    var agents: [AgentID: AgentState] = [:]
    var queues: [QueueID: QueueState] = [:]
    var commands: [CommandID: CommandRecord] = [:]
    package internal(set) var configuration = Configuration(revision: 0)

    // What follows from it.
    var roster: [AgentID: RosterEntry] = [:]
    var pools: OrderedDictionary<PoolID, PoolIndex> = [:]
    var openPerQueue: [QueueID: Int] = [:]
    /// Open work items of each conversation.
    var conversations: [ConversationID: OrderedSet<WorkItemID>] = [:]
    /// The work item of each offer, live or remembered.
    var offers: [OfferID: WorkItemID] = [:]
    var deadlines = Deadlines()
    var closedItems = Heap<Remembered<Entity.WorkItem>>()
    var rememberedCommands = Heap<Remembered<Entity.Command>>()

    // What the current call has done.
    var outputs: [RouterOutput] = []
    var changed: OrderedSet<RouterEntityKey> = []
    /// Agents whose view changed since the last `advance(to:)`: whose long polls have something to say.
    package internal(set) var touchedAgents: OrderedSet<AgentID> = []

    package init() {}

    package var nextDeadline: Instant? { deadlines.next }

    /// Fires what is due at or before `now`, forgets what is old, and matches.
    package mutating func advance(to now: Instant) -> [RouterOutput] {
        touchedAgents.removeAll()
        forget(at: now)
        return finish(at: now)
    }

    /// Applies one record of `patchbay.work`.
    package mutating func apply(_ command: WorkCommand, at now: Instant) -> [RouterOutput] {
        switch command {
        case .customerMessage(let request): receive(request, at: now)
        case .agent(let command): carryOut(command, at: now)
        case .agentSeen(let agentID): see(agentID, at: now)
        case .escalate(let escalation): escalate(escalation, at: now)
        case .surveyAnswered(let answer): record(answer, at: now)
        }
        return finish(at: now)
    }

    /// Takes a new revision of the configuration; one that is not newer changes nothing.
    package mutating func configure(_ next: Configuration, at now: Instant) -> [RouterOutput] {
        guard next.revision > configuration.revision else { return [] }
        takeOver(next, at: now)
        return finish(at: now)
    }

    private mutating func finish(at now: Instant) -> [RouterOutput] {
        while let key = deadlines.popDue(at: now) {
            switch key {
            case .agent(let id): agentIsDue(id, at: now)
            case .workItem(let id): workItemIsDue(id, at: now)
            }
        }
        match(at: now)
        defer { outputs.removeAll() }
        return outputs
    }
}

// MARK: - The only places where entities change

extension RouterMachine {
    /// Changes a work item in a way that leaves its stage and its place in a line as they are.
    mutating func update(_ id: WorkItemID, _ change: (inout WorkItem) -> Void) {
        guard items[id] != nil else { preconditionFailure("only a work item that exists is changed") }
        change(&items[id]!)
        items[id]!.version += 1
        changed.append(.workItem(id))
        deadlines.set(.workItem(id), to: nextDeadline(of: items[id]!))
        if let holderID = items[id]!.stage.holderID { touch(holderID) }
    }

    /// Changes a work item that may be in a line in any way but its stage.
    mutating func reposition(_ id: WorkItemID, _ change: (inout WorkItem) -> Void) {
        guard let item = items[id], item.stage.isQueued else { return update(id, change) }
        pools[item.poolID]?.remove(item)
        update(id, change)
        pools[item.poolID]?.insert(items[id]!)
    }

    /// Brings a work item from one stage to another: lines, holds, owners and siblings follow.
    /// - Parameter weight: what the offer takes of the agent's capacity; for an offer only.
    mutating func move(_ id: WorkItemID, to stage: WorkItem.Stage, weight: Int = 0, at now: Instant) {
        guard let item = items[id] else { preconditionFailure("only a work item that exists moves") }
        let old = item.stage
        if old.isQueued { pools[item.poolID]?.remove(item) }
        if let holderID = old.holderID, holderID != stage.holderID { release(id, from: holderID, at: now) }
        if case .offered(let offer) = stage {
            hold(id, by: offer.agentID, weight: weight)
            offers[offer.id] = id
        }
        update(id) { item in
            item.stage = stage
            if old.assigneeID != stage.assigneeID { item.changeOwner(to: stage.assigneeID, at: now) }
        }
        if stage.isQueued { pools[item.poolID]?.insert(items[id]!) }
        if old.assigneeID != stage.assigneeID { freshenSiblings(of: items[id]!) }
    }

    mutating func update(agent id: AgentID, _ change: (inout AgentState) -> Void) {
        guard agents[id] != nil else { preconditionFailure("only an agent who is known is changed") }
        change(&agents[id]!)
        changed.append(.agent(id))
        deadlines.set(.agent(id), to: nextDeadline(of: agents[id]!))
    }

    /// The agent has something new to see.
    mutating func touch(_ id: AgentID) {
        guard agents[id] != nil else { return }
        agents[id]!.version += 1
        changed.append(.agent(id))
        touchedAgents.append(id)
    }

    private mutating func hold(_ id: WorkItemID, by agentID: AgentID, weight: Int) {
        update(agent: agentID) { $0.holds[id] = weight }
        precondition(
            agents[agentID]!.load <= roster[agentID]?.profile.capacity ?? 0, "an offer fits the agent's capacity")
        refreshSupply(agentID, isFresh: false)
    }

    private mutating func release(_ id: WorkItemID, from agentID: AgentID, at now: Instant) {
        guard agents[agentID] != nil else { return }
        update(agent: agentID) { agent in
            agent.holds[id] = nil
            agent.idleSince = now
        }
        touch(agentID)
        refreshSupply(agentID)
    }

    /// Puts the agent among the free ones or takes them out.
    /// - Parameter isFresh: whether the agent may be able to take more than before.
    mutating func refreshSupply(_ id: AgentID, isFresh: Bool = true) {
        guard let agent = agents[id] else { return }
        let entry = roster[id]
        let isFree =
            agent.presence == .available && entry?.poolID == agent.poolID
            && agent.load < entry?.profile.capacity ?? 0
        if isFree {
            pools[agent.poolID, default: PoolIndex()].free.append(id)
            if isFresh { pools[agent.poolID]!.freshAgents.append(id) }
        } else {
            pools[agent.poolID]?.free.remove(id)
            pools[agent.poolID]?.freshAgents.remove(id)
        }
    }

    /// Who holds one work item of a conversation is preferred for the others.
    private mutating func freshenSiblings(of item: WorkItem) {
        for id in conversations[item.conversationID] ?? [] where id != item.id {
            guard let sibling = items[id], sibling.stage.isQueued else { continue }
            pools[sibling.poolID]?.freshItems.append(id)
        }
    }

    mutating func emit(_ kind: WorkEvent.Kind, about item: WorkItem, at now: Instant) {
        outputs.append(.event(WorkEvent(at: now, poolID: item.poolID, subject: item.subject, kind: kind)))
    }

    mutating func emit(_ kind: WorkEvent.Kind, in poolID: PoolID, at now: Instant) {
        outputs.append(.event(WorkEvent(at: now, poolID: poolID, kind: kind)))
    }

    mutating func signal(_ kind: ClockSignal.Kind, about id: WorkItemID, at instant: Instant) {
        outputs.append(.clock(ClockSignal(workItemID: id, at: instant, kind: kind)))
    }
}

extension WorkItem {
    fileprivate mutating func changeOwner(to agentID: AgentID?, at now: Instant) {
        if let last = owners.indices.last, owners[last].until == nil { owners[last].until = now }
        guard let agentID else { return }
        if owners.count == RouterLimits.ownersPerWorkItemMax { owners.removeFirst() }
        owners.append(Ownership(agentID: agentID, since: now))
    }
}
