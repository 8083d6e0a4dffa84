package import Domain
internal import HeapModule
internal import OrderedCollections

/// One entity of a partition's working state, as a checkpoint keeps it.
package enum ContextEntity: Hashable, Sendable {
    case customer(Customer)
    /// When this message id was first seen.
    case message(MessageID, Instant)
    case waiting(WaitingMessage)
}

/// Names an entity of the state.
package enum ContextEntityKey: Hashable, Sendable {
    case customer(CustomerID)
    case message(MessageID)
    case waiting(MessageID)

    /// The key in the state topic.
    package var text: String {
        switch self {
        case .customer(let id): "customer/\(id)"
        case .message(let id): "message/\(id)"
        case .waiting(let id): "waiting/\(id)"
        }
    }
}

extension ContextCore {
    /// What changed since the last call, each key once; nil: gone.
    package mutating func changes() -> [(key: ContextEntityKey, entity: ContextEntity?)] {
        let keys = changed
        changed.removeAll()
        return keys.map { ($0, entity($0)) }
    }

    private func entity(_ key: ContextEntityKey) -> ContextEntity? {
        switch key {
        case .customer(let id): customers[id].map(ContextEntity.customer)
        case .message(let id): received[id].map { .message(id, $0) }
        case .waiting(let id): waiting[id].map(ContextEntity.waiting)
        }
    }

    /// Puts back an entity of a checkpoint.
    package mutating func restore(_ entity: ContextEntity) {
        switch entity {
        case .customer(let customer):
            customers[customer.id] = customer
            idleCustomers.insert(Due(at: customer.lastActivity + limits.customerMemory, id: customer.id))
        case .message(let id, let at):
            received[id] = at
            oldestMessages.insert(Due(at: at, id: id))
        case .waiting(let message):
            waiting[message.key] = message
        }
    }

    /// Puts back the configuration that was in force.
    package mutating func restore(_ configuration: Configuration) {
        self.configuration = configuration
    }

    /// The customer, unless it was idle for so long that it counts as forgotten, whether swept out already or not.
    func known(_ id: CustomerID, at now: Instant) -> Customer? {
        guard let customer = customers[id] else { return nil }
        return customer.isForgettable && customer.lastActivity + limits.customerMemory <= now ? nil : customer
    }

    /// Changes a customer, who is made up if unknown.
    mutating func update<Result>(
        _ id: CustomerID, at now: Instant, _ change: (inout Customer) -> Result
    ) -> Result {
        var customer = known(id, at: now) ?? Customer(id: id)
        if customers.removeValue(forKey: id) == nil {
            idleCustomers.insert(Due(at: now + limits.customerMemory, id: id))
        }
        let result = change(&customer)
        customer.lastActivity = now
        customers[id] = customer
        changed.append(.customer(id))
        return result
    }

    /// Remembers that a message came, so that its repeat is recognized.
    mutating func remember(_ id: MessageID, at now: Instant) {
        received[id] = now
        oldestMessages.insert(Due(at: now, id: id))
        changed.append(.message(id))
        if received.count > limits.messages, let oldest = oldestMessages.popMin() {
            forget(oldest.id)
            counters.forgottenEarly += 1
        }
    }

    /// Drops what has been remembered for long enough.
    mutating func sweep(at now: Instant) {
        while let oldest = oldestMessages.min, oldest.at + limits.messageMemory <= now {
            oldestMessages.removeMin()
            forget(oldest.id)
        }
        while let next = idleCustomers.min, next.at <= now {
            idleCustomers.removeMin()
            guard let customer = customers[next.id] else { continue }
            if known(next.id, at: now) == nil {
                customers[next.id] = nil
                changed.append(.customer(next.id))
            } else {
                let idleAt = customer.lastActivity + limits.customerMemory
                let checkAt = idleAt <= now ? now + limits.customerMemory : idleAt
                idleCustomers.insert(Due(at: checkAt, id: next.id))
            }
        }
    }

    private mutating func forget(_ id: MessageID) {
        received[id] = nil
        changed.append(.message(id))
    }
}

/// Something to look at when its time comes; the id makes the order total.
struct Due<Kind>: Comparable, Sendable {
    var at: Instant
    var id: ID<Kind>

    static func < (left: Due, right: Due) -> Bool {
        (left.at, left.id) < (right.at, right.id)
    }
}
