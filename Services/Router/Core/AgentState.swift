package import Domain
package import OrderedCollections

/// What the router knows of an agent beyond the configuration. Exists from the agent's first presence on.
///
/// ```
///                     set                set
///      available ◄──────────► away ◄──────────► offline
///          │                   │                ▲   │ grace time is over:
///          └───────────────────┴────────────────┘   │ assignments are requeued
///            no request for the lease (vanished),   ▼
///            or set; offers are revoked           offline
/// ```
package struct AgentState: Hashable, Sendable {
    package var id: AgentID
    package var poolID: PoolID
    package var presence: Presence = .offline
    /// The last request; the presence lease counts from here.
    package var lastSeen: Instant
    /// When capacity last became free: who has been idle longest comes first.
    package var idleSince: Instant
    /// The weight that each offer, assignment and wrap-up takes, fixed when it was offered.
    package var holds: OrderedDictionary<WorkItemID, Int> = [:]
    /// Offline: when the assignments are requeued.
    package var graceUntil: Instant?
    /// Grows with every change that the agent can see; the cursor of the long poll.
    package var version: Int64

    package init(
        id: AgentID, poolID: PoolID, presence: Presence = .offline, lastSeen: Instant, idleSince: Instant,
        holds: OrderedDictionary<WorkItemID, Int> = [:], graceUntil: Instant? = nil, version: Int64
    ) {
        self.id = id
        self.poolID = poolID
        self.presence = presence
        self.lastSeen = lastSeen
        self.idleSince = idleSince
        self.holds = holds
        self.graceUntil = graceUntil
        self.version = version
    }

    package var load: Int { holds.values.reduce(0, +) }
}

/// What the configuration says about an agent, ready for matching. Looked up by every decision, and never changed.
final class RosterEntry: Sendable {
    let name: String
    let poolID: PoolID
    let levels: [SkillID: Int]
    let profile: RoutingProfile

    init(_ agent: Agent, profile: RoutingProfile?) {
        name = agent.name
        poolID = agent.poolID
        levels = Dictionary(agent.skills.map { ($0.skill, $0.level) }, uniquingKeysWith: max)
        // A profile that is missing carries nothing: such an agent takes no offers.
        self.profile = profile ?? RoutingProfile(id: agent.profileID, capacity: 0)
    }

    /// What a work item on this channel takes of this agent's capacity: at least one unit, and never more than all of
    /// it, so that a heavy channel finds an idle agent however the profile is written.
    func weight(of channel: ChannelKind) -> Int {
        min(max(1, profile.weights[channel] ?? profile.defaultWeight), max(1, profile.capacity))
    }

    /// How many work items on this channel the agent could have at once.
    func places(for channel: ChannelKind) -> Int {
        profile.capacity > 0 ? max(1, profile.capacity / weight(of: channel)) : 0
    }

    /// Whether the routing profile lets the agent have work of one of these queues.
    func serves(_ queueID: QueueID, or others: [QueueID]) -> Bool {
        profile.queues.isEmpty || profile.queues.contains(queueID) || others.contains { profile.queues.contains($0) }
    }

    func satisfies(_ requirements: [Requirement]) -> Bool {
        requirements.allSatisfy { $0.isNice || (levels[$0.skill] ?? 0) >= $0.level }
    }

    var lease: Duration { .seconds(max(1, profile.presenceLeaseSeconds)) }
    var grace: Duration { .seconds(max(0, profile.graceSeconds)) }
}
