internal import OrderedCollections

/// One entry of an organization's configuration: one record of `patchbay.config`.
package enum ConfigurationEntry: Hashable, Sendable {
    case pool(Pool)
    case skill(Skill)
    case profile(RoutingProfile)
    case agent(Agent)
    case queue(Queue)
    case routingPolicy(RoutingPolicy)
    case slaPolicy(SLAPolicy)
    case calendar(BusinessCalendar)
    case account(ChannelAccount)

    /// The first half of a key.
    package enum Kind: String, CaseIterable, Hashable, Sendable {
        case pool, skill, profile, agent, queue
        case routingPolicy = "routing-policy"
        case slaPolicy = "sla-policy"
        case calendar, account
    }

    /// Key of the record that ends a revision; its value is the revision's number in decimal digits.
    package static let revisionKey = "revision"

    package var kind: Kind {
        switch self {
        case .pool: .pool
        case .skill: .skill
        case .profile: .profile
        case .agent: .agent
        case .queue: .queue
        case .routingPolicy: .routingPolicy
        case .slaPolicy: .slaPolicy
        case .calendar: .calendar
        case .account: .account
        }
    }

    /// The entry's id, unique within its kind.
    package var name: String {
        switch self {
        case .pool(let pool): pool.id.rawValue
        case .skill(let skill): skill.id.rawValue
        case .profile(let profile): profile.id.rawValue
        case .agent(let agent): agent.id.rawValue
        case .queue(let queue): queue.id.rawValue
        case .routingPolicy(let policy): policy.id.rawValue
        case .slaPolicy(let policy): policy.id.rawValue
        case .calendar(let calendar): calendar.id.rawValue
        case .account(let account): account.id.rawValue
        }
    }

    /// `kind/name`, the record's key.
    package var key: String { "\(kind.rawValue)/\(name)" }
}

extension Configuration {
    /// A revision from its entries. They are taken in the order of their keys, whatever their order here; of two
    /// with the same key the later one counts.
    package init(revision: Int64, entries: [ConfigurationEntry]) {
        self.init(revision: revision)
        let keyed = entries.enumerated().map { (key: $1.key, index: $0, entry: $1) }
        for item in keyed.sorted(by: { ($0.key, $0.index) < ($1.key, $1.index) }) {
            add(item.entry)
        }
    }

    /// All entries, sorted by key.
    package var entries: [ConfigurationEntry] {
        var all: [ConfigurationEntry] = []
        all += pools.values.map { .pool($0) }
        all += skills.values.map { .skill($0) }
        all += profiles.values.map { .profile($0) }
        all += agents.values.map { .agent($0) }
        all += queues.values.map { .queue($0) }
        all += routingPolicies.values.map { .routingPolicy($0) }
        all += slaPolicies.values.map { .slaPolicy($0) }
        all += calendars.values.map { .calendar($0) }
        all += accounts.values.map { .account($0) }
        return all.map { ($0.key, $0) }.sorted { $0.0 < $1.0 }.map(\.1)
    }

    private mutating func add(_ entry: ConfigurationEntry) {
        switch entry {
        case .pool(let pool): pools[pool.id] = pool
        case .skill(let skill): skills[skill.id] = skill
        case .profile(let profile): profiles[profile.id] = profile
        case .agent(let agent): agents[agent.id] = agent
        case .queue(let queue): queues[queue.id] = queue
        case .routingPolicy(let policy): routingPolicies[policy.id] = policy
        case .slaPolicy(let policy): slaPolicies[policy.id] = policy
        case .calendar(let calendar): calendars[calendar.id] = calendar
        case .account(let account): accounts[account.id] = account
        }
    }
}
