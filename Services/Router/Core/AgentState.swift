package import Domain
import OrderedCollections

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
package struct AgentState: Hashable, Identifiable, Sendable {
    package var id: AgentID
    package var poolID: PoolID
    package var presence: Presence = .offline
    /// The last request; the presence lease counts from here.
    package var lastSeen: Instant
    /// When capacity last became free: who has been idle longest comes first.
    package var idleSince: Instant
    /// Offers, assignments, wrap-ups, and parked work items that room is kept for, in the order of their offers.
    package var holds: Holds = [:]
    /// Offline: when the assignments are requeued.
    package var graceUntil: Instant?
    /// Grows with every change that the agent can see; the cursor of the long poll.
    package var version: Int64
    /// Why they are away, or what was said with the presence; nil: nothing was.
    package var reason: String?
    /// Who set the presence for them; nil: they did, or a rule.
    package var supervisor: String?
    /// Offers in a row that they let expire.
    package var missedOffers = 0
    package var shift: Shift = .on
    /// When the shift begins or ends; nil: there are no shifts.
    package var shiftChangesAt: Instant?
    /// How much they worked lately, if the profile guards it.
    package var occupancy: Occupancy?
    /// When that will be too much, if they go on working.
    package var airDueAt: Instant?
    /// Until then nothing is offered: they worked too much.
    package var airUntil: Instant?
    /// Notes that name the agent.
    /// - Bounds: `RouterLimits.mentionsPerAgentMax`, the latest.
    package var mentions: [Mention] = []

    package struct Mention: Hashable, Sendable {
        package var workItemID: WorkItemID
        package var byAgentID: AgentID
        package var text: String
        package var at: Instant

        package init(workItemID: WorkItemID, byAgentID: AgentID, text: String, at: Instant) {
            self.workItemID = workItemID
            self.byAgentID = byAgentID
            self.text = text
            self.at = at
        }
    }

    package init(
        id: AgentID, poolID: PoolID, presence: Presence = .offline, lastSeen: Instant, idleSince: Instant,
        holds: Holds = [:], graceUntil: Instant? = nil, version: Int64
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

    package enum Shift: String, CaseIterable, Hashable, Sendable {
        case on
        /// It ended while they were there: they finish what they have, and are then offline.
        case draining
        case off
    }

    /// The shift is over, and so is the work.
    var isDrained: Bool { shift == .draining && !hasAssignments }

    /// Whether they may be offered anything, room or not.
    var takesOffers: Bool { presence == .available && shift == .on && airUntil == nil }
}

/// What the configuration says about an agent, ready for matching. Looked up by every decision, and never changed.
final class RosterEntry: Sendable {
    let name: String
    let poolID: PoolID
    let levels: [SkillID: Int]
    let profile: RoutingProfile
    /// Nil: on shift whenever they say that they are there.
    let shifts: BusinessCalendar?
    /// Of the profile.
    let coexisting: [[Int]]

    init(_ agent: Agent, profile: RoutingProfile?, shifts: BusinessCalendar?) {
        name = agent.name
        poolID = agent.poolID
        levels = Dictionary(agent.skills.map { ($0.skill, $0.level) }, uniquingKeysWith: max)
        // A profile that is missing carries nothing: such an agent takes no offers.
        self.profile = profile ?? RoutingProfile(id: agent.profileID, capacity: 0)
        self.shifts = shifts
        coexisting = self.profile.coexistingChannels
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
