import Domain

// A callback: a work item that waits for a time.
extension RouterMachine {
    /// Until the time nobody has it; then it waits in its queue with its age, for this agent first if they are kept.
    mutating func schedule(
        _ id: WorkItemID, at time: Instant, keepsAgent: Bool, by agentID: AgentID, at now: Instant
    ) throws(Rejection) {
        let item = try own(id, of: agentID)
        guard time > now, time <= now + .seconds(RouterLimits.parkSecondsMax) else {
            throw Rejection(
                code: .limitReached,
                detail:
                    "A callback is scheduled for a time within the next \(RouterLimits.parkSecondsMax / 86_400) days.")
        }
        move(id, to: .scheduled(WorkItem.Callback(at: time, agentID: keepsAgent ? agentID : nil)), at: now)
        emit(.scheduled(agentID, at: time, keepsAgent: keepsAgent), about: item, at: now)
        signal(.parked, about: id, at: now)
    }
}
