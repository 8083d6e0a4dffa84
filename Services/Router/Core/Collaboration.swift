import Domain
import OrderedCollections

// What agents say to each other about a work item.
extension RouterMachine {
    /// An internal note, of its agent or of who is consulted. Those who are mentioned see it at their desk, and may
    /// read the work item.
    mutating func note(
        _ text: String, on id: WorkItemID, mentioning mentions: [AgentID], by agentID: AgentID, at now: Instant
    ) throws(Rejection) {
        var consulted: WorkItem?
        if let item = items[id], item.consultation?.agentID == agentID { consulted = item }
        let item = if let consulted { consulted } else { try own(id, of: agentID, inWrapUp: true) }
        guard mentions.count <= RouterLimits.mentionsPerNoteMax else {
            throw Rejection(
                code: .limitReached, detail: "A note mentions at most \(RouterLimits.mentionsPerNoteMax) agents.")
        }
        let mentions = OrderedSet(mentions)
        for otherID in mentions where roster[otherID]?.poolID != item.poolID {
            throw Rejection(code: .unknownAgent, detail: "No agent \(otherID) in this pool.")
        }
        update(id) { _ in }
        emit(.noteAdded(agentID, text: text, mentions: Array(mentions)), about: item, at: now)
        let beginning = String(text.prefix(RouterLimits.mentionCharactersMax))
        for otherID in mentions {
            admit(otherID, at: now)
            update(agent: otherID) { agent in
                if agent.mentions.count == RouterLimits.mentionsPerAgentMax { agent.mentions.removeFirst() }
                agent.mentions.append(
                    AgentState.Mention(workItemID: id, byAgentID: agentID, text: beginning, at: now))
            }
            touch(otherID)
        }
    }

    /// Lets a second agent see the work item and note. It stays its owner's, and weighs nothing on the second: who is
    /// full or away can still be asked.
    mutating func consult(
        _ otherID: AgentID, on id: WorkItemID, question: String, by agentID: AgentID, at now: Instant
    ) throws(Rejection) {
        let item = try own(id, of: agentID)
        guard item.consultation == nil else {
            throw Rejection(code: .wrongState, detail: "Another agent is consulted on it already.")
        }
        let other = try colleague(otherID, of: agentID, in: item.poolID)
        guard other.presence != .offline else {
            throw Rejection(code: .agentUnavailable, detail: "The agent \(otherID) is offline.")
        }
        guard consulted[otherID]?.count ?? 0 < RouterLimits.consultationsPerAgentMax else {
            throw Rejection(
                code: .limitReached,
                detail: "An agent is consulted on at most \(RouterLimits.consultationsPerAgentMax) work items.")
        }
        consulted[otherID, default: []].append(id)
        update(id) { $0.consultation = WorkItem.Consultation(agentID: otherID, question: question, since: now) }
        emit(.consultStarted(agentID, with: otherID, question: question), about: item, at: now)
    }

    /// By either of the two.
    mutating func endConsult(on id: WorkItemID, by agentID: AgentID, at now: Instant) throws(Rejection) {
        if items[id]?.consultation?.agentID != agentID {
            let item = try own(id, of: agentID, inWrapUp: true)
            guard item.consultation != nil else {
                throw Rejection(code: .wrongState, detail: "Nobody is consulted on it.")
            }
        }
        endConsultation(on: id, reason: "ended by \(agentID)", at: now)
    }

    mutating func endConsultation(on id: WorkItemID, reason: String, at now: Instant) {
        guard let place = items.place(of: id), let consultation = items[at: place].consultation else { return }
        consulted[consultation.agentID]?.remove(id)
        if consulted[consultation.agentID]?.isEmpty ?? false { consulted[consultation.agentID] = nil }
        update(id) { $0.consultation = nil }
        touch(consultation.agentID)
        emit(.consultEnded(consultation.agentID, reason: reason), about: id, at: now)
    }

    mutating func endConsultations(of agentID: AgentID, reason: String, at now: Instant) {
        for id in (consulted[agentID] ?? []).sorted() { endConsultation(on: id, reason: reason, at: now) }
    }
}
