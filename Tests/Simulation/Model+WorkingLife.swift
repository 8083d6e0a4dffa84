import Domain
import OrderedCollections

// When agents work: on their shifts, and not without air.
extension Model {
    func shifts(of id: AgentID) -> BusinessCalendar? {
        configuration.agents[id]?.shiftCalendarID.flatMap { configuration.calendars[$0] }
    }

    private func isShift(of id: AgentID) -> Bool {
        shifts(of: id).map { $0.open.contains { $0.start <= now && now < $0.end } } ?? true
    }

    func hasAssignments(_ id: AgentID) -> Bool {
        agents[id]?.holds.values.contains { $0.activity != .offered && $0.activity != .parked } ?? false
    }

    /// Who comes outside of the shift has nothing to finish.
    mutating func come(_ id: AgentID) { agents[id]!.shift = isShift(of: id) ? .on : .off }

    mutating func beginShift(of id: AgentID) {
        if agents[id]?.presence != .offline, isShift(of: id) { agents[id]!.shift = .on }
    }

    mutating func endShift(of id: AgentID) throws {
        guard let agent = agents[id], agent.presence != .offline, agent.shift == .on, !isShift(of: id) else {
            throw BrokenPromise(.noSilence, "the shift of \(id) ends, and there is none that could")
        }
        agents[id]!.shift = .draining
    }

    // MARK: Air

    private func isWorking(_ agent: AgentBook) -> Bool {
        agent.presence == .available
            && agent.holds.values.contains { $0.activity == .active || $0.activity == .returning }
    }

    /// What was worked is counted from when it is noticed to when it is noticed again.
    mutating func noteWork(of id: AgentID) {
        guard let agent = agents[id] else { return }
        let bucket = profile(of: id).occupancyGuard.map { max(1_000, Int64(max(0, $0.windowSeconds)) * 1_000 / 60) }
        if bucket != agent.bucket {
            agents[id]!.bucket = bucket
            agents[id]!.worked = []
            agents[id]!.workingSince = nil
        }
        guard bucket != nil else {
            agents[id]!.airUntil = nil
            return
        }
        switch (agents[id]!.workingSince, isWorking(agent)) {
        case (nil, true): agents[id]!.workingSince = now
        case (let since?, false):
            agents[id]!.worked = agent.worked.suffix(500) + [AgentBook.Span(start: since, end: now)]
            agents[id]!.workingSince = nil
        default: break
        }
    }

    /// Whether the share of the moving window was reached by a time: the 60 buckets up to the one in which it is.
    private func isTooMuch(_ agent: AgentBook, _ rule: RoutingProfile.OccupancyGuard, by end: Instant) -> Bool {
        guard let bucket = agent.bucket else { return false }
        let start = Instant(milliseconds: max(0, ((end.milliseconds - 1) / bucket - 59) * bucket))
        var spans = agent.worked
        if let since = agent.workingSince { spans.append(AgentBook.Span(start: since, end: end)) }
        let worked = spans.reduce(0 as Int64) { sum, span in
            sum + max(0, (min(span.end, end) - max(span.start, start)).milliseconds)
        }
        return worked >= max(1, bucket * 60 * Int64(min(max(0, rule.percentMax), 1_000)) / 100)
    }

    mutating func giveAir(to id: AgentID, _ until: Instant) throws {
        guard let agent = agents[id], let rule = profile(of: id).occupancyGuard, agent.presence != .offline else {
            throw BrokenPromise(.workConserving, "\(id) gets air, and needs none")
        }
        guard until == now + .seconds(max(1, rule.airSeconds)), agent.airUntil.map({ $0 <= now }) ?? true else {
            throw BrokenPromise(.workConserving, "\(id) gets air for \(until - now)")
        }
        // It may have been too much before the window moved on.
        noteWork(of: id)
        let counted = agents[id]!
        var times = [now]
        if let since = counted.workingSince, let bucket = counted.bucket {
            let first = since.milliseconds / bucket + 1
            times += (first...max(first, now.milliseconds / bucket)).suffix(120).map {
                Instant(milliseconds: $0 * bucket)
            }
        }
        guard times.contains(where: { $0 <= now && isTooMuch(counted, rule, by: $0) }) else {
            throw BrokenPromise(.workConserving, "\(id) gets air, and did not work too much")
        }
        agents[id]!.airUntil = until
    }

    func checkWorkingLife(of id: AgentID, _ agent: AgentBook) throws {
        guard agent.presence != .offline else { return }
        guard isShift(of: id) || agent.shift != .on else {
            throw BrokenPromise(.noSilence, "the shift of \(id) is over, and nothing is heard of it")
        }
        guard agent.shift != .draining || hasAssignments(id) else {
            throw BrokenPromise(.noSilence, "\(id) stays \(agent.presence) after the shift and the work")
        }
        guard let rule = profile(of: id).occupancyGuard, isWorking(agent), agent.airUntil.map({ $0 <= now }) ?? true,
            isTooMuch(agent, rule, by: now)
        else { return }
        throw BrokenPromise(.neverOverCapacity, "\(id) worked too much, and gets no air")
    }
}
