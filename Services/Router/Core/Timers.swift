import Domain
import OrderedCollections

// What ends each state by itself: no silence.
extension RouterMachine {
    /// The first thing that happens to the work item without anybody's doing.
    func nextDeadline(of item: WorkItem) -> Instant? { item.nextDeadline(under: rules(of: item.queueID)) }

    /// The first thing that happens to the agent without their doing: the end of the presence lease or of the grace
    /// time, a change of shift, the beginning or end of air, something that nobody writes to.
    func nextDeadline(of agent: AgentState) -> Instant? {
        agent.nextDeadline(lease: roster[agent.id]?.lease)
    }

    func leaseEnd(of agent: AgentState) -> Instant { agent.lastSeen + (roster[agent.id]?.lease ?? .seconds(1)) }

    mutating func workItemIsDue(_ id: WorkItemID, at now: Instant) {
        guard let item = items[id] else { return }
        switch item.stage {
        case .queued: lapse(id, at: now)
        case .offered: expireOffers(of: id, at: now)
        case .parked: resume(id, reason: "the time is up", at: now)
        case .scheduled: unpark(id, reason: "the time of the callback has come", at: now)
        case .wrapUp(let wrapUp): close(id, by: wrapUp.agentID, disposition: wrapUp.disposition, at: now)
        case .assigned, .closed: break
        }
    }

    /// Forgets closed work items and commands that are older, or more, than what is kept.
    mutating func forget(at now: Instant) {
        forgetForwardings(at: now)
        let closedBefore = now - .seconds(RouterLimits.closedWorkItemSeconds)
        while let first = closedItems.first,
            first.at <= closedBefore || closedItems.count > RouterLimits.closedWorkItemsMax
        {
            closedItems.removeFirst()
            for past in items[first.id]?.pastOffers ?? [] { offers[past.id] = nil }
            items[first.id] = nil
            changed.append(.workItem(first.id))
        }
        let answeredBefore = now - .seconds(RouterLimits.commandResultSeconds)
        while let first = rememberedCommands.first,
            first.at <= answeredBefore || rememberedCommands.count > RouterLimits.commandResultsMax
        {
            rememberedCommands.removeFirst()
            commands[first.id] = nil
            changed.append(.command(first.id))
        }
    }
}

extension AgentState {
    func nextDeadline(lease: Duration?) -> Instant? {
        if presence == .offline { return graceUntil }
        var first = lastSeen + (lease ?? .seconds(1))
        if isDrained { first = min(first, idleSince) }
        if let due = shiftChangesAt { first = min(first, due) }
        if let due = airUntil ?? airDueAt { first = min(first, due) }
        for case let due? in holds.values.lazy.map(\.idleAt) { first = min(first, due) }
        return first
    }
}

extension WorkItem {
    /// The first thing that happens to it without anybody's doing.
    func nextDeadline(under rules: QueueRules?) -> Instant? {
        switch stage {
        case .queued:
            var first = preferredUntil
            if !cooldowns.isEmpty { for until in cooldowns.values { first = min(first ?? until, until) } }
            if let rules, step < rules.steps.count {
                let due = waitingSince + .seconds(max(0, rules.steps[step].afterSeconds))
                first = min(first ?? due, due)
            }
            return first
        case .offered: return liveOffers.map(\.expiresAt).min()
        case .parked(_, let until): return until
        case .scheduled(let callback): return callback.at
        case .wrapUp(let wrapUp): return wrapUp.until
        case .assigned, .closed: return nil
        }
    }
}
