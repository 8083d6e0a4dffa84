import Domain
import OrderedCollections

// Who gets what.
extension RouterMachine {
    /// Offers work until no work item waits that an agent with free capacity could take.
    ///
    /// Work items come in the order of their ranks, over all lines of the pool; one that finds nobody blocks no other.
    /// Before the event that led here nothing was left to match, so only what is fresh needs a look: fresh agents
    /// with all lines that they qualify for, and fresh work items with all free agents.
    ///
    /// - Ordering: no overtaking within a line: for each agent, the best-ranked work item that they can take comes
    ///   first.
    mutating func match(at now: Instant) {
        for poolID in pools.keys.sorted() {
            guard let pool = pools[poolID], !(pool.freshItems.isEmpty && pool.freshAgents.isEmpty) else { continue }
            var walk = Walk(
                lines: pool.lines.filter { isServed($0.key, by: pool.freshAgents) }.map(\.value.ranks),
                fresh: pool.freshItems.compactMap { items[$0]?.rank })
            while let id = walk.next(hasSupply: !pools[poolID]!.freshAgents.isEmpty) {
                guard let item = items[id], let choice = choose(for: item, isFresh: pool.freshItems.contains(id))
                else { continue }
                offer(item, to: choice, at: now)
            }
            pools[poolID]!.freshItems.removeAll()
            pools[poolID]!.freshAgents.removeAll()
        }
    }

    private func isServed(_ line: LineKey, by agents: OrderedSet<AgentID>) -> Bool {
        queue(line.queueID) != nil && agents.contains { roster[$0]?.satisfies(line.requirements) ?? false }
    }

    /// The best agent for the work item now, or nil when there is none or it waits for its preferred one.
    private func choose(for item: WorkItem, isFresh: Bool) -> Choice? {
        guard queue(item.queueID) != nil, let pool = pools[item.poolID] else { return nil }
        let preferredID = preferredAgent(of: item)
        if let preferredID, isPresent(preferredID, for: item) {
            if fits(item, preferredID) { return Choice(agentID: preferredID, isPreferred: true, eligibleCount: 1) }
            if item.preferredUntil != nil { return nil }
        }
        var best: AgentID?
        var eligibleCount = 0
        for id in isFresh ? pool.free : pool.freshAgents where isPresent(id, for: item) && fits(item, id) {
            eligibleCount += 1
            if let current = best, !isBetter(id, than: current) { continue }
            best = id
        }
        return best.map { Choice(agentID: $0, isPreferred: false, eligibleCount: eligibleCount) }
    }

    /// Who holds another open work item of the conversation, else who spoke with the customer last.
    func preferredAgent(of item: WorkItem) -> AgentID? {
        let siblings = (conversations[item.conversationID] ?? []).compactMap { items[$0] }
        let holders = siblings.filter { $0.id != item.id && $0.stage.assigneeID != nil }
        return holders.min { ($0.acceptedAt, $0.id) < ($1.acceptedAt, $1.id) }?.stage.assigneeID
            ?? item.preferredAgentID
    }

    /// Available, qualified, and not in a cooldown for this work item.
    func isPresent(_ agentID: AgentID, for item: WorkItem) -> Bool {
        guard let agent = agents[agentID], agent.presence == .available, agent.poolID == item.poolID,
            let entry = roster[agentID], entry.poolID == item.poolID
        else { return false }
        return item.cooldowns[agentID] == nil && entry.satisfies(item.requirements)
    }

    func fits(_ item: WorkItem, _ agentID: AgentID) -> Bool {
        guard let agent = agents[agentID], let entry = roster[agentID] else { return false }
        return agent.load + entry.weight(of: item.address.channel) <= entry.profile.capacity
    }

    /// Least relative load, then longest idle, then the id. Fractions are compared by their cross products.
    private func isBetter(_ left: AgentID, than right: AgentID) -> Bool {
        guard let a = agents[left], let b = agents[right] else { return false }
        let aLoad = a.load * (roster[right]?.profile.capacity ?? 1)
        let bLoad = b.load * (roster[left]?.profile.capacity ?? 1)
        if aLoad != bLoad { return aLoad < bLoad }
        return (a.idleSince, left) < (b.idleSince, right)
    }
}

/// The agent that a work item is offered to, and what spoke for them.
struct Choice {
    var agentID: AgentID
    var isPreferred: Bool
    var eligibleCount: Int
}

/// Visits, in the order of their ranks, all work items of some lines and the fresh ones of the others, each once.
///
/// It works on what the pool was when the walk began: during a walk work items only leave their lines.
private struct Walk {
    private var lines: [ArraySlice<Rank>] = []
    /// Fresh work items, last first.
    private var fresh: [Rank]
    private var last: Rank?

    init(lines: [[Rank]], fresh: [Rank]) {
        self.lines = lines.map { $0[...] }
        self.fresh = fresh.sorted(by: >)
    }

    /// - Parameter hasSupply: whether a fresh agent has capacity left; without one, only fresh work items matter.
    mutating func next(hasSupply: Bool) -> WorkItemID? {
        if !hasSupply { lines.removeAll() }
        // A fresh work item in a served line comes up twice.
        while let rank = fresh.last, let last, rank <= last { fresh.removeLast() }
        var best = fresh.last
        var bestLine: Int?
        for (index, line) in lines.enumerated() {
            guard let first = line.first, best.map({ first <= $0 }) ?? true else { continue }
            best = first
            bestLine = index
        }
        if let bestLine { lines[bestLine].removeFirst() } else if best != nil { fresh.removeLast() }
        last = best
        return best?.id
    }
}
