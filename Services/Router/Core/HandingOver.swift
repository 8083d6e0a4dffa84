import Domain
import OrderedCollections

// From one pool to another, whose log may be another one.
//
// ```
//  log of the old pool                         log of the new pool
//  overflow, or an agent's transfer
//    │ released: no longer here; a forwarding
//    │ stays; event handedOver
//    └──── handedOver, as an output ─────────► admitted: event takenOver, queued
//  a message, an escalation, a survey's answer
//    └──── forwarded ────────────────────────► taken as if it had come here
// ```
// The work item is released before it can be admitted, so it never lives in two pools. What is forwarded follows the
// hand-over on the same way, so it never comes before it. Outputs are repeated after a crash and their repeats dropped,
// like any other.
//
// Steps never lead to a pool in which the work item has been; agents may send it back, at most
// `RouterLimits.handOversPerWorkItemMax` times in all. So nothing circles.
extension RouterMachine {
    /// - Throws: `Rejection` for one that was handed over too often.
    func checkHandOver(of item: WorkItem) throws(Rejection) {
        guard item.path.count < RouterLimits.handOversPerWorkItemMax else {
            throw Rejection(
                code: .limitReached,
                detail: "A work item goes from pool to pool \(RouterLimits.handOversPerWorkItemMax) times at most.")
        }
    }

    /// By a step: to a pool in which it has not been yet.
    mutating func overflow(_ id: WorkItemID, to queueID: QueueID, at now: Instant) {
        guard let item = items[id], let queue = queue(queueID), queue.poolID != item.poolID,
            !item.path.contains(queue.poolID), item.path.count < RouterLimits.handOversPerWorkItemMax
        else { return }
        handOver(id, to: queue, by: nil, at: now)
    }

    /// Releases the work item here and sends it to the log of its new pool.
    mutating func handOver(_ id: WorkItemID, to queue: Queue, by agentID: AgentID?, at now: Instant) {
        guard let item = items[id] else { return }
        emit(.handedOver(agentID, to: queue.poolID, queue.id), about: item, at: now)
        // Whoever holds it is relieved; it is not closed, only gone.
        move(id, to: .closed(agentID, disposition: "", at: now), at: now)
        pools[item.poolID].openCount -= 1
        leaveQueue(item.queueID)
        leaveConversation(item)
        for past in items[id]?.pastOffers ?? [] { offers[past.id] = nil }
        items[id] = nil
        deadlines.set(.workItem(id), to: nil)
        let key = Forwarding.Key(poolID: item.poolID, workItemID: id)
        let handOver = HandOver(item, to: queue)
        remember(
            Forwarding(
                key: key, toPoolID: queue.poolID, toQueueID: queue.id, handOvers: handOver.path.count, at: now))
        outputs.append(.command(.handedOver(handOver), queue.poolID))
    }

    /// Takes a work item that another pool released: with its age, as if it had always been here.
    mutating func admit(_ handOver: HandOver, at now: Instant) {
        let id = handOver.workItemID
        let key = Forwarding.Key(poolID: handOver.poolID, workItemID: id)
        guard items[id] == nil, forwardings[key].map({ $0.handOvers < handOver.path.count }) ?? true else { return }
        if forwardings.removeValue(forKey: key) != nil { changed.append(.forwarding(key)) }
        let item = WorkItem(handOver, at: now)
        items[id] = item
        index(item)
        enqueue(id)
        update(id) { _ in }
        emit(.takenOver(from: handOver.path.last ?? handOver.poolID), about: item, at: now)
        if pools[item.poolID].openCount > RouterLimits.openWorkItemsPerPoolMax {
            close(id, by: nil, disposition: RejectionCode.limitReached.rawValue, at: now)
        } else {
            beginToWait(id, at: now)
        }
    }

    /// Sends on what arrives for a work item that has left this pool.
    /// - Returns: whether it has.
    mutating func forward(_ command: WorkCommand) -> Bool {
        switch command {
        case .customerMessage(var request):
            guard let forwarding = forwarding(of: request.workItemID, from: request.poolID) else { return false }
            (request.poolID, request.queueID) = (forwarding.toPoolID, forwarding.toQueueID)
            outputs.append(.command(.customerMessage(request), forwarding.toPoolID))
        case .escalate(var escalation):
            guard let forwarding = forwarding(of: escalation.workItemID, from: escalation.poolID) else { return false }
            escalation.poolID = forwarding.toPoolID
            outputs.append(.command(.escalate(escalation), forwarding.toPoolID))
        case .surveyAnswered(var answer):
            guard let forwarding = forwarding(of: answer.workItemID, from: answer.poolID) else { return false }
            answer.poolID = forwarding.toPoolID
            outputs.append(.command(.surveyAnswered(answer), forwarding.toPoolID))
        case .customerGone(var gone):
            guard let forwarding = forwarding(of: gone.workItemID, from: gone.poolID) else { return false }
            gone.poolID = forwarding.toPoolID
            outputs.append(.command(.customerGone(gone), forwarding.toPoolID))
        case .agent, .agentSeen, .handedOver, .conversationStarted: return false
        }
        return true
    }

    private func forwarding(of id: WorkItemID, from poolID: PoolID) -> Forwarding? {
        forwardings.isEmpty ? nil : forwardings[Forwarding.Key(poolID: poolID, workItemID: id)]
    }

    mutating func remember(_ forwarding: Forwarding) {
        forwardings[forwarding.key] = forwarding
        rememberedForwardings.insert(RememberedForwarding(at: forwarding.at, key: forwarding.key))
        changed.append(.forwarding(forwarding.key))
    }

    /// Forgets forwardings that are older, or more, than what is kept.
    mutating func forgetForwardings(at now: Instant) {
        let before = now - .seconds(RouterLimits.forwardingSeconds)
        while let first = rememberedForwardings.first,
            first.at <= before || rememberedForwardings.count > RouterLimits.forwardingsMax
        {
            rememberedForwardings.removeFirst()
            guard forwardings[first.key]?.at == first.at else { continue }
            forwardings[first.key] = nil
            changed.append(.forwarding(first.key))
        }
    }
}

extension HandOver {
    fileprivate init(_ item: WorkItem, to queue: Queue) {
        self.init(
            workItemID: item.id, conversationID: item.conversationID, customerID: item.customerID,
            poolID: queue.poolID, queueID: queue.id, path: item.path + [item.poolID],
            displayName: item.displayName, language: item.language, priority: item.priority,
            acceptedAt: item.acceptedAt, openedAt: item.openedAt, address: item.address,
            replyAddress: item.replyAddress, answeredAt: item.answeredAt,
            messages: item.messages.map {
                Message(messageID: $0.messageID, address: $0.address, text: $0.text, acceptedAt: $0.acceptedAt)
            },
            messageCount: item.messageCount, preferredAgentID: item.preferredAgentID, offersMade: item.offersMade,
            isCallbackOffered: item.isCallbackOffered,
            transferNote: item.transferNote.map { TransferNote(agentID: $0.agentID, text: $0.text, at: $0.at) },
            customerLeftAt: item.customerLeftAt)
    }
}

extension WorkItem {
    fileprivate init(_ handOver: HandOver, at now: Instant) {
        self.init(
            id: handOver.workItemID, poolID: handOver.poolID, queueID: handOver.queueID,
            conversationID: handOver.conversationID, customerID: handOver.customerID,
            displayName: handOver.displayName, language: handOver.language, priority: handOver.priority,
            acceptedAt: handOver.acceptedAt, openedAt: handOver.openedAt, address: handOver.address,
            replyAddress: handOver.replyAddress, answeredAt: handOver.answeredAt,
            messages: handOver.messages.suffix(RouterLimits.messagesPerWorkItemMax).map {
                Excerpt(messageID: $0.messageID, address: $0.address, text: $0.text, acceptedAt: $0.acceptedAt)
            },
            messageCount: handOver.messageCount, waitingSince: now, preferredAgentID: handOver.preferredAgentID,
            offersMade: handOver.offersMade)
        path = handOver.path
        isCallbackOffered = handOver.isCallbackOffered
        transferNote = handOver.transferNote.map { TransferNote(agentID: $0.agentID, text: $0.text, at: $0.at) }
        customerLeftAt = handOver.customerLeftAt
    }
}
