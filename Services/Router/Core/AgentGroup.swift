import Domain

/// The agents of a pool with equal skills and the same profile: whoever of them is free can take the same.
struct AgentGroup: Sendable {
    /// Of one of them; only the name differs.
    let entry: RosterEntry
    /// Those who are available and have capacity left, in the order of choice.
    var free = SortedList<Place>()
    /// Those who are available.
    var presentCount = 0
    /// The demands that they qualify for.
    var demands = Bits()

    struct Key: Hashable, Sendable {
        var skills: [Requirement]
        var profileID: ProfileID

        init(_ entry: RosterEntry) {
            skills = entry.levels.map { Requirement(skill: $0.key, level: $0.value) }.sorted { $0.skill < $1.skill }
            profileID = entry.profile.id
        }
    }

    /// An agent's place in the group: less load first, then idle for longer, then the id.
    struct Place: Hashable, Comparable, Sendable {
        var load: Int
        var idleSince: Instant
        var id: AgentID

        static func < (left: Place, right: Place) -> Bool {
            if left.load != right.load { return left.load < right.load }
            if left.idleSince != right.idleSince { return left.idleSince < right.idleSince }
            return left.id < right.id
        }
    }

    /// Where an agent is, and as what.
    struct Seat: Sendable {
        let group: Int
        var place: Place?
        var isPresent = false
    }

    init(entry: RosterEntry) {
        self.entry = entry
    }

    func serves(_ demand: DemandKey) -> Bool {
        entry.serves(demand.queueID, or: demand.widenedTo) && entry.satisfies(demand.requirements)
    }
}
