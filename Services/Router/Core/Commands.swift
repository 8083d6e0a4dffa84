import Domain
import OrderedCollections

// What agents ask for, each under a name, so that a repeat gives the first result.
extension RouterMachine {
    mutating func carryOut(_ command: AgentCommand, at now: Instant) {
        let fingerprint = command.fingerprint
        if let earlier = commands[command.commandID] {
            if roster[command.agentID] != nil { see(by: command, at: now) }
            guard earlier.fingerprint == fingerprint else {
                let reused = Rejection(
                    code: .commandReused, detail: "The same key was used before for another command.")
                answer(command, .rejected(reused), at: now)
                return
            }
            answer(command, earlier.result.outcome, at: now)
            return
        }
        guard command.isSupervisors || roster[command.agentID]?.poolID == command.poolID else {
            // Not remembered: the next revision of the configuration may know the agent.
            let unknown = Rejection(code: .unknownAgent, detail: "No agent of that name in this pool.")
            answer(command, .rejected(unknown), at: now)
            return
        }
        see(by: command, at: now)
        let outcome: CommandResult.Outcome
        do {
            outcome = try perform(command, at: now)
        } catch {
            outcome = .rejected(error)
        }
        let result = answer(command, outcome, at: now)
        commands[command.commandID] = CommandRecord(result: result, fingerprint: fingerprint, at: now)
        rememberedCommands.insert(Remembered(at: now, id: command.commandID))
        changed.append(.command(command.commandID))
    }

    private mutating func perform(_ command: AgentCommand, at now: Instant) throws(Rejection)
        -> CommandResult.Outcome
    {
        let agentID = command.agentID
        try check(command.version, of: command.action)
        switch command.action {
        case .setPresence(let presence, let reason):
            if let reason { try check(reason, named: "reason", bytesMax: RouterLimits.reasonBytesMax) }
            let wish = PresenceWish(presence: presence, reason: reason, supervisor: command.supervisor)
            try setPresence(wish, of: agentID, at: now)
            return .done(nil, nil)
        case .accept(let offerID):
            return .done(try accept(offerID, by: agentID, at: now), nil)
        case .decline(let offerID, let reason):
            try check(reason, named: "reason", bytesMax: RouterLimits.reasonBytesMax)
            return .done(try decline(offerID, by: agentID, reason: reason, at: now), nil)
        case .reply(let id, let messageID, let text):
            try check(text, named: "text", bytesMax: RouterLimits.replyBytesMax)
            // One key may have named replies in two pools, whose logs know nothing of each other.
            let messageID =
                rulesVersion >= 2 ? .named("reply", id.rawValue, command.commandID.rawValue) : messageID
            try reply(to: id, with: messageID, text: text, by: agentID, at: now)
            return .done(id, messageID)
        case .note(let id, let text, let mentions):
            try check(text, named: "text", bytesMax: RouterLimits.noteBytesMax)
            try note(text, on: id, mentioning: mentions, by: agentID, at: now)
            return .done(id, nil)
        case .park(let id, let seconds):
            try park(id, for: seconds, by: agentID, at: now)
            return .done(id, nil)
        case .requeue(let id, let reason):
            try check(reason, named: "reason", bytesMax: RouterLimits.reasonBytesMax)
            let item = try own(id, of: agentID)
            emit(.requeued(agentID, reason: reason), about: item, at: now)
            giveBack(id, by: agentID, at: now)
            return .done(id, nil)
        case .transfer(let id, let queueID, let note):
            try check(note ?? "", named: "note", bytesMax: RouterLimits.noteBytesMax)
            try transfer(id, to: queueID, note: note, by: agentID, at: now)
            return .done(id, nil)
        case .complete(let id, let disposition):
            try check(disposition, named: "disposition", bytesMax: RouterLimits.reasonBytesMax)
            try complete(id, disposition: disposition, by: agentID, at: now)
            return .done(id, nil)
        case .reassign(let id, let destination, let reason):
            try check(reason, named: "reason", bytesMax: RouterLimits.reasonBytesMax)
            try reassign(id, to: destination, reason: reason, at: now)
            return .done(id, nil)
        case .pull:
            return .done(try pull(by: agentID, at: now), nil)
        case .startConversation(let outreach):
            try check(outreach.text, named: "text", bytesMax: RouterLimits.replyBytesMax)
            let (id, messageID) = try reachOut(outreach, as: command.commandID, by: agentID, at: now)
            return .done(id, messageID)
        case .transferToAgent, .resume, .consult, .endConsult, .escalate, .endWrapUp, .schedule:
            return .done(try collaborate(command.action, by: agentID, at: now), nil)
        }
    }

    /// What agents do together, and with what they have put aside.
    private mutating func collaborate(
        _ action: AgentCommand.Action, by agentID: AgentID, at now: Instant
    ) throws(Rejection) -> WorkItemID? {
        switch action {
        case .transferToAgent(let id, let otherID, let note):
            try check(note ?? "", named: "note", bytesMax: RouterLimits.noteBytesMax)
            try transfer(id, to: otherID, note: note, by: agentID, at: now)
            return id
        case .resume(let id):
            try takeUp(id, by: agentID, at: now)
            return id
        case .consult(let id, let otherID, let question):
            try check(question, named: "question", bytesMax: RouterLimits.noteBytesMax)
            try consult(otherID, on: id, question: question, by: agentID, at: now)
            return id
        case .endConsult(let id):
            try endConsult(on: id, by: agentID, at: now)
            return id
        case .escalate(let id, let priority, let reason):
            try check(reason, named: "reason", bytesMax: RouterLimits.reasonBytesMax)
            try escalate(id, to: priority, reason: reason, by: agentID, at: now)
            return id
        case .endWrapUp(let id):
            try endWrapUp(of: id, by: agentID, at: now)
            return id
        case .schedule(let id, let time, let keepsAgent):
            try schedule(id, at: time, keepsAgent: keepsAgent, by: agentID, at: now)
            return id
        case .setPresence, .accept, .decline, .reply, .note, .park, .requeue, .transfer, .complete, .reassign, .pull,
            .startConversation:
            return nil
        }
    }

    /// What is done for an agent is no sign of the agent's life.
    private mutating func see(by command: AgentCommand, at now: Instant) {
        if command.supervisor == nil { see(command.agentID, at: now) }
    }

    @discardableResult
    private mutating func answer(
        _ command: AgentCommand, _ outcome: CommandResult.Outcome, at now: Instant
    ) -> CommandResult {
        let result = CommandResult(commandID: command.commandID, agentID: command.agentID, outcome: outcome)
        emit(.commandResult(result), in: command.poolID, at: now)
        return result
    }

    /// Compare-and-set: a command that was meant for another version of the work item does nothing.
    private func check(_ version: Int64?, of action: AgentCommand.Action) throws(Rejection) {
        guard let version, let item = workItemID(of: action).flatMap({ items[$0] }), item.version != version
        else { return }
        throw Rejection(
            code: .versionChanged, detail: "The work item is at version \(item.version) now: read it again.")
    }

    private func workItemID(of action: AgentCommand.Action) -> WorkItemID? {
        switch action {
        case .setPresence, .pull, .startConversation: nil
        case .accept(let id), .decline(let id, _): offers[id]
        case .reply(let id, _, _), .note(let id, _, _), .park(let id, _), .requeue(let id, _), .transfer(let id, _, _),
            .complete(let id, _), .reassign(let id, _, _), .transferToAgent(let id, _, _), .resume(let id),
            .consult(let id, _, _), .endConsult(let id), .escalate(let id, _, _), .endWrapUp(let id),
            .schedule(let id, _, _):
            id
        }
    }

    private func check(_ text: String, named name: String, bytesMax: Int) throws(Rejection) {
        guard text.utf8.count > bytesMax else { return }
        throw Rejection(code: .limitReached, detail: "The \(name) is longer than \(bytesMax) bytes.")
    }
}

extension AgentCommand {
    /// Whether a supervisor asks for this, whom the configuration need not know.
    fileprivate var isSupervisors: Bool {
        if case .reassign = action { true } else { false }
    }
}
