import Domain
import OrderedCollections

// What supervisors do with work items, whoever has them.
extension RouterMachine {
    /// Takes an open work item from wherever it is, and brings it into a queue or before an agent.
    ///
    /// An agent is offered it, and may decline: what is promised of qualification, capacity and cooldowns holds for
    /// supervisors too. When anything speaks against it, nothing is done.
    mutating func reassign(
        _ id: WorkItemID, to destination: AgentCommand.Destination, reason: String, at now: Instant
    ) throws(Rejection) {
        guard let item = items[id] else {
            throw Rejection(code: .unknownWorkItem, detail: "No such work item, or it was closed long ago.")
        }
        switch item.stage {
        case .closed: throw Rejection(code: .workItemClosed, detail: "The work item is closed.")
        case .wrapUp: throw Rejection(code: .wrongState, detail: "The work item is completed and in wrap-up.")
        case .queued, .offered, .assigned, .parked, .scheduled: break
        }
        switch destination {
        case .queue(let queueID):
            try checkQueue(queueID, for: item)
            revoke(id, reason: reason, at: now)
            changeQueue(of: id, to: queueID, by: item.stage.assigneeID, at: now)
            switch item.stage {
            case .assigned(let agentID, _): giveBack(id, by: agentID, at: now)
            case .parked, .scheduled: unpark(id, reason: reason, at: now)
            case .queued, .offered, .wrapUp, .closed: beginToWait(id, at: now)
            }
        case .agent(let agentID):
            try check(agentID, toHave: item, at: now)
            switch item.stage {
            case .offered: revoke(id, reason: reason, at: now)
            case .parked, .scheduled: unpark(id, reason: reason, at: now)
            case .assigned(let holderID, _):
                emit(.requeued(holderID, reason: reason), about: item, at: now)
                giveBack(id, by: holderID, at: now)
            case .queued, .wrapUp, .closed: break
            }
            handTo(agentID, id, because: "given by a supervisor", at: now)
        }
    }

    /// Offers a work item that waits to the agent for whom somebody chose it.
    mutating func handTo(_ agentID: AgentID, _ id: WorkItemID, because reason: String, at now: Instant) {
        guard let item = items[id], item.stage.isQueued else { return }
        let choice = Choice(
            agentID: agentID, isPreferred: false, eligibleCount: 1, by: policy(of: item.queueID).choice,
            because: reason)
        offer(item, to: choice, at: now)
    }

    /// Whether a work item may be handed to this agent: what is promised of qualification, capacity and cooldowns
    /// holds, whoever chose.
    func check(_ agentID: AgentID, toHave item: WorkItem, at now: Instant) throws(Rejection) {
        guard let entry = roster[agentID], entry.poolID == item.poolID else {
            throw Rejection(code: .unknownAgent, detail: "No agent \(agentID) in the work item's pool.")
        }
        guard !item.holderIDs.contains(agentID) else {
            throw Rejection(code: .wrongState, detail: "The agent \(agentID) has it, or is asked, already.")
        }
        try checkIsAvailable(agentID)
        guard item.cooldowns[agentID].map({ $0 <= now }) ?? true else {
            throw Rejection(
                code: .agentUnavailable,
                detail: "The agent \(agentID) gave it back or did not answer, and is not asked yet.")
        }
        // Whoever is taken away from somebody waits with all its requirements again.
        let wanted =
            item.stage.isQueued
            ? item.requirements : queue(item.queueID).map { requirements(of: $0, language: item.language) } ?? []
        let widened = rules(of: item.queueID)?.widenedTo(after: item.stage.isQueued ? item.step : 0) ?? []
        guard entry.satisfies(wanted), entry.serves(item.queueID, or: widened) else {
            throw Rejection(
                code: .notQualified,
                detail: "The agent \(agentID) lacks a skill that it requires, or does not serve its queue.")
        }
        guard fits(item, agentID) else {
            throw Rejection(code: .overCapacity, detail: "The agent \(agentID) has no room for it.")
        }
    }

    /// Available, on shift, and not being given air.
    func checkIsAvailable(_ agentID: AgentID) throws(Rejection) {
        let agent = agents[agentID]
        let presence = agent?.presence ?? .offline
        guard let agent, presence == .available else {
            throw Rejection(code: .agentUnavailable, detail: "The agent \(agentID) is \(presence.rawValue).")
        }
        if let until = agent.airUntil {
            throw Rejection(
                code: .agentUnavailable,
                detail: "The agent \(agentID) worked too much of the last while, and gets air until \(until.rfc3339).")
        }
        guard agent.takesOffers else {
            throw Rejection(code: .agentUnavailable, detail: "The shift of the agent \(agentID) is over.")
        }
    }
}
