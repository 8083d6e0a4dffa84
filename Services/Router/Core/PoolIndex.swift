import Domain
import OrderedCollections

/// What a pool's matching works on. All of it follows from work items, agents and configuration, so none is stored.
///
/// Work items that ask for the same are one `Demand`, agents with equal skills and profile one `AgentGroup`; which
/// groups serve which demands is worked out once, when one of them appears. A decision looks at the first of each
/// line or group that matters, so it costs as much with a hundred thousand waiting as with a hundred.
///
/// After every record, no work item waits that a free agent could take. So after the next one only those pairs need a
/// look that have a `freshItems` or a `freshAgents` member.
struct PoolIndex: Sendable {
    var openCount = 0
    /// Every agent with a state.
    var agents: OrderedSet<AgentID> = []

    private(set) var demands: [Demand] = []
    private var demandSlots: [DemandKey: Int] = [:]
    /// The demands with somebody in a line.
    private(set) var waiting = Bits()

    /// Work items that may wait for a preferred agent who is busy, by that agent.
    private var preferring: [AgentID: Set<WorkItemID>] = [:]
    private var preferences: [WorkItemID: Preference] = [:]
    /// Those of them that do: for each agent and queue, a line for each channel.
    private(set) var reserved: [AgentID: [QueueID: [WaitingLine]]] = [:]

    private(set) var groups: [AgentGroup] = []
    private var groupSlots: [AgentGroup.Key: Int] = [:]
    /// The groups with somebody free.
    private(set) var free = Bits()
    private var seats: [AgentID: AgentGroup.Seat] = [:]
    /// Agents who are available.
    private(set) var presentCount = 0
    /// Grows when somebody comes or goes.
    private var presenceChanges = 0

    /// Work items for whom something changed since the last matching; some may be there twice, or have gone.
    var freshItems: [WorkItemID] = []
    /// Agents for whom something changed since the last matching; some may be there twice, or have gone.
    var freshAgents: [AgentID] = []

    /// Whom a work item would rather have, and whether it is kept from others for that.
    struct Preference: Hashable, Sendable {
        var agentID: AgentID
        var isReserved: Bool
    }
}

extension PoolIndex {
    mutating func takeFresh() -> (items: [WorkItemID], agents: [AgentID]) {
        defer {
            freshItems = []
            freshAgents = []
        }
        return (freshItems, freshAgents)
    }
}

// MARK: - Demand

extension PoolIndex {
    mutating func insert(_ standing: Standing, _ preference: Preference?, keepsAges: Bool) {
        let (rank, channel) = (standing.rank, standing.channel)
        if let preference {
            preferences[rank.id] = preference
            preferring[preference.agentID, default: []].insert(rank.id)
            if preference.isReserved {
                reserved[preference.agentID, default: [:]][
                    standing.demand.queueID, default: ChannelKind.allCases.map { _ in WaitingLine() }][channel.ordinal]
                    .insert(rank, keepsAges: keepsAges)
                return
            }
        }
        let slot = demand(standing.demand)
        demands[slot].insert(rank, on: channel, keepsAges: keepsAges)
        waiting.insert(slot)
    }

    mutating func remove(_ standing: Standing) {
        let (rank, channel, key) = (standing.rank, standing.channel, standing.demand)
        if !preferences.isEmpty, let preference = preferences.removeValue(forKey: rank.id) {
            preferring[preference.agentID]?.remove(rank.id)
            if preferring[preference.agentID]?.isEmpty ?? false { preferring[preference.agentID] = nil }
            if preference.isReserved {
                let isThere = reserved[preference.agentID]?[key.queueID]?[channel.ordinal].remove(rank) ?? false
                precondition(isThere, "a work item that waits for an agent is in their line")
                if reserved[preference.agentID]?[key.queueID]?.allSatisfy(\.isEmpty) ?? false {
                    reserved[preference.agentID]?[key.queueID] = nil
                }
                if reserved[preference.agentID]?.isEmpty ?? false { reserved[preference.agentID] = nil }
                return
            }
        }
        guard let slot = demandSlots[key] else { preconditionFailure("a work item that waits has a demand") }
        demands[slot].remove(rank, from: channel)
        if demands[slot].count == 0 { waiting.remove(slot) }
    }

    /// The work items that may wait for this agent, in no order.
    func itemsPreferring(_ id: AgentID) -> Set<WorkItemID> { preferring[id] ?? [] }

    /// All that wait in a queue and are kept for nobody, in no order.
    func ranks(in id: QueueID) -> [Rank] {
        demands.filter { $0.key.queueID == id }.flatMap { $0.lines.flatMap(\.ranks.elements) }
    }

    /// All that are kept for their preferred agents, in no order.
    var reservedRanks: [Rank] {
        reserved.values.flatMap { $0.values.flatMap { $0.flatMap(\.ranks.elements) } }
    }

    /// How many come before it among those that ask for the same, and are kept for nobody.
    func position(of rank: Rank, _ key: DemandKey) -> Int {
        demandSlots[key].map { demands[$0].position(of: rank) } ?? 0
    }

    /// The demand alone, if somebody waits with it.
    func waiting(with key: DemandKey) -> Bits {
        var result = Bits()
        if let slot = demandSlots[key], waiting.contains(slot) { result.insert(slot) }
        return result
    }

    /// The demand's place in `demands`, which it gets when it is asked for first.
    mutating func demand(_ key: DemandKey) -> Int {
        if let slot = demandSlots[key] { return slot }
        if demands.count >= RouterLimits.emptyDemandsMax { dropEmptyDemands() }
        return append(Demand(key: key, groups: qualified(for: key)))
    }

    private mutating func append(_ demand: Demand) -> Int {
        let slot = demands.count
        demandSlots[demand.key] = slot
        for index in groups.indices where demand.groups.contains(index) { groups[index].demands.insert(slot) }
        if demand.count > 0 { waiting.insert(slot) }
        demands.append(demand)
        return slot
    }

    private mutating func dropEmptyDemands() {
        let kept = demands.filter { $0.count > 0 }
        demands = []
        demandSlots = [:]
        waiting = Bits()
        for index in groups.indices { groups[index].demands = Bits() }
        for demand in kept { _ = append(demand) }
    }

    /// The groups who qualify.
    func qualified(for key: DemandKey) -> Bits {
        var result = Bits()
        for index in groups.indices where groups[index].serves(key) { result.insert(index) }
        return result
    }
}

// MARK: - Supply

extension PoolIndex {
    /// Gives an agent who is present their place among the free ones, or none.
    mutating func seat(_ id: AgentID, _ entry: RosterEntry, isPresent: Bool, place: AgentGroup.Place?) {
        var seat = seats[id] ?? AgentGroup.Seat(group: group(of: entry))
        if let old = seat.place, old != place {
            groups[seat.group].free.remove(old)
            if groups[seat.group].free.isEmpty { free.remove(seat.group) }
        }
        if let place, seat.place != place {
            groups[seat.group].free.insert(place)
            free.insert(seat.group)
        }
        if seat.isPresent != isPresent {
            groups[seat.group].presentCount += isPresent ? 1 : -1
            presentCount += isPresent ? 1 : -1
            presenceChanges += 1
        }
        seat.place = place
        seat.isPresent = isPresent
        seats[id] = seat
    }

    /// Takes an agent out who is not of this pool any more.
    mutating func unseat(_ id: AgentID) {
        guard let seat = seats.removeValue(forKey: id) else { return }
        if let place = seat.place { groups[seat.group].free.remove(place) }
        if groups[seat.group].free.isEmpty { free.remove(seat.group) }
        if seat.isPresent {
            groups[seat.group].presentCount -= 1
            presentCount -= 1
            presenceChanges += 1
        }
    }

    func isFree(_ id: AgentID) -> Bool { seats[id]?.place != nil }

    /// Drops all lines, groups and seats: the configuration is another one.
    mutating func clear() {
        let (openCount, agents) = (openCount, agents)
        self = PoolIndex()
        self.openCount = openCount
        self.agents = agents
    }

    func group(of id: AgentID) -> AgentGroup? { seats[id].map { groups[$0.group] } }

    /// How many work items of this kind all who are present and qualify could have at once.
    mutating func places(for channel: ChannelKind, _ slot: Int) -> Int {
        let known = demands[slot].places[channel.ordinal]
        if known.asOf == presenceChanges { return known.count }
        var count = 0
        for index in groups.indices where groups[index].presentCount > 0 && demands[slot].groups.contains(index) {
            count += groups[index].presentCount * groups[index].entry.places(for: channel)
        }
        demands[slot].places[channel.ordinal] = (presenceChanges, count)
        return count
    }

    /// The same, without keeping it in mind.
    func places(of servers: Bits, for channel: ChannelKind) -> Int {
        var count = 0
        servers.forEach(in: servers) { count += groups[$0].presentCount * groups[$0].entry.places(for: channel) }
        return count
    }

    /// How many of a demand come before a rank, and of the agents who serve it how many serve the others too.
    func competition(
        of slot: Int, with servers: Bits, before rank: Rank
    ) -> (before: Int, shared: Int, all: Int) {
        let before = demands[slot].position(of: rank)
        guard before > 0 else { return (0, 0, 1) }
        let groups = demands[slot].groups
        return (before, presentCount(of: groups, and: servers), max(1, presentCount(of: groups, and: groups)))
    }

    /// Agents who are present and in groups of both.
    func presentCount(of some: Bits, and others: Bits) -> Int {
        var count = 0
        some.forEach(in: others) { count += groups[$0].presentCount }
        return count
    }

    /// How many of those who are available qualify.
    mutating func qualifiedCount(_ slot: Int) -> Int {
        if demands[slot].qualified.asOf == presenceChanges { return demands[slot].qualified.count }
        var count = 0
        for index in groups.indices where demands[slot].groups.contains(index) { count += groups[index].presentCount }
        demands[slot].qualified = (presenceChanges, count)
        return count
    }

    private mutating func group(of entry: RosterEntry) -> Int {
        let key = AgentGroup.Key(entry)
        if let slot = groupSlots[key] { return slot }
        let slot = groups.count
        groupSlots[key] = slot
        var group = AgentGroup(entry: entry)
        for index in demands.indices where group.serves(demands[index].key) {
            group.demands.insert(index)
            demands[index].groups.insert(slot)
        }
        groups.append(group)
        return slot
    }
}
