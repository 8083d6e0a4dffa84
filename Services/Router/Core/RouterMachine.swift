package import Domain
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
    /// The version of the rules that holds.
    package private(set) var rulesVersion: Int

    // What is stored, as entities of the checkpoint.
    var items = Table<WorkItem>()
    var agents = Table<AgentState>()
    var queues: [QueueID: QueueState] = [:]
    var commands: [CommandID: CommandRecord] = [:]
    var forwardings: [Forwarding.Key: Forwarding] = [:]
    package internal(set) var configuration = Configuration(revision: 0)

    // What follows from it.
    var roster: [AgentID: RosterEntry] = [:]
    /// Agents that the configuration has in each pool.
    var rosterSizes: [PoolID: Int] = [:]
    var rules: [QueueID: QueueRules] = [:]
    var pools = Pools()
    var openPerQueue: [QueueID: Int] = [:]
    /// Open work items of each conversation.
    var conversations: [ConversationID: OrderedSet<WorkItemID>] = [:]
    /// The work item of each offer, live or remembered.
    var offers: [OfferID: WorkItemID] = [:]
    /// The work items on which each agent is consulted.
    var consulted: [AgentID: OrderedSet<WorkItemID>] = [:]
    var deadlines = Deadlines()
    var closedItems = SortedList<Remembered<Entity.WorkItem>>()
    var rememberedCommands = SortedList<Remembered<Entity.Command>>()
    var rememberedForwardings = SortedList<RememberedForwarding>()
    /// Work items that were restored before what decides whether they wait for a preferred agent.
    var unsettled: [WorkItemID] = []
    /// Work items that were restored before the rules of their queue.
    var withoutRules: [QueueID: [WorkItemID]] = [:]

    /// For those who apply a log again to know more; nothing else depends on it.
    package var inquiry: Inquiry?

    // What the current call has done.
    var outputs: [RouterOutput] = []
    /// The pools with something fresh to match; some may be there twice.
    var freshPools: [PoolID] = []
    var changed: OrderedSet<RouterEntityKey> = []
    /// Agents whose view changed since the last `advance(to:)`: whose long polls have something to say.
    package internal(set) var touchedAgents: OrderedSet<AgentID> = []

    /// Outputs of most records.
    private static let usualOutputCount = 8

    package init(rulesVersion: Int = RulesVersion.newest) {
        self.rulesVersion = rulesVersion
    }

    /// From here on the rules of this version hold.
    package mutating func adopt(rules version: Int) {
        rulesVersion = version
    }

    package var nextDeadline: Instant? { deadlines.next }

    /// Fires what is due at or before `now`, forgets what is old, and matches.
    package mutating func advance(to now: Instant) -> [RouterOutput] {
        settle()
        if !touchedAgents.isEmpty { touchedAgents.removeAll(keepingCapacity: true) }
        forget(at: now)
        return finish(at: now)
    }

    /// Applies one record of `patchbay.work`.
    package mutating func apply(_ command: WorkCommand, at now: Instant) -> [RouterOutput] {
        if forward(command) { return finish(at: now) }
        switch command {
        case .customerMessage(let request): receive(request, at: now)
        case .agent(let command): carryOut(command, at: now)
        case .agentSeen(let agentID): see(agentID, at: now)
        case .escalate(let escalation): escalate(escalation, at: now)
        case .surveyAnswered(let answer): record(answer, at: now)
        case .handedOver(let handOver): admit(handOver, at: now)
        case .customerGone(let gone): takeLeave(gone, at: now)
        case .conversationStarted(let started): begin(started, at: now)
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
        guard !outputs.isEmpty else { return [] }
        var done: [RouterOutput] = []
        done.reserveCapacity(Self.usualOutputCount)
        swap(&done, &outputs)
        return done
    }
}

// MARK: - The only places where entities change

extension RouterMachine {
    /// Changes a work item in a way that leaves its stage and its place in a line as they are.
    mutating func update(_ id: WorkItemID, _ change: (inout WorkItem) -> Void) {
        guard let place = items.place(of: id) else {
            preconditionFailure("only a work item that exists is changed")
        }
        let (deadline, holderID) = items[at: place].changed(by: change, under: rules)
        changed.append(.workItem(id))
        deadlines.set(.workItem(id), to: deadline)
        if let holderID { touch(holderID) }
        for offer in items[at: place].parallelOffers { touch(offer.agentID) }
        if let consultation = items[at: place].consultation { touch(consultation.agentID) }
    }

    /// Changes a work item that may be in a line in any way but its stage.
    mutating func reposition(_ id: WorkItemID, _ change: (inout WorkItem) -> Void) {
        guard let place = items.place(of: id), items[at: place].stage.isQueued else { return update(id, change) }
        let old = standing(at: place)
        update(id, change)
        let new = standing(at: place)
        if new == old, new.preferredUntil == nil {
            freshen(id, in: new.poolID)
        } else {
            pools[old.poolID].remove(old)
            enqueue(id)
        }
    }

    /// Takes a work item out of its line, before what decides about its place changes.
    mutating func dequeue(_ id: WorkItemID) {
        guard let place = items.place(of: id) else { return }
        let standing = standing(at: place)
        pools[standing.poolID].remove(standing)
    }

    /// Puts a work item that waits into its line.
    /// - Parameter isFresh: whether there may be somebody now who could take it.
    mutating func enqueue(_ id: WorkItemID, isFresh: Bool = true) {
        guard let place = items.place(of: id) else { return }
        let (standing, preference) = (standing(at: place), preference(at: place))
        let keepsAges = configuration.pools[standing.poolID]?.maximumWaitSeconds != nil
        pools[standing.poolID].insert(standing, preference, keepsAges: keepsAges)
        if isFresh { freshen(id, in: standing.poolID) }
    }

    /// There may be somebody now who could take the work item.
    private mutating func freshen(_ id: WorkItemID, in poolID: PoolID) {
        pools[poolID].freshItems.append(id)
        freshPools.append(poolID)
    }

    /// Brings a work item from one stage to another: lines, holds, owners and siblings follow.
    mutating func move(_ id: WorkItemID, to stage: WorkItem.Stage, at now: Instant) {
        guard let place = items.place(of: id) else { preconditionFailure("only a work item that exists moves") }
        let isAnothers = items[at: place].stage.assigneeID != stage.assigneeID
        if items[at: place].stage.isQueued { dequeue(id) }
        rehold(id, for: stage, at: now)
        if isAnothers { endConsultation(on: id, reason: "the work item moved on", at: now) }
        if case .offered(let offer) = stage { offers[offer.id] = id }
        update(id) { item in
            item.stage = stage
            if isAnothers { item.changeOwner(to: stage.assigneeID, at: now) }
        }
        if stage.isQueued { enqueue(id) }
        if isAnothers { freshenSiblings(of: id) }
    }

    mutating func update(agent id: AgentID, _ change: (inout AgentState) -> Void) {
        guard let place = agents.place(of: id) else { preconditionFailure("only an agent who is known is changed") }
        change(&agents[at: place])
        changed.append(.agent(id))
        let deadline = agents[at: place].nextDeadline(lease: roster[id]?.lease)
        deadlines.set(.agent(id), to: deadline)
    }

    /// The agent has something new to see.
    mutating func touch(_ id: AgentID) {
        guard let place = agents.place(of: id) else { return }
        agents[at: place].version += 1
        changed.append(.agent(id))
        touchedAgents.append(id)
    }

    /// Puts the agent among the free ones or takes them out; follows each change of what an agent could take.
    /// - Parameter isFresh: whether the agent may be able to take more than before.
    mutating func refreshSupply(_ id: AgentID, isFresh: Bool = true) {
        guard let place = agents.place(of: id) else { return }
        let poolID = agents[at: place].poolID
        guard let entry = roster[id], entry.poolID == poolID else { return pools[poolID].unseat(id) }
        let isPresent = agents[at: place].takesOffers
        let isFree = isPresent && entry.profile.mode == .push && agents[at: place].hasRoom(entry)
        let seat = AgentGroup.Place(load: agents[at: place].load, idleSince: agents[at: place].idleSince, id: id)
        pools[poolID].seat(id, entry, isPresent: isPresent, place: isFree ? seat : nil)
        guard isFree, isFresh else { return }
        pools[poolID].freshAgents.append(id)
        freshPools.append(poolID)
    }

    /// Who holds one work item of a conversation is preferred for the others.
    private mutating func freshenSiblings(of id: WorkItemID) {
        guard let place = items.place(of: id), let siblings = conversations[items[at: place].conversationID],
            siblings.count > 1
        else { return }
        for sibling in siblings where sibling != id { requeuePreferring(sibling) }
    }

    /// Looks again whether a work item that waits is kept for its preferred agent.
    mutating func requeuePreferring(_ id: WorkItemID, isFresh: Bool = true) {
        guard stage(of: id)?.isQueued ?? false else { return }
        dequeue(id)
        enqueue(id, isFresh: isFresh)
    }

    /// After a restore, when all is there that decides.
    private mutating func settle() {
        guard !unsettled.isEmpty else { return }
        for id in unsettled { requeuePreferring(id, isFresh: false) }
        unsettled = []
    }

    /// Read in place, as copying a work item costs more than most decisions.
    func stage(of id: WorkItemID) -> WorkItem.Stage? { items.place(of: id).map { items[at: $0].stage } }

    mutating func emit(_ kind: WorkEvent.Kind, about id: WorkItemID, at now: Instant) {
        guard let place = items.place(of: id) else { return }
        let (poolID, subject) = (items[at: place].poolID, items[at: place].subject)
        outputs.append(.event(WorkEvent(at: now, poolID: poolID, subject: subject, kind: kind)))
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
    /// What a change leads to, read in place.
    fileprivate mutating func changed(
        by change: (inout WorkItem) -> Void, under rules: [QueueID: QueueRules]
    ) -> (deadline: Instant?, holderID: AgentID?) {
        change(&self)
        version += 1
        return (nextDeadline(under: stage.isQueued ? rules[queueID] : nil), stage.holderID)
    }

    fileprivate mutating func changeOwner(to agentID: AgentID?, at now: Instant) {
        if let last = owners.indices.last, owners[last].until == nil { owners[last].until = now }
        guard let agentID else { return }
        if owners.count == RouterLimits.ownersPerWorkItemMax { owners.removeFirst() }
        owners.append(Ownership(agentID: agentID, since: now))
    }
}
