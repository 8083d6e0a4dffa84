import Domain
import OrderedCollections

@testable import RouterCore

// What the machine keeps beside its entities, for speed, must be what follows from them. The model cannot see it; where it
// is wrong, nothing may come of that for a long time.
extension RouterMachine {
    /// The first thing inside that does not follow from the entities; nil: there is none.
    var contradiction: String? { contradictionOfHolds ?? contradictionOfLines ?? contradictionOfDeadlines }

    /// What agents hold is what work items say that they hold.
    private var contradictionOfHolds: String? {
        var held: [AgentID: Set<WorkItemID>] = [:]
        for item in items.values {
            let parked = item.holderIDs.isEmpty ? holder(of: item).map { [$0] } ?? [] : []
            for holderID in item.holderIDs + parked where !held[holderID, default: []].insert(item.id).inserted {
                return "\(holderID) is asked twice for \(item.id)"
            }
            if !item.parallelOffers.isEmpty, item.liveOffers.isEmpty { return "\(item.id) has offers beside none" }
            if let agentID = item.consultation?.agentID, !(consulted[agentID]?.contains(item.id) ?? false) {
                return "\(agentID) does not know of being consulted on \(item.id)"
            }
            for offer in item.liveOffers where offers[offer.id] != item.id { return "\(offer.id) leads elsewhere" }
        }
        for agent in agents.values where Set(agent.holds.keys) != held[agent.id] ?? [] {
            return "\(agent.id) holds \(agent.holds.keys), the work items say \(held[agent.id] ?? [])"
        }
        return held.keys.first { agents[$0] == nil }.map { "\($0) holds work, and is not known" }
    }

    /// Who waits is in one line, and open work items are counted right.
    private var contradictionOfLines: String? {
        let waiting = items.values.filter { $0.stage.isQueued }.map(\.id).sorted()
        let inLines = pools.all.flatMap { pool in
            (pool.demands.flatMap { $0.lines.flatMap(\.ranks.elements) } + pool.reservedRanks).map(\.id)
        }
        guard inLines.sorted() == waiting else { return "in lines are \(inLines), and \(waiting) wait" }
        let open = items.values.count { !$0.stage.isClosed }
        let counts = [
            pools.all.reduce(0) { $0 + $1.openCount }, openPerQueue.values.reduce(0, +),
            conversations.values.reduce(0) { $0 + $1.count },
        ]
        return counts.allSatisfy { $0 == open } ? nil : "\(open) are open, and the counts are \(counts)"
    }

    /// What is due next is the first of all deadlines, and lies ahead.
    private var contradictionOfDeadlines: String? {
        for item in items.values where !item.stage.isClosed {
            let deadline = nextDeadline(of: item)
            switch item.stage {
            case .offered, .parked, .scheduled, .wrapUp:
                if deadline == nil { return "\(item.id) is \(item.stage.name) for ever" }
            case .assigned(let agentID, _):
                guard let agent = agents[agentID], nextDeadline(of: agent) != nil else {
                    return "\(item.id) is with \(agentID), whom nobody watches"
                }
            case .queued, .closed: break
            }
        }
        let all =
            items.values.filter { !$0.stage.isClosed }.compactMap { nextDeadline(of: $0) }
            + agents.values.compactMap { nextDeadline(of: $0) }
        return nextDeadline == all.min() ? nil : "\(nextDeadline, default: "nothing") is next, and due \(all)"
    }

    /// What is stored of it, in no order.
    var entities: [RouterEntity] {
        items.values.map(RouterEntity.workItem) + agents.values.map(RouterEntity.agent)
            + queues.values.map(RouterEntity.queue) + commands.values.map(RouterEntity.command)
            + forwardings.values.map(RouterEntity.forwarding)
    }

    /// Whether both have the same entities.
    func hasState(of other: RouterMachine) -> Bool {
        items == other.items && agents == other.agents && queues == other.queues && commands == other.commands
            && forwardings == other.forwardings
    }
}
