import Domain

extension ContextCore {
    /// Says whose an identifier is to which an agent wants to write first, and whether they may: the customer's profile
    /// names a consent for the channel, and nothing is open yet. Forwarded where the identifier's messages go.
    mutating func start(_ asked: ConversationAsked, of customerID: CustomerID, at now: Instant) -> [ContextOutput] {
        let customer = known(customerID, at: now)
        if asked.forwardedFrom == nil, let ownerID = customer?.link?.ownerID {
            var copy = asked
            copy.forwardedFrom = customerID
            return [.inbound(.conversationAsked(copy), ownerID)]
        }
        let conversationID: ConversationID =
            rulesVersion >= 2
            ? Beginning.named("conversation", asked.address, asked.messageID)
            : .derived(from: "conversation", asked.messageID.rawValue)
        var started = ConversationStarted(
            asked: asked, conversationID: conversationID,
            customerID: customerID, displayName: customer?.name ?? customer?.heardName,
            language: customer?.language ?? customer?.heardLanguage)
        if !(customer?.consents.contains(asked.address.channel) ?? false) {
            started.refusal = .noConsent
        } else if customer?.openConversation != nil {
            started.refusal = .alreadyOpen
        } else {
            let item = Customer.Item(
                id: asked.workItemID, poolID: asked.poolID, queueID: asked.queueID, isLive: false)
            update(customerID, at: now) { customer in
                customer.conversation = Customer.Conversation(
                    id: started.conversationID, items: [item], lastPoolID: asked.poolID, lastQueueID: asked.queueID)
            }
        }
        return [.work(.conversationStarted(started), asked.poolID)]
    }
}
