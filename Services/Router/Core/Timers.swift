import Domain
import HeapModule
import OrderedCollections

// What ends each state by itself: no silence.
extension RouterMachine {
    /// The first thing that happens to the work item without anybody's doing.
    func nextDeadline(of item: WorkItem) -> Instant? {
        switch item.stage {
        case .queued:
            var first = item.preferredUntil
            for until in item.cooldowns.values { first = min(first ?? until, until) }
            let steps = policy(of: item.queueID).stepsInOrder
            if item.step < steps.count {
                let due = item.waitingSince + .seconds(max(0, steps[item.step].afterSeconds))
                first = min(first ?? due, due)
            }
            return first
        case .offered(let offer): return offer.expiresAt
        case .parked(_, let until): return until
        case .wrapUp(let wrapUp): return wrapUp.until
        case .assigned, .closed: return nil
        }
    }

    /// The end of the presence lease, or of the grace time.
    func nextDeadline(of agent: AgentState) -> Instant? {
        if agent.presence == .offline { return agent.graceUntil }
        return agent.lastSeen + (roster[agent.id]?.lease ?? .seconds(1))
    }

    mutating func workItemIsDue(_ id: WorkItemID, at now: Instant) {
        guard let item = items[id] else { return }
        switch item.stage {
        case .queued: lapse(id, at: now)
        case .offered(let offer): expire(offer, of: item, at: now)
        case .parked: resume(id, reason: "the time is up", at: now)
        case .wrapUp(let wrapUp): close(id, by: wrapUp.agentID, disposition: wrapUp.disposition, at: now)
        case .assigned, .closed: break
        }
    }

    /// Drops the cooldowns and the preference that are over and does the steps that are due.
    mutating func lapse(_ id: WorkItemID, at now: Instant) {
        guard let item = items[id] else { return }
        let steps = policy(of: item.queueID).stepsInOrder
        let done = min(item.step, steps.count)
        var step = done
        while step < steps.count, item.waitingSince + .seconds(max(0, steps[step].afterSeconds)) <= now { step += 1 }
        let left = relaxed(item.requirements, by: steps[done..<step])
        reposition(id) { item in
            item.cooldowns = item.cooldowns.filter { $0.value > now }
            if let until = item.preferredUntil, until <= now { item.preferredUntil = nil }
            item.step = step
            item.requirements = left
        }
        if step > done, let item = items[id] {
            emit(.requirementsRelaxed(step: step, requirements: left), about: item, at: now)
        }
    }

    /// Forgets closed work items and commands that are older, or more, than what is kept.
    mutating func forget(at now: Instant) {
        let closedBefore = now - .seconds(RouterLimits.closedWorkItemSeconds)
        while let first = closedItems.min,
            first.at <= closedBefore || closedItems.count > RouterLimits.closedWorkItemsMax
        {
            closedItems.removeMin()
            for past in items[first.id]?.pastOffers ?? [] { offers[past.id] = nil }
            items[first.id] = nil
            changed.append(.workItem(first.id))
        }
        let answeredBefore = now - .seconds(RouterLimits.commandResultSeconds)
        while let first = rememberedCommands.min,
            first.at <= answeredBefore || rememberedCommands.count > RouterLimits.commandResultsMax
        {
            rememberedCommands.removeMin()
            commands[first.id] = nil
            changed.append(.command(first.id))
        }
    }
}
