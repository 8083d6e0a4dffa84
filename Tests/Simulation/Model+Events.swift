import Domain
import OrderedCollections

// One event after the other: each must follow from what the books say, and is entered in them.
extension Model {
    mutating func read(_ event: WorkEvent) throws {
        guard event.at == now else { throw BrokenPromise(.theLogDecides, "an event of \(event.at) at \(now)") }
        guard let subject = event.subject else {
            switch event.kind {
            case .commandResult(let result): return resultsNow.append(result)
            case .presenceChanged(let id, let presence, let reason, _):
                return try changePresence(of: id, to: presence, reason)
            case .shiftEnded(let id): return try endShift(of: id)
            case .airGiven(let id, let until): return try giveAir(to: id, until)
            default: throw BrokenPromise(.theLogDecides, "the model knows no event \(event.kind) without a subject")
            }
        }
        let id = subject.workItemID
        if case .surveyAnswered = event.kind { return }
        if case .opened(let channel, let priority, let requirements, let acceptedAt) = event.kind {
            try open(id, channel, priority, requirements, acceptedAt)
            return
        }
        if case .takenOver(let poolID) = event.kind { return try takeOver(id, from: poolID) }
        guard let item = items[id], item.isOpen else {
            throw BrokenPromise(.oneOwner, "\(id) is not open, and yet: \(event.kind)")
        }
        guard subject.queueID == item.queueID else {
            throw BrokenPromise(.oneOwner, "\(id) is in \(item.queueID), the event says \(subject.queueID)")
        }
        switch event.kind {
        case .customerMessageAdded(let messageID, let address, let excerpt):
            try addMessage(messageID, address.channel, excerpt, to: item)
        case .queued: try beginToWait(item)
        case .requirementsRelaxed(let step, let requirements): try relax(item, step, requirements)
        case .widened(let step, let queueIDs): try widen(item, step, queueIDs)
        case .offered(let offerID, let agentID, let expiresAt, _): try offer(item, offerID, agentID, expiresAt)
        case .offerAccepted(let offerID, let agentID): try accept(item, offerID, agentID)
        case .assigned(let agentID): try assign(item, to: agentID)
        case .offerDeclined(let offerID, let agentID, _):
            try endOffer(item, offerID, agentID, isAsked: isAsked(by: agentID) { $0.isDecline(of: offerID) })
            agents[agentID]?.missedOffers = 0
        case .offerExpired(let offerID, let agentID): try expire(item, offerID, agentID)
        case .offerRevoked(let offerID, let agentID, let reason):
            try checkBound(reason, 512)
            if lost.removeValue(forKey: offerID) == agentID { return }
            try endOffer(item, offerID, agentID, isAsked: true, hasCooldown: false)
        case .agentReplied(let agentID, _, _, let text):
            try checkBound(text, 65_536)
            try act(item, agentID) { if case .reply(item.id, _, _) = $0 { true } else { false } }
            items[item.id]!.answeredAt = now
            wake(item.id, of: agentID)
        case .noteAdded(let agentID, let text, let mentions):
            try checkBound(text, 16_384)
            try note(item, agentID, mentions)
        case .parked(let agentID, let until): try park(item, agentID, until)
        case .scheduled(let agentID, let time, let keepsAgent):
            try act(item, agentID) { $0 == .schedule(item.id, at: time, keepsAgent: keepsAgent) }
            release(item.id)
            items[item.id]!.stage = .scheduled(keepsAgent ? agentID : nil, at: time)
        case .resumed(let reason):
            try checkBound(reason, 512)
            try resume(item)
        case .requeued(let agentID, let reason):
            try checkBound(reason, 512)
            try requeue(item, agentID)
        case .transferred(let agentID, let queueID): try transfer(item, agentID, to: queueID)
        case .transferredToAgent(let agentID, let otherID): try hand(item, agentID, to: otherID)
        case .consultStarted(let agentID, let otherID, let question):
            try checkBound(question, 16_384)
            try act(item, agentID) { $0 == .consult(item.id, otherID, question: question) }
            items[item.id]!.consultedID = otherID
        case .consultEnded(let otherID, let reason):
            try checkBound(reason, 512)
            guard item.consultedID == otherID else {
                throw BrokenPromise(.oneOwner, "\(otherID) is consulted no longer on \(item.id), and was not")
            }
            if isAsked({ $0.action == .endConsult(item.id) }) { deeds += 1 }
            items[item.id]!.consultedID = nil
        case .escalated(let from, let to, let reason, let agentID):
            try checkBound(reason, 512)
            try escalate(item, from: from, to: to, by: agentID)
        case .abandoned(let waited, let reason):
            try checkBound(reason, 512)
            deeds += 1
            guard item.stage == .queued, item.hasLeft, waited == max(0, (now - item.acceptedAt).milliseconds) else {
                throw BrokenPromise(.oneOwner, "\(item.id) is abandoned after \(waited) ms, which is \(item.stage)")
            }
        case .customerLeft(let agentID, let reason):
            try checkBound(reason, 512)
            deeds += 1
            guard item.hasLeft, item.assigneeID == agentID || item.isParked(by: agentID) else {
                throw BrokenPromise(.oneOwner, "\(agentID) hears that the customer of \(item.id) left")
            }
        case .turnedAway(let notice, _): try turnAway(item, notice)
        case .customerTold(let notice, _):
            guard item.stage == .refused(notice) else {
                throw BrokenPromise(.oneEffect, "the customer of \(id) hears \(notice), which is \(item.stage)")
            }
        case .handedOver(let agentID, let poolID, let queueID): try handOver(item, agentID, to: poolID, queueID)
        case .wrapUpStarted(let agentID, let until): try wrapUp(item, agentID, until)
        case .closed(let agentID, let disposition): try close(item, agentID, disposition)
        default: throw BrokenPromise(.theLogDecides, "the model knows no event \(event.kind)")
        }
    }

    func checkBound(_ text: String, _ bytesMax: Int) throws {
        guard text.utf8.count > bytesMax else { return }
        throw BrokenPromise(.bounded, "a text of \(text.utf8.count) bytes, at most \(bytesMax) were promised")
    }

    /// Whether the record at hand is a command that passes.
    func isAsked(_ isWanted: (AgentCommand) -> Bool) -> Bool {
        guard case .command(.agent(let command)) = cause else { return false }
        return isWanted(command)
    }

    // MARK: Customers

    mutating func open(
        _ id: WorkItemID, _ channel: ChannelKind, _ priority: Int, _ requirements: [Requirement], _ acceptedAt: Instant
    ) throws {
        guard case .command(.customerMessage(let request)) = cause, items[id] == nil else {
            throw BrokenPromise(.oneEffect, "\(id) is opened again, or for no message")
        }
        let earlier = lastSuccessor(of: request.workItemID)
        if let earlier, items[earlier]!.isOpen {
            throw BrokenPromise(.oneEffect, "\(id) is opened though \(earlier) is open")
        }
        var item = WorkItemBook(
            id: id, poolID: request.poolID, queueID: request.queueID, conversationID: request.conversationID,
            language: request.language, priority: request.priority, acceptedAt: min(request.acceptedAt, now),
            channel: request.address.channel, preferredAgentID: request.preferredAgentID, waitingSince: now)
        if let earlier {
            successors[earlier] = id
            if case .closed(let agentID, let closedAt) = items[earlier]!.stage {
                let window = rulesOrNone(of: items[earlier]!.queueID).policy.reopenSeconds
                let isInTime = window.map { now - closedAt < .seconds(max(0, $0)) } ?? true
                item.preferredAgentID = (isInTime ? agentID : nil) ?? item.preferredAgentID
            }
        }
        item.requirements = rules(of: item.queueID)?.requirements(language: item.language) ?? []
        items[id] = item
        guard channel == item.channel, priority == item.priority, acceptedAt == item.acceptedAt else {
            throw BrokenPromise(
                .noOvertaking, "\(id) is opened with another channel, priority or age than it came with")
        }
        guard requirements == item.requirements else {
            throw BrokenPromise(
                .onlyTheQualified, "\(id) asks for \(text(requirements)), its queue for \(text(item.requirements))")
        }
    }

    /// The work item that went on after this one, and so on.
    func lastSuccessor(of id: WorkItemID) -> WorkItemID? {
        guard items[id] != nil else { return nil }
        var id = id
        while let next = successors[id], items[next] != nil { id = next }
        return id
    }

    mutating func addMessage(
        _ messageID: MessageID, _ channel: ChannelKind, _ excerpt: String, to item: WorkItemBook
    ) throws {
        guard case .command(.customerMessage(let request)) = cause, request.messageID == messageID,
            !item.messages.contains(messageID)
        else { throw BrokenPromise(.oneEffect, "message \(messageID) is added to \(item.id) again, or unasked") }
        guard excerpt.count <= 2_000 else { throw BrokenPromise(.bounded, "an excerpt of \(excerpt.count) characters") }
        items[item.id]!.messages.append(messageID)
        items[item.id]!.writtenAt.append(min(request.acceptedAt, now))
        items[item.id]!.channel = channel
        items[item.id]!.hasLeft = false
        if item.preferredAgentID == nil { items[item.id]!.preferredAgentID = request.preferredAgentID }
        if case .assigned(let agentID) = item.stage { wake(item.id, of: agentID) }
    }

    // MARK: Waiting

    mutating func beginToWait(_ item: WorkItemBook) throws {
        guard item.stage == .opened || item.stage == .returning else {
            throw BrokenPromise(.oneOwner, "\(item.id) waits though it is \(item.stage)")
        }
        if item.stage == .opened, let notice = refusal(of: item) {
            throw BrokenPromise(.bounded, "\(item.id) is let in, and should hear \(notice)")
        }
        let rules = rulesOrNone(of: item.queueID)
        var item = item
        item.stage = .queued
        item.waitingSince = now
        item.stepsDone = 0
        item.due = WorkItemBook.Due()
        item.requirements = self.rules(of: item.queueID)?.requirements(language: item.language) ?? []
        let mayPrefer = item.preferredAgentID != nil || !siblings(of: item).isEmpty
        let patience = max(item.patience, rules.policy.preferredAgentSeconds)
        item.patience = 0
        item.preferredUntil = mayPrefer && patience > 0 ? now + .seconds(patience) : nil
        items[item.id] = item
        lapse(item.id)
    }

    mutating func relax(_ item: WorkItemBook, _ step: Int, _ requirements: [Requirement]) throws {
        guard step == item.stepsDone, requirements == item.requirements else {
            throw BrokenPromise(
                .onlyTheQualified,
                "\(item.id) asks for \(text(requirements)) at step \(step), by its policy for "
                    + "\(text(item.requirements)) at step \(item.stepsDone)")
        }
        items[item.id]!.due.isRelaxed = false
    }

    mutating func widen(_ item: WorkItemBook, _ step: Int, _ queueIDs: [QueueID]) throws {
        guard step == item.stepsDone, queueIDs == item.due.widenedTo else {
            throw BrokenPromise(
                .onlyTheQualified, "\(item.id) is widened to \(queueIDs), by its policy to \(item.due.widenedTo)")
        }
        items[item.id]!.due.widenedTo = []
    }

    mutating func escalate(_ item: WorkItemBook, from: Int, to: Int, by agentID: AgentID?) throws {
        var isDue = agentID == nil && item.due.priority == to
        if case .command(.escalate(let wanted)) = cause {
            isDue = isDue || agentID == nil && wanted.workItemID == item.id && wanted.priority == to
        }
        if let agentID {
            try act(item, agentID) { if case .escalate(item.id, to, _) = $0 { true } else { false } }
            isDue = true
        }
        guard isDue, from == item.priority, to > from else {
            throw BrokenPromise(.noOvertaking, "\(item.id) of priority \(item.priority) goes from \(from) to \(to)")
        }
        items[item.id]!.priority = to
    }

    // MARK: Offers

    mutating func offer(
        _ item: WorkItemBook, _ offerID: OfferID, _ agentID: AgentID, _ expiresAt: Instant
    ) throws {
        let live = item.liveOffers
        guard item.stage == .queued || offeredNow.contains(item.id) && !live.isEmpty, offers.insert(offerID).inserted,
            !live.contains(where: { $0.agentID == agentID })
        else {
            throw BrokenPromise(.oneOwner, "\(item.id) is offered though it is \(item.stage), or twice alike")
        }
        let most = min(max(1, rulesOrNone(of: item.queueID).policy.parallelOffers), 10)
        guard live.count < most else {
            throw BrokenPromise(
                .oneOwner, "\(item.id) is offered to \(live.count + 1) agents, at most \(most) may be asked")
        }
        try checkSupply(agentID, for: item)
        guard expiresAt == now + rulesOrNone(of: item.queueID).offerTime else {
            throw BrokenPromise(.noSilence, "the offer of \(item.id) ends after \(expiresAt - now)")
        }
        // What somebody hands over is for this agent only, and asks nobody else to wait.
        if handedNow[item.id] != agentID {
            guard !isPulling(agentID) else {
                throw BrokenPromise(.onlyTheQualified, "\(item.id) is offered to \(agentID), who pulls")
            }
            try checkOrder(item, agentID)
        }
        offeredNow.insert(item.id)
        items[item.id]!.stage = .offered(
            live + [WorkItemBook.LiveOffer(id: offerID, agentID: agentID, expiresAt: expiresAt)])
        take(item, by: agentID)
    }

    /// Whether the agent may have it: there, qualified, not in a cooldown, and with room.
    func checkSupply(_ agentID: AgentID, for item: WorkItemBook) throws {
        guard let agent = agents[agentID], agent.presence == .available else {
            throw BrokenPromise(.noSilence, "\(item.id) goes to \(agentID), who is not there")
        }
        guard isThere(agentID) else {
            throw BrokenPromise(.neverOverCapacity, "\(item.id) goes to \(agentID), who has air or no shift")
        }
        guard isConfigured(agentID), agent.poolID == item.poolID, isQualified(agentID, for: item), serves(agentID, item)
        else {
            throw BrokenPromise(
                .onlyTheQualified, "\(item.id) asks for \(text(item.requirements)) and goes to \(agentID)")
        }
        if isCooling(agentID, for: item) {
            throw BrokenPromise(.noLoops, "\(item.id) goes to \(agentID) again before the cooldown is over")
        }
        guard hasRoom(agentID, for: item) else {
            throw BrokenPromise(
                .neverOverCapacity,
                "\(agentID) gets \(item.id) of weight \(weight(of: item.channel, for: agentID)) on \(item.channel) "
                    + "and has \(agent.holds.values.elements) of \(profile(of: agentID).capacity)")
        }
    }

    /// Nothing more urgent or older that the agent could take is passed over.
    func checkOrder(_ item: WorkItemBook, _ agentID: AgentID) throws {
        for other in items.values where other.stage == .queued && other.poolID == item.poolID && isBefore(other, item) {
            guard rules(of: other.queueID) != nil, mayTake(agentID, other), hasRoom(agentID, for: other),
                !waitsForPreferred(other)
            else { continue }
            throw BrokenPromise(.noOvertaking, "\(item.id) goes to \(agentID) before \(other.id)")
        }
    }

    /// Who has waited for the pool's maximum comes first, the oldest before all; then, where slack decides, what is due
    /// in fewer units of business time; then what has more priority; of equals the older; of equally old ones by id.
    func isBefore(_ one: WorkItemBook, _ other: WorkItemBook) -> Bool {
        if let most = configuration.pools[one.poolID]?.maximumWaitSeconds {
            let overdueSince = now - .seconds(max(0, most))
            let (isFirst, isSecond) = (one.acceptedAt <= overdueSince, other.acceptedAt <= overdueSince)
            if isFirst != isSecond { return isFirst }
            if isFirst { return (one.acceptedAt, one.id) < (other.acceptedAt, other.id) }
        }
        let (left, otherLeft) = (unitsLeft(one), unitsLeft(other))
        if left != otherLeft { return left < otherLeft }
        if one.priority != other.priority { return one.priority > other.priority }
        return (one.acceptedAt, one.id) < (other.acceptedAt, other.id)
    }

    /// How many of the pool's units of business time are left to the next target: the first reply or, once there was one,
    /// a reply to the first message after the last, and the end of all. What has no target comes last.
    private func unitsLeft(_ item: WorkItemBook) -> Int64 {
        guard let pool = configuration.pools[item.poolID], pool.order == .slack, let rules = rules(of: item.queueID)
        else { return 0 }
        let policy = configuration.slaPolicies[rules.queue.slaPolicyID]
        let calendar = policy?.calendarID.flatMap { configuration.calendars[$0] }
        func openTime(at time: Instant) -> Int64 {
            guard let calendar else { return time.milliseconds }
            return calendar.open.reduce(0) { $0 + max(0, (min($1.end, time) - $1.start).milliseconds) }
        }
        let waitsSince: Instant? =
            if let answeredAt = item.answeredAt {
                item.writtenAt.suffix(50).first { $0 > answeredAt }
            } else {
                item.acceptedAt
            }
        let dues = (policy?.targets ?? []).compactMap { target -> Int64? in
            let start: Instant? =
                switch target.kind {
                case .firstResponse: item.answeredAt == nil ? item.acceptedAt : nil
                case .nextResponse: item.answeredAt == nil ? nil : waitsSince
                case .resolution: item.acceptedAt
                }
            return start.map { openTime(at: $0) + Int64(target.seconds) * 1_000 }
        }
        let unit = Int64(pool.slackUnitSeconds) * 1_000
        return dues.min().map { $0 / unit - openTime(at: now) / unit } ?? .max
    }

    mutating func accept(_ item: WorkItemBook, _ offerID: OfferID, _ agentID: AgentID) throws {
        guard let offer = item.liveOffers.first(where: { $0.id == offerID }), offer.agentID == agentID,
            offer.expiresAt > now, isAsked(by: agentID, { $0 == .accept(offerID) })
        else { throw BrokenPromise(.oneOwner, "\(agentID) accepts \(item.id), which is \(item.stage)") }
        deeds += 1
        agents[agentID]!.missedOffers = 0
        for loser in item.liveOffers where loser.id != offerID {
            letGo(item.id, of: loser.agentID)
            lost[loser.id] = loser.agentID
        }
        items[item.id]!.stage = .accepted(agentID)
    }

    mutating func assign(_ item: WorkItemBook, to agentID: AgentID) throws {
        if item.stage == .queued {
            guard isAsked(by: agentID, { $0 == .pull }), mayPull(agentID, item) else {
                throw BrokenPromise(.oneOwner, "\(item.id) is pulled by \(agentID), who may not")
            }
            try checkSupply(agentID, for: item)
            try checkOrder(item, agentID)
            deeds += 1
            take(item, by: agentID)
        } else {
            guard item.stage == .accepted(agentID) else {
                throw BrokenPromise(.oneOwner, "\(item.id) is assigned to \(agentID) though it is \(item.stage)")
            }
            guard isQualified(agentID, for: item) || wasTheirs(item, agentID) else {
                throw BrokenPromise(.onlyTheQualified, "\(item.id) is assigned to \(agentID)")
            }
        }
        items[item.id]!.stage = .assigned(agentID)
        wake(item.id, of: agentID)
    }

    /// Whether it was put aside by them, and comes back: who had it may keep it.
    func wasTheirs(_ item: WorkItemBook, _ agentID: AgentID) -> Bool {
        isAsked(by: agentID) { $0 == .resume(item.id) } || agents[agentID]?.holds[item.id]?.activity == .parked
    }

    mutating func expire(_ item: WorkItemBook, _ offerID: OfferID, _ agentID: AgentID) throws {
        if let offer = item.liveOffers.first(where: { $0.id == offerID }), offer.expiresAt > now {
            throw BrokenPromise(.noSilence, "the offer of \(item.id) expires \(offer.expiresAt - now) too early")
        }
        try endOffer(item, offerID, agentID, isAsked: true)
        guard let most = profile(of: agentID).missedOffersMax, let agent = agents[agentID] else { return }
        agents[agentID]!.missedOffers += 1
        if agent.missedOffers + 1 >= max(1, most), agent.presence == .available { mustRest.insert(agentID) }
    }

    mutating func endOffer(
        _ item: WorkItemBook, _ offerID: OfferID, _ agentID: AgentID, isAsked: Bool, hasCooldown: Bool = true
    ) throws {
        let left = item.liveOffers.filter { $0.id != offerID }
        guard let offer = item.liveOffers.first(where: { $0.id == offerID }), offer.agentID == agentID, isAsked else {
            throw BrokenPromise(.oneOwner, "an offer to \(agentID) of \(item.id) ends, which is \(item.stage)")
        }
        deeds += 1
        letGo(item.id, of: agentID)
        items[item.id]!.stage = left.isEmpty ? .queued : .offered(left)
        if hasCooldown { items[item.id]!.cooldowns[agentID] = now + rulesOrNone(of: item.queueID).cooldown }
        lapse(item.id)
    }

    // MARK: Presence

    mutating func changePresence(of id: AgentID, to presence: Presence, _ reason: String) throws {
        guard let agent = agents[id] else { throw BrokenPromise(.noSilence, "\(id) changes presence and is unknown") }
        agents[id]!.reason = reason
        if isAsked(by: id, { if case .setPresence(presence, _) = $0 { true } else { false } }) {
            deeds += 1
        } else if presence == .away, let most = profile(of: id).missedOffersMax, agent.missedOffers >= max(1, most) {
            agents[id]!.missedOffers = 0
        } else if presence == .offline, agent.shift == .draining || wereDraining.contains(id), !hasAssignments(id) {
            // The shift is over, and so is the work.
        } else {
            let lease = Duration.seconds(max(1, profile(of: id).presenceLeaseSeconds))
            guard presence == .offline, agent.lastSeen + lease <= now || !isConfigured(id) else {
                throw BrokenPromise(.noSilence, "\(id) was seen \(now - agent.lastSeen) ago and becomes \(presence)")
            }
        }
        let hasWork = agent.holds.values.contains { $0.activity != .offered }
        agents[id]!.presence = presence
        agents[id]!.graceUntil =
            presence == .offline && hasWork ? now + grace(of: id) : nil
        if agent.presence == .offline, presence != .offline { come(id) }
        becomeIdle(id, by: now)
    }

    func grace(of id: AgentID) -> Duration { .seconds(max(0, profile(of: id).graceSeconds)) }

    func text(_ requirements: [Requirement]) -> String {
        requirements.isEmpty ? "nothing" : requirements.map { "\($0.skill) \($0.level)" }.joined(separator: ", ")
    }
}

extension WorkItemBook {
    func isParked(by agentID: AgentID) -> Bool { if case .parked(agentID, _) = stage { true } else { false } }

    /// Whether it waits for this agent to go on with it.
    func isPutAside(by agentID: AgentID) -> Bool {
        if case .scheduled(agentID, _) = stage { true } else { isParked(by: agentID) }
    }
}

extension AgentCommand.Action {
    func isDecline(of offerID: OfferID) -> Bool { if case .decline(offerID, _) = self { true } else { false } }

    func isTransfer(of id: WorkItemID) -> Bool {
        switch self {
        case .transfer(id, _, _), .transferToAgent(id, _, _): true
        default: false
        }
    }

    func isCompletion(of id: WorkItemID) -> Bool { if case .complete(id, _) = self { true } else { false } }
}
