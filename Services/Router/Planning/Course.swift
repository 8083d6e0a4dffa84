package import Domain
package import OrderedCollections
import RouterCore
import SLATimerCore

/// What became of the work items of a history, as the router's and the SLA timer's own rules tell it.
package struct Course: Sendable {
    /// What became of one work item.
    package struct Fate: Hashable, Sendable {
        package var queueID: QueueID
        package var openedAt: Instant
        /// Who had it first, and when.
        package var agentID: AgentID?
        package var assignedAt: Instant?
        package var closedAt: Instant?
        package var disposition: String?
        package var breached: Set<TargetKind> = []

        /// From opened to first assigned.
        package var waitMilliseconds: Int64? { assignedAt.map { max(0, ($0 - openedAt).milliseconds) } }
    }

    package var fates: OrderedDictionary<WorkItemID, Fate> = [:]
    /// What agents did, for playing it again: see `Behaviour`.
    var behaviours: [WorkItemID: Behaviour] = [:]

    mutating func absorb(_ event: WorkEvent) {
        guard let subject = event.subject else { return }
        let id = subject.workItemID
        if case .opened(_, _, _, let acceptedAt) = event.kind {
            fates[id] = Fate(queueID: subject.queueID, openedAt: acceptedAt)
        }
        guard fates[id] != nil else { return }
        switch event.kind {
        case .assigned(let agentID):
            if fates[id]!.agentID == nil {
                fates[id]!.agentID = agentID
                fates[id]!.assignedAt = event.at
            }
        case .closed(_, let disposition):
            fates[id]!.closedAt = event.at
            fates[id]!.disposition = disposition
        default: break
        }
        behaviours[id, default: Behaviour()].absorb(event)
    }

    mutating func absorb(_ event: SLAEvent) {
        switch event.kind {
        case .breached(let kind, _): fates[event.workItemID]?.breached.insert(kind)
        case .breachRetracted(let kind, _): fates[event.workItemID]?.breached.remove(kind)
        default: break
        }
    }
}

/// What agents did with one work item, and after how long.
struct Behaviour: Sendable {
    private var offeredAt: [OfferID: Instant] = [:]
    private var assignedAt: Instant?
    /// From the offer that was accepted to accepting it.
    private(set) var reaction: Int64?
    /// From the first assignment to each reply.
    private(set) var replies: [Int64] = []
    private var firstAssignedAt: Instant?
    /// With somebody who worked on it, all times together; nil: nobody has finished it.
    private(set) var handling: Int64?
    private var worked: Int64 = 0

    mutating func absorb(_ event: WorkEvent) {
        switch event.kind {
        case .offered(let offerID, _, _, _): offeredAt[offerID] = event.at
        case .offerAccepted(let offerID, _):
            if reaction == nil { reaction = offeredAt[offerID].map { (event.at - $0).milliseconds } }
        case .assigned:
            assignedAt = event.at
            firstAssignedAt = firstAssignedAt ?? event.at
        case .agentReplied:
            if let firstAssignedAt { replies.append((event.at - firstAssignedAt).milliseconds) }
        case .parked, .scheduled, .requeued, .transferred, .transferredToAgent, .handedOver: rest(at: event.at)
        case .wrapUpStarted, .closed:
            rest(at: event.at)
            if firstAssignedAt != nil { handling = handling ?? worked }
        default: break
        }
    }

    private mutating func rest(at instant: Instant) {
        if let since = assignedAt { worked += (instant - since).milliseconds }
        assignedAt = nil
    }
}
