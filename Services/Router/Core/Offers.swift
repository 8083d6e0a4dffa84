import Domain
import OrderedCollections

// An offer reserves the agent's capacity until it is answered, expires or is revoked.
extension RouterMachine {
    /// Offers the work item to an agent, beside those to whom it is offered already.
    ///
    /// A work item may be offered to several agents at once: the first to accept has it, the others' offers are taken
    /// back and their late answers hear so.
    mutating func offer(_ item: WorkItem, to choice: Choice, at now: Instant) {
        let number = item.offersMade + 1
        let offer = WorkItem.Offer(
            id: .derived(from: "offer", item.id.rawValue, String(number)), agentID: choice.agentID,
            expiresAt: now + policy(of: item.queueID).offerTime,
            explanation: choice.because ?? explanation(of: choice, for: item))
        let decision = decision(on: choice, for: item, at: now)
        if item.stage.isQueued {
            move(item.id, to: .offered(offer), at: now)
        } else {
            hold(item.id, on: item.address.channel, by: offer.agentID)
            offers[offer.id] = item.id
            update(item.id) { $0.parallelOffers.append(offer) }
        }
        update(item.id) { item in
            item.offersMade = number
            item.decision = decision
        }
        emit(
            .offered(offer.id, offer.agentID, expiresAt: offer.expiresAt, explanation: offer.explanation),
            about: item, at: now)
    }

    /// Compare-and-set: the offer must be live and the agent's own.
    mutating func accept(_ id: OfferID, by agentID: AgentID, at now: Instant) throws(Rejection) -> WorkItemID {
        let (itemID, offers) = try liveOffers(with: id, of: agentID)
        var losers = offers
        let offer = losers.remove(at: offers.firstIndex { $0.id == id }!)
        end(offer, of: itemID, as: .accepted, at: now)
        answered(by: agentID)
        for loser in losers {
            end(loser, of: itemID, as: .taken, at: now)
            release(itemID, from: loser.agentID, at: now)
        }
        if !losers.isEmpty { keep([offer], of: itemID) }
        move(itemID, to: .assigned(agentID, since: now), at: now)
        emit(.offerAccepted(id, agentID), about: itemID, at: now)
        emit(.assigned(agentID), about: itemID, at: now)
        for loser in losers {
            emit(
                .offerRevoked(loser.id, loser.agentID, reason: "another agent accepted first"), about: itemID, at: now)
        }
        return itemID
    }

    mutating func decline(
        _ id: OfferID, by agentID: AgentID, reason: String, at now: Instant
    ) throws(Rejection) -> WorkItemID {
        let (itemID, offers) = try liveOffers(with: id, of: agentID)
        let offer = offers.first { $0.id == id }!
        end(offer, of: itemID, as: .declined, at: now)
        answered(by: agentID)
        emit(.offerDeclined(id, agentID, reason: reason), about: itemID, at: now)
        goOn(itemID, without: offer, avoiding: agentID, at: now)
        return itemID
    }

    mutating func expireOffers(of id: WorkItemID, at now: Instant) {
        for offer in items[id]?.liveOffers ?? [] where offer.expiresAt <= now {
            expire(offer, of: items[id]!, at: now)
        }
    }

    /// No answer counts as a no: the same agent is not asked again for the cooldown.
    private mutating func expire(_ offer: WorkItem.Offer, of item: WorkItem, at now: Instant) {
        end(offer, of: item.id, as: .expired, at: now)
        emit(.offerExpired(offer.id, offer.agentID), about: item, at: now)
        goOn(item.id, without: offer, avoiding: offer.agentID, at: now)
        missed(by: offer.agentID, at: now)
    }

    /// Takes a live offer back; the agent is not to blame, so there is no cooldown.
    /// - Parameter agentID: whose; nil: all offers of the work item.
    mutating func revoke(_ id: WorkItemID, from agentID: AgentID? = nil, reason: String, at now: Instant) {
        guard let item = items[id] else { return }
        for offer in item.liveOffers where agentID == nil || offer.agentID == agentID {
            end(offer, of: id, as: .revoked, at: now)
            emit(.offerRevoked(offer.id, offer.agentID, reason: reason), about: item, at: now)
            goOn(id, without: offer, avoiding: nil, at: now)
        }
    }

    /// After an offer came to nothing: with the others that are live, or waiting again.
    private mutating func goOn(
        _ id: WorkItemID, without offer: WorkItem.Offer, avoiding agentID: AgentID?, at now: Instant
    ) {
        guard let item = items[id] else { return }
        let left = item.liveOffers.filter { $0.id != offer.id }
        guard !left.isEmpty else { return goOnWaiting(id, avoiding: agentID, at: now) }
        release(id, from: offer.agentID, at: now)
        keep(left, of: id)
        let until = now + policy(of: item.queueID).cooldown
        if let agentID { update(id) { $0.avoid(agentID, until: until) } }
    }

    /// Leaves these offers of those that are live.
    private mutating func keep(_ live: [WorkItem.Offer], of id: WorkItemID) {
        update(id) { item in
            item.stage = .offered(live[0])
            item.parallelOffers = Array(live.dropFirst())
        }
    }

    /// The offer, if it is live and this agent's, and the others of its work item.
    private func liveOffers(
        with id: OfferID, of agentID: AgentID
    ) throws(Rejection) -> (WorkItemID, [WorkItem.Offer]) {
        guard let itemID = offers[id], let place = items.place(of: itemID) else {
            throw Rejection(code: .unknownOffer, detail: "No such offer, or it ended long ago.")
        }
        let live = items[at: place].liveOffers
        if let offer = live.first(where: { $0.id == id }) {
            guard offer.agentID == agentID else { throw Rejection.notYourOffer }
            return (itemID, live)
        }
        guard let past = items[at: place].pastOffers.first(where: { $0.id == id }) else {
            throw Rejection(code: .unknownOffer, detail: "No such offer, or it ended long ago.")
        }
        guard past.agentID == agentID else { throw Rejection.notYourOffer }
        switch past.end {
        case .accepted: throw Rejection(code: .offerTaken, detail: "This offer was accepted already.")
        case .declined: throw Rejection(code: .offerTaken, detail: "This offer was declined already.")
        case .taken: throw Rejection(code: .offerTaken, detail: "Another agent accepted first.")
        case .expired: throw Rejection(code: .offerExpired, detail: "This offer expired before it was answered.")
        case .revoked: throw Rejection(code: .offerRevoked, detail: "This offer was taken back.")
        }
    }

    private mutating func end(
        _ offer: WorkItem.Offer, of id: WorkItemID, as end: WorkItem.OfferEnd, at now: Instant
    ) {
        var forgotten: OfferID?
        update(id) { item in
            if item.pastOffers.count == RouterLimits.pastOffersPerWorkItemMax {
                forgotten = item.pastOffers.removeFirst().id
            }
            item.pastOffers.append(
                WorkItem.PastOffer(id: offer.id, agentID: offer.agentID, end: end, at: now))
        }
        if let forgotten { offers[forgotten] = nil }
    }
}

extension Rejection {
    fileprivate static var notYourOffer: Rejection {
        Rejection(code: .notYourOffer, detail: "This offer was made to another agent.")
    }
}
