package import Domain
internal import HeapModule
internal import OrderedCollections

/// The rules of context over one partition of `patchbay.inbound`: whose message is this, and which conversation and
/// work item is it part of.
///
/// ```
///  messageReceived ──▶ repeat? ──yes──▶ nothing
///        │ no
///        ▼
///  continue-link? ───▶ link the identifier
///        │
///        ▼
///  linked elsewhere? ──yes──▶ forward once ──▶ the other customer's partition
///        │ no
///        ▼
///  survey's answer? ──yes──▶ surveyAnswered, messageFiled
///        │ no
///        ▼
///  account configured? ──no──▶ wait for the configuration
///        │ yes
///        ▼
///  open conversation, or a new one ──▶ customerMessage, messageFiled
/// ```
///
/// Nothing here falls due by itself: what expires is only forgotten, which nobody outside can see, so `nextDeadline`
/// is always nil and no tick is ever needed.
package struct ContextCore: Sendable {
    package let limits: ContextLimits
    /// The version of the rules that holds.
    package private(set) var rulesVersion: Int
    package internal(set) var counters = ContextCounters()
    package internal(set) var configuration: Configuration?

    var customers: [CustomerID: Customer] = [:]
    /// Message ids that came from a connector, as `name(of:)` gives them, and when.
    var received: [MessageID: Instant] = [:]
    var waiting: [MessageID: WaitingMessage] = [:]
    var oldestMessages = Heap<Due<Entity.Message>>()
    /// One entry for each customer in memory.
    var idleCustomers = Heap<Due<Entity.Customer>>()
    var changed = OrderedSet<ContextEntityKey>()

    package init(limits: ContextLimits = ContextLimits(), rulesVersion: Int = RulesVersion.newest) {
        self.limits = limits
        self.rulesVersion = rulesVersion
    }

    /// From here on the rules of this version hold.
    package mutating func adopt(rules version: Int) {
        rulesVersion = version
    }

    package var nextDeadline: Instant? { nil }

    /// What is known of a customer of this partition.
    package func customer(_ id: CustomerID) -> Customer? {
        customers[id]
    }

    /// How much is held in memory, for metrics.
    package var sizes: (customers: Int, messages: Int, waiting: Int) {
        (customers.count, received.count, waiting.count)
    }

    /// Forgets what has expired. There are no outputs.
    package mutating func advance(to now: Instant) {
        sweep(at: now)
    }

    /// Takes a configuration revision, and files what waited for it.
    package mutating func configure(_ configuration: Configuration, at now: Instant) -> [ContextOutput] {
        self.configuration = configuration
        let due = waiting.values.sorted { ($0.since, $0.key) < ($1.since, $1.key) }
        var outputs: [ContextOutput] = []
        for entry in due where route(of: entry.message) != nil {
            waiting[entry.key] = nil
            changed.append(.waiting(entry.key))
            outputs += place(entry.message, of: entry.customerID, acceptedAt: entry.since, at: now)
        }
        return outputs
    }

    /// Applies one record.
    /// - Parameter key: the record's key, the customer it was written for.
    package mutating func apply(
        _ record: InboundRecord, key: CustomerID, at now: Instant
    ) throws(ContextRefusal) -> [ContextOutput] {
        switch record {
        case .messageReceived(let message):
            return try receive(message, key: key, at: now)
        case .identityLinked(let link):
            try expect(link.identifier.customerID, under: key)
            return takeLink(link, at: now)
        case .identityUnlinked(let link):
            try expect(link.identifier.customerID, under: key)
            return takeUnlink(link, at: now)
        case .identifierAttached(let link):
            try expect(link.customerID, under: key)
            return attach(link, at: now)
        case .identifierDetached(let link):
            try expect(link.customerID, under: key)
            detach(link, at: now)
        case .profileUpdated(let profile):
            try expect(profile.customerID, under: key)
            return takeProfile(profile, at: now)
        case .messageFiled:
            break
        case .workItemClosed(let closed):
            try expect(closed.customerID, under: key)
            close(closed, at: now)
        case .workItemReopened(let reopened):
            try expect(reopened.customerID, under: key)
            reopen(reopened, at: now)
        case .surveyAsked(let survey):
            try expect(survey.customerID, under: key)
            keep(survey, at: now)
        case .customerLeft(let departure):
            if departure.forwardedFrom == nil { try expect(departure.customerID, under: key) }
            return takeLeave(departure, of: key, at: now)
        case .conversationAsked(let asked):
            if asked.forwardedFrom == nil { try expect(asked.address.identifier.customerID, under: key) }
            return start(asked, of: key, at: now)
        }
        return []
    }

    private func expect(_ record: CustomerID, under key: CustomerID) throws(ContextRefusal) {
        guard record == key else { throw .misplaced(record: record, key: key) }
    }

    private mutating func receive(
        _ message: InboundMessage, key: CustomerID, at now: Instant
    ) throws(ContextRefusal) -> [ContextOutput] {
        let isForwarded = message.forwardedFrom != nil
        if !isForwarded {
            try expect(message.customerID, under: key)
            try expect(message.address.identifier.customerID, under: key)
            guard received[name(of: message)] == nil else {
                counters.repeatsDropped += 1
                return []
            }
        }
        if waiting.count >= limits.waitingMessages, route(of: message) == nil {
            throw .waitingRoomFull(message.address.account)
        }
        if !isForwarded { remember(name(of: message), at: now) }
        return place(message, of: key, acceptedAt: message.acceptedAt ?? now, at: now)
    }

    /// What the message is called from here on: by the first version of the rules as whoever wrote it did, since then by
    /// an id that holds its sender.
    func name(of message: InboundMessage) -> MessageID {
        rulesVersion >= 2 ? message.boundID : message.messageID
    }
}
