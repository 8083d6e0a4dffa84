import Domain
import OrderedCollections

// A new revision of the configuration, taken over in one step.
//
// - An agent who was removed, or moved to another pool, loses offers and assignments at once; the latter wait again
//   with their original age. In the new pool they are offline until they set their presence there.
// - A capacity below the load brings no new offers; what the agent has stays with them.
// - A requirement or a skill that changed takes back offers that no longer fit; assignments stay.
// - A queue that was removed keeps its last known rules until its last work item is closed. A queue that moved to
//   another pool keeps its open work items in the old one: their log is there.
extension RouterMachine {
    mutating func takeOver(_ next: Configuration, at now: Instant) {
        let previous = configuration
        retireQueues(from: previous, to: next)
        install(next)
        sortAnew()
        // Before any offer is taken back: what goes on waiting then must ask for what the new rules ask for.
        for id in items.keys.sorted() { adapt(id) }
        for id in agents.keys.sorted() {
            guard let agent = agents[id] else { continue }
            guard let entry = roster[id], entry.poolID == agent.poolID else {
                let reason = roster[id] == nil ? "removed from the configuration" : "moved to another pool"
                dismiss(id, reason: reason, at: now)
                continue
            }
            update(agent: id) { _ in }
            touch(id)
            lookAtShift(of: id, at: now)
            settleHolds(of: id, at: now)
            noteWork(of: id, isRuleNew: true, at: now)
            refreshSupply(id)
        }
        for id in items.keys.sorted() { settle(id, at: now) }
    }

    /// Takes the configuration as it is, without consequences.
    mutating func install(_ next: Configuration) {
        configuration = next
        roster = Dictionary(
            next.agents.values.map { agent in
                let shifts = agent.shiftCalendarID.flatMap { next.calendars[$0] }
                return (agent.id, RosterEntry(agent, profile: next.profiles[agent.profileID], shifts: shifts))
            },
            uniquingKeysWith: { first, _ in first })
        rosterSizes = [:]
        for entry in roster.values { rosterSizes[entry.poolID, default: 0] += 1 }
        installRules()
    }

    /// Builds the lines and groups again: what they follow from is another configuration.
    private mutating func sortAnew() {
        pools.clear()
        for id in agents.keys { refreshSupply(id, isFresh: false) }
        for item in items.values where item.stage.isQueued { enqueue(item.id, isFresh: false) }
    }

    /// Asks for what the rules now in force ask for.
    private mutating func adapt(_ id: WorkItemID) {
        guard let item = items[id], item.isUnassigned else { return }
        let wanted = rules(of: item.queueID)?.requirements(language: item.language) ?? []
        let steps = rules(of: item.queueID)?.steps ?? []
        let done = min(item.step, steps.count)
        let left = relaxed(wanted, by: steps[..<done])
        reposition(id) { item in
            item.step = done
            item.requirements = left
        }
    }

    /// Takes back offers that no longer fit, and does the steps that are due now.
    private mutating func settle(_ id: WorkItemID, at now: Instant) {
        guard let item = items[id], item.isUnassigned else { return }
        for offer in item.liveOffers where !(roster[offer.agentID]?.satisfies(item.requirements) ?? false) {
            revoke(id, from: offer.agentID, reason: "the agent no longer has the skills asked for", at: now)
        }
        if item.stage.isQueued { lapse(id, at: now) }
    }

    private mutating func retireQueues(from previous: Configuration, to next: Configuration) {
        for (id, queue) in previous.queues where next.queues[id] == nil {
            guard openPerQueue[id] != nil else {
                if queues.removeValue(forKey: id) != nil { changed.append(.queue(id)) }
                continue
            }
            let policy = previous.routingPolicies[queue.routingPolicyID] ?? RoutingPolicy(id: queue.routingPolicyID)
            var state = queues[id] ?? QueueState(id: id)
            state.retired = QueueState.Retired(queue: queue, policy: policy)
            queues[id] = state
            changed.append(.queue(id))
        }
        for id in queues.keys.sorted() where queues[id]?.retired != nil && next.queues[id] != nil {
            queues[id]!.retired = nil
            changed.append(.queue(id))
        }
    }
}

extension WorkItem {
    /// Waiting or offered: what it asks for still decides.
    fileprivate var isUnassigned: Bool {
        switch stage {
        case .queued, .offered: true
        case .assigned, .parked, .scheduled, .wrapUp, .closed: false
        }
    }
}
