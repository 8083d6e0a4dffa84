package import Domain
internal import HeapModule
import OrderedCollections

/// What an agent sees of their own work.
package struct AgentView: Hashable, Sendable {
    package var agentID: AgentID
    package var presence: Presence
    package var load: Int
    package var capacity: Int
    /// What was said with the presence, or which rule set it.
    package var reason: String?
    /// Who set it for them.
    package var supervisor: String?
    package var shift: AgentState.Shift
    /// Until then nothing is offered: the occupancy guard gives air.
    package var airUntil: Instant?
    /// In the order in which they were made.
    package var offers: [WorkItem]
    /// Assigned or in wrap-up, in the order in which they were offered.
    package var assignments: [WorkItem]
    /// Parked, with room kept for their return.
    package var parked: [WorkItem]
    /// What each of these takes of the capacity.
    package var holds: Holds
    /// Other agents' work items on which this one is consulted.
    package var consultations: [WorkItem]
    package var mentions: [AgentState.Mention]
    /// Changes whenever anything above does.
    package var version: Int64
}

/// What a supervisor sees of a queue.
package struct QueueView: Hashable, Sendable {
    package var queueID: QueueID
    /// Work items that wait.
    package var backlog: Int
    /// Work items that are not closed.
    package var open: Int
    package var oldestAcceptedAt: Instant?
    package var averageHandleSeconds: Int?
    /// Of one more that asks for what the queue itself asks for; nil when nobody is there to serve it.
    package var expectedWait: ExpectedWait?
    /// The first of those that wait, in order.
    /// - Bounds: `RouterLimits.placesShownMax`.
    package var places: [WaitingPlace] = []
}

/// Which work items a supervisor looks for; what is nil does not matter.
package struct WorkItemFilter: Hashable, Sendable {
    /// As `WorkItem.Stage.name`.
    package var state: String?
    package var queueID: QueueID?
    package var agentID: AgentID?
    package var customerID: CustomerID?
    package var channel: ChannelKind?

    package init(
        state: String? = nil, queueID: QueueID? = nil, agentID: AgentID? = nil, customerID: CustomerID? = nil,
        channel: ChannelKind? = nil
    ) {
        self.state = state
        self.queueID = queueID
        self.agentID = agentID
        self.customerID = customerID
        self.channel = channel
    }

    func passes(_ item: WorkItem) -> Bool {
        if let state, state != item.stage.name { return false }
        if let queueID, queueID != item.queueID { return false }
        if let agentID, agentID != item.agentID, !item.holderIDs.contains(agentID) { return false }
        if let customerID, customerID != item.customerID { return false }
        if let channel, channel != item.address.channel { return false }
        return true
    }
}

/// A work item's place in lists: it stays where it is for as long as there is a work item.
package struct WorkItemPlace: Hashable, Comparable, Sendable {
    package var acceptedAt: Instant
    package var id: WorkItemID

    package init(acceptedAt: Instant, id: WorkItemID) {
        self.acceptedAt = acceptedAt
        self.id = id
    }

    package init(_ item: WorkItem) { self.init(acceptedAt: item.acceptedAt, id: item.id) }

    package static func < (left: WorkItemPlace, right: WorkItemPlace) -> Bool {
        (left.acceptedAt, left.id) < (right.acceptedAt, right.id)
    }
}

// Reads, without consequences.
extension RouterMachine {
    package func agentView(_ id: AgentID) -> AgentView? {
        guard let entry = roster[id] else { return nil }
        let agent = agents[id]
        let held = (agent?.holds.keys ?? []).compactMap { items[$0] }
        return AgentView(
            agentID: id, presence: agent?.presence ?? .offline, load: agent?.load ?? 0,
            capacity: entry.profile.capacity, reason: agent?.reason, supervisor: agent?.supervisor,
            shift: agent?.shift ?? .on, airUntil: agent?.airUntil,
            offers: held.filter { $0.stage.assigneeID == nil && $0.stage.holderID != nil },
            assignments: held.filter { $0.stage.assigneeID != nil },
            parked: held.filter { $0.stage.holderID == nil }, holds: agent?.holds ?? [:],
            consultations: (consulted[id] ?? []).sorted().compactMap { items[$0] }, mentions: agent?.mentions ?? [],
            version: agent?.version ?? 0)
    }

    package func agentVersion(_ id: AgentID) -> Int64? { roster[id] == nil ? nil : agents[id]?.version ?? 0 }

    package func agentState(_ id: AgentID) -> AgentState? { agents[id] }

    package func workItem(_ id: WorkItemID) -> WorkItem? { items[id] }

    /// Whether the agent has, had, is offered, is consulted on or is named in a note on the work item.
    package func maySee(_ id: WorkItemID, _ agentID: AgentID) -> Bool {
        guard let item = items[id] else { return false }
        return item.holderIDs.contains(agentID) || item.owners.contains { $0.agentID == agentID }
            || item.consultation?.agentID == agentID
            || agents[agentID]?.mentions.contains { $0.workItemID == id } ?? false
    }

    /// Whom a live offer was made to.
    package func offeredAgent(_ id: OfferID) -> AgentID? {
        offeredWorkItem(id)?.liveOffers.first { $0.id == id }?.agentID
    }

    package func offeredWorkItem(_ id: OfferID) -> WorkItem? { offers[id].flatMap { items[$0] } }

    /// The pool and the presence lease that the configuration gives an agent.
    package func configured(_ id: AgentID) -> (poolID: PoolID, presenceLeaseSeconds: Int)? {
        roster[id].map { ($0.poolID, $0.profile.presenceLeaseSeconds) }
    }

    /// The queues whose agents may take the work item too, by the steps done.
    package func queuesWidenedTo(_ id: WorkItemID) -> [QueueID] { items[id].map { queuesWidenedTo(of: $0) } ?? [] }

    func queuesWidenedTo(of item: WorkItem) -> [QueueID] {
        (rules(of: item.queueID)?.widenedTo(after: item.step) ?? []).filter { $0 != item.queueID }
    }

    /// Work items that pass the filter, in the order of their age, then of their ids.
    ///
    /// - Parameter place: only what comes after it.
    package func workItems(_ filter: WorkItemFilter, after place: WorkItemPlace?, limit: Int) -> [WorkItem] {
        var places = Heap<WorkItemPlace>()
        for item in items.values where filter.passes(item) {
            let candidate = WorkItemPlace(item)
            if let place, candidate <= place { continue }
            places.insert(candidate)
            if places.count > limit { places.removeMax() }
        }
        return places.unordered.sorted().compactMap { items[$0.id] }
    }

    package func poolOfQueue(_ id: QueueID) -> PoolID? { queue(id)?.poolID }

    /// All queues that have open work items here.
    package var queueViews: [QueueView] {
        openPerQueue.keys.sorted().compactMap { queueView($0) }
    }

    package func queueView(_ id: QueueID) -> QueueView? {
        guard queue(id) != nil || openPerQueue[id] != nil else { return nil }
        var view = QueueView(
            queueID: id, backlog: 0, open: openPerQueue[id] ?? 0, oldestAcceptedAt: nil,
            averageHandleSeconds: queues[id]?.averageHandleMilliseconds.map { Int(($0 + 500) / 1_000) })
        for rank in ranks(in: id) {
            view.backlog += 1
            view.oldestAcceptedAt = min(view.oldestAcceptedAt ?? rank.acceptedAt, rank.acceptedAt)
        }
        return view
    }

    /// The queue with what those who wait in it may expect.
    package func queueViewWithPlaces(_ id: QueueID) -> QueueView? {
        guard var view = queueView(id) else { return nil }
        view.expectedWait = expectedWait(ofOneMoreIn: id)
        for (index, rank) in ranks(in: id).sorted().prefix(RouterLimits.placesShownMax).enumerated() {
            let wait = items[rank.id].flatMap { expectedWait(of: $0) }
            view.places.append(WaitingPlace(workItemID: rank.id, position: index + 1, expectedWait: wait))
        }
        return view
    }

    /// All that wait in a queue, in no order.
    private func ranks(in id: QueueID) -> [Rank] {
        pools.all.flatMap { pool in pool.ranks(in: id) + pool.reservedRanks.filter { items[$0.id]?.queueID == id } }
    }
}
