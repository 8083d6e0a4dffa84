import Domain
import OrderedCollections

// What an agent does with the work items they have.
extension RouterMachine {
    /// The work item, if this agent works on it.
    func own(_ id: WorkItemID, of agentID: AgentID, inWrapUp: Bool = false) throws(Rejection) -> WorkItem {
        guard let item = items[id] else {
            throw Rejection(code: .unknownWorkItem, detail: "No such work item, or it was closed long ago.")
        }
        switch item.stage {
        case .assigned(agentID, _): return item
        case .wrapUp(let wrapUp) where wrapUp.agentID == agentID:
            if inWrapUp { return item }
            throw Rejection(code: .wrongState, detail: "The work item is completed and in wrap-up.")
        case .offered where item.holderIDs.contains(agentID):
            throw Rejection(code: .wrongState, detail: "The work item is offered: accept the offer first.")
        case .parked(agentID, _):
            throw Rejection(code: .wrongState, detail: "The work item is parked.")
        case .scheduled(let callback) where callback.agentID == agentID:
            throw Rejection(code: .wrongState, detail: "The work item is scheduled for a callback.")
        case .closed:
            throw Rejection(code: .workItemClosed, detail: "The work item is closed.")
        case .queued, .offered, .assigned, .parked, .scheduled, .wrapUp:
            throw Rejection(code: .notYourWorkItem, detail: "The work item is not assigned to this agent.")
        }
    }

    /// Sends the text to where the customer last wrote from.
    mutating func reply(
        to id: WorkItemID, with messageID: MessageID, text: String, by agentID: AgentID, at now: Instant
    ) throws(Rejection) {
        let item = try own(id, of: agentID)
        guard let address = item.replyAddress else {
            throw Rejection(
                code: .noReplyAddress, detail: "The customer has only called so far: there is nowhere to write to.")
        }
        update(id) { $0.answeredAt = now }
        wake(id, at: now)
        outputs.append(
            .send(
                OutboundMessage(
                    messageID: messageID, conversationID: item.conversationID, customerID: item.customerID,
                    workItemID: id, author: .agent(agentID), address: address, text: text, createdAt: now)))
        signal(.agentReplied(messageID), about: id, at: now)
        emit(.agentReplied(agentID, messageID, address, text: text), about: item, at: now)
    }

    mutating func park(
        _ id: WorkItemID, for seconds: Int, by agentID: AgentID, at now: Instant
    ) throws(Rejection) {
        let item = try own(id, of: agentID)
        guard seconds >= 1, seconds <= RouterLimits.parkSecondsMax else {
            throw Rejection(
                code: .limitReached,
                detail: "A work item is parked for 1 to \(RouterLimits.parkSecondsMax) seconds.")
        }
        let until = now + .seconds(seconds)
        move(id, to: .parked(agentID, until: until), at: now)
        emit(.parked(agentID, until: until), about: item, at: now)
        signal(.parked, about: id, at: now)
    }

    /// To another queue, with the original age and priority: of the same pool, to another agent for a while; of
    /// another pool, to its log.
    mutating func transfer(
        _ id: WorkItemID, to queueID: QueueID, note: String?, by agentID: AgentID, at now: Instant
    ) throws(Rejection) {
        let item = try own(id, of: agentID)
        if let queue = configuration.queues[queueID], queue.poolID != item.poolID {
            try checkHandOver(of: item)
            leave(note, on: item, by: agentID, at: now)
            return handOver(id, to: queue, by: agentID, at: now)
        }
        try checkQueue(queueID, for: item)
        leave(note, on: item, by: agentID, at: now)
        changeQueue(of: id, to: queueID, by: agentID, at: now)
        giveBack(id, by: agentID, at: now)
    }

    func checkQueue(_ queueID: QueueID, for item: WorkItem) throws(Rejection) {
        guard let queue = configuration.queues[queueID] else {
            throw Rejection(code: .unknownQueue, detail: "No queue of that name.")
        }
        guard queue.poolID == item.poolID else {
            throw Rejection(code: .unknownQueue, detail: "That queue belongs to another pool.")
        }
    }

    /// - Parameter agentID: who has it no longer.
    mutating func changeQueue(of id: WorkItemID, to queueID: QueueID, by agentID: AgentID?, at now: Instant) {
        guard let item = items[id] else { return }
        emit(.transferred(agentID, to: queueID), about: item, at: now)
        leaveQueue(item.queueID)
        openPerQueue[queueID, default: 0] += 1
        reposition(id) { $0.queueID = queueID }
    }

    /// To another agent of the pool, for whom it is reserved by an offer. If that comes to nothing, it waits in its
    /// queue like any other, with its age.
    mutating func transfer(
        _ id: WorkItemID, to otherID: AgentID, note: String?, by agentID: AgentID, at now: Instant
    ) throws(Rejection) {
        let item = try own(id, of: agentID)
        try check(otherID, toHave: item, at: now)
        leave(note, on: item, by: agentID, at: now)
        emit(.transferredToAgent(agentID, to: otherID), about: item, at: now)
        update(id) { $0.preferredAgentID = otherID }
        beginToWait(id, avoiding: agentID, at: now)
        handTo(otherID, id, because: "handed over by \(agentID)", at: now)
    }

    /// Another agent of the pool who has been there.
    func colleague(_ otherID: AgentID, of agentID: AgentID, in poolID: PoolID) throws(Rejection) -> AgentState {
        guard otherID != agentID else {
            throw Rejection(code: .wrongState, detail: "The work item is with this agent already.")
        }
        guard roster[otherID]?.poolID == poolID else {
            throw Rejection(code: .unknownAgent, detail: "No agent of that name in this pool.")
        }
        guard let other = agents[otherID], other.poolID == poolID else {
            throw Rejection(code: .agentUnavailable, detail: "The agent \(otherID) is offline.")
        }
        return other
    }

    /// What the agent says to whoever has it next: it travels with the work item, and stands in the timeline.
    private mutating func leave(_ note: String?, on item: WorkItem, by agentID: AgentID, at now: Instant) {
        update(item.id) { $0.transferNote = note.map { WorkItem.TransferNote(agentID: agentID, text: $0, at: now) } }
        if let note { emit(.noteAdded(agentID, text: note), about: item, at: now) }
    }

    /// Takes up again what the agent parked, or scheduled for themselves.
    mutating func takeUp(_ id: WorkItemID, by agentID: AgentID, at now: Instant) throws(Rejection) {
        guard let item = items[id], item.isPutAside(by: agentID) else {
            _ = try own(id, of: agentID)
            throw Rejection(code: .wrongState, detail: "The work item is neither parked nor scheduled.")
        }
        guard let agent = agents[agentID], agent.presence != .offline else {
            throw Rejection(code: .agentUnavailable, detail: "Who is offline takes no work: set a presence first.")
        }
        guard holder(of: item) == agentID || fits(item, agentID) else {
            throw Rejection(code: .overCapacity, detail: "There is no room for it beside what this agent has.")
        }
        emit(.resumed(reason: "the agent took it up again"), about: item, at: now)
        signal(.resumed, about: id, at: now)
        move(id, to: .assigned(agentID, since: now), at: now)
        emit(.assigned(agentID), about: item, at: now)
    }

    mutating func escalate(
        _ id: WorkItemID, to priority: Int, reason: String, by agentID: AgentID, at now: Instant
    ) throws(Rejection) {
        let item = try own(id, of: agentID)
        guard (1...RouterLimits.priorityMax).contains(priority) else {
            throw Rejection(code: .limitReached, detail: "A priority is 1 to \(RouterLimits.priorityMax).")
        }
        guard priority > item.priority else {
            throw Rejection(code: .priorityNotRaised, detail: "The work item has priority \(item.priority) already.")
        }
        raise(id, to: priority, reason: reason, by: agentID, at: now)
    }

    /// Ends the agent's part without ending the work item.
    mutating func giveBack(_ id: WorkItemID, by agentID: AgentID, at now: Instant) {
        update(id) { if $0.preferredAgentID == agentID { $0.preferredAgentID = nil } }
        beginToWait(id, avoiding: agentID, at: now)
    }

    mutating func complete(
        _ id: WorkItemID, disposition: String, by agentID: AgentID, at now: Instant
    ) throws(Rejection) {
        let item = try own(id, of: agentID)
        guard case .assigned(_, let since) = item.stage else { return }
        let time = policy(of: item.queueID).wrapUpTime
        let wrapUp = WorkItem.WrapUp(
            agentID: agentID, disposition: disposition, completedAt: now, until: now + time, assignedAt: since)
        move(id, to: .wrapUp(wrapUp), at: now)
        guard time > .zero else { return close(id, by: agentID, disposition: disposition, at: now) }
        emit(.wrapUpStarted(agentID, until: wrapUp.until), about: item, at: now)
    }

    mutating func endWrapUp(of id: WorkItemID, by agentID: AgentID, at now: Instant) throws(Rejection) {
        let item = try own(id, of: agentID, inWrapUp: true)
        guard case .wrapUp(let wrapUp) = item.stage else {
            throw Rejection(code: .wrongState, detail: "The work item is not in wrap-up.")
        }
        close(id, by: agentID, disposition: wrapUp.disposition, at: now)
    }

    /// Ends the work item and tells everybody.
    ///
    /// The clock hears when the agent completed it, not when the wrap-up was over: that is when the customer was
    /// served.
    mutating func close(_ id: WorkItemID, by agentID: AgentID?, disposition: String, at now: Instant) {
        guard let item = items[id], !item.stage.isClosed else { return }
        var servedAt = now
        if case .wrapUp(let wrapUp) = item.stage {
            servedAt = wrapUp.completedAt
            // Wrap-up included: who waits, waits until the agent's hand is free.
            queues[item.queueID, default: QueueState(id: item.queueID)].record(handle: now - wrapUp.assignedAt)
            changed.append(.queue(item.queueID))
        }
        move(id, to: .closed(agentID, disposition: disposition, at: now), at: now)
        closedItems.insert(Remembered(at: now, id: id))
        pools[item.poolID].openCount -= 1
        leaveQueue(item.queueID)
        leaveConversation(item)
        let ended = conversations[item.conversationID] == nil
        emit(.closed(agentID, disposition: disposition), about: item, at: now)
        signal(
            .closed(
                agentID: agentID, disposition: disposition, conversationEnded: ended,
                replyAddress: item.replyAddress), about: id, at: servedAt)
        let closed = ClosedWorkItem(
            workItemID: id, conversationID: item.conversationID, customerID: item.customerID,
            disposition: disposition, agentID: agentID, conversationEnded: ended)
        outputs.append(.inform(.workItemClosed(closed)))
    }

    mutating func record(_ answer: SurveyAnswer, at now: Instant) {
        if items[answer.workItemID] != nil { update(answer.workItemID) { $0.score = answer.score } }
        let subject = WorkEvent.Subject(
            workItemID: answer.workItemID, conversationID: answer.conversationID, customerID: answer.customerID,
            queueID: items[answer.workItemID]?.queueID ?? QueueID("unknown"))
        let kind = WorkEvent.Kind.surveyAnswered(answer.surveyID, score: answer.score)
        outputs.append(.event(WorkEvent(at: now, poolID: answer.poolID, subject: subject, kind: kind)))
    }

    mutating func leaveConversation(_ item: WorkItem) {
        conversations[item.conversationID]?.remove(item.id)
        if conversations[item.conversationID]?.isEmpty ?? false { conversations[item.conversationID] = nil }
    }

    /// One open work item less in the queue; a queue that is no longer configured goes with its last one.
    mutating func leaveQueue(_ id: QueueID) {
        openPerQueue[id, default: 0] -= 1
        guard openPerQueue[id] == 0 else { return }
        openPerQueue[id] = nil
        guard configuration.queues[id] == nil, queues[id] != nil else { return }
        queues[id] = nil
        rules[id] = nil
        changed.append(.queue(id))
    }
}

extension WorkItem {
    /// Whether it waits for this agent to go on with it.
    fileprivate func isPutAside(by agentID: AgentID) -> Bool {
        switch stage {
        case .parked(agentID, _): true
        case .scheduled(let callback): callback.agentID == agentID
        default: false
        }
    }
}
