import Domain
import OrderedCollections

// What agents and supervisors do with work items: each must be theirs to do, and asked for by the record at hand.
extension Model {
    func isAsked(by agentID: AgentID?, _ isWanted: (AgentCommand.Action) -> Bool) -> Bool {
        guard case .command(.agent(let command)) = cause else { return false }
        return command.agentID == agentID && isWanted(command.action)
    }

    /// The agent who works on it did what they asked for.
    mutating func act(
        _ item: WorkItemBook, _ agentID: AgentID?, inWrapUp: Bool = false, _ isWanted: (AgentCommand.Action) -> Bool
    ) throws {
        var isTheirs = agentID != nil && item.assigneeID == agentID
        if case .wrapUp = item.stage, !inWrapUp { isTheirs = false }
        guard isTheirs, isAsked(by: agentID, isWanted) else {
            throw BrokenPromise(
                .oneOwner, "\(agentID.map(\.rawValue) ?? "nobody") acts on \(item.id), which is \(item.stage)")
        }
        deeds += 1
    }

    mutating func park(_ item: WorkItemBook, _ agentID: AgentID?, _ until: Instant) throws {
        var seconds = 0
        try act(item, agentID) { action in
            guard case .park(item.id, let wanted) = action else { return false }
            seconds = wanted
            return true
        }
        guard until == now + .seconds(seconds), seconds >= 1, seconds <= 30 * 86_400, let agentID else {
            throw BrokenPromise(.noSilence, "\(item.id) is parked for \(until - now)")
        }
        if !keepRoom(for: item.id, of: agentID) { letGo(item.id, of: agentID) }
        items[item.id]!.stage = .parked(agentID, until: until)
    }

    mutating func resume(_ item: WorkItemBook) throws {
        switch item.stage {
        case .parked(let agentID, let until):
            if isAsked(by: agentID, { $0 == .resume(item.id) }) { return try takeUp(item, agentID) }
            guard until <= now || hasNews(item) || isReassigned(item) else {
                throw BrokenPromise(.noSilence, "\(item.id) comes back too early")
            }
            items[item.id]!.preferredAgentID = agentID
            // At once back to whoever keeps room for it and is there.
            let isBack = holds(item.id, agentID) && agents[agentID]?.presence != .offline && !isReassigned(item)
            if !isBack { release(item.id) }
            items[item.id]!.stage = isBack ? .accepted(agentID) : .returning
        case .wrapUp(let agentID, _):
            guard hasNews(item) else { throw BrokenPromise(.oneOwner, "\(item.id) leaves its wrap-up for nothing") }
            items[item.id]!.stage = .assigned(agentID)
            wake(item.id, of: agentID)
            if let agent = agents[agentID], agent.presence == .offline, agent.graceUntil.map({ $0 <= now }) ?? true {
                agents[agentID]!.graceUntil = now + grace(of: agentID)
            }
        case .scheduled(let agentID, let time):
            if let agentID, isAsked(by: agentID, { $0 == .resume(item.id) }) { return try takeUp(item, agentID) }
            guard time <= now || hasNews(item) || isReassigned(item) else {
                throw BrokenPromise(.noSilence, "\(item.id) comes back too early")
            }
            items[item.id]!.stage = .returning
            items[item.id]!.preferredAgentID = agentID
            items[item.id]!.patience = agentID == nil ? 0 : 300
        case .opened, .queued, .offered, .accepted, .assigned, .returning, .leaving, .refused, .closed:
            throw BrokenPromise(.oneOwner, "\(item.id) resumes though it is \(item.stage)")
        }
    }

    mutating func takeUp(_ item: WorkItemBook, _ agentID: AgentID) throws {
        deeds += 1
        let isKept = holds(item.id, agentID)
        guard isKept || hasRoom(agentID, for: item), agents[agentID]?.presence != .offline else {
            throw BrokenPromise(.neverOverCapacity, "\(agentID) takes \(item.id) up again without room for it")
        }
        if !isKept { take(item, by: agentID) }
        items[item.id]!.stage = .accepted(agentID)
    }

    /// Whether the record at hand is a message that was added to it.
    func hasNews(_ item: WorkItemBook) -> Bool {
        guard case .command(.customerMessage(let request)) = cause else { return false }
        return item.messages.last == request.messageID
    }

    mutating func requeue(_ item: WorkItemBook, _ agentID: AgentID?) throws {
        if isAsked(by: agentID, { if case .requeue(item.id, _) = $0 { true } else { false } }) {
            try act(item, agentID) { _ in true }
            giveBack(item, agentID!, hasCooldown: true)
            return
        }
        guard case .assigned(let ownerID) = item.stage, ownerID == agentID, let agent = agents[ownerID] else {
            throw BrokenPromise(.oneOwner, "\(item.id) is requeued, which is \(item.stage)")
        }
        if isReassigned(item) { return giveBack(item, ownerID, hasCooldown: true) }
        let isOver = agent.presence == .offline && agent.graceUntil.map { $0 <= now } ?? false
        guard isOver || !isConfigured(ownerID) else {
            throw BrokenPromise(.noSilence, "\(item.id) is taken from \(ownerID) before the grace time is over")
        }
        giveBack(item, ownerID, hasCooldown: false)
    }

    mutating func transfer(_ item: WorkItemBook, _ agentID: AgentID?, to queueID: QueueID) throws {
        guard configuration.queues[queueID]?.poolID == item.poolID else {
            throw BrokenPromise(.oneOwner, "\(item.id) goes to \(queueID), which is not in its pool")
        }
        if isReassigned(item) {
            guard item.assigneeID == agentID, item.liveOffers.isEmpty else {
                throw BrokenPromise(.oneOwner, "\(item.id) is taken from \(agentID.map(\.rawValue) ?? "nobody")")
            }
        } else {
            try act(item, agentID) { if case .transfer(item.id, queueID, _) = $0 { true } else { false } }
        }
        items[item.id]!.queueID = queueID
        if let agentID { return giveBack(items[item.id]!, agentID, hasCooldown: true) }
        if item.stage == .queued { items[item.id]!.stage = .returning }
    }

    mutating func hand(_ item: WorkItemBook, _ agentID: AgentID?, to otherID: AgentID) throws {
        try act(item, agentID) { if case .transferToAgent(item.id, otherID, _) = $0 { true } else { false } }
        giveBack(item, agentID!, hasCooldown: true)
        items[item.id]!.preferredAgentID = otherID
        handedNow[item.id] = otherID
    }

    /// Whether the record at hand is a supervisor's, who takes it from wherever it is.
    func isReassigned(_ item: WorkItemBook) -> Bool {
        isAsked { if case .reassign(item.id, _, _) = $0.action { true } else { false } }
    }

    /// By who works on it, or is consulted on it.
    mutating func note(_ item: WorkItemBook, _ agentID: AgentID, _ mentions: [AgentID]) throws {
        if case .command(.agent(let command)) = cause, command.agentID == agentID,
            command.action.isTransfer(of: item.id), item.assigneeID == agentID
        {
            return
        }
        guard item.assigneeID == agentID || item.consultedID == agentID,
            isAsked(by: agentID, { if case .note(item.id, _, _) = $0 { true } else { false } })
        else { throw BrokenPromise(.oneOwner, "\(agentID) notes on \(item.id), which is \(item.stage)") }
        deeds += 1
        // Who is mentioned is known from now on.
        for id in mentions where agents[id] == nil { agents[id] = AgentBook(poolID: item.poolID, lastSeen: now) }
    }

    mutating func giveBack(_ item: WorkItemBook, _ agentID: AgentID, hasCooldown: Bool) {
        release(item.id)
        items[item.id]!.stage = .returning
        if item.preferredAgentID == agentID { items[item.id]!.preferredAgentID = nil }
        guard hasCooldown else { return }
        items[item.id]!.cooldowns[agentID] = now + rulesOrNone(of: item.queueID).cooldown
    }

    mutating func wrapUp(_ item: WorkItemBook, _ agentID: AgentID, _ until: Instant) throws {
        try act(item, agentID) { $0.isCompletion(of: item.id) }
        let seconds = rulesOrNone(of: item.queueID).wrapUpSeconds
        guard seconds > 0, until == now + .seconds(seconds) else {
            throw BrokenPromise(.noSilence, "the wrap-up of \(item.id) lasts \(until - now)")
        }
        items[item.id]!.stage = .wrapUp(agentID, until: until)
        wake(item.id, of: agentID, mayBeIdle: false)
    }

    mutating func close(_ item: WorkItemBook, _ agentID: AgentID?, _ disposition: String) throws {
        switch item.stage {
        case .assigned:
            try act(item, agentID) { $0.isCompletion(of: item.id) }
            guard rulesOrNone(of: item.queueID).wrapUpSeconds == 0 else {
                throw BrokenPromise(.oneOwner, "\(item.id) is closed without its wrap-up")
            }
        case .wrapUp(let ownerID, let until):
            let isEnded = isAsked(by: ownerID) { $0 == .endWrapUp(item.id) }
            if isEnded { deeds += 1 }
            guard ownerID == agentID, isEnded || until <= now || !isConfigured(ownerID) else {
                throw BrokenPromise(.noSilence, "the wrap-up of \(item.id) ends too early")
            }
        case .queued where item.hasLeft && disposition == "abandoned" && agentID == nil: break
        case .opened:
            guard openCount(of: item.poolID) > Self.openMax, disposition == "limit-reached" else {
                throw BrokenPromise(.bounded, "\(item.id) is turned away though the pool is not full")
            }
        case .refused(let notice) where disposition == notice.rawValue && agentID == nil: break
        case .queued, .offered, .accepted, .parked, .scheduled, .returning, .leaving, .refused, .closed:
            throw BrokenPromise(.oneOwner, "\(item.id) is closed, which is \(item.stage)")
        }
        release(item.id)
        items[item.id]!.stage = .closed(agentID, at: now)
    }

    mutating func release(_ id: WorkItemID) {
        if let ownerID = items[id]?.assigneeID { letGo(id, of: ownerID) }
        if case .parked(let ownerID, _) = items[id]?.stage { letGo(id, of: ownerID) }
    }
}
