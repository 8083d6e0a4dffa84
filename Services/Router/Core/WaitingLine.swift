import Domain
import OrderedCollections

/// A work item's place among those that wait: more urgent first, then older, then by id.
struct Rank: Hashable, Comparable, Sendable {
    var priority: Int
    var acceptedAt: Instant
    var id: WorkItemID

    static func < (left: Rank, right: Rank) -> Bool {
        if left.priority != right.priority { return left.priority > right.priority }
        if left.acceptedAt != right.acceptedAt { return left.acceptedAt < right.acceptedAt }
        return left.id < right.id
    }
}

/// Those that ask for the same: whoever qualifies for one of them qualifies for all.
struct LineKey: Hashable, Sendable {
    var queueID: QueueID
    var requirements: [Requirement]
}

/// The work items that wait in one queue with one requirement set, in order.
struct WaitingLine: Sendable {
    private(set) var ranks: [Rank] = []

    mutating func insert(_ rank: Rank) {
        ranks.insert(rank, at: position(of: rank))
    }

    mutating func remove(_ rank: Rank) {
        let index = position(of: rank)
        precondition(index < ranks.count && ranks[index] == rank, "a work item that waits is in its line")
        ranks.remove(at: index)
    }

    /// How many come before it.
    func position(of rank: Rank) -> Int {
        var low = 0
        var high = ranks.count
        while low < high {
            let middle = (low + high) / 2
            if ranks[middle] < rank { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// What a pool's matching works on. All of it follows from work items, agents and configuration, so none is stored.
///
/// After every record, no work item waits that an agent in `free` could take. So after the next one only those pairs
/// need a look that have a `freshItems` or a `freshAgents` member.
struct PoolIndex: Sendable {
    var openCount = 0
    var lines: OrderedDictionary<LineKey, WaitingLine> = [:]
    /// Every agent with a state.
    var agents: OrderedSet<AgentID> = []
    /// Available, and with capacity left.
    var free: OrderedSet<AgentID> = []
    /// Work items that wait, and may do so for a preferred agent who is busy.
    var preferring: OrderedSet<WorkItemID> = []
    /// Work items for whom something changed since the last matching.
    var freshItems: OrderedSet<WorkItemID> = []
    /// Agents for whom something changed since the last matching.
    var freshAgents: OrderedSet<AgentID> = []

    mutating func insert(_ item: WorkItem) {
        lines[item.lineKey, default: WaitingLine()].insert(item.rank)
        if item.preferredUntil != nil { preferring.append(item.id) }
        freshItems.append(item.id)
    }

    mutating func remove(_ item: WorkItem) {
        let key = item.lineKey
        lines[key]?.remove(item.rank)
        if lines[key]?.ranks.isEmpty ?? false { lines[key] = nil }
        preferring.remove(item.id)
        freshItems.remove(item.id)
    }
}
