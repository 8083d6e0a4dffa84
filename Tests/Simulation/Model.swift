import Domain
import OrderedCollections
import RouterCore

/// Routing as promised, told once more in the plainest way: a referee that reads the log's records and the machine's
/// outputs, and nothing else.
///
/// It keeps its own books (who holds what, requirements in force, ages, cooldowns, timers), shares no rule with
/// RouterCore, and says by name which promise an output breaks. It is written for clarity: after each record it looks
/// at every work item and every agent.
///
/// It does not judge, because no promise speaks of it: which of several eligible agents is chosen, the wording of
/// explanations and rejections, expected waiting times, what the clocks and context are told.
///
/// Not in its worlds, and unknown to its books: admission by expected wait, callbacks that a policy offers, and
/// conversations that agents start.
/// `Tests/RouterTests` has other tests for these. An event that it has no case for is reported as a broken promise.
///
/// - Bounds: a world lasts less than a day, so the machine has forgotten nothing.
struct Model {
    /// What made the machine say something.
    enum Cause {
        case time
        case command(WorkCommand)
        case configuration(Configuration)
    }

    var configuration = Configuration(revision: 0)
    /// The last known rules of queues that left the configuration with work in them.
    var retired: [QueueID: QueueRules] = [:]
    var agents: [AgentID: AgentBook] = [:]
    var items: [WorkItemID: WorkItemBook] = [:]
    var successors: [WorkItemID: WorkItemID] = [:]
    /// Released by one pool, and not yet in the next.
    var underWay: [WorkItemID: WorkItemBook] = [:]
    /// Where what left a pool went: what still comes for it there goes on.
    var left: [Departure: Destination] = [:]
    /// What one pool's log sent to another's.
    var sentOn: Set<WorkCommand> = []
    /// Each offer that there ever was.
    var offers: Set<OfferID> = []
    var results: [CommandID: (command: AgentCommand, outcome: CommandResult.Outcome)] = [:]
    var sentMessages: Set<MessageID> = []

    struct Departure: Hashable {
        var poolID: PoolID
        var workItemID: WorkItemID
    }

    struct Destination: Hashable {
        var poolID: PoolID
        var queueID: QueueID
    }

    // Of the record at hand.
    var now = Instant(milliseconds: 0)
    var cause = Cause.time
    var resultsNow: [CommandResult] = []
    /// Work items that were offered for the first time in this record: only then are further agents asked.
    var offeredNow: Set<WorkItemID> = []
    /// To whom somebody handed a work item in this record.
    var handedNow: [WorkItemID: AgentID] = [:]
    /// Agents who missed so many offers in a row that they must not be available any more.
    var mustRest: Set<AgentID> = []
    /// Offers that ended because another agent accepted; their agents must hear so.
    var lost: [OfferID: AgentID] = [:]
    /// Whose shift was over when this record came: the work may have ended before the next shift began.
    var wereDraining: Set<AgentID> = []
    /// How often the agent's command at hand was carried out.
    var deeds = 0

    /// Reads what one call of the machine came to.
    mutating func read(_ cause: Cause, _ outputs: [RouterOutput], at now: Instant) throws {
        self.now = now
        self.cause = cause
        resultsNow = []
        offeredNow = []
        handedNow = [:]
        mustRest = []
        lost = [:]
        deeds = 0
        let expectation = expect(cause)
        if case .forwarded = expectation {} else { try take(cause) }
        for id in items.keys { lapse(id) }
        dropParked()
        wereDraining = Set(agents.filter { $0.value.shift == .draining }.keys)
        for id in agents.keys { beginShift(of: id) }
        for output in outputs {
            switch output {
            case .event(let event):
                becomeIdle(before: event)
                try read(event)
            case .send(let message):
                guard sentMessages.insert(message.messageID).inserted else {
                    throw BrokenPromise(.oneEffect, "message \(message.messageID) is sent twice")
                }
            case .clock, .inform: break
            case .command(let command, let poolID): try sendOn(command, to: poolID, expectation)
            }
        }
        for id in agents.keys { becomeIdle(id, by: now) }
        dropParked()
        for id in agents.keys { noteWork(of: id) }
        try check(expectation, outputs)
        try checkAftermath()
        retired = retired.filter { retired in items.values.contains { $0.isOpen && $0.queueID == retired.key } }
    }

    // MARK: What the record itself changes

    private mutating func take(_ cause: Cause) throws {
        switch cause {
        case .time: break
        case .configuration(let next): if next.revision > configuration.revision { takeOver(next) }
        case .command(.agentSeen(let id)): agents[id]?.lastSeen = now
        case .command(.customerGone(let gone)): if meets(gone) { items[gone.workItemID]!.hasLeft = true }
        case .command(.agent(let command)):
            if case .reassign(let id, .agent(let agentID), _) = command.action { handedNow[id] = agentID }
            // What a supervisor does for an agent is no sign of the agent's life.
            if command.supervisor == nil, results[command.commandID] != nil || isKnown(command) {
                agents[command.agentID]?.lastSeen = now
            }
            guard case .setPresence = command.action, results[command.commandID] == nil, mayAct(command) else { return }
            if agents[command.agentID]?.presence ?? .offline == .offline {
                agents[command.agentID, default: AgentBook(poolID: command.poolID, lastSeen: now)].lastSeen = now
            }
            agents[command.agentID]!.missedOffers = 0
        case .command: break
        }
    }

    private mutating func takeOver(_ next: Configuration) {
        for (id, queue) in configuration.queues where next.queues[id] == nil {
            guard items.values.contains(where: { $0.isOpen && $0.queueID == id }) else { continue }
            retired[id] = QueueRules(queue: queue, policy: configuration.policy(of: queue))
        }
        configuration = next
        for id in agents.keys {
            settleHolds(of: id)
            beginShift(of: id)
            noteWork(of: id)
        }
        for id in next.queues.keys { retired[id] = nil }
        for (id, item) in items {
            switch item.stage {
            case .queued, .offered: break
            case .opened, .accepted, .assigned, .parked, .scheduled, .returning, .leaving, .refused, .wrapUp, .closed:
                continue
            }
            let rules = rules(of: item.queueID)
            let steps = rules?.steps ?? []
            let done = min(item.stepsDone, steps.count)
            items[id]!.stepsDone = done
            items[id]!.requirements = steps[..<done].reduce(
                rules?.requirements(language: item.language) ?? [], QueueRules.relax)
        }
    }

    /// Does the steps that are due for a work item that waits.
    mutating func lapse(_ id: WorkItemID) {
        guard let item = items[id], item.stage == .queued, let rules = rules(of: item.queueID) else { return }
        let steps = rules.steps
        while items[id]!.stepsDone < steps.count {
            let done = items[id]!.stepsDone
            let step = steps[done]
            guard item.waitingSince + .seconds(max(0, step.afterSeconds)) <= now else { return }
            let widened = rules.queues(after: done + 1).filter { !rules.queues(after: done).contains($0) }
            items[id]!.stepsDone += 1
            items[id]!.requirements = QueueRules.relax(items[id]!.requirements, by: step)
            items[id]!.due.widenedTo += widened
            items[id]!.due.priority = max(items[id]!.due.priority ?? 0, step.raisePriorityTo ?? 0)
            if let queueID = step.overflowTo {
                items[id]!.due.overflowTo = mayOverflow(item, to: queueID) ? queueID : nil
            }
            let isMore = !step.widenTo.isEmpty || step.raisePriorityTo != nil || step.overflowTo != nil
            if step.lowerLevelsBy > 0 || !step.lowerSkills.isEmpty || !step.dropSkills.isEmpty || !isMore {
                items[id]!.due.isRelaxed = true
            }
        }
    }

    // MARK: Looking things up

    func rules(of id: QueueID) -> QueueRules? {
        configuration.queues[id].map { QueueRules(queue: $0, policy: configuration.policy(of: $0)) } ?? retired[id]
    }

    /// Of a queue that nobody has named yet, what a policy says that says nothing.
    func rulesOrNone(of id: QueueID) -> QueueRules {
        rules(of: id)
            ?? QueueRules(
                queue: Queue(id: id, name: "", poolID: "", routingPolicyID: "", slaPolicyID: ""),
                policy: RoutingPolicy(id: ""))
    }

    func isKnown(_ command: AgentCommand) -> Bool {
        configuration.agents[command.agentID]?.poolID == command.poolID
    }

    /// The agent's profile; one who has none carries nothing.
    func profile(of id: AgentID) -> RoutingProfile {
        configuration.agents[id].flatMap { configuration.profiles[$0.profileID] } ?? RoutingProfile(id: "", capacity: 0)
    }

    /// At least one, and at most all that the agent carries.
    func weight(of channel: ChannelKind, for id: AgentID) -> Int {
        let profile = profile(of: id)
        return min(max(1, profile.weights[channel] ?? profile.defaultWeight), max(1, profile.capacity))
    }

    /// Whether the configuration still has the agent in the pool of their books.
    func isConfigured(_ id: AgentID) -> Bool {
        configuration.agents[id] != nil && configuration.agents[id]?.poolID == agents[id]?.poolID
    }

    func isQualified(_ id: AgentID, for item: WorkItemBook) -> Bool {
        let skills = configuration.agents[id]?.skills ?? []
        return item.requirements.allSatisfy { wanted in
            wanted.isNice || skills.contains { $0.skill == wanted.skill && $0.level >= wanted.level }
        }
    }

    /// Whether the agent's profile names the work item's queue, or one to which it was widened.
    func serves(_ id: AgentID, _ item: WorkItemBook) -> Bool {
        let served = profile(of: id).queues
        return served.isEmpty
            || rulesOrNone(of: item.queueID).queues(after: item.stepsDone).contains(where: served.contains)
    }

    func isPulling(_ id: AgentID) -> Bool { profile(of: id).mode == .pull }

    func isCooling(_ id: AgentID, for item: WorkItemBook) -> Bool { item.cooldowns[id].map { $0 > now } ?? false }

    /// Available, on shift, and without air.
    func isThere(_ id: AgentID) -> Bool {
        guard let agent = agents[id] else { return false }
        return agent.presence == .available && agent.shift == .on && !(agent.airUntil.map { $0 > now } ?? false)
    }

    /// Present, of the pool, qualified and not in a cooldown; whether there is room is another question.
    func mayTake(_ id: AgentID, _ item: WorkItemBook) -> Bool {
        isThere(id) && agents[id]?.poolID == item.poolID && isConfigured(id) && isQualified(id, for: item)
            && serves(id, item) && !isCooling(id, for: item)
    }

    /// Whether it waits, for a while, for a preferred agent who is there but busy, or takes work on their own.
    func waitsForPreferred(_ item: WorkItemBook) -> Bool {
        guard let id = preferredWhoIsThere(item) else { return false }
        return !hasRoom(id, for: item) || isPulling(id)
    }

    /// The preferred agent, while the work item is kept for them.
    func preferredWhoIsThere(_ item: WorkItemBook) -> AgentID? {
        guard let until = item.preferredUntil, until > now, let id = preferredAgent(of: item) else { return nil }
        return mayTake(id, item) ? id : nil
    }

    /// Whether the agent may pull it: nobody else is waited for.
    func mayPull(_ id: AgentID, _ item: WorkItemBook) -> Bool {
        guard item.stage == .queued, rules(of: item.queueID) != nil, mayTake(id, item), hasRoom(id, for: item) else {
            return false
        }
        return preferredWhoIsThere(item).map { $0 == id } ?? true
    }

    /// Who works on the oldest other work item of the conversation, else who is named.
    private func preferredAgent(of item: WorkItemBook) -> AgentID? {
        let others = siblings(of: item).filter { $0.assigneeID != nil }
        return others.min { ($0.acceptedAt, $0.id) < ($1.acceptedAt, $1.id) }?.assigneeID ?? item.preferredAgentID
    }

    /// Other open work items of the conversation.
    func siblings(of item: WorkItemBook) -> [WorkItemBook] {
        items.values.filter { $0.isOpen && $0.conversationID == item.conversationID && $0.id != item.id }
    }
}

extension Configuration {
    func policy(of queue: Queue) -> RoutingPolicy {
        routingPolicies[queue.routingPolicyID] ?? RoutingPolicy(id: queue.routingPolicyID)
    }
}
