import Domain
internal import OrderedCollections

/// Identity links, kept under the identifier's own customer so that they are ordered with its messages.
///
/// Evidence links an identifier to a **parent**. If the parent belongs to another customer itself, messages go to
/// that one, the **owner**, in one hop: a parent tells its children, and those theirs, whenever its owner changes
/// (`identityLinked` with `via`). Nothing is lost by that: the child keeps its parent, so unlinking the parent sends
/// the children back with it.
///
/// The first verified link stays. Evidence for another customer changes nothing and is counted: an address that two
/// customers have proved to own must not move the history of the one to the other. A supervisor unlinks it.
extension ContextCore {
    /// Links the sender to the customer whose continue-link was opened.
    mutating func followContinueLink(of message: InboundMessage, at now: Instant) -> [ContextOutput] {
        guard let evidence = message.evidence.first(where: { $0.kind == .continueLink }),
            let customerID = evidence.customerID
        else { return [] }
        return takeLink(
            IdentityLink(
                identifier: message.address.identifier, customerID: customerID, evidence: .continueLink,
                reason: "message \(message.messageID)"),
            at: now)
    }

    /// Asks the partitions of the identifiers that the sender proved to own to link them to this customer.
    mutating func claims(of message: InboundMessage, by customerID: CustomerID, at now: Instant) -> [ContextOutput] {
        let claimed = message.evidence.compactMap { $0.kind == .signedClaim ? $0.identifier : nil }
        return propose(
            claimed, for: customerID, evidence: .signedClaim, reason: "message \(message.messageID)", at: now)
    }

    mutating func takeProfile(_ profile: CustomerProfile, at now: Instant) -> [ContextOutput] {
        let limits = limits
        update(profile.customerID, at: now) { customer in
            customer.name = profile.name.map { $0.scalars(limits.nameScalars) }
            customer.language = profile.language
            customer.consents = profile.consents
            customer.hasProfile = true
        }
        let excess = profile.verifiedIdentifiers.count - limits.identifiersPerProfile
        if excess > 0 { counters.identifiersRefused += excess }
        return propose(
            Array(profile.verifiedIdentifiers.prefix(limits.identifiersPerProfile)), for: profile.customerID,
            evidence: .profile, reason: "profile", at: now)
    }

    private func propose(
        _ identifiers: [Identifier], for customerID: CustomerID, evidence: EvidenceKind, reason: String,
        at now: Instant
    ) -> [ContextOutput] {
        let attached = known(customerID, at: now)?.attached ?? [:]
        return identifiers.filter { $0.customerID != customerID && attached[$0] == nil }.map { identifier in
            let link = IdentityLink(
                identifier: identifier, customerID: customerID, evidence: evidence, reason: reason)
            return .inbound(.identityLinked(link), identifier.customerID)
        }
    }

    /// Takes evidence, or the parent's word where its messages go now.
    mutating func takeLink(_ link: IdentityLink, at now: Instant) -> [ContextOutput] {
        if let parentID = link.via { return follow(parentID, to: link.customerID, link.identifier, at: now) }
        let ownID = link.identifier.customerID
        let customer = known(ownID, at: now)
        if let present = customer?.link {
            let agrees = link.customerID == present.parentID || link.customerID == present.ownerID
            if !agrees { counters.linkConflicts += 1 }
            return []
        }
        let isJoined = customer?.attached.keys.contains { $0.customerID == link.customerID } ?? false
        guard link.customerID != ownID, !isJoined else { return [] }
        counters.linked += 1
        let new = Customer.Link(
            identifier: link.identifier, parentID: link.customerID, ownerID: link.customerID,
            evidence: link.evidence, reason: link.reason, linkedAt: now)
        update(ownID, at: now) { $0.link = new }
        return [entry(new, at: now), .inbound(.identifierAttached(link), link.customerID)]
            + tellChildren(of: ownID, owner: link.customerID, at: now)
    }

    /// The parent says that its messages, and with them this identifier's, go to another owner.
    ///
    /// Links made at the same moment on several partitions may form a ring. Whoever hears of itself as its own owner
    /// is part of one and lets go: of who follows whom, a ring says nothing anyway, and evidence comes again.
    private mutating func follow(
        _ parentID: CustomerID, to ownerID: CustomerID, _ identifier: Identifier, at now: Instant
    ) -> [ContextOutput] {
        let ownID = identifier.customerID
        guard let present = known(ownID, at: now)?.link, present.parentID == parentID, present.ownerID != ownerID
        else { return [] }
        if ownerID == ownID {
            counters.linkCycles += 1
            return removeLink(present, at: now)
        }
        var new = present
        new.ownerID = ownerID
        update(ownID, at: now) { $0.link = new }
        var outputs = [entry(new, at: now)]
        if ownerID != parentID { outputs.append(.inbound(.identifierAttached(new.record(for: ownerID)), ownerID)) }
        if present.ownerID != parentID {
            let left = present.record(for: present.ownerID)
            outputs.append(.inbound(.identifierDetached(left), present.ownerID))
        }
        return outputs + tellChildren(of: ownID, owner: ownerID, at: now)
    }

    mutating func takeUnlink(_ link: IdentityLink, at now: Instant) -> [ContextOutput] {
        guard let present = known(link.identifier.customerID, at: now)?.link,
            present.parentID == link.customerID || present.ownerID == link.customerID
        else { return [] }
        counters.unlinked += 1
        return removeLink(present, at: now)
    }

    private mutating func removeLink(_ link: Customer.Link, at now: Instant) -> [ContextOutput] {
        let ownID = link.identifier.customerID
        update(ownID, at: now) { $0.link = nil }
        var outputs: [ContextOutput] = [
            .identityRemoved(link.identifier),
            .inbound(.identifierDetached(link.record(for: link.ownerID)), link.ownerID),
        ]
        if link.parentID != link.ownerID {
            outputs.append(.inbound(.identifierDetached(link.record(for: link.parentID)), link.parentID))
        }
        return outputs + tellChildren(of: ownID, owner: ownID, at: now)
    }

    /// On the side of the customer to whom an identifier was linked.
    ///
    /// The child always hears who the owner is, also when it knows: what this parent said in an earlier life of the
    /// link may still be under way to it, and the last word must be the right one.
    mutating func attach(_ link: IdentityLink, at now: Instant) -> [ContextOutput] {
        let customer = known(link.customerID, at: now)
        let isFull = (customer?.attached.count ?? 0) >= limits.identifiersPerCustomer
        if isFull, customer?.attached[link.identifier] == nil {
            counters.identifiersRefused += 1
            return [.inbound(.identityUnlinked(link), link.identifier.customerID)]
        }
        update(link.customerID, at: now) { $0.attached[link.identifier] = link }
        guard link.via == nil else { return [] }
        return [tell(link, owner: customer?.link?.ownerID ?? link.customerID)]
    }

    mutating func detach(_ link: IdentityLink, at now: Instant) {
        guard known(link.customerID, at: now)?.attached[link.identifier] != nil else { return }
        update(link.customerID, at: now) { customer in
            customer.attached[link.identifier] = nil
        }
    }

    private func tellChildren(of parentID: CustomerID, owner: CustomerID, at now: Instant) -> [ContextOutput] {
        let children = known(parentID, at: now)?.attached.values.filter { $0.via == nil } ?? []
        return children.map { tell($0, owner: owner) }
    }

    private func tell(_ child: IdentityLink, owner: CustomerID) -> ContextOutput {
        let word = IdentityLink(
            identifier: child.identifier, customerID: owner, evidence: child.evidence, reason: child.reason,
            via: child.customerID)
        return .inbound(.identityLinked(word), child.identifier.customerID)
    }

    private func entry(_ link: Customer.Link, at now: Instant) -> ContextOutput {
        .identity(
            IdentityEntry(
                identifier: link.identifier, customerID: link.ownerID, evidence: link.evidence, linkedAt: now))
    }
}

extension Customer.Link {
    /// What the given parent or owner hears of this link.
    fileprivate func record(for customerID: CustomerID) -> IdentityLink {
        IdentityLink(
            identifier: identifier, customerID: customerID, evidence: evidence, reason: reason,
            via: customerID == parentID ? nil : parentID)
    }
}
