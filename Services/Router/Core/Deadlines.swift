import Domain
import HeapModule

/// Who or what has something due. At the same instant agents come before work items, then the id decides.
enum DeadlineKey: Hashable, Comparable, Sendable {
    case agent(AgentID)
    case workItem(WorkItemID)

    static func < (left: DeadlineKey, right: DeadlineKey) -> Bool {
        switch (left, right) {
        case (.agent(let left), .agent(let right)): left < right
        case (.workItem(let left), .workItem(let right)): left < right
        case (.agent, .workItem): true
        case (.workItem, .agent): false
        }
    }

    func _rawHashValue(seed: Int) -> Int {
        switch self {
        case .agent(let id): id._rawHashValue(seed: seed)
        case .workItem(let id): id._rawHashValue(seed: seed &+ 1)
        }
    }
}

/// At most one deadline for each key, in a total order.
///
/// Most deadlines are put off again and again (a presence lease, by each request) and never come. So a key stays in
/// the heap where it is when its deadline moves back, and is put right when it comes up.
/// - Bounds: outdated entries never outnumber the live ones by more than a constant.
struct Deadlines: Sendable {
    private struct Entry: Comparable, Sendable {
        var due: Instant
        var key: DeadlineKey

        static func < (left: Entry, right: Entry) -> Bool {
            left.due != right.due ? left.due < right.due : left.key < right.key
        }
    }

    private struct Times: Sendable {
        var due: Instant
        /// Where the key's entry is in the heap: there or earlier.
        var entered: Instant
    }

    private var times: [DeadlineKey: Times] = [:]
    private var heap = Heap<Entry>()

    /// The earliest; the first entry is always a live one.
    var next: Instant? { heap.min?.due }

    mutating func set(_ key: DeadlineKey, to instant: Instant?) {
        guard let instant else {
            if times.removeValue(forKey: key) != nil { settle() }
            return
        }
        guard let old = times[key], old.entered <= instant else {
            times[key] = Times(due: instant, entered: instant)
            heap.insert(Entry(due: instant, key: key))
            return settle()
        }
        guard old.due != instant else { return }
        times[key] = Times(due: instant, entered: old.entered)
        if heap.min?.key == key { settle() }
    }

    /// Takes out the first that is due.
    mutating func popDue(at now: Instant) -> DeadlineKey? {
        guard let first = heap.min, first.due <= now else { return nil }
        heap.removeMin()
        times[first.key] = nil
        settle()
        return first.key
    }

    /// Drops or puts right what is first until that is live.
    private mutating func settle() {
        while let first = heap.min {
            guard let live = times[first.key], live.entered == first.due else {
                heap.removeMin()
                continue
            }
            if live.due == first.due { break }
            times[first.key]!.entered = live.due
            heap.replaceMin(with: Entry(due: live.due, key: first.key))
        }
        guard heap.count > 2 * times.count + 64 else { return }
        times = times.mapValues { Times(due: $0.due, entered: $0.due) }
        heap = Heap(times.map { Entry(due: $0.value.due, key: $0.key) })
    }
}
