import Domain
import OrderedCollections

// How a work item begins to wait, and with which rules.
extension RouterMachine {
    /// Puts the work item into its queue's line, with its original age, all requirements and no step done.
    ///
    /// - Parameters:
    ///   - agentID: the agent who gave it back, not asked again for the cooldown.
    ///   - seconds: how long the preferred agent is waited for, if the policy says less.
    mutating func beginToWait(
        _ id: WorkItemID, avoiding agentID: AgentID? = nil, patience seconds: Int = 0, at now: Instant
    ) {
        guard let place = items.place(of: id) else { return }
        let rules = rules[items[at: place].queueID]
        let wanted = rules?.requirements(language: items[at: place].language) ?? []
        let siblings = (conversations[items[at: place].conversationID]?.count ?? 0) > 1
        let mayPrefer = items[at: place].preferredAgentID != nil || siblings
        let patience = max(seconds, rules?.policy.preferredAgentSeconds ?? 0)
        reposition(id) { item in
            item.requirements = wanted
            item.step = 0
            item.waitingSince = now
            item.preferredUntil = mayPrefer && patience > 0 ? now + .seconds(patience) : nil
            if let agentID { item.avoid(agentID, until: now + (rules?.policy ?? .unknown).cooldown) }
        }
        if !items[at: place].stage.isQueued { move(id, to: .queued, at: now) }
        emit(.queued, about: id, at: now)
        lapse(id, at: now)
    }

    /// Puts a work item back whose offer came to nothing: it goes on waiting where it was.
    mutating func goOnWaiting(_ id: WorkItemID, avoiding agentID: AgentID?, at now: Instant) {
        guard let item = items[id] else { return }
        let until = now + policy(of: item.queueID).cooldown
        move(id, to: .queued, at: now)
        if let agentID { reposition(id) { $0.avoid(agentID, until: until) } }
        lapse(id, at: now)
    }

    /// The customer wrote, or the time is up: at once back to the agent who parked it, if room is kept there; else it
    /// waits for that agent if that can be, and then for another.
    mutating func resume(_ id: WorkItemID, reason: String, at now: Instant) {
        guard let item = items[id], case .parked(let agentID, _) = item.stage else { return }
        guard holder(of: item) == agentID, agents[agentID]?.presence != .offline else {
            return unpark(id, reason: reason, at: now)
        }
        update(id) { $0.preferredAgentID = agentID }
        emit(.resumed(reason: reason), about: item, at: now)
        signal(.resumed, about: id, at: now)
        move(id, to: .assigned(agentID, since: now), at: now)
        emit(.assigned(agentID), about: item, at: now)
    }

    /// Into its line, whether room is kept or not, with a preference for the agent who put it aside, if there is to be
    /// one. For whom a callback is kept is waited for even where the policy waits for nobody.
    mutating func unpark(_ id: WorkItemID, reason: String, at now: Instant) {
        guard let item = items[id] else { return }
        var patience = 0
        switch item.stage {
        case .parked(let agentID, _): update(id) { $0.preferredAgentID = agentID }
        case .scheduled(let callback):
            update(id) { $0.preferredAgentID = callback.agentID }
            if callback.agentID != nil { patience = RouterLimits.callbackPatienceSeconds }
        case .queued, .offered, .assigned, .wrapUp, .closed: return
        }
        emit(.resumed(reason: reason), about: item, at: now)
        signal(.resumed, about: id, at: now)
        beginToWait(id, patience: patience, at: now)
    }

    mutating func escalate(_ escalation: Escalation, at now: Instant) {
        let reason = String(escalation.reason.prefix(RouterLimits.reasonBytesMax))
        raise(escalation.workItemID, to: escalation.priority, reason: reason, at: now)
    }

    /// Raises the priority, if the work item is open and the new one is higher.
    mutating func raise(
        _ id: WorkItemID, to priority: Int, reason: String, by agentID: AgentID? = nil, at now: Instant
    ) {
        guard let item = items[id], !item.stage.isClosed, priority > item.priority else { return }
        reposition(id) { $0.priority = priority }
        let kind = WorkEvent.Kind.escalated(from: item.priority, to: priority, reason: reason, by: agentID)
        emit(kind, about: items[id]!, at: now)
        signal(.priorityChanged(priority), about: id, at: now)
    }
}

extension WorkItem {
    mutating func avoid(_ agentID: AgentID, until: Instant) {
        cooldowns[agentID] = until
        guard cooldowns.count > RouterLimits.cooldownsPerWorkItemMax else { return }
        if let first = cooldowns.min(by: { ($0.value, $0.key) < ($1.value, $1.key) }) { cooldowns[first.key] = nil }
    }
}

extension RoutingPolicy {
    /// At least a second: an agent who said no is not asked again in the same breath.
    var cooldown: Duration { .seconds(max(1, declineCooldownSeconds)) }
    var offerTime: Duration { .seconds(max(1, offerSeconds)) }
    var wrapUpTime: Duration { .seconds(max(0, wrapUpSeconds)) }
}
