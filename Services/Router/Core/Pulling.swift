import Domain
import OrderedCollections

// Work that an agent asks for instead of being asked.
extension RouterMachine {
    /// Assigns the most urgent work item that the agent may take, if there is one.
    mutating func pull(by agentID: AgentID, at now: Instant) throws(Rejection) -> WorkItemID? {
        try checkIsAvailable(agentID)
        guard let agent = agents[agentID], let entry = roster[agentID], agent.hasRoom(entry) else {
            throw Rejection(code: .overCapacity, detail: "This agent has no room for more work.")
        }
        guard let item = mostUrgent(for: agentID, in: agent.poolID, at: now) else { return nil }
        let choice = Choice(
            agentID: agentID, isPreferred: false, eligibleCount: 1, by: policy(of: item.queueID).choice,
            because: "asked for work")
        let decision = decision(on: choice, for: item, at: now)
        move(item.id, to: .assigned(agentID, since: now), at: now)
        update(item.id) { $0.decision = decision }
        emit(.assigned(agentID), about: item, at: now)
        return item.id
    }

    /// As the matching goes through what waits, for this agent alone.
    private func mostUrgent(for agentID: AgentID, in poolID: PoolID, at now: Instant) -> WorkItem? {
        var walk = Walk(
            now: now, overdueSince: overdueSince(in: poolID, at: now), agents: [agentID], in: pools[poolID],
            isPull: true)
        while let candidate = walk.next(in: pools[poolID], rules) {
            guard let item = items[candidate.rank.id] else { return nil }
            // What a queue asks for is not known before it is configured.
            let isKnown = rules(of: item.queueID) != nil
            if isKnown, mayTake(item, agentID) { return item }
            walk.pass(candidate, isForThisOne: isKnown && fits(item, agentID))
        }
        return nil
    }

    /// Nobody else is waited for, and there is room.
    private func mayTake(_ item: WorkItem, _ agentID: AgentID) -> Bool {
        guard isPresent(agentID, for: item), fits(item, agentID) else { return false }
        guard item.preferredUntil != nil, let preferredID = preferredAgent(of: item), preferredID != agentID
        else { return true }
        return !isPresent(preferredID, for: item)
    }
}
