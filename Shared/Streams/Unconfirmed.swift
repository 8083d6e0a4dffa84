internal import DequeModule
internal import OrderedCollections

/// What a follower has come to that no checkpoint of the leader covers yet. Should it have to lead, it sends these
/// outputs, and its first checkpoint holds these changes.
///
/// - Bounds: the outputs by `StreamSettings.followingBytesMax`, which the follower heeds; the changes by the entities.
struct Unconfirmed<Machine: StreamMachine> {
    typealias Send = StreamState<Machine>.Send

    private struct Change {
        var value: StateChange
        /// It was made before this offset.
        var end: Int64
    }

    private var sends: Deque<(offset: Int64, sends: [Send])> = []
    private var changes: OrderedDictionary<String, Change> = [:]
    private(set) var bytes = 0

    mutating func append(_ new: [Send], at offset: Int64) {
        guard !new.isEmpty else { return }
        sends.append((offset, new))
        bytes += Self.size(new)
    }

    /// Keeps the newest form of entities that changed before `end`.
    mutating func append(_ new: [StateChange], before end: Int64) {
        for change in new { changes[change.key] = Change(value: change, end: end) }
    }

    /// Forgets what a checkpoint up to `nextOffset` covers.
    mutating func confirm(_ nextOffset: Int64) {
        while let first = sends.first, first.offset < nextOffset {
            bytes -= Self.size(first.sends)
            sends.removeFirst()
        }
        changes.removeAll { $0.value.end <= nextOffset }
    }

    /// Everything that is left, once.
    mutating func take() -> (sends: Deque<(offset: Int64, sends: [Send])>, changes: [StateChange]) {
        defer { self = Unconfirmed() }
        return (sends, changes.values.map(\.value))
    }

    private static func size(_ sends: [Send]) -> Int {
        sends.reduce(0) { $0 + ($1.key?.count ?? 0) + ($1.value?.count ?? 0) + 512 }
    }
}
