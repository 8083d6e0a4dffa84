import Domain
internal import OrderedCollections

/// Where the messages of a channel account go.
struct Route {
    var poolID: PoolID
    var queueID: QueueID
    var priority: Int
}

/// Where a message was put.
private struct Placement {
    var conversationID: ConversationID
    var item: Customer.Item
    var role: MessageFiled.Role
}

extension ContextCore {
    /// Forwards the message, or files it, or lets it wait.
    mutating func place(
        _ message: InboundMessage, of customerID: CustomerID, acceptedAt: Instant, at now: Instant
    ) -> [ContextOutput] {
        if message.forwardedFrom == nil {
            let outputs = followContinueLink(of: message, at: now)
            if let ownerID = known(customerID, at: now)?.link?.ownerID {
                return outputs + [forward(message, from: customerID, to: ownerID, acceptedAt: acceptedAt)]
            }
        }
        if let survey = takeSurvey(answeredBy: message, of: customerID, acceptedAt: acceptedAt, at: now) {
            return survey + claims(of: message, by: customerID, at: now)
        }
        guard let route = route(of: message) else {
            let key = name(of: message)
            waiting[key] = WaitingMessage(key: key, message: message, customerID: customerID, since: acceptedAt)
            changed.append(.waiting(key))
            counters.waited += 1
            return []
        }
        return file(message, of: customerID, acceptedAt: acceptedAt, along: route, at: now)
            + claims(of: message, by: customerID, at: now)
    }

    /// What the configuration says about the message's account; nil while account, queue or pool are missing.
    func route(of message: InboundMessage) -> Route? {
        guard let account = configuration?.accounts[message.address.account],
            let queue = configuration?.queues[account.queueID],
            configuration?.pools[queue.poolID] != nil
        else { return nil }
        return Route(poolID: queue.poolID, queueID: queue.id, priority: account.priority ?? queue.priority)
    }

    private mutating func forward(
        _ message: InboundMessage, from customerID: CustomerID, to ownerID: CustomerID, acceptedAt: Instant
    ) -> ContextOutput {
        counters.forwarded += 1
        var copy = message
        copy.forwardedFrom = customerID
        copy.acceptedAt = acceptedAt
        return .inbound(.messageReceived(copy), ownerID)
    }

    private mutating func file(
        _ message: InboundMessage, of customerID: CustomerID, acceptedAt: Instant, along route: Route,
        at now: Instant
    ) -> [ContextOutput] {
        let limits = limits
        let beginning = Beginning(message, rulesVersion: rulesVersion)
        let (placement, customer) = update(customerID, at: now) { customer in
            customer.heardName = message.displayName.map { $0.scalars(limits.nameScalars) } ?? customer.heardName
            customer.heardLanguage = message.language ?? customer.heardLanguage
            let placement = customer.put(
                message, as: beginning, along: route, itemsMax: limits.workItemsPerConversation)
            return (placement, customer)
        }
        switch placement.role {
        case .opened: counters.opened += 1
        case .continued, .surveyAnswer: counters.continued += 1
        }
        let request = WorkRequest(
            workItemID: placement.item.id, conversationID: placement.conversationID, customerID: customerID,
            messageID: name(of: message), poolID: placement.item.poolID, queueID: placement.item.queueID,
            address: message.address, priority: route.priority,
            language: message.language ?? customer.language ?? customer.heardLanguage,
            displayName: customer.name ?? customer.heardName, preferredAgentID: customer.lastAgentID,
            excerpt: message.text.scalars(limits.excerptScalars), acceptedAt: acceptedAt)
        let filed = filed(
            message, customerID, placement.conversationID, placement.item.id, placement.role, acceptedAt: acceptedAt)
        return [.work(.customerMessage(request), request.poolID), .inbound(.messageFiled(filed), customerID)]
    }

    func filed(
        _ message: InboundMessage, _ customerID: CustomerID, _ conversationID: ConversationID, _ workItemID: WorkItemID,
        _ role: MessageFiled.Role, acceptedAt: Instant
    ) -> MessageFiled {
        let name = name(of: message)
        return MessageFiled(
            messageID: name, customerID: customerID, conversationID: conversationID, workItemID: workItemID, role: role,
            acceptedAt: acceptedAt, receivedAs: name == message.messageID ? nil : message.messageID)
    }

    /// The router's word that a work item ended.
    ///
    /// `conversationEnded` is not looked at: it says what the router knew, and a call may be on its way to it that
    /// has already opened a further work item here. The conversation is over when the last work item that this
    /// partition knows of is.
    mutating func close(_ closed: ClosedWorkItem, at now: Instant) {
        update(closed.customerID, at: now) { customer in
            customer.lastAgentID = closed.agentID ?? customer.lastAgentID
            customer.conversation?.items.removeAll { $0.id == closed.workItemID }
        }
    }

    /// The router's word that a message came too late for its work item and opened another one.
    ///
    /// If the customer has meanwhile begun another conversation, that one stays the current one.
    mutating func reopen(_ reopened: ReopenedWorkItem, at now: Instant) {
        let itemsMax = limits.workItemsPerConversation
        update(reopened.customerID, at: now) { customer in
            guard var conversation = customer.conversation, conversation.id == reopened.conversationID,
                conversation.items.count < itemsMax,
                !conversation.items.contains(where: { $0.id == reopened.workItemID })
            else { return }
            conversation.items.append(
                Customer.Item(
                    id: reopened.workItemID, poolID: conversation.lastPoolID, queueID: conversation.lastQueueID,
                    isLive: false))
            customer.conversation = conversation
        }
    }
}

extension Customer {
    /// Puts a message into the open conversation, or opens one.
    ///
    /// A written message goes to the work item that carries the writing; a call always opens one of its own, since
    /// it needs somebody at once.
    fileprivate mutating func put(
        _ message: InboundMessage, as beginning: Beginning, along route: Route, itemsMax: Int
    ) -> Placement {
        let isLive = message.address.channel.isLive
        var open =
            openConversation
            ?? Conversation(
                id: beginning.conversationID, items: [], lastPoolID: route.poolID, lastQueueID: route.queueID)
        let item: Item
        let role: MessageFiled.Role
        if let existing = open.item(for: isLive, itemsMax: itemsMax) {
            (item, role) = (existing, .continued)
        } else {
            item = Item(
                id: beginning.workItemID, poolID: route.poolID, queueID: route.queueID, isLive: isLive)
            role = .opened
            open.items.append(item)
        }
        open.lastPoolID = item.poolID
        open.lastQueueID = item.queueID
        conversation = open
        return Placement(conversationID: open.id, item: item, role: role)
    }
}

extension Customer.Conversation {
    /// The open work item that takes a message; nil when it needs a new one.
    fileprivate func item(for isLive: Bool, itemsMax: Int) -> Customer.Item? {
        if isLive { return items.count < itemsMax ? nil : items.last }
        return items.first { !$0.isLive } ?? items.first
    }
}

extension String {
    /// The first scalars. Scalars, because where a character ends depends on the version of Unicode.
    func scalars(_ count: Int) -> String {
        String(String.UnicodeScalarView(unicodeScalars.prefix(count)))
    }
}
