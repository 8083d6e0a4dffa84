import Domain
import OrderedCollections

// What ends each state by itself: no silence.
extension RouterMachine {
    /// The first thing that happens to the work item without anybody's doing.
    func nextDeadline(of item: WorkItem) -> Instant? { item.nextDeadline(under: rules(of: item.queueID)) }

    /// The end of the presence lease, or of the grace time.
    func nextDeadline(of agent: AgentState) -> Instant? {
        agent.nextDeadline(lease: roster[agent.id]?.lease)
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
        guard let item = items[id], let due = nextDeadline(of: item), due <= now else { return }
        let steps = rules(of: item.queueID)?.steps ?? []
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
        guard step > done, let item = items[id] else { return }
        emit(.requirementsRelaxed(step: step, requirements: left), about: item, at: now)
        for raised in steps[done..<step].compactMap(\.raisePriorityTo) {
            escalate(
                Escalation(workItemID: id, poolID: item.poolID, priority: raised, reason: "waited for a step"), at: now)
        }
    }

    /// Forgets closed work items and commands that are older, or more, than what is kept.
    mutating func forget(at now: Instant) {
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
        presence == .offline ? graceUntil : lastSeen + (lease ?? .seconds(1))
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
        case .offered(let offer): return offer.expiresAt
        case .parked(_, let until): return until
        case .wrapUp(let wrapUp): return wrapUp.until
        case .assigned, .closed: return nil
        }
    }
}
