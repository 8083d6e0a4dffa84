import Domain
import OrderedCollections
import RouterCore

// What the machine puts out, and what is counted of it.
extension Replication {
    mutating func absorb(_ outputs: [RouterOutput]) {
        for output in outputs {
            switch output {
            case .event(let event): absorb(event)
            case .clock(let signal):
                guard case .opened(let opened) = signal.kind, let number = contact(signal.workItemID) else { continue }
                contacts[number].expectedSeconds = opened.expectedWaitSeconds
            case .send, .inform, .command: continue
            }
        }
    }

    private mutating func absorb(_ event: WorkEvent) {
        guard let number = event.subject.flatMap({ contact($0.workItemID) }) else { return }
        switch event.kind {
        case .offered(let offerID, let agentID, _, _): react(to: offerID, of: number, agentID)
        case .assigned(let agentID): assigned(number, to: agentID)
        case .closed(let agentID, _): closed(number, by: agentID)
        default: return
        }
    }

    private func contact(_ id: WorkItemID) -> Int? { Int(id.rawValue.dropFirst()) }

    private mutating func react(to offerID: OfferID, of number: Int, _ agentID: AgentID) {
        let delay = contacts[number].state == .gone ? 0 : contacts[number].reaction
        schedule(.reaction(contact: number, offerID, agentID), at: now + .milliseconds(delay))
    }

    private mutating func assigned(_ number: Int, to agentID: AgentID) {
        guard contacts[number].state == .waiting else { return }
        contacts[number].state = .inHand
        contacts[number].acceptedAt = now
        let contact = contacts[number]
        endToWait(contact)
        let weight = weight(of: contact, agentID)
        track(agentID) { agent in
            agent.held += 1
            agent.load += weight
        }
        schedule(.completion(contact: number, agentID), at: now + .milliseconds(contact.handling))
        guard contact.isMeasured else { return }
        let wait = (now - contact.arrivedAt).milliseconds
        let isInTime = wait <= Int64(model.traffic[contact.traffic].answerWithinSeconds) * 1_000
        count(contact.traffic, at: contact.arrivedAt) { tally in
            tally.accepted += 1
            tally.waits.append(wait)
            if isInTime { tally.acceptedInTime += 1 }
            if wait > 0 { tally.acceptedLate += 1 }
            if let expected = contact.expectedWait {
                tally.calibrated += 1
                if wait <= Int64(expected.p50Seconds) * 1_000 { tally.withinP50 += 1 }
                if wait <= Int64(expected.p90Seconds) * 1_000 { tally.withinP90 += 1 }
            }
            guard let expected = contact.expectedSeconds else { return }
            let bias = Double(expected) - Double(wait) / 1_000
            tally.expectations += 1
            tally.expectationBiasSeconds += bias
            tally.expectationErrorSeconds += abs(bias)
        } hour: { hour in
            hour.accepted += 1
            hour.waitMilliseconds += wait
            if isInTime { hour.acceptedInTime += 1 }
        }
    }

    private mutating func closed(_ number: Int, by agentID: AgentID?) {
        let contact = contacts[number]
        contacts[number].state = .closed
        let queueID = model.traffic[contact.traffic].queueID
        openPerQueue[queueID, default: 0] -= 1
        if contact.isMeasured { openMeasured -= 1 }
        switch contact.state {
        case .waiting:
            // The router's own limit.
            endToWait(contact)
            if contact.isMeasured { tallies[contact.traffic].blocked += 1 }
        case .inHand:
            guard let agentID, let acceptedAt = contact.acceptedAt else { return }
            let weight = weight(of: contact, agentID)
            track(agentID) { agent in
                agent.held -= 1
                agent.load -= weight
            }
            guard contact.isMeasured else { return }
            tallies[contact.traffic].handled += 1
            tallies[contact.traffic].handleMilliseconds += (now - acceptedAt).milliseconds
        case .gone, .closed: break
        }
    }

    // MARK: Counting

    mutating func count(
        _ traffic: Int, at instant: Instant? = nil, _ change: (inout Tally) -> Void,
        hour changeHour: (inout HourTally) -> Void
    ) {
        change(&tallies[traffic])
        let hour = ((instant ?? now) - Self.start).milliseconds / 3_600_000 % 24
        changeHour(&hours[traffic][Int(hour)])
    }

    mutating func beginToWait(_ traffic: Int) {
        tallies[traffic].backlog += 1
        guard measured.contains(now) else { return }
        tallies[traffic].backlogMax = max(tallies[traffic].backlogMax, tallies[traffic].backlog)
    }

    mutating func endToWait(_ contact: Contact) {
        tallies[contact.traffic].backlog -= 1
        tallies[contact.traffic].backlogMilliseconds += measuredPart(from: contact.arrivedAt)
    }

    /// Changes what an agent does, after what they did until now was counted.
    mutating func track(_ agentID: AgentID, _ change: (inout AgentTrack) -> Void) {
        guard let agent = model.configuration.agents[agentID] else { return }
        let capacity = model.configuration.profiles[agent.profileID]?.capacity ?? 0
        var track = agents[agentID] ?? AgentTrack(since: now)
        if track.isPresent {
            let time = measuredPart(from: track.since)
            var tally = supply[agent.poolID] ?? SupplyTally()
            tally.presentMilliseconds += time
            tally.capacityMilliseconds += time * Int64(capacity)
            tally.loadMilliseconds += time * Int64(track.load)
            if track.held > 0 { tally.busyMilliseconds += time }
            supply[agent.poolID] = tally
        }
        change(&track)
        track.since = now
        agents[agentID] = track
    }

    /// Counts what goes on at the end of the run.
    mutating func finish() {
        for agentID in agents.keys { track(agentID) { _ in } }
        for contact in contacts where contact.state == .waiting { endToWait(contact) }
    }

    private func weight(of contact: Contact, _ agentID: AgentID) -> Int {
        guard let agent = model.configuration.agents[agentID],
            let profile = model.configuration.profiles[agent.profileID]
        else { return 0 }
        return profile.weights[model.traffic[contact.traffic].channel] ?? profile.defaultWeight
    }

    /// How much of the time since then is measured time.
    private func measuredPart(from begin: Instant) -> Int64 {
        let from = max(begin, measured.lowerBound)
        let until = min(now, measured.upperBound)
        return max(0, (until - from).milliseconds)
    }
}

/// What an agent does at the moment.
struct AgentTrack: Sendable {
    /// Shifts that go on: two for a moment where one follows another.
    var shifts = 0
    var held = 0
    var load = 0
    var since: Instant

    init(since: Instant) {
        self.since = since
    }

    var isPresent: Bool { shifts > 0 || held > 0 }
}

extension Configuration {
    /// With presence leases that never end, since simulated agents make no requests by which they would be seen; and
    /// without shifts of its own, since the model has them.
    var simulated: Configuration {
        var copy = self
        for id in copy.profiles.keys { copy.profiles[id]?.presenceLeaseSeconds = 1_000_000_000 }
        for id in copy.agents.keys { copy.agents[id]?.shiftCalendarID = nil }
        return copy
    }
}
