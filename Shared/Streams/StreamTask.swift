package import Domain
internal import Foundation
internal import Kafka
internal import Synchronization

/// What a task needs of the host that runs it.
struct TaskContext<Machine: StreamMachine>: Sendable {
    var settings: StreamSettings
    /// Read the log and the state topic for all tasks of the host.
    var logs: SharedConsumer
    var states: SharedConsumer
    var configuration: ConfigurationTable?
    var counters: StreamCounters
    var makeMachine: @Sendable (Int32) -> Machine
    var group: @Sendable () -> GroupMetadata
    /// Which effects are slow together.
    var lane: @Sendable (_ effect: String, _ payload: [UInt8]) -> String
    var startEffect: @Sendable (EffectRequest<Machine>) -> Void
    var onApplied: @Sendable (AppliedRecord, borrowing Machine) -> Void
    var onEvent: @Sendable (StreamEvent) -> Void

    /// As before the first record of the log.
    func makeState(_ partition: Int32) -> StreamState<Machine> {
        StreamState(service: settings.service, deadLetter: settings.deadLetter, machine: makeMachine(partition))
    }
}

/// An effect that may be performed now.
struct EffectRequest<Machine: StreamMachine>: Sendable {
    var task: StreamTask<Machine>
    var effect: String
    var payload: [UInt8]
}

/// Runs a machine on one partition of its log, on a thread of its own.
///
/// ```
/// starting ─▶ restoring ─▶ replaying ─▶ following      somebody else leads: apply, and say nothing
///     │           └────────────┴────────────┤ promote
///     └──────────────▶ restoring ◀──────────┘          fence, read the last checkpoint
///                          ▼
///                      replaying ─▶ leading ─▶ stopping ─▶ stopped
/// ```
/// and `failed` from anywhere. A task is promoted at most once and never goes back to following. Whatever goes wrong
/// ends it as a whole, and so does giving the partition back; the host starts a new one, which recovers from the last
/// checkpoint, so there is one way back and it is used all the time.
final class StreamTask<Machine: StreamMachine>: Sendable {
    enum Phase: Sendable {
        case starting, restoring, replaying, following, leading, stopping, stopped
        case failed(StreamError)
    }

    enum Stop: Sendable {
        /// With a last checkpoint.
        case cleanly
        /// The partition belongs to somebody else already, or a crash is simulated.
        case abandoning
    }

    struct Results: Sendable {
        var effect: String
        var bytes: [UInt8]
    }

    /// What other threads see and say.
    struct Shared {
        var phase = Phase.starting
        var stop: Stop?
        /// The group has given the partition to this instance.
        var isPromoted: Bool
        /// Has been at the log's end: the machine may be read.
        var isCaughtUp = false
        var state: StreamState<Machine>
        var results: [Results] = []
        var lastProgress = ContinuousClock.now
        var logEnd: Int64 = 0
        /// The offset after the last record that this task has read from the log; 0 before.
        var readOffset: Int64 = 0
        var wakeUp: (@Sendable () -> Void)?
    }

    let partition: Int32
    /// An earlier task of this process has applied the log up to here: it cannot end before.
    let seenOffset: Int64
    let context: TaskContext<Machine>
    let shared: Mutex<Shared>
    private let thread = Mutex<NamedThread?>(nil)

    init(partition: Int32, isPromoted: Bool, seenOffset: Int64, context: TaskContext<Machine>) {
        self.partition = partition
        self.seenOffset = seenOffset
        self.context = context
        shared = Mutex(Shared(isPromoted: isPromoted, state: context.makeState(partition)))
    }

    func start() {
        let started = NamedThread.start("\(context.settings.service)-task-\(partition)") { self.run() }
        thread.withLock { $0 = started }
    }

    /// Asks the task to stop; `join` waits for it.
    func stop(_ how: Stop) {
        let wakeUp = shared.withLock { shared in
            shared.stop = shared.stop ?? how
            return shared.wakeUp
        }
        wakeUp?()
    }

    /// Asks the task to take the partition over.
    func promote() {
        let wakeUp = shared.withLock { shared in
            shared.isPromoted = true
            return shared.wakeUp
        }
        wakeUp?()
    }

    /// Whether the group has given this partition to this instance.
    var isPromoted: Bool { shared.withLock { $0.isPromoted } }

    func join() {
        thread.withLock { $0 }?.join()
    }

    /// Brings the result of an effect; it is written to the log. Dropped when the task has ended: the next leader
    /// performs the effect again.
    func complete(_ effect: String, result: [UInt8]) {
        let wakeUp = shared.withLock { shared in
            shared.results.append(Results(effect: effect, bytes: result))
            return shared.wakeUp
        }
        wakeUp?()
    }

    private func run() {
        do {
            try TaskLoop(self).run()
            shared.withLock { shared in shared.phase = .stopped }
        } catch let error as StreamError {
            shared.withLock { shared in shared.phase = .failed(error) }
        } catch let error as KafkaError {
            shared.withLock { shared in shared.phase = .failed(StreamError(.kafka, "\(error)")) }
        } catch {
            shared.withLock { shared in shared.phase = .failed(StreamError(.crashed, "\(error)")) }
        }
        shared.withLock { shared in shared.wakeUp = nil }
    }
}

/// A record after it was applied, for those who wait for it.
package struct AppliedRecord: Sendable {
    package var partition: Int32
    package var offset: Int64
    package var at: Instant
    /// Nil for control records and dropped repeats.
    package var record: StreamRecord?
    package var outputs: [StreamOutput]
    /// Applied as leader, not in the replay of a recovery.
    package var isLive: Bool
    /// It came after the log's end had been reached: its time was the present when it was read.
    package var isFresh: Bool
}

/// Something that an operator may want to know.
package struct StreamEvent: Sendable {
    package enum Level: Sendable { case info, warning, error }
    package var level: Level
    package var message: String
    package var metadata: [String: String]
}
