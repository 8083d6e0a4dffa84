import Domain
import OrderedCollections
import RouterCore

// What must be true when all outputs of a record were read.
extension Model {
    /// What a record must come to, judged before it is applied.
    enum Expectation {
        case nothing
        /// A command that was answered before: the same answer, and nothing else.
        case again(CommandResult.Outcome)
        case done(AgentCommand)
        case rejected(AgentCommand)
        /// A message that was taken before.
        case repeatedMessage
        case message(WorkRequest)
        case escalated(WorkItemID, priority: Int)
        /// What it is about has left the pool: it goes on to where that is, and nothing else happens.
        case forwarded(WorkCommand, PoolID)
        case takenOver(WorkItemID)
        /// A customer who left; their work item as it was then.
        case gone(WorkItemBook)
    }

    static let openMax = 10_000

    func openCount(of poolID: PoolID) -> Int { items.values.count { $0.isOpen && $0.poolID == poolID } }

    func expect(_ cause: Cause) -> Expectation {
        if case .command(let command) = cause, let (command, poolID) = forwarded(command) {
            return .forwarded(command, poolID)
        }
        return switch cause {
        case .time, .configuration, .command(.agentSeen), .command(.surveyAnswered), .command(.conversationStarted):
            .nothing
        case .command(.handedOver(let handOver)): isAwaited(handOver) ? .takenOver(handOver.workItemID) : .nothing
        case .command(.customerGone(let gone)): meets(gone) ? .gone(items[gone.workItemID]!) : .nothing
        case .command(.escalate(let wanted)):
            items[wanted.workItemID].map { item in
                item.isOpen ? .escalated(item.id, priority: max(item.priority, wanted.priority)) : .nothing
            } ?? .nothing
        case .command(.customerMessage(let request)):
            wasTaken(request) ? .repeatedMessage : .message(request)
        case .command(.agent(let command)):
            if let earlier = results[command.commandID] {
                earlier.command == command ? .again(earlier.outcome) : .rejected(command)
            } else {
                mayAct(command) ? .done(command) : .rejected(command)
            }
        }
    }

    /// Whether the customer left where they last wrote from, and somebody must hear of it.
    func meets(_ gone: CustomerGone) -> Bool {
        guard let item = items[gone.workItemID], item.channel == gone.address.channel, !item.hasLeft else {
            return false
        }
        switch item.stage {
        case .queued, .offered, .assigned, .parked: return true
        case .opened, .accepted, .returning, .leaving, .refused, .scheduled, .wrapUp, .closed: return false
        }
    }

    func wasTaken(_ request: WorkRequest) -> Bool {
        var id = request.workItemID
        while let item = items[id] {
            if item.messages.suffix(50).contains(request.messageID) { return true }
            guard let next = successors[id] else { return false }
            id = next
        }
        return false
    }

    func mayAct(_ command: AgentCommand) -> Bool {
        if case .reassign(let id, let destination, let reason) = command.action {
            return reason.utf8.count <= 512 && mayReassign(id, destination)
        }
        guard isKnown(command) else { return false }
        switch command.action {
        case .reassign: return false
        case .setPresence(let presence, let reason):
            let reasons = configuration.pools[command.poolID]?.breakReasons ?? []
            let isGood = presence != .away || reasons.isEmpty || reason.map(reasons.contains) ?? false
            return isGood && reason?.utf8.count ?? 0 <= 512
        case .pull: return isThere(command.agentID) && hasRoomForAny(command.agentID)
        case .transferToAgent(let id, let otherID, let note):
            return owns(id, command.agentID) && note?.utf8.count ?? 0 <= 16_384 && otherID != command.agentID
                && mayBeHanded(id, to: otherID)
        case .resume(let id):
            guard let item = items[id], item.isPutAside(by: command.agentID) else { return false }
            return agents[command.agentID]?.presence ?? .offline != .offline
                && (holds(id, command.agentID) || hasRoom(command.agentID, for: item))
        case .consult(let id, let otherID, let question):
            return owns(id, command.agentID) && items[id]?.consultedID == nil && otherID != command.agentID
                && isConfigured(otherID) && agents[otherID]?.poolID == items[id]?.poolID
                && agents[otherID]?.presence ?? .offline != .offline && question.utf8.count <= 16_384
                && items.values.count { $0.consultedID == otherID } < 8
        case .endConsult(let id):
            guard let item = items[id], item.consultedID != nil else { return false }
            return item.consultedID == command.agentID || item.assigneeID == command.agentID
        case .escalate(let id, let priority, let reason):
            return owns(id, command.agentID) && (1...10).contains(priority) && priority > items[id]!.priority
                && reason.utf8.count <= 512
        case .endWrapUp(let id): return isWrappingUp(id, command.agentID)
        case .schedule(let id, let time, _):
            return owns(id, command.agentID) && time > now && time <= now + .seconds(30 * 86_400)
        // Not in these worlds.
        case .startConversation: return false
        case .accept(let offerID): return hasOffer(offerID, command.agentID)
        case .decline(let offerID, let reason): return hasOffer(offerID, command.agentID) && reason.utf8.count <= 512
        case .reply(let id, _, let text): return owns(id, command.agentID) && text.utf8.count <= 65_536
        case .note(let id, let text, let mentions):
            guard text.utf8.count <= 16_384, mentions.count <= 8, let item = items[id] else { return false }
            guard mentions.allSatisfy({ configuration.agents[$0]?.poolID == item.poolID }) else { return false }
            return owns(id, command.agentID) || isWrappingUp(id, command.agentID) || item.consultedID == command.agentID
        case .park(let id, let seconds): return owns(id, command.agentID) && seconds >= 1 && seconds <= 30 * 86_400
        case .requeue(let id, let reason): return owns(id, command.agentID) && reason.utf8.count <= 512
        case .transfer(let id, let queueID, let note):
            guard owns(id, command.agentID), note?.utf8.count ?? 0 <= 16_384, let queue = configuration.queues[queueID]
            else { return false }
            return queue.poolID == items[id]!.poolID || items[id]!.path.count < Self.handOversMax
        case .complete(let id, let disposition): return owns(id, command.agentID) && disposition.utf8.count <= 512
        }
    }

    private func hasOffer(_ offerID: OfferID, _ agentID: AgentID) -> Bool {
        items.values.contains { $0.liveOffers.contains { $0.id == offerID && $0.agentID == agentID } }
    }

    /// Whether somebody may hand it to this agent: who has it begins with all requirements again.
    private func mayBeHanded(_ id: WorkItemID, to agentID: AgentID) -> Bool {
        guard var item = items[id] else { return false }
        if item.stage != .queued {
            item.requirements = rules(of: item.queueID)?.requirements(language: item.language) ?? []
            item.stepsDone = 0
        }
        return mayTake(agentID, item) && hasRoom(agentID, for: item)
            && !item.liveOffers.contains { $0.agentID == agentID } && item.assigneeID != agentID
    }

    private func mayReassign(_ id: WorkItemID, _ destination: AgentCommand.Destination) -> Bool {
        guard let item = items[id], item.isOpen else { return false }
        if case .wrapUp = item.stage { return false }
        switch destination {
        case .agent(let agentID): return mayBeHanded(id, to: agentID)
        case .queue(let queueID): return configuration.queues[queueID]?.poolID == item.poolID
        }
    }

    private func owns(_ id: WorkItemID, _ agentID: AgentID) -> Bool { items[id]?.stage == .assigned(agentID) }

    private func isWrappingUp(_ id: WorkItemID, _ agentID: AgentID) -> Bool {
        if case .wrapUp(agentID, _) = items[id]?.stage { true } else { false }
    }

    mutating func check(_ expectation: Expectation, _ outputs: [RouterOutput]) throws {
        switch expectation {
        case .nothing: try expectResults(0)
        case .forwarded(let command, let poolID):
            guard outputs == [.command(command, poolID)] else {
                throw BrokenPromise(.oneEffect, "what should go on to \(poolID) has another effect: \(outputs)")
            }
        case .takenOver(let id):
            try expectResults(0)
            guard items[id] != nil else { throw BrokenPromise(.oneEffect, "\(id) was handed over, and is lost") }
        case .message(let request):
            try expectResults(0)
            guard lastSuccessor(of: request.workItemID).map({ items[$0]!.messages.last == request.messageID }) ?? false
            else { throw BrokenPromise(.oneEffect, "message \(request.messageID) is lost") }
        case .escalated(let id, let priority):
            try expectResults(0)
            guard items[id]?.priority == priority else {
                throw BrokenPromise(.noOvertaking, "\(id) is not as urgent as \(priority)")
            }
        case .gone(let item):
            try expectResults(0)
            let isWaiting = item.stage == .queued || !item.liveOffers.isEmpty
            guard deeds > 0, isWaiting != items[item.id]!.isOpen else {
                throw BrokenPromise(.noSilence, "the customer of \(item.id) left, and it is \(items[item.id]!.stage)")
            }
        case .repeatedMessage:
            guard outputs.isEmpty else { throw BrokenPromise(.oneEffect, "a repeated message has an effect") }
        case .again(let outcome):
            try expectResults(1)
            guard resultsNow[0].outcome == outcome, outputs.count == 1 else {
                throw BrokenPromise(.oneEffect, "\(resultsNow[0].commandID) came again and has another effect")
            }
        case .rejected(let command):
            try expectResults(1)
            guard case .rejected = resultsNow[0].outcome, outputs.count == 1 else {
                throw BrokenPromise(.oneOwner, "\(command.agentID) may not \(command.action), and it is done")
            }
            if isKnown(command) || command.action.isReassignment { remember(command) }
        case .done(let command):
            try expectResults(1)
            switch (resultsNow[0].outcome, command.action) {
            case (.done, .setPresence(let presence, _)):
                guard agents[command.agentID]?.presence == presence else {
                    throw BrokenPromise(.noSilence, "\(command.agentID) is not \(presence), and is told so")
                }
            case (.done(let id, _), .pull): try checkPull(by: command.agentID, got: id)
            case (.done, .reassign(let id, let destination, _)):
                let isThere =
                    switch destination {
                    case .agent(let agentID): items[id]!.liveOffers.contains { $0.agentID == agentID }
                    case .queue(let queueID): items[id]!.queueID == queueID
                    }
                guard isThere else { throw BrokenPromise(.oneEffect, "\(id) is not at \(destination)") }
            case (.done, _):
                guard deeds == 1 else { throw BrokenPromise(.oneEffect, "\(command.action) is done \(deeds) times") }
            // The model keeps no addresses.
            case (.rejected(let rejection), .reply) where rejection.code == .noReplyAddress: break
            case (.rejected(let rejection), _):
                throw BrokenPromise(
                    .oneOwner, "\(command.agentID) may \(command.action), and is told \(rejection.code)")
            }
            remember(command)
        }
    }

    private func checkPull(by agentID: AgentID, got id: WorkItemID?) throws {
        if let id {
            guard deeds == 1, items[id]?.stage == .assigned(agentID) else {
                throw BrokenPromise(.oneEffect, "\(agentID) pulls \(id), and does not have it")
            }
        } else if let left = items.values.first(where: { $0.poolID == agents[agentID]?.poolID && mayPull(agentID, $0) })
        {
            throw BrokenPromise(.workConserving, "\(agentID) pulls and gets nothing, while \(left.id) waits")
        }
    }

    private mutating func remember(_ command: AgentCommand) {
        guard results[command.commandID] == nil else { return }
        results[command.commandID] = (command, resultsNow[0].outcome)
    }

    private func expectResults(_ count: Int) throws {
        guard resultsNow.count == count else {
            throw BrokenPromise(.oneEffect, "\(resultsNow.count) results instead of \(count)")
        }
    }

    mutating func checkAftermath() throws {
        for item in items.values where item.isOpen { try check(item) }
        if let (offerID, agentID) = lost.first {
            throw BrokenPromise(.noSilence, "\(agentID) does not hear that \(offerID) went to another")
        }
        if let id = mustRest.first(where: { agents[$0]?.presence == .available }) {
            throw BrokenPromise(
                .noSilence, "\(id) missed \(agents[id]!.missedOffers) offers in a row and stays available")
        }
        for (id, agent) in agents {
            guard isConfigured(id) else {
                guard agent.holds.isEmpty else { throw BrokenPromise(.noSilence, "\(id) left and keeps work") }
                agents[id] = nil
                continue
            }
            try checkWorkingLife(of: id, agent)
            guard agent.presence == .offline || leaseEnd(of: id, agent) > now else {
                throw BrokenPromise(
                    .noSilence, "\(id) vanished \(now - agent.lastSeen) ago and counts as \(agent.presence)")
            }
        }
    }

    private func check(_ item: WorkItemBook) throws {
        guard !item.due.isRelaxed, item.due.widenedTo.isEmpty, item.due.priority ?? 0 <= item.priority,
            item.due.overflowTo == nil
        else {
            throw BrokenPromise(.noLoops, "step \(item.stepsDone) of \(item.id) is due and not done")
        }
        if let id = item.consultedID {
            guard item.assigneeID != nil, item.assigneeID != id, agents[id]?.presence ?? .offline != .offline else {
                throw BrokenPromise(.oneOwner, "\(id) stays consulted on \(item.id), which is \(item.stage)")
            }
        }
        switch item.stage {
        case .queued: try checkWaiting(item)
        case .offered(let offers):
            for offer in offers {
                let agent = agents[offer.agentID]
                guard offer.expiresAt > now, agent?.presence == .available, agent?.shift == .on else {
                    throw BrokenPromise(.noSilence, "\(item.id) stays offered to \(offer.agentID)")
                }
                guard isQualified(offer.agentID, for: item) else {
                    throw BrokenPromise(.onlyTheQualified, "\(item.id) stays offered to \(offer.agentID)")
                }
            }
        case .assigned(let agentID):
            guard let agent = agents[agentID], agent.presence != .offline || agent.graceUntil.map({ $0 > now }) ?? false
            else { throw BrokenPromise(.noSilence, "\(item.id) is with \(agentID), who is gone, and nothing ends it") }
        case .parked(_, let until), .scheduled(_, let until), .wrapUp(_, let until):
            guard until > now else { throw BrokenPromise(.noSilence, "\(item.id) stays \(item.stage)") }
        case .opened, .accepted, .returning, .leaving, .refused:
            throw BrokenPromise(.oneOwner, "\(item.id) is left half done, \(item.stage)")
        case .closed: break
        }
    }

    private func checkWaiting(_ item: WorkItemBook) throws {
        guard rules(of: item.queueID) != nil, !waitsForPreferred(item) else { return }
        for id in agents.keys where !isPulling(id) && mayTake(id, item) && hasRoom(id, for: item) {
            throw BrokenPromise(.workConserving, "\(item.id) waits while \(id) is free")
        }
    }

    /// The machine asks to be woken before anything is due, and never for what is past.
    func check(nextDeadline: Instant?) throws {
        if let nextDeadline, nextDeadline <= now { throw BrokenPromise(.noSilence, "something due was not done") }
        guard let first = nextTimer else { return }
        guard let nextDeadline, nextDeadline <= first else {
            throw BrokenPromise(.noSilence, "something is due in \(first - now), and nobody will wake")
        }
    }

    /// The first thing that happens by itself.
    private var nextTimer: Instant? {
        var timers: [Instant] = []
        for item in items.values {
            switch item.stage {
            case .queued:
                let steps = rules(of: item.queueID)?.steps ?? []
                if item.stepsDone < steps.count {
                    timers.append(item.waitingSince + .seconds(max(0, steps[item.stepsDone].afterSeconds)))
                }
                timers += item.cooldowns.values.filter { $0 > now }
                if let until = item.preferredUntil, until > now { timers.append(until) }
            case .offered(let offers): timers += offers.map(\.expiresAt)
            case .parked(_, let until), .scheduled(_, let until), .wrapUp(_, let until): timers.append(until)
            case .opened, .accepted, .assigned, .returning, .leaving, .refused, .closed: break
            }
        }
        for (id, agent) in agents {
            if agent.presence == .offline {
                if let until = agent.graceUntil, until > now { timers.append(until) }
            } else {
                timers.append(leaseEnd(of: id, agent))
                timers += agent.holds.values.compactMap(\.idleAt)
                timers += (shifts(of: id)?.open ?? []).flatMap { [$0.start, $0.end] }.filter { $0 > now }
                if let until = agent.airUntil, until > now { timers.append(until) }
            }
        }
        return timers.min()
    }
}

extension AgentCommand.Action {
    /// A supervisor's, whom the configuration need not know.
    fileprivate var isReassignment: Bool { if case .reassign = self { true } else { false } }
}
