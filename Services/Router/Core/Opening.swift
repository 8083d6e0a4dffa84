import Domain
import OrderedCollections

// A customer's message comes in.
extension RouterMachine {
    /// Adds the message to its open work item, or opens one.
    mutating func receive(_ request: WorkRequest, at now: Instant) {
        let request = apart(request)
        guard var item = items[request.workItemID] else { return open(request, as: request.workItemID, at: now) }
        // A work item that was closed points to the one that went on.
        while !item.contains(request.messageID), let successor = item.successorID.flatMap({ items[$0] }) {
            item = successor
        }
        if item.contains(request.messageID) { return }
        if item.stage.isClosed, forward(request, toSuccessorOf: item) { return }
        let id = item.id
        switch item.stage {
        case .queued, .offered, .assigned:
            add(request, to: id, at: now)
        case .parked:
            add(request, to: id, at: now)
            resume(id, reason: "the customer wrote", at: now)
        case .scheduled:
            add(request, to: id, at: now)
            unpark(id, reason: "the customer wrote", at: now)
        case .wrapUp(let wrapUp):
            add(request, to: id, at: now)
            move(id, to: .assigned(wrapUp.agentID, since: wrapUp.assignedAt), at: now)
            emit(.resumed(reason: "the customer wrote"), about: items[id]!, at: now)
            renewGrace(of: wrapUp.agentID, at: now)
        case .closed(let agentID, _, let closedAt):
            let window = policy(of: item.queueID).reopenSeconds.map { Duration.seconds(max(0, $0)) }
            reopen(item, with: window.map { now - closedAt < $0 } ?? true ? agentID : nil, for: request, at: now)
        }
    }

    /// What another customer has under the same ids is not theirs to write to: it becomes work of their own.
    ///
    /// Such ids come only from before version 2 of the rules, when they did not hold the sender.
    private func apart(_ request: WorkRequest) -> WorkRequest {
        guard rulesVersion >= 2 else { return request }
        let customerID = request.customerID
        let held = [request.workItemID] + (conversations[request.conversationID] ?? [])
        let owners = held.compactMap { id in items.place(of: id).map { items[at: $0].customerID } }
        guard owners.contains(where: { $0 != customerID }) else { return request }
        var request = request
        request.workItemID = .named("apart", customerID.rawValue, request.workItemID.rawValue)
        request.conversationID = .named("apart", customerID.rawValue, request.conversationID.rawValue)
        return request
    }

    /// To the one that went on after it was closed, if that one has left the pool.
    private mutating func forward(_ request: WorkRequest, toSuccessorOf item: WorkItem) -> Bool {
        guard let successorID = item.successorID else { return false }
        var request = request
        (request.workItemID, request.poolID) = (successorID, item.poolID)
        return forward(.customerMessage(request))
    }

    /// The message came too late for its work item: another one goes on, within the policy's window with the same
    /// agent if that can be, later with anyone.
    private mutating func reopen(
        _ item: WorkItem, with agentID: AgentID?, for request: WorkRequest, at now: Instant
    ) {
        let id = WorkItemID.derived(from: "reopened", item.id.rawValue, request.messageID.rawValue)
        update(item.id) { $0.successorID = id }
        var request = request
        request.preferredAgentID = agentID ?? request.preferredAgentID
        let reopened = ReopenedWorkItem(
            workItemID: id, conversationID: request.conversationID, customerID: request.customerID)
        outputs.append(.inform(.workItemReopened(reopened)))
        open(request, as: id, at: now)
    }

    private mutating func open(_ request: WorkRequest, as id: WorkItemID, at now: Instant) {
        let acceptedAt = min(request.acceptedAt, now)
        var item = WorkItem(
            id: id, poolID: request.poolID, queueID: request.queueID, conversationID: request.conversationID,
            customerID: request.customerID, displayName: request.displayName, language: request.language,
            priority: request.priority, acceptedAt: acceptedAt, openedAt: now, address: request.address,
            waitingSince: now, preferredAgentID: request.preferredAgentID)
        item.replyAddress = request.address.channel.isLive ? nil : request.address
        item.requirements = rules(of: request.queueID)?.requirements(language: request.language) ?? []
        item.append(request, acceptedAt: acceptedAt)
        let siblings = conversations[request.conversationID] ?? []
        for id in siblings.sorted() where item.replyAddress == nil { item.replyAddress = items[id]?.replyAddress }
        items[id] = item
        index(item)
        enqueue(id)
        update(id) { _ in }
        tellSiblings(of: item, written: request.address)

        let openCount = pools[request.poolID].openCount
        emit(
            .opened(
                channel: request.address.channel, priority: item.priority, requirements: item.requirements,
                acceptedAt: acceptedAt), about: item, at: now)
        emitAdded(request, to: item, at: now)
        let opened = OpenedWorkItem(
            conversationID: item.conversationID, customerID: item.customerID, poolID: item.poolID,
            queueID: item.queueID, policyID: rules(of: item.queueID)?.queue.slaPolicyID ?? PolicyID("unknown"),
            priority: item.priority, address: item.address, language: item.language,
            expectedWaitSeconds: expectedWaitSeconds(of: item), joinsOpenConversation: !siblings.isEmpty)
        if let refusal = refusal(of: item, at: now) { return turnAway(id, refusal, at: now) }
        signal(.opened(opened), about: id, at: acceptedAt)

        if openCount > RouterLimits.openWorkItemsPerPoolMax {
            close(id, by: nil, disposition: RejectionCode.limitReached.rawValue, at: now)
        } else {
            beginToWait(id, at: now)
        }
    }

    private mutating func add(_ request: WorkRequest, to id: WorkItemID, at now: Instant) {
        let acceptedAt = min(request.acceptedAt, now)
        reposition(id) { item in
            item.address = request.address
            if !request.address.channel.isLive { item.replyAddress = request.address }
            item.customerLeftAt = nil
            item.displayName = request.displayName ?? item.displayName
            item.preferredAgentID = item.preferredAgentID ?? request.preferredAgentID
            item.append(request, acceptedAt: acceptedAt)
        }
        wake(id, at: now)
        tellSiblings(of: items[id]!, written: request.address)
        emitAdded(request, to: items[id]!, at: now)
        signal(.customerMessage(request.messageID, request.address), about: id, at: acceptedAt)
    }

    /// What is written to one work item of a conversation is where the others' replies go too.
    private mutating func tellSiblings(of item: WorkItem, written address: Address) {
        guard !address.channel.isLive else { return }
        for id in conversations[item.conversationID] ?? [] where id != item.id && items[id] != nil {
            update(id) { $0.replyAddress = address }
        }
    }

    private mutating func emitAdded(_ request: WorkRequest, to item: WorkItem, at now: Instant) {
        let excerpt = request.excerpt.shortened(to: RouterLimits.excerptCharactersMax)
        emit(.customerMessageAdded(request.messageID, request.address, excerpt: excerpt), about: item, at: now)
    }
}

extension WorkItem {
    fileprivate func contains(_ id: MessageID) -> Bool { messages.contains { $0.messageID == id } }

    fileprivate mutating func append(_ request: WorkRequest, acceptedAt: Instant) {
        if messages.count == RouterLimits.messagesPerWorkItemMax { messages.removeFirst() }
        messages.append(
            Excerpt(
                messageID: request.messageID, address: request.address,
                text: request.excerpt.shortened(to: RouterLimits.excerptCharactersMax), acceptedAt: acceptedAt))
        messageCount += 1
    }
}

extension String {
    /// The first characters; what has no more bytes than that is not looked at.
    fileprivate func shortened(to count: Int) -> String { utf8.count <= count ? self : String(prefix(count)) }
}
