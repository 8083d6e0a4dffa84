import Domain
import OrderedCollections

/// How the slack of a queue's work items is counted: the business time left to the next target.
///
/// Open time runs on from the beginning of the calendar. A work item is due when it has reached a sum that is fixed
/// once the target has started, so the order within a queue never changes by itself; what is left is that sum less
/// where open time stands now, which makes queues with different calendars comparable.
///
/// Pauses are not counted: a work item that was parked is taken for more urgent than its clock says, never for less.
struct Slack: Sendable {
    private var firstResponse: Int64?
    private var nextResponse: Int64?
    private var resolution: Int64?
    private var calendar: BusinessCalendar?
    /// - Units: milliseconds.
    private var unit: Int64

    /// Nil where the pool orders by priority.
    init?(of queue: Queue, in configuration: Configuration) {
        guard let pool = configuration.pools[queue.poolID], pool.order == .slack else { return nil }
        let policy = configuration.slaPolicies[queue.slaPolicyID]
        func target(_ kind: TargetKind) -> Int64? {
            policy?.targets.first { $0.kind == kind }.map { Int64(max(0, $0.seconds)) * 1_000 }
        }
        firstResponse = target(.firstResponse)
        nextResponse = target(.nextResponse)
        resolution = target(.resolution)
        calendar = policy?.calendarID.flatMap { configuration.calendars[$0] }
        unit = Int64(max(1, pool.slackUnitSeconds)) * 1_000
    }

    /// The band of open time in which the next target is due; the greatest when there is none.
    func band(of item: WorkItem) -> Int64 {
        var due = resolution.map { openTime(at: item.acceptedAt) + $0 }
        let response: Int64?
        if let answeredAt = item.answeredAt {
            let unanswered = item.messages.first { $0.acceptedAt > answeredAt }
            response = unanswered.flatMap { message in nextResponse.map { openTime(at: message.acceptedAt) + $0 } }
        } else {
            response = firstResponse.map { openTime(at: item.acceptedAt) + $0 }
        }
        if let response { due = min(due ?? response, response) }
        return due.map(band) ?? .max
    }

    /// The band in which open time stands.
    func band(at now: Instant) -> Int64 { band(openTime(at: now)) }

    private func openTime(at instant: Instant) -> Int64 {
        calendar.openTime(from: Instant(milliseconds: 0), to: instant).milliseconds
    }

    /// Rounded down, before 1970 too.
    private func band(_ openTime: Int64) -> Int64 {
        openTime >= 0 ? openTime / unit : -((-openTime + unit - 1) / unit)
    }
}

extension RouterMachine {
    /// A work item's place in its line.
    func rank(of item: WorkItem) -> Rank { item.rank(under: rules(of: item.queueID)) }

    func demandKey(of item: WorkItem) -> DemandKey { item.demandKey(under: rules(of: item.queueID)) }

    /// Where the work item at a place stands.
    func standing(at place: Int) -> Standing {
        items[at: place].standing(under: rules(of: items[at: place].queueID))
    }

    /// For whom the work item at a place may be kept.
    func preference(at place: Int) -> PoolIndex.Preference? {
        guard items[at: place].preferredUntil != nil else { return nil }
        let item = items[at: place]
        guard let agentID = preferredAgent(of: item) else { return nil }
        return PoolIndex.Preference(agentID: agentID, isReserved: isPresent(agentID, for: item))
    }

    /// Work items that were accepted at or before this have waited for as long as the pool allows.
    func overdueSince(in poolID: PoolID, at now: Instant) -> Instant? {
        configuration.pools[poolID]?.maximumWaitSeconds.map { now - .seconds(max(0, $0)) }
    }
}

extension WorkItem {
    fileprivate func rank(under rules: QueueRules?) -> Rank {
        Rank(band: rules?.slack?.band(of: self) ?? 0, priority: priority, acceptedAt: acceptedAt, id: id)
    }

    fileprivate func demandKey(under rules: QueueRules?) -> DemandKey {
        DemandKey(queueID: queueID, widenedTo: rules?.widenedTo(after: step) ?? [], requirements: requirements)
    }

    fileprivate func standing(under rules: QueueRules?) -> Standing {
        Standing(
            poolID: poolID, demand: demandKey(under: rules), channel: address.channel, rank: rank(under: rules),
            preferredUntil: preferredUntil)
    }
}
