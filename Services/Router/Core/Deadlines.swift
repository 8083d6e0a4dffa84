import Domain
import HeapModule

/// Who or what has something due. At the same instant agents come before work items, then the id decides.
enum DeadlineKey: Hashable, Comparable, Sendable {
    case agent(AgentID)
    case workItem(WorkItemID)
}

/// At most one deadline for each key, in a total order.
///
/// A heap whose outdated entries are dropped when they come up, so setting a deadline again is cheap.
/// - Bounds: outdated entries never outnumber the live ones by more than a constant.
struct Deadlines: Sendable {
    private struct Entry: Comparable, Sendable {
        var due: Instant
        var key: DeadlineKey

        static func < (left: Entry, right: Entry) -> Bool {
            (left.due, left.key) < (right.due, right.key)
        }
    }

    private var due: [DeadlineKey: Instant] = [:]
    private var heap = Heap<Entry>()

    /// The earliest; its entry is always a live one.
    var next: Instant? { heap.min?.due }

    mutating func set(_ key: DeadlineKey, to instant: Instant?) {
        guard due[key] != instant else { return }
        due[key] = instant
        if let instant { heap.insert(Entry(due: instant, key: key)) }
        dropOutdated()
    }

    /// Takes out the first that is due.
    mutating func popDue(at now: Instant) -> DeadlineKey? {
        guard let first = heap.min, first.due <= now else { return nil }
        heap.removeMin()
        due[first.key] = nil
        dropOutdated()
        return first.key
    }

    private mutating func dropOutdated() {
        while let first = heap.min, due[first.key] != first.due { heap.removeMin() }
        guard heap.count > 2 * due.count + 64 else { return }
        heap = Heap(due.map { Entry(due: $0.value, key: $0.key) })
    }
}
