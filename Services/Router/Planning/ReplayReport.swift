package import Domain
import OrderedCollections

/// What two courses of one history have in common, and what not.
package struct ReplayReport: Sendable {
    /// Of the work items of one queue.
    package struct Row: Hashable, Sendable {
        package var queueID: QueueID
        package var opened = 0
        /// Never assigned to anybody.
        package var unreached = 0
        package var waitSecondsMean: Double?
        package var waitSecondsP50: Double?
        package var waitSecondsP90: Double?
        package var breached = 0
    }

    /// A work item that fared otherwise.
    package struct Difference: Hashable, Sendable {
        package var workItemID: WorkItemID
        package var before: Course.Fate
        package var after: Course.Fate
    }

    package static func rows(_ course: Course) -> [Row] {
        var byQueue: OrderedDictionary<QueueID, [Course.Fate]> = [:]
        for fate in course.fates.values { byQueue[fate.queueID, default: []].append(fate) }
        return byQueue.keys.sorted().map { queueID in
            let fates = byQueue[queueID] ?? []
            let waits = fates.compactMap(\.waitMilliseconds).sorted()
            var row = Row(queueID: queueID, opened: fates.count, unreached: fates.count - waits.count)
            row.breached = fates.count { !$0.breached.isEmpty }
            guard !waits.isEmpty else { return row }
            row.waitSecondsMean = Double(waits.reduce(0, +)) / Double(waits.count) / 1_000
            row.waitSecondsP50 = Double(waits[(waits.count - 1) / 2]) / 1_000
            row.waitSecondsP90 = Double(waits[(waits.count * 9 + 9) / 10 - 1]) / 1_000
            return row
        }
    }

    /// Work items that went to another agent, waited otherwise by at least so long, or kept another promise; in the order
    /// in which they were opened.
    package static func differences(
        _ before: Course, _ after: Course, waitsBy seconds: Double = 1
    ) -> [Difference] {
        before.fates.compactMap { id, old in
            guard let new = after.fates[id] else { return nil }
            var isOtherWait = false
            if let was = old.waitMilliseconds, let isNow = new.waitMilliseconds {
                isOtherWait = Double(abs(was - isNow)) >= seconds * 1_000
            }
            guard old.agentID != new.agentID || old.breached != new.breached || isOtherWait else { return nil }
            return Difference(workItemID: id, before: old, after: new)
        }
    }
}
