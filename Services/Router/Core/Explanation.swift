package import Domain
import OrderedCollections

// Every decision explains itself.
extension RouterMachine {
    /// Why this agent: skills, preference, load and how many others were eligible. Names, never content.
    func explanation(of choice: Choice, for item: WorkItem) -> String {
        guard let entry = roster[choice.agentID], let place = agents.place(of: choice.agentID) else { return "" }
        var text = choice.isPreferred ? "preferred: knows this conversation or customer; " : ""
        text.reserveCapacity(120)
        text += item.requirements.isEmpty ? "no skill asked for" : "has "
        for (index, requirement) in item.requirements.enumerated() {
            text += index == 0 ? "" : ", "
            text += requirement.skill.rawValue
            text += " \(entry.levels[requirement.skill] ?? 0)"
            text += requirement.isNice ? " (nice: \(requirement.level))" : " (needs \(requirement.level))"
        }
        if item.step > 0 { text += "; requirements relaxed by \(item.step) step(s)" }
        text += "; load \(agents[at: place].load) of \(entry.profile.capacity)"
        if !choice.isPreferred {
            let counted = choice.eligibleCount
            let many = counted == RouterLimits.countedAgentsMax ? "\(counted) or more" : "\(counted)"
            text += counted == 1 ? "; the only eligible agent" : "; \(choice.by.inWords), of \(many)"
        }
        return text
    }

    /// Why the work item waits; empty when it does not.
    package func reasonsForWaiting(_ id: WorkItemID) -> [WaitingReason] {
        guard let item = items[id], item.stage.isQueued else { return [] }
        guard queue(item.queueID) != nil else { return [.queueUnknown(item.queueID)] }
        var reasons: [WaitingReason] = []
        if let until = item.preferredUntil, let preferred = preferredAgent(of: item), isPresent(preferred, for: item) {
            reasons.append(.preferredAgentBusy(preferred, until: until))
        }
        let present = pools[item.poolID].agents.filter { agents[$0]?.presence == .available }.sorted()
        guard !present.isEmpty else { return reasons + [.nobodyPresent] }
        for requirement in item.requirements
        where !present.contains(where: { roster[$0]?.satisfies([requirement]) ?? false }) {
            reasons.append(.skillMissing(requirement))
        }
        let qualified = present.filter { roster[$0]?.satisfies(item.requirements) ?? false }
        if qualified.isEmpty, !item.requirements.isEmpty, reasons.isEmpty { reasons.append(.nobodyHasAllSkills) }
        for id in qualified.prefix(RouterLimits.explainedAgentsMax) {
            if let until = item.cooldowns[id] { reasons.append(.cooldown(id, until: until)) }
        }
        reasons += reasonsOfSupply(among: qualified.filter { item.cooldowns[$0] == nil }, for: item)
        let before = pools[item.poolID].position(of: rank(of: item), demandKey(of: item))
        if before > 0 { reasons.append(.behindOthers(before)) }
        return reasons
    }
}

extension RouterMachine {
    /// What keeps those who qualify from it.
    private func reasonsOfSupply(among qualified: [AgentID], for item: WorkItem) -> [WaitingReason] {
        var air: [WaitingReason] = []
        var (offShift, draining, full, atMaximum, interrupted, pulling) = (0, 0, 0, 0, 0, 0)
        for id in qualified {
            guard let agent = agents[id], let entry = roster[id] else { continue }
            switch agent.shift {
            case .off: offShift += 1
            case .draining: draining += 1
            case .on:
                if let until = agent.airUntil {
                    if air.count < RouterLimits.explainedAgentsMax { air.append(.air(id, until: until)) }
                    continue
                }
                switch agent.obstacle(to: item.address.channel, entry) {
                case .capacity: full += 1
                case .channelMaximum: atMaximum += 1
                case .interruption: interrupted += 1
                case nil: if pulls(id) { pulling += 1 }
                }
            }
        }
        var reasons = air
        if offShift > 0 { reasons.append(.outsideShift(agents: offShift)) }
        if draining > 0 { reasons.append(.draining(agents: draining)) }
        if full > 0 { reasons.append(.atCapacity(agents: full)) }
        if atMaximum > 0 { reasons.append(.channelMaximum(item.address.channel, agents: atMaximum)) }
        if interrupted > 0 { reasons.append(.interrupted(item.address.channel, agents: interrupted)) }
        if pulling > 0 { reasons.append(.toBePulled(agents: pulling)) }
        return reasons
    }
}

extension RoutingPolicy.AgentChoice {
    fileprivate var inWords: String {
        switch self {
        case .leastLoad: "least loaded, then longest idle"
        case .longestIdle: "longest idle, then least loaded"
        case .bestLevel: "best level, then least loaded"
        case .closestLevel: "closest level, then least loaded"
        case .roundRobin: "next in turn"
        case .seededRandom: "drawn by lot"
        }
    }
}

/// One thing that keeps a work item waiting.
package enum WaitingReason: Hashable, Sendable {
    /// No revision of the configuration names its queue.
    case queueUnknown(QueueID)
    case nobodyPresent
    /// Nobody who is present has the skill at this level.
    case skillMissing(Requirement)
    /// Each skill is there, but not with one agent.
    case nobodyHasAllSkills
    case atCapacity(agents: Int)
    /// They have as many work items on its channel as they may have.
    case channelMaximum(ChannelKind, agents: Int)
    /// Work on its channel stands still while they do what they do.
    case interrupted(ChannelKind, agents: Int)
    case outsideShift(agents: Int)
    /// Their shift is over, and they finish what they have.
    case draining(agents: Int)
    /// Worked too much of the last while.
    case air(AgentID, until: Instant)
    case cooldown(AgentID, until: Instant)
    case preferredAgentBusy(AgentID, until: Instant)
    case behindOthers(Int)
    /// Agents who could take it ask for their work.
    case toBePulled(agents: Int)

    /// Stable, for programs.
    package var code: String {
        switch self {
        case .queueUnknown: "queue-unknown"
        case .nobodyPresent: "nobody-present"
        case .skillMissing: "skill-missing"
        case .nobodyHasAllSkills: "nobody-has-all-skills"
        case .atCapacity: "at-capacity"
        case .channelMaximum: "channel-maximum"
        case .interrupted: "interrupted"
        case .outsideShift: "outside-shift"
        case .draining: "draining"
        case .air: "air"
        case .cooldown: "cooldown"
        case .preferredAgentBusy: "preferred-agent-busy"
        case .behindOthers: "behind-others"
        case .toBePulled: "to-be-pulled"
        }
    }

    /// For people.
    package var detail: String {
        switch self {
        case .queueUnknown(let id): "The queue \(id) is not in the configuration."
        case .nobodyPresent: "No agent of the pool is available."
        case .skillMissing(let requirement):
            "No available agent has the skill \(requirement.skill) at level \(requirement.level) or higher."
        case .nobodyHasAllSkills: "No available agent has all the skills together."
        case .atCapacity(let count): "\(count) qualified agent(s) are at capacity."
        case .channelMaximum(let channel, let count):
            "\(count) qualified agent(s) have as many work items on \(channel.rawValue) as they may have."
        case .interrupted(let channel, let count):
            "\(count) qualified agent(s) are at something that interrupts \(channel.rawValue)."
        case .outsideShift(let count): "\(count) qualified agent(s) are there outside their shifts."
        case .draining(let count): "\(count) qualified agent(s) finish what they have: their shift is over."
        case .air(let id, _): "The agent \(id) worked too much of the last while, and gets air."
        case .cooldown(let id, _): "The agent \(id) declined, gave it back or did not answer, and is not asked yet."
        case .preferredAgentBusy(let id, _): "It waits for the preferred agent \(id), who is busy."
        case .toBePulled(let count): "\(count) qualified agent(s) with room ask for their work themselves."
        case .behindOthers(let count): "\(count) more urgent or older work item(s) ask for the same."
        }
    }
}
