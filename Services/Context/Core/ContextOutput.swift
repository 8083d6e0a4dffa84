package import Domain

/// What context wants written.
package enum ContextOutput: Hashable, Sendable {
    /// To the router of this pool.
    case work(WorkCommand, PoolID)
    /// To the partition of this customer.
    case inbound(InboundRecord, CustomerID)
    /// For readers outside: the identifier belongs to this customer.
    case identity(IdentityEntry)
    /// For readers outside: the identifier is its own customer again.
    case identityRemoved(Identifier)
}

/// Why a record was not applied. The state is as before then, and the record belongs in the dead-letter topic.
package enum ContextRefusal: Error, Hashable, Sendable {
    /// The record's key is not the one that its content asks for.
    case misplaced(record: CustomerID, key: CustomerID)
    /// The message's account is not configured, and too many such messages wait already.
    case waitingRoomFull(ChannelAccountID)

    /// Safe to log: names, no content.
    package var reason: String {
        switch self {
        case .misplaced(let record, let key): "a record about customer \(record) under the key \(key)"
        case .waitingRoomFull(let account):
            "no room for another message that waits for account \(account) to be configured"
        }
    }
}
