import Domain
import OrderedCollections

// Who is there, and what becomes of the work of those who are gone.
extension RouterMachine {
    /// The agent made a request; the lease counts from here. Who vanished must set a presence to be back.
    mutating func see(_ id: AgentID, at now: Instant) {
        guard agents.place(of: id) != nil else { return }
        update(agent: id) { $0.lastSeen = now }
    }

    mutating func setPresence(_ wish: PresenceWish, of id: AgentID, at now: Instant) throws(Rejection) {
        guard let entry = roster[id] else { return }
        try check(wish, in: entry.poolID)
        admit(id, at: now)
        // A supervisor who makes somebody present begins a lease, but does not renew one.
        if wish.supervisor == nil || agents[id]?.presence == .offline { see(id, at: now) }
        update(agent: id) { $0.missedOffers = 0 }
        change(wish, of: id, at: now)
    }

    /// A pool that declares reasons for breaks takes no others.
    private func check(_ wish: PresenceWish, in poolID: PoolID) throws(Rejection) {
        guard wish.presence == .away, let pool = configuration.pools[poolID], !pool.breakReasons.isEmpty else { return }
        if let reason = wish.reason, pool.breakReasons.contains(reason) { return }
        throw Rejection(
            code: .unknownBreakReason,
            detail: "Being away needs a reason of this pool: \(pool.breakReasons.joined(separator: ", ")).")
    }

    /// Begins the state of an agent, if there is none yet.
    mutating func admit(_ id: AgentID, at now: Instant) {
        guard let entry = roster[id], agents[id] == nil else { return }
        // The version begins with the time, so a cursor of an earlier life is never met again.
        agents[id] = AgentState(
            id: id, poolID: entry.poolID, lastSeen: now, idleSince: now, version: now.milliseconds)
        pools[entry.poolID].agents.append(id)
    }

    private mutating func change(_ presence: Presence, of id: AgentID, reason: String, at now: Instant) {
        guard agents[id]?.presence != presence else { return }
        change(PresenceWish(presence: presence, reason: reason, supervisor: nil), of: id, at: now)
    }

    private mutating func change(_ wish: PresenceWish, of id: AgentID, at now: Instant) {
        guard let agent = agents[id] else { return }
        let presence = wish.presence
        if agent.presence == presence, wish.reason == nil || wish.reason == agent.reason { return }
        let hasAssignments = agent.holds.values.contains { $0.activity != .offered }
        let grace = roster[id]?.grace ?? .zero
        update(agent: id) { agent in
            if agent.presence != presence, presence == .available { agent.idleSince = now }
            agent.presence = presence
            agent.reason = wish.reason
            agent.supervisor = wish.supervisor
            agent.graceUntil = presence == .offline && hasAssignments ? now + grace : nil
        }
        touch(id)
        emit(
            .presenceChanged(id, presence, reason: wish.reason ?? wish.author, supervisor: wish.supervisor),
            in: agent.poolID, at: now)
        lookAtShift(of: id, hasCome: agent.presence == .offline, at: now)
        noteWork(of: id, at: now)
        reconsider(id)
        if presence == .offline {
            revokeOffers(of: id, reason: "the agent is offline", at: now)
            endConsultations(of: id, reason: "the agent is offline", at: now)
        }
        if presence == .away { revokeOffers(of: id, reason: "the agent is away", at: now) }
    }

    /// A work item that the agent could not take before may now be taken by them, or the other way round.
    mutating func reconsider(_ id: AgentID) {
        guard let agent = agents[id] else { return }
        refreshSupply(id)
        for itemID in pools[agent.poolID].itemsPreferring(id) { requeuePreferring(itemID) }
    }

    /// The lease or the grace time is over, a shift changes, air begins or ends, or something was quiet for long.
    mutating func agentIsDue(_ id: AgentID, at now: Instant) {
        guard let agent = agents[id] else { return }
        if agent.presence == .offline {
            update(agent: id) { $0.graceUntil = nil }
            requeueAssignments(of: id, reason: "the agent is gone", at: now)
        } else if leaseEnd(of: agent) <= now {
            change(.offline, of: id, reason: "no request within the presence lease", at: now)
        } else if agent.isDrained {
            change(.offline, of: id, reason: "the shift is over", at: now)
        } else {
            if let due = agent.shiftChangesAt, due <= now { lookAtShift(of: id, at: now) }
            becomeIdle(id, at: now)
            airIsDue(id, at: now)
            update(agent: id) { _ in }
        }
    }

    /// An offer expired.
    mutating func missed(by id: AgentID, at now: Instant) {
        guard let agent = agents[id], let most = roster[id]?.profile.missedOffersMax else { return }
        update(agent: id) { $0.missedOffers += 1 }
        guard agent.missedOffers + 1 >= max(1, most), agent.presence == .available else { return }
        update(agent: id) { $0.missedOffers = 0 }
        change(.away, of: id, reason: "missed \(agent.missedOffers + 1) offers in a row", at: now)
    }

    /// An offer was accepted or declined.
    mutating func answered(by id: AgentID) {
        guard let place = agents.place(of: id), agents[at: place].missedOffers > 0 else { return }
        update(agent: id) { $0.missedOffers = 0 }
    }

    /// Who is gone and has an assignment again, because a customer wrote during its wrap-up, has the grace time again.
    mutating func renewGrace(of id: AgentID, at now: Instant) {
        guard let agent = agents[id], agent.presence == .offline, agent.graceUntil == nil else { return }
        let grace = roster[id]?.grace ?? .zero
        update(agent: id) { $0.graceUntil = now + grace }
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
        pools[agent.poolID].agents.remove(id)
        pools[agent.poolID].unseat(id)
    }

    mutating func revokeOffers(of id: AgentID, reason: String, at now: Instant) {
        for itemID in agents[id]?.holds.keys ?? [] { revoke(itemID, from: id, reason: reason, at: now) }
    }

    /// The work items go back with their original age, to whoever is there.
    private mutating func requeueAssignments(of id: AgentID, reason: String, at now: Instant) {
        for itemID in agents[id]?.holds.keys ?? [] {
            guard let item = items[itemID] else { continue }
            if case .parked = item.stage { release(itemID, from: id, at: now) }
            guard case .assigned = item.stage else { continue }
            update(itemID) { if $0.preferredAgentID == id { $0.preferredAgentID = nil } }
            emit(.requeued(id, reason: reason), about: item, at: now)
            beginToWait(itemID, at: now)
        }
    }
}

/// What presence an agent wants, or a supervisor for them.
struct PresenceWish {
    var presence: Presence
    var reason: String?
    var supervisor: String?

    /// For people, where no reason was given.
    var author: String { supervisor == nil ? "set by the agent" : "set by a supervisor" }
}
