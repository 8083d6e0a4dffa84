import Domain
package import SLATimerCore
import ServiceKit
package import Streams

/// Answers from the memory of the partitions that this instance leads.
package struct ClockReader: Sendable {
    /// A work item with the business time left of each of its clocks.
    package struct Reading: Sendable {
        package var item: TrackedWorkItem
        package var remaining: [Duration]
    }

    /// Work items in the order of their ids.
    package struct Listing: Sendable {
        package var readings: [Reading]
        /// Whether this instance leads all partitions: otherwise others know of more.
        package var isComplete: Bool
    }

    private let host: StreamHost<SLATimerStreamMachine>

    package init(_ host: StreamHost<SLATimerStreamMachine>) {
        self.host = host
    }

    /// - Returns: nil for a work item that is not known, or no longer.
    /// - Throws: `Problem` 503 when another instance leads the work item's partition, or nobody yet.
    func workItem(_ id: WorkItemID, at now: Instant) throws(Problem) -> Reading? {
        do {
            let partition = try host.partition(ofKey: Array(id.rawValue.utf8))
            return try host.read(partition) { $0.reading(of: id, at: now) }
        } catch {
            throw .notLeading
        }
    }

    /// Work items after an id that have a clock in one of some states.
    /// - Bounds: `limit`.
    /// - Throws: `Problem` 503 while nothing is led here.
    func workItems(
        after id: WorkItemID?, with states: Set<TrackedClock.State>, limit: Int, at now: Instant
    ) throws(Problem) -> Listing {
        guard let count = try? host.partitionCount else { throw .notLeading }
        var readings: [Reading] = []
        var partitionsRead: Int32 = 0
        for partition in 0..<count {
            let found = try? host.read(partition) { $0.readings(after: id, with: states, limit: limit, at: now) }
            guard let found else { continue }
            readings += found
            partitionsRead += 1
        }
        guard partitionsRead > 0 else { throw .notLeading }
        let sorted = readings.sorted { $0.item.id < $1.item.id }
        return Listing(readings: Array(sorted.prefix(limit)), isComplete: partitionsRead == count)
    }
}

extension SLATimerStreamMachine {
    fileprivate func reading(of id: WorkItemID, at now: Instant) -> ClockReader.Reading? {
        timer.workItem(id).map { reading($0, at: now) }
    }

    fileprivate func readings(
        after id: WorkItemID?, with states: Set<TrackedClock.State>, limit: Int, at now: Instant
    ) -> [ClockReader.Reading] {
        timer.workItems(after: id, with: states, limit: limit).map { reading($0, at: now) }
    }

    private func reading(_ item: TrackedWorkItem, at now: Instant) -> ClockReader.Reading {
        ClockReader.Reading(item: item, remaining: item.clocks.map { timer.remaining($0.clock, at: now) })
    }
}

extension Problem {
    fileprivate static var notLeading: Problem {
        .unavailable("This instance does not lead the clocks asked for, or is still catching up.")
    }
}
