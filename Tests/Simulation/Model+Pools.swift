import Domain
import OrderedCollections
import RouterCore

// Between pools: what is handed over is nowhere twice and never lost, and keeps its age. And who is let in.
extension Model {
    static let handOversMax = 8

    /// By a step: never to a pool in which it has been.
    func mayOverflow(_ item: WorkItemBook, to queueID: QueueID) -> Bool {
        guard let poolID = rules(of: queueID)?.queue.poolID else { return false }
        return poolID != item.poolID && !item.path.contains(poolID) && item.path.count < Self.handOversMax
    }

    mutating func handOver(
        _ item: WorkItemBook, _ agentID: AgentID?, to poolID: PoolID, _ queueID: QueueID
    ) throws {
        if agentID != nil {
            try act(item, agentID) { if case .transfer(item.id, queueID, _) = $0 { true } else { false } }
        } else {
            guard item.due.overflowTo == queueID, item.stage == .queued else {
                throw BrokenPromise(.oneOwner, "\(item.id) is handed over to \(queueID), which is \(item.stage)")
            }
        }
        guard rules(of: queueID)?.queue.poolID == poolID, poolID != item.poolID, item.path.count < Self.handOversMax
        else {
            throw BrokenPromise(.noLoops, "\(item.id) goes to \(queueID) in \(poolID), after \(item.path)")
        }
        release(item.id)
        items[item.id]!.due = WorkItemBook.Due()
        items[item.id]!.stage = .leaving(poolID, queueID)
    }

    /// What the machine sends to another pool's log.
    mutating func sendOn(_ command: WorkCommand, to poolID: PoolID, _ expectation: Expectation) throws {
        sentOn.insert(command)
        if case .forwarded = expectation { return }
        guard case .handedOver(let handOver) = command, let item = items[handOver.workItemID],
            item.stage == .leaving(poolID, handOver.queueID), handOver.poolID == poolID
        else { throw BrokenPromise(.theLogDecides, "the model expects no \(command)") }
        guard handOver.acceptedAt == item.acceptedAt, handOver.priority == item.priority else {
            throw BrokenPromise(.noOvertaking, "\(item.id) is handed over with another age or priority")
        }
        guard handOver.conversationID == item.conversationID, handOver.path == item.path + [item.poolID],
            handOver.messages.map(\.messageID) == item.messages.suffix(50), handOver.answeredAt == item.answeredAt,
            (handOver.customerLeftAt != nil) == item.hasLeft
        else { throw BrokenPromise(.oneEffect, "\(item.id) is handed over without all that was said") }
        underWay[item.id] = item
        items[item.id] = nil
        left[Departure(poolID: item.poolID, workItemID: item.id)] = Destination(
            poolID: poolID, queueID: handOver.queueID)
    }

    func isAwaited(_ handOver: HandOver) -> Bool {
        underWay[handOver.workItemID].map { $0.path + [$0.poolID] == handOver.path } ?? false
    }

    mutating func takeOver(_ id: WorkItemID, from poolID: PoolID) throws {
        guard case .command(.handedOver(let handOver)) = cause, handOver.workItemID == id, isAwaited(handOver),
            var item = underWay.removeValue(forKey: id), item.poolID == poolID
        else { throw BrokenPromise(.oneOwner, "\(id) is taken over, and nobody released it") }
        left[Departure(poolID: handOver.poolID, workItemID: id)] = nil
        (item.poolID, item.queueID, item.path) = (handOver.poolID, handOver.queueID, handOver.path)
        item.cooldowns = [:]
        item.stage = .returning
        items[id] = item
    }

    /// What becomes of a command that is about something which left the pool; nil: it did not.
    func forwarded(_ command: WorkCommand) -> (WorkCommand, PoolID)? {
        func destination(_ poolID: PoolID, _ id: WorkItemID) -> Destination? {
            left[Departure(poolID: poolID, workItemID: id)]
        }
        switch command {
        case .customerMessage(var request):
            if destination(request.poolID, request.workItemID) == nil {
                // To what went on after the last one that is here.
                guard let id = lastSuccessor(of: request.workItemID), let item = items[id], !item.isOpen,
                    !wasTaken(request), let next = successors[id], destination(item.poolID, next) != nil
                else { return nil }
                (request.workItemID, request.poolID) = (next, item.poolID)
            }
            let goal = destination(request.poolID, request.workItemID)!
            (request.poolID, request.queueID) = (goal.poolID, goal.queueID)
            return (.customerMessage(request), goal.poolID)
        case .escalate(var escalation):
            guard let goal = destination(escalation.poolID, escalation.workItemID) else { return nil }
            escalation.poolID = goal.poolID
            return (.escalate(escalation), goal.poolID)
        case .surveyAnswered(var answer):
            guard let goal = destination(answer.poolID, answer.workItemID) else { return nil }
            answer.poolID = goal.poolID
            return (.surveyAnswered(answer), goal.poolID)
        case .customerGone(var gone):
            guard let goal = destination(gone.poolID, gone.workItemID) else { return nil }
            gone.poolID = goal.poolID
            return (.customerGone(gone), goal.poolID)
        case .agent, .agentSeen, .handedOver, .conversationStarted: return nil
        }
    }

    // MARK: Who is let in

    /// What a work item that was just opened must hear; nil: it has a place.
    func refusal(of item: WorkItemBook) -> Notice? {
        guard let admission = rules(of: item.queueID)?.queue.admission else { return nil }
        if let id = admission.calendarID {
            let open = configuration.calendars[id]?.open ?? []
            guard open.contains(where: { $0.start <= now && now < $0.end }) else { return .queueClosed }
        }
        guard let most = admission.waitingMax else { return nil }
        let isSomebodyFree = agents.keys.contains { !isPulling($0) && mayTake($0, item) && hasRoom($0, for: item) }
        let waiting = items.values.count {
            $0.stage == .queued && $0.queueID == item.queueID && $0.poolID == item.poolID
        }
        return !isSomebodyFree && waiting >= most ? .queueFull : nil
    }

    mutating func turnAway(_ item: WorkItemBook, _ notice: Notice) throws {
        guard item.stage == .opened, refusal(of: item) == notice else {
            throw BrokenPromise(.noSilence, "\(item.id) hears \(notice), and there is a place for it")
        }
        items[item.id]!.stage = .refused(notice)
    }
}
