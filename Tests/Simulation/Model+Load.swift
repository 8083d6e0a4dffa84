import Domain
import OrderedCollections

// How much agents carry. Active work has its full weight; what nobody wrote to for a while, and what is parked, weighs
// a share of it; what another channel's work interrupts weighs nothing meanwhile. An agent is asked only if what they
// could come to carry, whichever interruption ends, fits.
extension Model {
    func hasRoom(_ id: AgentID, for item: WorkItemBook) -> Bool { hasRoom(id, on: item.channel) }

    private func hasRoom(_ id: AgentID, on channel: ChannelKind) -> Bool {
        let (profile, holds) = (profile(of: id), agents[id]?.holds.values.elements ?? [])
        let new = AgentBook.Hold(
            fullWeight: weight(of: channel, for: id), weight: weight(of: channel, for: id), channel: channel)
        return holds.count { $0.channel == channel } < profile.channelMaxima[channel] ?? .max
            && !profile.interrupts(new, holds)
            // What came back gets its room before anything new.
            && !holds.contains { $0.activity == .returning }
            && profile.highestLoad(of: holds + [new]) <= profile.capacity
    }

    /// Whether the agent may ask for work.
    func hasRoomForAny(_ id: AgentID) -> Bool {
        let profile = profile(of: id)
        guard profile.interrupts else {
            return profile.load(of: agents[id]?.holds.values.elements ?? []) < profile.capacity
        }
        return ChannelKind.allCases.contains { hasRoom(id, on: $0) }
    }

    func holds(_ id: WorkItemID, _ agentID: AgentID) -> Bool { agents[agentID]?.holds[id] != nil }

    mutating func take(_ item: WorkItemBook, by agentID: AgentID) {
        let weight = weight(of: item.channel, for: agentID)
        agents[agentID]!.holds[item.id] = AgentBook.Hold(fullWeight: weight, weight: weight, channel: item.channel)
    }

    mutating func letGo(_ id: WorkItemID, of agentID: AgentID) {
        guard agents[agentID]?.holds.removeValue(forKey: id) != nil else { return }
        settleHolds(of: agentID)
    }

    /// It was assigned, or somebody wrote.
    mutating func wake(_ id: WorkItemID, of agentID: AgentID, mayBeIdle: Bool = true) {
        guard var hold = agents[agentID]?.holds[id] else { return }
        let profile = profile(of: agentID)
        hold.idleAt = nil
        if mayBeIdle, profile.idleWeightPercent < 100, !hold.channel.isLive, let seconds = profile.idleAfterSeconds {
            hold.idleAt = now + .seconds(max(1, seconds))
        }
        hold.activity = hold.activity == .offered || hold.activity == .active ? .active : .returning
        agents[agentID]!.holds[id] = hold
        settleHolds(of: agentID)
    }

    /// Gives what came back its full weight, one after the other, where that fits or makes nothing worse.
    mutating func settleHolds(of agentID: AgentID) {
        guard let agent = agents[agentID], isConfigured(agentID) else { return }
        let profile = profile(of: agentID)
        for (id, hold) in agent.holds where hold.activity == .returning {
            let earlier = agents[agentID]!.holds
            var later = earlier
            later[id]!.activity = .active
            later[id]!.weight = hold.fullWeight
            guard profile.bears(later, after: earlier) else { continue }
            agents[agentID]!.holds = later
        }
    }

    /// False: no room is kept for the parked work item.
    mutating func keepRoom(for id: WorkItemID, of agentID: AgentID) -> Bool {
        guard let earlier = agents[agentID]?.holds, var hold = earlier[id] else { return false }
        let profile = profile(of: agentID)
        hold.weight = min(hold.weight, hold.share(profile.parkedWeightPercent))
        hold.activity = .parked
        hold.idleAt = nil
        var later = earlier
        later[id] = hold
        guard hold.weight > 0, profile.bears(later, after: earlier) else { return false }
        agents[agentID]!.holds = later
        settleHolds(of: agentID)
        return true
    }

    /// What is due at one time is done in the order of the times when it was due, agents first, and all of an agent at
    /// once.
    mutating func becomeIdle(before event: WorkEvent) {
        guard case .time = cause, let id = event.subject?.workItemID, let item = items[id] else { return }
        let due: Instant? =
            switch (event.kind, item.stage) {
            case (.offerExpired(let offerID, _), .offered(let offers)):
                offers.first { $0.id == offerID }?.expiresAt
            case (.closed, .wrapUp(_, let until)), (.resumed, .parked(_, let until)): until
            default: nil
            }
        for id in agents.keys { becomeIdle(id, by: due ?? now) }
    }

    /// Of an agent who is there, if any of it is due by then.
    mutating func becomeIdle(_ id: AgentID, by due: Instant) {
        guard let agent = agents[id], agent.presence != .offline, isConfigured(id), leaseEnd(of: id, agent) > now,
            agent.holds.values.contains(where: { $0.idleAt.map { $0 <= due } ?? false })
        else { return }
        for (itemID, hold) in agent.holds where hold.idleAt.map({ $0 <= now }) ?? false {
            agents[id]!.holds[itemID]!.idleAt = nil
            agents[id]!.holds[itemID]!.activity = .idle
            agents[id]!.holds[itemID]!.weight = min(hold.weight, hold.share(profile(of: id).idleWeightPercent))
        }
        settleHolds(of: id)
    }

    /// For whoever was gone for too long, or for good, no room is kept.
    mutating func dropParked() {
        for (id, agent) in agents {
            let isOver = agent.presence == .offline && agent.graceUntil.map { $0 <= now } ?? false
            guard isOver || !isConfigured(id) else { continue }
            agents[id]!.holds.removeAll { $0.value.activity == .parked }
        }
    }

    func leaseEnd(of id: AgentID, _ agent: AgentBook) -> Instant {
        agent.lastSeen + .seconds(max(1, profile(of: id).presenceLeaseSeconds))
    }
}

extension AgentBook.Hold {
    /// So many hundredths of its full weight, rounded up.
    func share(_ percent: Int) -> Int {
        let hundredths = fullWeight * min(max(0, percent), 100)
        return hundredths / 100 + (hundredths % 100 > 0 ? 1 : 0)
    }
}

extension RoutingProfile {
    var interrupts: Bool { interruptions.contains { channel, others in others.contains { $0 != channel } } }

    /// Whether work on another channel keeps this one still.
    func interrupts(_ hold: AgentBook.Hold, _ holds: [AgentBook.Hold]) -> Bool {
        hold.activity != .parked
            && holds.contains { other in
                other.activity != .parked && other.channel != hold.channel
                    && interruptions[other.channel]?.contains(hold.channel) ?? false
            }
    }

    func load(of holds: [AgentBook.Hold]) -> Int {
        holds.filter { !interrupts($0, holds) }.reduce(0) { $0 + $1.weight }
    }

    /// The highest load of all that could be left when all work on some of the channels has ended.
    func highestLoad(of holds: [AgentBook.Hold]) -> Int {
        guard interrupts else { return load(of: holds) }
        let channels = ChannelKind.allCases.filter { channel in holds.contains { $0.channel == channel } }
        return (0..<(1 << channels.count)).map { left in
            load(
                of: holds.filter { hold in
                    hold.activity == .parked || left & (1 << channels.firstIndex(of: hold.channel)!) != 0
                })
        }.max() ?? 0
    }

    func bears(
        _ later: OrderedDictionary<WorkItemID, AgentBook.Hold>,
        after earlier: OrderedDictionary<WorkItemID, AgentBook.Hold>
    ) -> Bool {
        let highest = highestLoad(of: later.values.elements)
        return highest <= capacity || highest <= highestLoad(of: earlier.values.elements)
    }
}
