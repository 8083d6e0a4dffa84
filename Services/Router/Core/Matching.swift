import Domain
import OrderedCollections

// Who gets what.
extension RouterMachine {
    /// Offers work until no work item waits that an agent with free capacity could take.
    ///
    /// Work items come in the order of their ranks, over all lines of the pool; one that finds nobody blocks no other.
    /// Before the event that led here nothing was left to match, so only what is fresh needs a look: fresh agents
    /// with the lines that they qualify for, and fresh work items with all free agents.
    ///
    /// - Ordering: no overtaking within a line: for each agent, the best-ranked work item that they can take comes
    ///   first.
    mutating func match(at now: Instant) {
        guard !freshPools.isEmpty else { return }
        let fresh = freshPools.sorted()
        freshPools.removeAll(keepingCapacity: true)
        for poolID in fresh {
            var walk = takeFresh(in: poolID, at: now)
            while let candidate = walk.next(in: pools[poolID], rules) {
                guard let item = items[candidate.rank.id], item.stage.isQueued else { continue }
                switch choose(for: item) {
                case .choice(let choice):
                    compareShadow(of: item, with: choice, at: now)
                    offer(item, to: choice, at: now)
                    takeTurn(choice.agentID, in: item.queueID)
                    offerToOthers(item.id, in: item.queueID, besides: choice, at: now)
                case .nobody(let isForThisOne): walk.pass(candidate, isForThisOne: isForThisOne)
                }
            }
        }
    }

    /// Asks further agents at the same time, as the policy says; a preferred agent is asked alone.
    ///
    /// The set is complete from the start: an agent who becomes free later, or another in the place of one who
    /// declined, is asked only when all of it came to nothing.
    private mutating func offerToOthers(
        _ id: WorkItemID, in queueID: QueueID, besides first: Choice, at now: Instant
    ) {
        let count = min(rules(of: queueID)?.policy.parallelOffers ?? 1, RouterLimits.parallelOffersMax)
        guard !first.isPreferred, count > 1 else { return }
        while let item = items[id], item.liveOffers.count < count {
            guard case .choice(let choice) = choose(for: item) else { return }
            offer(item, to: choice, at: now)
            takeTurn(choice.agentID, in: item.queueID)
        }
    }

    /// The walk over what is fresh in a pool, which is not fresh any more.
    private mutating func takeFresh(in poolID: PoolID, at now: Instant) -> Walk {
        let (ids, agentIDs) = pools[poolID].takeFresh()
        var walk = Walk(now: now, overdueSince: overdueSince(in: poolID, at: now), agents: agentIDs, in: pools[poolID])
        for id in ids {
            guard let place = items.place(of: id), items[at: place].stage.isQueued else { continue }
            let standing = standing(at: place)
            walk.add(standing.rank, rules(of: standing.demand.queueID))
        }
        walk.begin()
        return walk
    }

    /// The best agent for the work item now.
    private mutating func choose(for item: WorkItem) -> Choosing {
        guard let rules = rules(of: item.queueID) else { return .nobody(isForThisOne: true) }
        if let preferredID = preferredAgent(of: item), isPresent(preferredID, for: item) {
            if !pulls(preferredID), fits(item, preferredID) {
                return .choice(
                    Choice(agentID: preferredID, isPreferred: true, eligibleCount: 1, by: rules.policy.choice))
            }
            if item.preferredUntil != nil { return .nobody(isForThisOne: true) }
        }
        let contest = contest(for: item, demandKey(of: item), by: rules.policy.choice)
        guard let best = contest.winner else { return .nobody(isForThisOne: contest.avoidedCount > 0) }
        return .choice(
            Choice(
                agentID: best, isPreferred: false, eligibleCount: contest.eligibleCount, by: rules.policy.choice))
    }

    /// All who could take the work item now, compared.
    mutating func contest(for item: WorkItem, _ key: DemandKey, by choice: RoutingPolicy.AgentChoice) -> Contest {
        let slot = pools[item.poolID].demand(key)
        var contest = Contest(item, choice: choice, lastAgentID: queues[item.queueID]?.lastAgentID)
        pools[item.poolID].demands[slot].groups.forEach(in: pools[item.poolID].free) { index in
            contest.begin(pools[item.poolID].groups[index].entry)
            for place in pools[item.poolID].groups[index].free.elements {
                guard contest.goesOn else { break }
                guard fits(item, place.id), !item.holderIDs.contains(place.id) else { continue }
                contest.enter(place, isAvoided: item.cooldowns[place.id] != nil)
            }
        }
        return contest
    }

    /// Whoever is asked in a queue where agents take turns comes last in it.
    private mutating func takeTurn(_ agentID: AgentID, in queueID: QueueID) {
        guard rules(of: queueID)?.policy.choice == .roundRobin else { return }
        queues[queueID, default: QueueState(id: queueID)].lastAgentID = agentID
        changed.append(.queue(queueID))
    }

    /// Whether somebody who qualifies has room for it now.
    mutating func isSomebodyFree(for item: WorkItem) -> Bool {
        isSomebodyFree(for: item, pools[item.poolID].demand(demandKey(of: item)))
    }

    func isSomebodyFree(for item: WorkItem, _ slot: Int) -> Bool {
        var isSomebody = false
        pools[item.poolID].demands[slot].groups.forEach(in: pools[item.poolID].free) { index in
            isSomebody = isSomebody || pools[item.poolID].groups[index].free.elements.contains { fits(item, $0.id) }
        }
        return isSomebody
    }

    /// Who holds another open work item of the conversation, else who spoke with the customer last.
    func preferredAgent(of item: WorkItem) -> AgentID? {
        guard let siblings = conversations[item.conversationID], siblings.count > 1 else {
            return item.preferredAgentID
        }
        let holders = siblings.compactMap { items[$0] }.filter { $0.id != item.id && $0.stage.assigneeID != nil }
        return holders.min { ($0.acceptedAt, $0.id) < ($1.acceptedAt, $1.id) }?.stage.assigneeID
            ?? item.preferredAgentID
    }

    /// Whose profile says pull asks for work, and is not asked.
    func pulls(_ agentID: AgentID) -> Bool { roster[agentID]?.profile.mode == .pull }

    /// Takes work, is qualified, and neither asked already nor in a cooldown for this work item.
    func isPresent(_ agentID: AgentID, for item: WorkItem) -> Bool {
        item.cooldowns[agentID] == nil && !item.holderIDs.contains(agentID) && isAvailable(agentID, for: item)
    }

    /// Takes work, and is qualified.
    func isAvailable(_ agentID: AgentID, for item: WorkItem) -> Bool {
        guard let place = agents.place(of: agentID), agents[at: place].takesOffers,
            agents[at: place].poolID == item.poolID, let entry = roster[agentID], entry.poolID == item.poolID
        else { return false }
        return entry.satisfies(item.requirements)
            && entry.serves(item.queueID, or: rules(of: item.queueID)?.widenedTo(after: item.step) ?? [])
    }

    /// Whether the agent has room for it. That must follow from the agent, the work item's channel and what it asks
    /// for: who has no room for the first of a line is asked about no other one in it.
    func fits(_ item: WorkItem, _ agentID: AgentID) -> Bool {
        guard let place = agents.place(of: agentID), let entry = roster[agentID] else { return false }
        return agents[at: place].obstacle(to: item.address.channel, entry) == nil
    }
}

/// The agent that a work item is offered to, and what spoke for them.
struct Choice {
    var agentID: AgentID
    var isPreferred: Bool
    /// How many could have taken it; `RouterLimits.countedAgentsMax` stands for that many or more.
    var eligibleCount: Int
    /// What the policy went by.
    var by: RoutingPolicy.AgentChoice
    /// Who or what chose, where it was not the matching.
    var because: String?
}

private enum Choosing {
    case choice(Choice)
    /// - Parameter isForThisOne: whether the next in its line may be luckier.
    case nobody(isForThisOne: Bool)
}
