import Domain
import OrderedCollections

// What is relaxed after how long: the routing policy's one timeline.
//
// A step comes due when the work item has waited for its time since it last began to wait. Requirements that were
// relaxed and queues that were added hold until then; a priority that was raised stays. While the work item is offered,
// steps that come due wait for the offer's end.
extension RouterMachine {
    /// Drops the cooldowns and the preference that are over and does the steps that are due.
    mutating func lapse(_ id: WorkItemID, at now: Instant) {
        guard isDue(id, at: now), let item = items[id] else { return }
        let steps = rules(of: item.queueID)?.steps ?? []
        let done = min(item.step, steps.count)
        var step = done
        while step < steps.count, item.waitingSince + .seconds(max(0, steps[step].afterSeconds)) <= now { step += 1 }
        let due = steps[done..<step]
        let left = relaxed(item.requirements, by: due)
        reposition(id) { item in
            item.cooldowns = item.cooldowns.filter { $0.value > now }
            if let until = item.preferredUntil, until <= now { item.preferredUntil = nil }
            item.step = step
            item.requirements = left
        }
        if !due.isEmpty { report(due, of: id, since: item, at: now) }
    }

    private func isDue(_ id: WorkItemID, at now: Instant) -> Bool {
        guard let place = items.place(of: id) else { return false }
        let deadline = items[at: place].nextDeadline(under: rules(of: items[at: place].queueID))
        return deadline.map { $0 <= now } ?? false
    }

    /// Says what the steps did, and does what is more than a change of the work item.
    private mutating func report(
        _ due: ArraySlice<RoutingPolicy.Step>, of id: WorkItemID, since before: WorkItem, at now: Instant
    ) {
        guard let item = items[id] else { return }
        if due.contains(where: { $0.relaxesRequirements || !$0.doesMore }) {
            emit(.requirementsRelaxed(step: item.step, requirements: item.requirements), about: item, at: now)
        }
        let known = queuesWidenedTo(of: before)
        let added = queuesWidenedTo(of: item).filter { !known.contains($0) }
        if !added.isEmpty { emit(.widened(step: item.step, to: added), about: item, at: now) }
        if let priority = due.compactMap(\.raisePriorityTo).max() {
            raise(id, to: priority, reason: "step \(item.step) of the routing policy", at: now)
        }
        if let text = due.compactMap(\.callbackText).last, !item.isCallbackOffered, item.replyAddress != nil {
            update(id) { $0.isCallbackOffered = true }
            tell(.callbackOffered, text, about: item, at: now)
        }
        if let queueID = due.compactMap(\.overflowTo).last { overflow(id, to: queueID, at: now) }
    }
}

extension RoutingPolicy.Step {
    fileprivate var relaxesRequirements: Bool { lowerLevelsBy > 0 || !lowerSkills.isEmpty || !dropSkills.isEmpty }

    fileprivate var doesMore: Bool {
        !widenTo.isEmpty || raisePriorityTo != nil || overflowTo != nil || callbackText != nil
    }
}
