import Domain
import OrderedCollections

// How what an agent holds follows the stages of their work items, and what is written.
extension RouterMachine {
    /// Whose capacity the work item takes: a parked one's agent too, if room is kept.
    func holder(of item: WorkItem) -> AgentID? { items.place(of: item.id).flatMap { holder(at: $0) } }

    private func holder(at place: Int) -> AgentID? {
        guard case .parked(let agentID, _) = items[at: place].stage else { return items[at: place].stage.holderID }
        return holds(of: agentID)?[items[at: place].id] == nil ? nil : agentID
    }

    func holds(of id: AgentID) -> Holds? { agents.place(of: id).map { agents[at: $0].holds } }

    /// Brings what agents hold in line with the stage that the work item is about to have.
    mutating func rehold(_ id: WorkItemID, for stage: WorkItem.Stage, at now: Instant) {
        guard let place = items.place(of: id) else { return }
        let old = holder(at: place)
        if case .parked(let agentID, _) = stage, old == agentID, keepRoom(for: id, of: agentID, at: now) { return }
        let new = stage.holderID
        if let old, old != new { release(id, from: old, at: now) }
        guard let new, agents.place(of: new) != nil else { return }
        if old != new { hold(id, on: items[at: place].address.channel, by: new) }
        guard case .offered = stage else { return wake(id, of: new, isQuiet: stage.mayBeIdle, at: now) }
    }

    /// Somebody wrote: the work item is active.
    mutating func wake(_ id: WorkItemID, at now: Instant) {
        guard case .assigned(let agentID, _) = stage(of: id) else { return }
        wake(id, of: agentID, isQuiet: true, at: now)
    }

    /// - Parameter isQuiet: whether it becomes idle when nobody writes from now on.
    private mutating func wake(_ id: WorkItemID, of agentID: AgentID, isQuiet: Bool, at now: Instant) {
        guard let entry = roster[agentID], let old = holds(of: agentID)?[id] else { return }
        var hold = old
        hold.idleAt = isQuiet ? entry.idleTime(on: hold.channel).map { now + $0 } : nil
        switch hold.activity {
        case .offered: hold.activity = .active
        case .idle, .parked: hold.activity = .returning
        case .active, .returning: break
        }
        guard hold != old else { return }
        update(agent: agentID) { $0.holds[id] = hold }
        settleHolds(of: agentID, at: now)
        refreshSupply(agentID, isFresh: false)
    }

    /// Work items that nobody has written to for a while weigh less.
    mutating func becomeIdle(_ id: AgentID, at now: Instant) {
        guard let agent = agents[id], let entry = roster[id] else { return }
        var holds = agent.holds
        for (itemID, hold) in agent.holds {
            guard let due = hold.idleAt, due <= now else { continue }
            holds[itemID]!.idleAt = nil
            holds[itemID]!.activity = .idle
            holds[itemID]!.weight = min(hold.weight, hold.fullWeight.share(percent: entry.profile.idleWeightPercent))
        }
        guard holds != agent.holds else { return }
        free(id, holds, at: now)
    }

    /// Whether room is kept for the return of a work item that is parked.
    private mutating func keepRoom(for id: WorkItemID, of agentID: AgentID, at now: Instant) -> Bool {
        guard let entry = roster[agentID], let agent = agents[agentID], var hold = agent.holds[id] else { return false }
        hold.weight = min(hold.weight, hold.fullWeight.share(percent: entry.profile.parkedWeightPercent))
        guard hold.weight > 0 else { return false }
        hold.activity = .parked
        hold.idleAt = nil
        hold.standsStill = false
        var holds = agent.holds
        holds[id] = hold
        guard entry.admits(holds, after: agent.holds) else { return false }
        free(agentID, holds, at: now)
        return true
    }

    mutating func hold(_ id: WorkItemID, on channel: ChannelKind, by agentID: AgentID) {
        guard let entry = roster[agentID] else { return }
        let weight = entry.weight(of: channel)
        update(agent: agentID) { agent in
            precondition(agent.holds[id] == nil, "a work item is held once")
            agent.holds[id] = Hold(weight: weight, fullWeight: weight, channel: channel, activity: .offered)
            precondition(entry.admits(agent.holds, after: [:]), "what an agent gets fits their capacity")
        }
        markInterruptions(of: agentID)
        refreshSupply(agentID, isFresh: false)
    }

    /// Lets go of a work item.
    mutating func release(_ id: WorkItemID, from agentID: AgentID, at now: Instant) {
        guard var holds = holds(of: agentID) else { return }
        holds[id] = nil
        free(agentID, holds, at: now)
    }

    /// The agent has less than before.
    private mutating func free(_ id: AgentID, _ holds: Holds, at now: Instant) {
        update(agent: id) { agent in
            agent.holds = holds
            agent.idleSince = now
        }
        touch(id)
        settleHolds(of: id, at: now)
        refreshSupply(id)
    }

    /// Gives room to what came back, the earliest offered first, and notes what stands still and whether they work.
    mutating func settleHolds(of id: AgentID, at now: Instant) {
        defer { noteWork(of: id, at: now) }
        guard let holds = holds(of: id), let entry = roster[id] else { return }
        for (itemID, hold) in holds where hold.activity == .returning {
            let earlier = agents[id]!.holds
            var later = earlier
            later[itemID]!.activity = .active
            later[itemID]!.weight = hold.fullWeight
            guard entry.admits(later, after: earlier) else { continue }
            update(agent: id) { $0.holds = later }
            touch(id)
        }
        markInterruptions(of: id)
    }

    private mutating func markInterruptions(of id: AgentID) {
        guard let holds = holds(of: id), let entry = roster[id] else { return }
        let interrupted = entry.coexisting.isEmpty ? [] : entry.interruptedChannels(by: holds)
        for (itemID, hold) in holds {
            let standsStill = hold.activity != .parked && (hold.channel.map(interrupted.contains) ?? false)
            guard standsStill != hold.standsStill else { continue }
            update(agent: id) { $0.holds[itemID]!.standsStill = standsStill }
            touch(id)
        }
    }
}

extension WorkItem.Stage {
    /// Whether it may become idle: the agent works on it, and the customer is not served yet.
    fileprivate var mayBeIdle: Bool { if case .assigned = self { true } else { false } }
}
