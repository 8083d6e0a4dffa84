import Domain

/// Which of the agents who could take a work item gets it.
///
/// More of what would be nice comes first, then what the policy goes by, then least relative load, longest idle and
/// the id. Agents enter group by group, each in the group's order: where that is all that tells them apart, the first
/// stands for the others, who are only counted.
struct Contest {
    private let requirements: [Requirement]
    /// What a lot is drawn from.
    private let draw: (id: WorkItemID, number: Int)
    private let choice: RoutingPolicy.AgentChoice
    private let lastAgentID: AgentID?
    private var group: Contender.Group?
    private var isFirst = true
    private var best: Contender?
    private(set) var eligibleCount = 0
    /// Who have room, but are in a cooldown.
    private(set) var avoidedCount = 0

    init(_ item: WorkItem, choice: RoutingPolicy.AgentChoice, lastAgentID: AgentID?) {
        requirements = item.requirements
        draw = (item.id, item.offersMade + 1)
        self.choice = choice
        self.lastAgentID = lastAgentID
    }

    var winner: AgentID? { best?.place.id }

    mutating func begin(_ entry: RosterEntry) {
        group = Contender.Group(entry, requirements, choice)
        isFirst = true
    }

    /// Whether another one of the group would make a difference.
    var goesOn: Bool { isFirst || !isOrderedByGroup || eligibleCount < RouterLimits.countedAgentsMax }

    mutating func enter(_ place: AgentGroup.Place, isAvoided: Bool) {
        guard let group else { return }
        if isAvoided {
            avoidedCount += 1
            return
        }
        eligibleCount = min(eligibleCount + 1, RouterLimits.countedAgentsMax)
        defer { isFirst = false }
        guard isFirst || !isOrderedByGroup else { return }
        let contender = Contender(group: group, turn: turn(of: place), place: place)
        if best.map({ contender.isBetter(than: $0) }) ?? true { best = contender }
    }

    private var isOrderedByGroup: Bool {
        switch choice {
        case .leastLoad, .bestLevel, .closestLevel: true
        case .longestIdle, .roundRobin, .seededRandom: false
        }
    }

    /// What the policy goes by within a group: less comes first.
    private func turn(of place: AgentGroup.Place) -> (Int64, AgentID?) {
        switch choice {
        case .leastLoad, .bestLevel, .closestLevel: (0, nil)
        case .longestIdle: (place.idleSince.milliseconds, nil)
        case .roundRobin: ((lastAgentID.map { place.id > $0 } ?? true) ? 0 : 1, place.id)
        case .seededRandom: (lot(of: place.id), nil)
        }
    }

    /// Drawn from the number of the offer and the agent, so whoever reads the log draws the same.
    /// - Source: Thaler, Ravishankar: A name-based mapping scheme for rendezvous, 1996; FNV-1a, 64 bits.
    private func lot(of id: AgentID) -> Int64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in "\(draw.id)/\(draw.number)/\(id)".utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
        // The last bytes of an id stir the low bits only.
        hash = (hash ^ (hash >> 32)) &* 0x9e37_79b9_7f4a_7c15
        return Int64(hash >> 1)
    }
}

private struct Contender {
    /// What is the same for all of a group.
    struct Group {
        var niceCount = 0
        /// What the policy goes by: less comes first.
        var levels = 0
        var capacity: Int

        init(_ entry: RosterEntry, _ requirements: [Requirement], _ choice: RoutingPolicy.AgentChoice) {
            capacity = entry.profile.capacity
            for requirement in requirements {
                let level = entry.levels[requirement.skill] ?? 0
                if requirement.isNice {
                    if level >= requirement.level { niceCount += 1 }
                    continue
                }
                switch choice {
                case .bestLevel: levels -= level
                case .closestLevel: levels += level - requirement.level
                case .leastLoad, .longestIdle, .roundRobin, .seededRandom: break
                }
            }
        }
    }

    var group: Group
    var turn: (Int64, AgentID?)
    var place: AgentGroup.Place

    func isBetter(than other: Contender) -> Bool {
        if group.niceCount != other.group.niceCount { return group.niceCount > other.group.niceCount }
        if group.levels != other.group.levels { return group.levels < other.group.levels }
        if turn.0 != other.turn.0 { return turn.0 < other.turn.0 }
        if let id = turn.1, let otherID = other.turn.1 { return id < otherID }
        // Fractions are compared by their cross products.
        let (load, otherLoad) = (place.load * other.group.capacity, other.place.load * group.capacity)
        if load != otherLoad { return load < otherLoad }
        if place.idleSince != other.place.idleSince { return place.idleSince < other.place.idleSince }
        return place.id < other.place.id
    }
}
