import Domain

// Whether an agent is on shift: outside of it nothing new is offered, and its end drains.
extension RouterMachine {
    /// Looks at the agent's calendar. The start of a shift makes nobody present: presence is what agents say.
    ///
    /// - Parameter hasCome: the agent was offline until now, so there is nothing left to drain.
    mutating func lookAtShift(of id: AgentID, hasCome: Bool = false, at now: Instant) {
        guard let agent = agents[id], let entry = roster[id] else { return }
        let isOn = entry.shifts?.isOpen(at: now) ?? true
        let shift: AgentState.Shift =
            if isOn {
                .on
            } else if agent.presence == .offline || hasCome {
                .off
            } else {
                agent.shift == .on ? .draining : agent.shift
            }
        let next = entry.shifts?.nextChange(after: now)
        guard shift != agent.shift || next != agent.shiftChangesAt else { return }
        update(agent: id) { agent in
            agent.shift = shift
            agent.shiftChangesAt = next
        }
        guard shift != agent.shift else { return }
        touch(id)
        reconsider(id)
        guard shift == .draining else { return }
        emit(.shiftEnded(id), in: agent.poolID, at: now)
        revokeOffers(of: id, reason: "the agent's shift is over", at: now)
    }
}
