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
        case .queued, .offered, .assigned, .parked: break
        }
        switch destination {
        case .queue(let queueID):
            try checkQueue(queueID, for: item)
            revoke(id, reason: reason, at: now)
            changeQueue(of: id, to: queueID, by: item.stage.assigneeID, at: now)
            switch item.stage {
            case .assigned(let agentID, _): giveBack(id, by: agentID, at: now)
            case .parked: resume(id, reason: reason, at: now)
            case .queued, .offered, .wrapUp, .closed: beginToWait(id, at: now)
            }
        case .agent(let agentID):
            try checkAgent(agentID, for: item)
            switch item.stage {
            case .offered: revoke(id, reason: reason, at: now)
            case .parked: resume(id, reason: reason, at: now)
            case .assigned(let holderID, _):
                emit(.requeued(holderID, reason: reason), about: item, at: now)
                giveBack(id, by: holderID, at: now)
            case .queued, .wrapUp, .closed: break
            }
            guard let waiting = items[id], waiting.stage.isQueued else { return }
            offer(
                waiting,
                to: Choice(
                    agentID: agentID, isPreferred: false, eligibleCount: 1, by: policy(of: waiting.queueID).choice),
                at: now)
        }
    }

    private func checkAgent(_ agentID: AgentID, for item: WorkItem) throws(Rejection) {
        guard let entry = roster[agentID], entry.poolID == item.poolID else {
            throw Rejection(code: .unknownAgent, detail: "No agent of that name in the work item's pool.")
        }
        guard item.stage.holderID != agentID else {
            throw Rejection(code: .wrongState, detail: "That agent has it, or is asked, already.")
        }
        guard agents[agentID]?.presence == .available else {
            throw Rejection(code: .wrongState, detail: "That agent is not available.")
        }
        guard item.cooldowns[agentID] == nil else {
            throw Rejection(code: .wrongState, detail: "That agent gave it back a moment ago.")
        }
        // Whoever is taken away from somebody waits with all its requirements again.
        let wanted =
            item.stage.isQueued
            ? item.requirements : queue(item.queueID).map { requirements(of: $0, language: item.language) } ?? []
        let widened = rules(of: item.queueID)?.widenedTo(after: item.stage.isQueued ? item.step : 0) ?? []
        guard entry.satisfies(wanted), entry.serves(item.queueID, or: widened) else {
            throw Rejection(
                code: .notQualified, detail: "That agent lacks a skill that it requires, or does not serve its queue.")
        }
        guard fits(item, agentID) else {
            throw Rejection(code: .overCapacity, detail: "That agent has no capacity left for it.")
        }
    }
}
