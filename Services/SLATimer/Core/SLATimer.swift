package import Domain
import HeapModule
import OrderedCollections

/// What the timer wants to happen.
package enum SLAOutput: Hashable, Sendable {
    case event(SLAEvent)
    /// For the router.
    case escalate(Escalation)
    /// For the connector.
    case message(OutboundMessage)
    /// For context, which recognizes the answer.
    case surveyAsked(SurveyAsked)
}

/// The clocks of all work items of one partition: runs them, warns, breaches, escalates, acknowledges, asks.
///
/// Event time decides (`ClockSignal.at`), log time only drives deadlines. See `Course` for what starts, pauses and ends
/// a clock, and `TrackedClock` for how late signals correct what was said.
package struct SLATimer: Sendable {
    /// The version of the rules that holds.
    package private(set) var rulesVersion: Int
    private var configuration: Configuration?
    /// Never iterated into an output except in the order of ids.
    private var workItems: [WorkItemID: TrackedWorkItem] = [:]
    private var index = WorkItemIndex()
    /// Holds the present deadline of every work item, and stale ones that are skipped.
    private var deadlines = Heap<Deadline>()
    private var changed: OrderedSet<WorkItemID> = []

    package init(rulesVersion: Int = RulesVersion.newest) {
        self.rulesVersion = rulesVersion
    }

    /// From here on the rules of this version hold.
    package mutating func adopt(rules version: Int) {
        rulesVersion = version
    }

    /// Takes a signal of the router. What concerns a work item that is not known, or no longer, is ignored.
    package mutating func apply(_ signal: ClockSignal, at now: Instant) -> [SLAOutput] {
        // Nothing happened after it was written down, whatever another broker's clock says.
        let happenedAt = Instant(milliseconds: min(max(signal.at.milliseconds, 0), now.milliseconds))
        if case .opened(let opened) = signal.kind {
            guard workItems[signal.workItemID] == nil else { return [] }
            return open(
                TrackedWorkItem(id: signal.workItemID, opened: opened, openedAt: happenedAt, heardAt: now), at: now)
        }
        guard var item = workItems[signal.workItemID], let event = Entry.Event(signal.kind, at: happenedAt) else {
            return []
        }
        guard item.insert(Entry(at: happenedAt, event: event)) else { return [] }
        item.heardAt = now
        if case .priorityChanged = event { item.askedPriority = nil }
        return settle(item, at: now)
    }

    /// Fires what is due: warnings, breaches, surveys; and forgets what is over.
    package mutating func advance(to now: Instant) -> [SLAOutput] {
        var due: OrderedSet<WorkItemID> = []
        while let next = deadlines.min, next.at <= now {
            deadlines.removeMin()
            if workItems[next.workItemID]?.nextDeadline == next.at { due.append(next.workItemID) }
        }
        return due.flatMap { id in workItems[id].map { settle($0, at: now) } ?? [] }
    }

    /// Takes a configuration revision. Running clocks keep the target with which they started; their hours are those
    /// of the new calendar, so a clock that ran out of compiled hours goes on.
    package mutating func configure(_ configuration: Configuration, at now: Instant) -> [SLAOutput] {
        self.configuration = configuration
        var outputs: [SLAOutput] = []
        for id in workItems.keys.sorted() {
            guard var item = workItems[id] else { continue }
            outputs += item.adopt(configuration, at: now)
            outputs += settle(item, at: now)
        }
        return outputs
    }

    /// When `advance(to:)` has something to do next.
    package var nextDeadline: Instant? { deadlines.min?.at }

    private mutating func open(_ item: TrackedWorkItem, at now: Instant) -> [SLAOutput] {
        var item = item
        let acknowledgement = configuration.map { item.adopt($0, at: now) } ?? []
        return acknowledgement + settle(item, at: now)
    }

    /// Brings a work item up to date with the time, and keeps it or forgets it.
    private mutating func settle(_ item: TrackedWorkItem, at now: Instant) -> [SLAOutput] {
        var item = item
        var outputs = configuration.map { item.settle(at: now, $0) } ?? []
        changed.append(item.id)
        if item.forgottenAt <= now {
            outputs += item.forgotten(at: now)
            index.replace(workItems.removeValue(forKey: item.id), with: nil)
        } else {
            index.replace(workItems.updateValue(item, forKey: item.id), with: item)
            deadlines.insert(Deadline(at: item.nextDeadline, workItemID: item.id))
        }
        dropStaleDeadlines()
        return outputs
    }

    /// Keeps the first deadline a present one, and the heap no larger than twice what it must hold.
    private mutating func dropStaleDeadlines() {
        if deadlines.count > 2 * workItems.count + 64 {
            deadlines = Heap(workItems.values.map { Deadline(at: $0.nextDeadline, workItemID: $0.id) })
        }
        while let next = deadlines.min, workItems[next.workItemID]?.nextDeadline != next.at { deadlines.removeMin() }
    }
}

extension SLATimer {
    /// The work items that changed since the last call, in their present form; nil for one that was forgotten.
    package mutating func changes() -> [(id: WorkItemID, item: TrackedWorkItem?)] {
        defer { changed.removeAll() }
        return changed.map { ($0, workItems[$0]) }
    }

    /// Puts back the configuration in force at the checkpoint; comes before the work items.
    package mutating func restore(_ configuration: Configuration) {
        self.configuration = configuration
    }

    /// Puts back a work item from a checkpoint.
    package mutating func restore(_ item: TrackedWorkItem) {
        index.replace(workItems.updateValue(item, forKey: item.id), with: item)
        deadlines.insert(Deadline(at: item.nextDeadline, workItemID: item.id))
    }
}

extension SLATimer {
    /// What is known of one work item, for readers.
    package func workItem(_ id: WorkItemID) -> TrackedWorkItem? { workItems[id] }

    package var workItemCount: Int { workItems.count }

    /// Business time left of a clock at an instant; negative after its due time.
    package func remaining(_ clock: Clock, at now: Instant) -> Duration {
        clock.remaining(at: now, in: configuration?.hours(clock.calendarID))
    }

    /// Work items after an id, in the order of ids, that have a clock in one of some states.
    /// - Bounds: `limit`.
    package func workItems(
        after id: WorkItemID?, with states: Set<TrackedClock.State>, limit: Int
    ) -> [TrackedWorkItem] {
        index.page(after: id, with: states, limit: limit).compactMap { workItems[$0] }
    }
}

/// Ordered by time, then by work item: the same in every run.
private struct Deadline: Comparable, Sendable {
    var at: Instant
    var workItemID: WorkItemID

    static func < (left: Deadline, right: Deadline) -> Bool {
        (left.at, left.workItemID) < (right.at, right.workItemID)
    }
}

extension Entry.Event {
    /// Nil for the opening, which is no event of a work item's history but its beginning.
    fileprivate init?(_ kind: ClockSignal.Kind, at instant: Instant) {
        switch kind {
        case .opened: return nil
        case .customerMessage(let id, _): self = .customerWrote(id, at: instant)
        case .agentReplied(let id): self = .agentReplied(id)
        case .parked: self = .parked
        case .resumed: self = .resumed
        case .priorityChanged(let priority): self = .priorityChanged(priority)
        case .closed(let agentID, _, let conversationEnded, let replyAddress):
            self = .closed(
                Closure(at: instant, agentID: agentID, conversationEnded: conversationEnded, replyAddress: replyAddress)
            )
        }
    }
}
