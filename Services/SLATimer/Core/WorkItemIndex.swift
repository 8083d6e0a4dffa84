import Domain

/// Which work items have a clock in which state, in the order of ids: for readers who turn pages.
///
/// A page costs what it holds, and a change a binary search, however many work items there are.
struct WorkItemIndex: Sendable {
    private var ids: [TrackedClock.State: SortedIDs] = [:]

    /// Takes a work item's new form, or that it is gone.
    mutating func replace(_ old: TrackedWorkItem?, with new: TrackedWorkItem?) {
        guard let id = new?.id ?? old?.id else { return }
        for state in TrackedClock.State.allCases {
            switch (old?.hasClock(in: state) ?? false, new?.hasClock(in: state) ?? false) {
            case (false, true): ids[state, default: SortedIDs()].insert(id)
            case (true, false): ids[state]?.remove(id)
            case (true, true), (false, false): break
            }
        }
    }

    /// Work items after an id that have a clock in one of some states, in order.
    /// - Bounds: `limit`.
    func page(after id: WorkItemID?, with states: Set<TrackedClock.State>, limit: Int) -> [WorkItemID] {
        let found = Set(states.flatMap { ids[$0]?.page(after: id, limit: limit) ?? [] })
        return Array(found.sorted().prefix(limit))
    }
}

extension TrackedWorkItem {
    fileprivate func hasClock(in state: TrackedClock.State) -> Bool { clocks.contains { $0.state == state } }
}

/// Ids in order, in chunks that are divided when they have grown: an insertion moves no more than one of them.
private struct SortedIDs: Sendable {
    private static let chunkMax = 256

    /// None is empty.
    private var chunks: [[WorkItemID]] = []

    mutating func insert(_ id: WorkItemID) {
        guard !chunks.isEmpty else { return chunks.append([id]) }
        let place = chunk(for: id)
        chunks[place].insert(id, at: chunks[place].firstIndexInOrder { $0 >= id })
        if chunks[place].count > Self.chunkMax {
            let half = chunks[place].count / 2
            chunks.insert(Array(chunks[place][half...]), at: place + 1)
            chunks[place].removeSubrange(half...)
        }
    }

    /// Takes out an id that is there.
    mutating func remove(_ id: WorkItemID) {
        let place = chunk(for: id)
        chunks[place].remove(at: chunks[place].firstIndexInOrder { $0 >= id })
        if chunks[place].isEmpty { chunks.remove(at: place) }
    }

    func page(after id: WorkItemID?, limit: Int) -> [WorkItemID] {
        guard !chunks.isEmpty else { return [] }
        let place = id.map { chunk(for: $0) } ?? 0
        let start = id.map { id in chunks[place].firstIndexInOrder { $0 > id } } ?? 0
        var page = Array(chunks[place][start...].prefix(limit))
        for chunk in chunks[(place + 1)...] where page.count < limit { page += chunk.prefix(limit - page.count) }
        return page
    }

    /// The last chunk that does not begin behind an id.
    private func chunk(for id: WorkItemID) -> Int { max(0, chunks.firstIndexInOrder { $0[0] > id } - 1) }
}

extension Array {
    /// The first place where something holds that holds for all behind it too; the end if nowhere.
    fileprivate func firstIndexInOrder(where holds: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
