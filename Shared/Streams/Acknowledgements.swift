internal import DequeModule
internal import Synchronization

/// Which outputs the broker has acknowledged, so that a checkpoint never gets ahead of them.
///
/// The task's thread expects, the checkpointer's thread settles.
final class Acknowledgements: Sendable {
    private struct Entry {
        var offset: Int64
        var waiting: Int
    }

    private struct State {
        /// By offset, rising; the first is the oldest with something outstanding.
        var entries: Deque<Entry> = []
        var inFlight = 0
    }

    private let state = Mutex(State())

    /// Says that `count` outputs of the record at `offset` are about to be sent. Offsets never fall.
    func expect(_ count: Int, at offset: Int64) {
        guard count > 0 else { return }
        state.withLock { state in
            state.entries.append(Entry(offset: offset, waiting: count))
            state.inFlight += count
        }
    }

    /// Says that one output of the record at `offset` was acknowledged.
    func settle(_ offset: Int64) {
        state.withLock { state in
            var low = 0
            var high = state.entries.count
            while low < high {
                let middle = (low + high) / 2
                if state.entries[middle].offset < offset { low = middle + 1 } else { high = middle }
            }
            guard low < state.entries.count, state.entries[low].offset == offset else { return }
            state.entries[low].waiting -= 1
            state.inFlight -= 1
            while let first = state.entries.first, first.waiting == 0 { state.entries.removeFirst() }
        }
    }

    /// Whether nothing is outstanding of the records before `nextOffset`.
    func isComplete(before nextOffset: Int64) -> Bool {
        state.withLock { state in state.entries.first.map { $0.offset >= nextOffset } ?? true }
    }

    var inFlight: Int { state.withLock { $0.inFlight } }
}
