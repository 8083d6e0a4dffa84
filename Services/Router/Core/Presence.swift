import Domain
import OrderedCollections

// Who is there, and what becomes of the work of those who are gone.
extension RouterMachine {
    /// The agent made a request; the lease counts from here. Who vanished must set a presence to be back.
    mutating func see(_ id: AgentID, at now: Instant) {
        guard agents[id] != nil else { return }
        update(agent: id) { $0.lastSeen = now }
    }

    mutating func setPresence(_ presence: Presence, of id: AgentID, at now: Instant) {
        guard let entry = roster[id] else { return }
        if agents[id] == nil {
            // The version begins with the time, so a cursor of an earlier life is never met again.
            agents[id] = AgentState(
                id: id, poolID: entry.poolID, lastSeen: now, idleSince: now, version: now.milliseconds)
            pools[entry.poolID, default: PoolIndex()].agents.append(id)
        }
        see(id, at: now)
        change(presence, of: id, reason: "set by the agent", at: now)
    }

    private mutating func change(_ presence: Presence, of id: AgentID, reason: String, at now: Instant) {
        guard let agent = agents[id], agent.presence != presence else { return }
        let hasAssignments = agent.holds.keys.contains { items[$0]?.stage.assigneeID == id }
        let grace = roster[id]?.grace ?? .zero
        update(agent: id) { agent in
            agent.presence = presence
            if agent.presence == .available { agent.idleSince = now }
            agent.graceUntil = presence == .offline && hasAssignments ? now + grace : nil
        }
        touch(id)
        emit(.presenceChanged(id, presence, reason: reason), in: agent.poolID, at: now)
        refreshSupply(id)
        for itemID in pools[agent.poolID]?.itemsPreferring(id) ?? [] { requeuePreferring(itemID) }
        if presence == .offline { revokeOffers(of: id, reason: "the agent is offline", at: now) }
        if presence == .away { revokeOffers(of: id, reason: "the agent is away", at: now) }
    }

    /// The lease or the grace time is over.
    mutating func agentIsDue(_ id: AgentID, at now: Instant) {
        guard let agent = agents[id] else { return }
        guard agent.presence == .offline else {
            return change(.offline, of: id, reason: "no request within the presence lease", at: now)
        }
        update(agent: id) { $0.graceUntil = nil }
        requeueAssignments(of: id, reason: "the agent is gone", at: now)
    }

    /// Ends the state of an agent whom the configuration no longer has in this pool.
    mutating func dismiss(_ id: AgentID, reason: String, at now: Instant) {
        guard let agent = agents[id] else { return }
        change(.offline, of: id, reason: reason, at: now)
        requeueAssignments(of: id, reason: reason, at: now)
        for itemID in agents[id]?.holds.keys ?? [] {
            guard let item = items[itemID], case .wrapUp(let wrapUp) = item.stage else { continue }
            close(itemID, by: id, disposition: wrapUp.disposition, at: now)
        }
        agents[id] = nil
        changed.append(.agent(id))
        deadlines.set(.agent(id), to: nil)
        pools[agent.poolID]?.agents.remove(id)
        pools[agent.poolID]?.unseat(id)
    }

    private mutating func revokeOffers(of id: AgentID, reason: String, at now: Instant) {
        for itemID in agents[id]?.holds.keys ?? [] { revoke(itemID, reason: reason, at: now) }
    }

    /// The work items go back with their original age, to whoever is there.
    private mutating func requeueAssignments(of id: AgentID, reason: String, at now: Instant) {
        for itemID in agents[id]?.holds.keys ?? [] {
            guard let item = items[itemID], case .assigned = item.stage else { continue }
            update(itemID) { if $0.preferredAgentID == id { $0.preferredAgentID = nil } }
            emit(.requeued(id, reason: reason), about: item, at: now)
            beginToWait(itemID, at: now)
        }
    }
}
