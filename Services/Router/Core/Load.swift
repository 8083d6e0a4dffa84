package import Domain
package import OrderedCollections

/// What one work item takes of its agent's capacity.
///
/// ```
///     offered ──accepted──► active ◄──────────────────────┐
///                          │  ▲  │ nobody writes          │ there is room
///                   parked │  │  └────────► idle ────► returning
///        (with room kept)  ▼  │  somebody writes          ▲
///                         parked ─────────────────────────┘ resumed
/// ```
/// What comes back takes its full weight at once if there is room. If there is none it keeps what it has, and gets the
/// rest before the agent is given anything new.
package struct Hold: Hashable, Sendable {
    /// What it weighs now.
    package var weight: Int
    /// What it weighs while it is active, fixed when it was offered.
    package var fullWeight: Int
    /// On which it was offered; nil in a state that is older than channels' maxima: of no channel.
    package var channel: ChannelKind?
    package var activity: Activity
    /// When it becomes idle, unless somebody writes.
    package var idleAt: Instant?
    /// An interruption is on: for the time being it weighs nothing.
    package var standsStill: Bool

    package init(
        weight: Int, fullWeight: Int, channel: ChannelKind?, activity: Activity, idleAt: Instant? = nil,
        standsStill: Bool = false
    ) {
        self.weight = weight
        self.fullWeight = fullWeight
        self.channel = channel
        self.activity = activity
        self.idleAt = idleAt
        self.standsStill = standsStill
    }

    package enum Activity: String, CaseIterable, Hashable, Sendable {
        /// Not answered yet; the room is reserved.
        case offered
        case active
        /// Neither side has written for a while.
        case idle
        /// Active again, while there is no room for more than it has.
        case returning
        /// Room is kept for its return.
        case parked

        /// Whether the agent is at work on it.
        var isWork: Bool {
            switch self {
            case .active, .returning: true
            case .offered, .idle, .parked: false
            }
        }
    }
}

package typealias Holds = OrderedDictionary<WorkItemID, Hold>

/// What keeps an agent who is there from one more work item on a channel.
enum Obstacle: Hashable, Sendable {
    case capacity
    case channelMaximum
    /// What they do now interrupts work on that channel.
    case interruption
}

extension AgentState {
    /// The weight of everything the agent has, but for what stands still.
    package var load: Int { holds.values.reduce(0) { $1.standsStill ? $0 : $0 + $1.weight } }

    /// Whether there is work that is not done: assignments, and wrap-up.
    var hasAssignments: Bool {
        holds.values.contains { $0.activity != .offered && $0.activity != .parked }
    }

    /// What keeps the agent from one more work item on this channel. It follows from the channel and the agent alone.
    func obstacle(to channel: ChannelKind, _ entry: RosterEntry) -> Obstacle? {
        if let maximum = entry.profile.channelMaxima[channel],
            holds.values.count(where: { $0.channel == channel }) >= maximum
        {
            return .channelMaximum
        }
        let weight = entry.weight(of: channel)
        guard !entry.coexisting.isEmpty else {
            var load = weight
            for hold in holds.values {
                if hold.activity == .returning { return .capacity }
                load += hold.weight
            }
            return load <= entry.profile.capacity ? nil : .capacity
        }
        if entry.interruptedChannels(by: holds).contains(channel) { return .interruption }
        if holds.values.contains(where: { $0.activity == .returning }) { return .capacity }
        let new = Hold(weight: weight, fullWeight: weight, channel: channel, activity: .offered)
        return entry.peak(of: holds.values, and: new) <= entry.profile.capacity ? nil : .capacity
    }

    /// Whether there may be something that the agent has room for.
    func hasRoom(_ entry: RosterEntry) -> Bool {
        if entry.coexisting.isEmpty { return load < entry.profile.capacity }
        return ChannelKind.allCases.contains { obstacle(to: $0, entry) == nil }
    }
}

extension RosterEntry {
    /// The most that these holds can come to weigh, in whatever order they end, and whichever interruption ends with
    /// them: what is parked always counts, and of the others those channels count that do not interrupt one another
    /// and weigh most together.
    ///
    /// The load is the weight of a set of holds in which none interrupts another, so it is never more. And the peak
    /// never grows when a hold ends or weighs less. So what keeps the peak within the capacity keeps the load there.
    func peak(of holds: some Sequence<Hold>, and new: Hold? = nil) -> Int {
        var always = 0
        var byChannel = ChannelKind.allCases.map { _ in 0 }
        func count(_ hold: Hold) {
            if !coexisting.isEmpty, hold.activity != .parked, let channel = hold.channel {
                byChannel[channel.place] += hold.weight
            } else {
                always += hold.weight
            }
        }
        for hold in holds { count(hold) }
        if let new { count(new) }
        return always + (coexisting.map { channels in channels.reduce(0) { $0 + byChannel[$1] } }.max() ?? 0)
    }

    /// Channels whose work stands still while the agent holds these.
    func interruptedChannels(by holds: Holds) -> Set<ChannelKind> {
        var channels: Set<ChannelKind> = []
        for hold in holds.values where hold.activity != .parked {
            guard let channel = hold.channel else { continue }
            channels.formUnion(profile.interrupted(by: channel))
        }
        return channels
    }

    /// Whether the agent may have the later holds instead of the earlier: within capacity, or no worse than before.
    func admits(_ later: Holds, after earlier: Holds) -> Bool {
        let peak = peak(of: later.values)
        return peak <= profile.capacity || peak <= self.peak(of: earlier.values)
    }

    /// How long an assigned work item is quiet until it counts as idle; nil: never. A call is not written, so it is
    /// never idle.
    func idleTime(on channel: ChannelKind?) -> Duration? {
        guard let seconds = profile.idleAfterSeconds, profile.idleWeightPercent < 100, channel?.isLive != true else {
            return nil
        }
        return .seconds(max(1, seconds))
    }
}

extension RoutingProfile {
    /// A channel never interrupts itself.
    func interrupted(by channel: ChannelKind) -> [ChannelKind] {
        (interruptions[channel] ?? []).filter { $0 != channel }
    }

    /// The largest sets of channels none of which interrupts another, each channel by its place; empty when nothing
    /// interrupts anything.
    var coexistingChannels: [[Int]] {
        let kinds = ChannelKind.allCases
        guard kinds.contains(where: { !interrupted(by: $0).isEmpty }) else { return [] }
        let independent = (0..<(1 << kinds.count)).filter { set in
            kinds.allSatisfy { channel in
                set & (1 << channel.place) == 0
                    || interrupted(by: channel).allSatisfy { set & (1 << $0.place) == 0 }
            }
        }
        let largest = independent.filter { set in !independent.contains { $0 != set && $0 & set == set } }
        return largest.map { set in kinds.indices.filter { set & (1 << $0) != 0 } }
    }
}

extension ChannelKind {
    /// Its place among all kinds.
    fileprivate var place: Int { Self.allCases.firstIndex(of: self)! }
}

extension Int {
    /// So many hundredths of it, rounded up.
    func share(percent: Int) -> Int { (self * Swift.min(Swift.max(0, percent), 100) + 99) / 100 }
}
