package import Domain
import OrderedCollections

/// Who was asked for a work item, what spoke for them, and what kept the others out: kept with the work item.
///
/// It holds counts, so that it costs the same with ten agents and ten thousand. Who the others were follows from the log:
/// apply it up to here again, and ask for the `candidates`.
package struct Decision: Hashable, Sendable {
    package var agentID: AgentID
    package var at: Instant
    /// They knew the conversation or the customer, so nobody else was looked at.
    package var isPreferred: Bool
    /// Who or what chose, where it was not the matching.
    package var reason: String?
    /// The agent's, before this work item.
    package var load: Int
    package var capacity: Int
    package var idleSeconds: Int
    /// How far the requirements had been relaxed.
    package var step: Int
    /// Agents who could have had it.
    /// - Bounds: `RouterLimits.countedAgentsMax`, which stands for that many or more.
    package var eligible: Int
    package var excluded: Exclusions

    package init(
        agentID: AgentID, at: Instant, isPreferred: Bool, reason: String? = nil, load: Int, capacity: Int,
        idleSeconds: Int, step: Int, eligible: Int, excluded: Exclusions
    ) {
        self.agentID = agentID
        self.at = at
        self.isPreferred = isPreferred
        self.reason = reason
        self.load = load
        self.capacity = capacity
        self.idleSeconds = idleSeconds
        self.step = step
        self.eligible = eligible
        self.excluded = excluded
    }

    /// How many agents of the pool could not have had it, by the first reason that held.
    package struct Exclusions: Hashable, Sendable {
        package var absent: Int
        package var unqualified: Int
        package var inCooldown: Int
        package var atCapacity: Int

        package init(absent: Int, unqualified: Int, inCooldown: Int, atCapacity: Int) {
            self.absent = absent
            self.unqualified = unqualified
            self.inCooldown = inCooldown
            self.atCapacity = atCapacity
        }
    }
}

extension Decision {
    /// For people: names and numbers, never content.
    package var words: String {
        if let reason { return "\(agentID): \(reason) (load \(load) of \(capacity))." }
        let reason =
            isPreferred
            ? "\(agentID) knew this conversation or customer and had room (load \(load) of \(capacity))"
            : "\(agentID) was the best of \(eligible) who could take it (load \(load) of \(capacity), idle for \(idleSeconds)s)"
        let others = [
            (excluded.absent, "absent"), (excluded.unqualified, "without the skills"),
            (excluded.inCooldown, "in a cooldown"), (excluded.atCapacity, "at capacity"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return others.isEmpty ? "\(reason)." : "\(reason); of the others \(others.joined(separator: ", "))."
    }
}

extension RouterMachine {
    /// What is kept of a choice; made before the agent's capacity is taken.
    mutating func decision(on choice: Choice, for item: WorkItem, at now: Instant) -> Decision? {
        guard let agent = agents[choice.agentID], let entry = roster[choice.agentID] else { return nil }
        defer { look(into: choice, for: item, at: now) }
        let slot = pools[item.poolID].demand(demandKey(of: item))
        let present = pools[item.poolID].presentCount
        let qualified = pools[item.poolID].qualifiedCount(slot)
        let inCooldown = item.cooldowns.keys.count { isAvailable($0, for: item) }
        return Decision(
            agentID: choice.agentID, at: now, isPreferred: choice.isPreferred, reason: choice.because,
            load: agent.load, capacity: entry.profile.capacity,
            idleSeconds: Int(max(0, (now - agent.idleSince).milliseconds) / 1_000), step: item.step,
            eligible: choice.eligibleCount,
            excluded: Decision.Exclusions(
                absent: max(0, (rosterSizes[item.poolID] ?? 0) - present), unqualified: present - qualified,
                inCooldown: inCooldown,
                // Where somebody was preferred or named nobody else was looked at.
                atCapacity: choice.isPreferred || choice.because != nil
                    ? 0 : max(0, qualified - inCooldown - choice.eligibleCount)))
    }
}

/// An agent of the pool, and whether they could have a work item now.
package struct Candidate: Hashable, Sendable {
    package var agentID: AgentID
    package var verdict: Verdict

    package enum Verdict: Hashable, Sendable {
        case eligible(load: Int, capacity: Int)
        case absent(Presence)
        /// The first requirement that they do not meet; nil: they lack the skill.
        case unqualified(Requirement, has: Int?)
        /// Their routing profile names other queues.
        case servesOtherQueues
        /// It is offered to them already.
        case asked
        /// Available, and for the time being nothing is offered: air, or the end of the shift.
        case takesNoOffers
        case inCooldown(until: Instant)
        case atCapacity(load: Int, capacity: Int, weight: Int)

        /// Stable, for programs.
        package var code: String {
            switch self {
            case .eligible: "eligible"
            case .absent: "absent"
            case .unqualified: "unqualified"
            case .servesOtherQueues: "other-queues"
            case .asked: "asked"
            case .takesNoOffers: "no-offers"
            case .inCooldown: "cooldown"
            case .atCapacity: "at-capacity"
            }
        }

        /// For people.
        package var detail: String {
            switch self {
            case .eligible(let load, let capacity): "Could take it: load \(load) of \(capacity)."
            case .absent(let presence): "Is \(presence.rawValue)."
            case .unqualified(let wanted, let level?):
                "Has \(wanted.skill) \(level), below the \(wanted.level) asked for."
            case .unqualified(let wanted, nil): "Does not have \(wanted.skill)."
            case .servesOtherQueues: "Serves other queues."
            case .asked: "Is asked already."
            case .takesNoOffers: "Is given air after much work, or is outside the shift."
            case .inCooldown: "Declined it, gave it back or did not answer, and is not asked yet."
            case .atCapacity(let load, let capacity, let weight):
                "Has no room: load \(load) of \(capacity), and it weighs \(weight)."
            }
        }
    }
}

/// Asks for each decision on one work item with everybody who was looked at, while the log is applied again.
package struct Inquiry: Sendable {
    package var workItemID: WorkItemID
    package internal(set) var findings: [Finding] = []

    package init(_ workItemID: WorkItemID) {
        self.workItemID = workItemID
    }

    package struct Finding: Hashable, Sendable {
        /// Who was chosen.
        package var agentID: AgentID
        package var at: Instant
        package var queueID: QueueID
        /// Every agent of the pool as they were then, those who could have had it first, then by id.
        package var candidates: [Candidate]
    }
}

extension RouterMachine {
    /// Every agent of the work item's pool and whether they could have it now, those who could first, then by id.
    ///
    /// This looks at everybody, so it is for questions, not for matching.
    /// - Returns: at most `RouterLimits.explainedCandidatesMax`, and how many there are.
    package func candidates(for id: WorkItemID) -> (shown: [Candidate], count: Int) {
        guard let item = items[id] else { return ([], 0) }
        let all = allCandidates(for: item)
        return (Array(all.prefix(RouterLimits.explainedCandidatesMax)), all.count)
    }

    private func allCandidates(for item: WorkItem) -> [Candidate] {
        roster.filter { $0.value.poolID == item.poolID }
            .map { Candidate(agentID: $0.key, verdict: verdict(on: $0.key, $0.value, item)) }
            .sorted { ($0.isEligible ? 0 : 1, $0.agentID) < ($1.isEligible ? 0 : 1, $1.agentID) }
    }

    /// Writes down who was looked at, if somebody asks for that.
    private mutating func look(into choice: Choice, for item: WorkItem, at now: Instant) {
        guard inquiry?.workItemID == item.id else { return }
        let candidates = allCandidates(for: item)
        inquiry?.findings.append(
            Inquiry.Finding(agentID: choice.agentID, at: now, queueID: item.queueID, candidates: candidates))
    }

    private func verdict(on id: AgentID, _ entry: RosterEntry, _ item: WorkItem) -> Candidate.Verdict {
        guard let agent = agents[id], agent.poolID == item.poolID, agent.presence == .available else {
            return .absent(agents[id]?.presence ?? .offline)
        }
        if let missing = item.requirements.first(where: { !entry.satisfies([$0]) }) {
            return .unqualified(missing, has: entry.levels[missing.skill])
        }
        guard entry.serves(item.queueID, or: rules(of: item.queueID)?.widenedTo(after: item.step) ?? []) else {
            return .servesOtherQueues
        }
        guard agent.takesOffers else { return .takesNoOffers }
        if item.holderIDs.contains(id) { return .asked }
        if let until = item.cooldowns[id] { return .inCooldown(until: until) }
        let capacity = entry.profile.capacity
        if fits(item, id) { return .eligible(load: agent.load, capacity: capacity) }
        return .atCapacity(load: agent.load, capacity: capacity, weight: entry.weight(of: item.address.channel))
    }
}

extension Candidate {
    fileprivate var isEligible: Bool { if case .eligible = verdict { true } else { false } }
}
