import Domain
import OrderedCollections

// An agent writes to a customer first.
//
// ```
//  router                    context                         router
//  startConversation ──────► whose identifier, consent, ────► conversationStarted: opened, assigned to
//  (answered at once)        nothing open yet                 the agent, and the text goes out; or closed
// ```
extension RouterMachine {
    /// Asks context for the customer; the work item has its id already, and comes to be with the answer.
    mutating func reachOut(
        _ outreach: Outreach, as commandID: CommandID, by agentID: AgentID, at now: Instant
    ) throws(Rejection) -> (WorkItemID, MessageID) {
        guard let agent = agents[agentID], agent.presence != .offline, let entry = roster[agentID] else {
            throw Rejection(code: .agentUnavailable, detail: "Who is offline starts nothing: set a presence first.")
        }
        guard let account = configuration.accounts[outreach.account] else {
            throw Rejection(code: .unknownAccount, detail: "No channel account of that name.")
        }
        guard !account.channel.isLive, account.delivery != .none else {
            throw Rejection(code: .noReplyAddress, detail: "Over this account nobody can be written to.")
        }
        let queueID = outreach.queueID ?? account.queueID
        guard let queue = configuration.queues[queueID], queue.poolID == agent.poolID else {
            throw Rejection(code: .unknownQueue, detail: "No queue \(queueID) in this pool.")
        }
        guard agent.obstacle(to: account.channel, entry) == nil else {
            throw Rejection(code: .overCapacity, detail: "This agent has no room for another work item.")
        }
        let address = Address(channel: account.channel, account: account.id, identifier: outreach.identifier)
        let (workItemID, messageID) = names(of: commandID, in: queue.poolID, to: address)
        let asked = ConversationAsked(
            workItemID: workItemID, messageID: messageID, agentID: agentID, poolID: queue.poolID, queueID: queueID,
            address: address, text: outreach.text)
        outputs.append(.inform(.conversationAsked(asked)))
        return (asked.workItemID, asked.messageID)
    }

    /// The same key in another pool, or used again when it was forgotten, must not name another customer's work item.
    private func names(of id: CommandID, in poolID: PoolID, to address: Address) -> (WorkItemID, MessageID) {
        guard rulesVersion >= 2 else {
            return (.derived(from: "started", id.rawValue), .derived(from: "first", id.rawValue))
        }
        let to = [poolID.rawValue, address.account.rawValue, address.identifier.customerID.rawValue]
        return (
            .named("started", to[0], to[1], to[2], id.rawValue), .named("first", to[0], to[1], to[2], id.rawValue)
        )
    }

    /// Opens the work item with its agent and sends the text; or, when the customer is not to be written to, closes it
    /// at once, unknown to clocks and context.
    ///
    /// An agent who has no room any more, or is gone, has written all the same: the customer's answer finds the work
    /// item in its queue.
    mutating func begin(_ started: ConversationStarted, at now: Instant) {
        let asked = started.asked
        let id = asked.workItemID
        guard items[id] == nil else { return }
        let isFull = pools[asked.poolID].openCount >= RouterLimits.openWorkItemsPerPoolMax
        let refusal = started.refusal?.rawValue ?? (isFull ? RejectionCode.limitReached.rawValue : nil)
        let item = workItem(started, refusal, at: now)
        items[id] = item
        index(item)
        if refusal == nil { enqueue(id) }
        update(id) { _ in }
        emit(
            .opened(
                channel: asked.address.channel, priority: item.priority, requirements: item.requirements,
                acceptedAt: now), about: item, at: now)
        if let refusal { return emit(.closed(asked.agentID, disposition: refusal), about: item, at: now) }
        signal(.opened(opened(item)), about: id, at: now)
        if mayBegin(asked.agentID, item) {
            move(id, to: .assigned(asked.agentID, since: now), at: now)
            emit(.assigned(asked.agentID), about: item, at: now)
        } else {
            beginToWait(id, at: now)
        }
        write(asked, about: item, at: now)
    }

    private func workItem(_ started: ConversationStarted, _ refusal: String?, at now: Instant) -> WorkItem {
        let asked = started.asked
        var item = WorkItem(
            id: asked.workItemID, poolID: asked.poolID, queueID: asked.queueID,
            conversationID: started.conversationID, customerID: started.customerID,
            displayName: started.displayName, language: started.language,
            priority: queue(asked.queueID)?.priority ?? 5, acceptedAt: now, openedAt: now, address: asked.address,
            replyAddress: asked.address, waitingSince: now, preferredAgentID: asked.agentID)
        item.requirements = rules(of: asked.queueID)?.requirements(language: started.language) ?? []
        if let refusal { item.stage = .closed(asked.agentID, disposition: refusal, at: now) }
        return item
    }

    /// The customer did not write, so nothing is acknowledged: as if they had joined a conversation.
    private func opened(_ item: WorkItem) -> OpenedWorkItem {
        OpenedWorkItem(
            conversationID: item.conversationID, customerID: item.customerID, poolID: item.poolID,
            queueID: item.queueID, policyID: queue(item.queueID)?.slaPolicyID ?? PolicyID("unknown"),
            priority: item.priority, address: item.address, language: item.language, expectedWaitSeconds: nil,
            joinsOpenConversation: true)
    }

    private func mayBegin(_ agentID: AgentID, _ item: WorkItem) -> Bool {
        guard let agent = agents[agentID], agent.poolID == item.poolID, roster[agentID]?.poolID == item.poolID
        else { return false }
        return agent.presence != .offline && fits(item, agentID)
    }

    private mutating func write(_ asked: ConversationAsked, about item: WorkItem, at now: Instant) {
        update(item.id) { $0.answeredAt = now }
        outputs.append(
            .send(
                OutboundMessage(
                    messageID: asked.messageID, conversationID: item.conversationID, customerID: item.customerID,
                    workItemID: item.id, author: .agent(asked.agentID), address: asked.address, text: asked.text,
                    createdAt: now)))
        signal(.agentReplied(asked.messageID), about: item.id, at: now)
        emit(.agentReplied(asked.agentID, asked.messageID, asked.address, text: asked.text), about: item, at: now)
    }
}
