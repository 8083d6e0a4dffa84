import Domain
import OrderedCollections

// An offer reserves the agent's capacity until it is answered, expires or is revoked.
extension RouterMachine {
    mutating func offer(_ item: WorkItem, to choice: Choice, at now: Instant) {
        let number = item.offersMade + 1
        let offer = WorkItem.Offer(
            id: .derived(from: "offer", item.id.rawValue, String(number)), agentID: choice.agentID,
            expiresAt: now + policy(of: item.queueID).offerTime,
            explanation: explanation(of: choice, for: item))
        let decision = decision(on: choice, for: item, at: now)
        move(item.id, to: .offered(offer), at: now)
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
        let (item, offer) = try liveOffer(id, of: agentID)
        end(offer, of: item.id, as: .accepted, at: now)
        answered(by: agentID)
        move(item.id, to: .assigned(agentID, since: now), at: now)
        emit(.offerAccepted(id, agentID), about: item, at: now)
        emit(.assigned(agentID), about: item, at: now)
        return item.id
    }

    mutating func decline(
        _ id: OfferID, by agentID: AgentID, reason: String, at now: Instant
    ) throws(Rejection) -> WorkItemID {
        let (item, offer) = try liveOffer(id, of: agentID)
        end(offer, of: item.id, as: .declined, at: now)
        answered(by: agentID)
        emit(.offerDeclined(id, agentID, reason: reason), about: item, at: now)
        goOnWaiting(item.id, avoiding: agentID, at: now)
        return item.id
    }

    /// No answer counts as a no: the same agent is not asked again for the cooldown.
    mutating func expire(_ offer: WorkItem.Offer, of item: WorkItem, at now: Instant) {
        end(offer, of: item.id, as: .expired, at: now)
        emit(.offerExpired(offer.id, offer.agentID), about: item, at: now)
        goOnWaiting(item.id, avoiding: offer.agentID, at: now)
        missed(by: offer.agentID, at: now)
    }

    /// Takes a live offer back; the agent is not to blame, so there is no cooldown.
    mutating func revoke(_ id: WorkItemID, reason: String, at now: Instant) {
        guard let item = items[id], case .offered(let offer) = item.stage else { return }
        end(offer, of: id, as: .revoked, at: now)
        emit(.offerRevoked(offer.id, offer.agentID, reason: reason), about: item, at: now)
        goOnWaiting(id, avoiding: nil, at: now)
    }

    private func liveOffer(_ id: OfferID, of agentID: AgentID) throws(Rejection) -> (WorkItem, WorkItem.Offer) {
        guard let item = offers[id].flatMap({ items[$0] }) else {
            throw Rejection(code: .unknownOffer, detail: "No such offer, or it ended long ago.")
        }
        if case .offered(let offer) = item.stage, offer.id == id {
            guard offer.agentID == agentID else { throw Rejection.notYourOffer }
            return (item, offer)
        }
        guard let past = item.pastOffers.first(where: { $0.id == id }) else {
            throw Rejection(code: .unknownOffer, detail: "No such offer, or it ended long ago.")
        }
        guard past.agentID == agentID else { throw Rejection.notYourOffer }
        switch past.end {
        case .accepted: throw Rejection(code: .offerTaken, detail: "This offer was accepted already.")
        case .declined: throw Rejection(code: .offerTaken, detail: "This offer was declined already.")
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
