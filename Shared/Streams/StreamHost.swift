internal import Domain
internal import Foundation
internal import Kafka
internal import Synchronization

/// Runs a service's machine on the partitions that the consumer group gives to this instance.
///
/// One consumer is the group's member and decides, by its assignment, who leads; each partition has a `StreamTask`
/// that reads the log by itself. The other partitions are followed, if that is wanted.
package final class StreamHost<Machine: StreamMachine>: Sendable {
    struct State {
        /// Leading and following.
        var tasks: [Int32: StreamTask<Machine>] = [:]
        var partitionCount: Int32?
        var isStopping = false
        /// What must come before this instance can lead; nil when nothing must.
        var waitingFor: String? = "waiting for Kafka"
    }

    let settings: StreamSettings
    let configuration: ConfigurationTable?
    private let performer: (any EffectPerformer)?
    private let onApplied: @Sendable (AppliedRecord, borrowing Machine) -> Void
    let onEvent: @Sendable (StreamEvent) -> Void
    private let makeMachine: @Sendable (Int32) -> Machine
    let state = Mutex(State())
    let counters = StreamCounters()
    private let effects: AsyncStream<EffectRequest<Machine>>
    private let effectsInput: AsyncStream<EffectRequest<Machine>>.Continuation

    /// - Parameters:
    ///   - onApplied: called on a task's thread after each record while the machine is locked: must be quick, and must
    ///     not call `read`.
    ///   - makeMachine: an empty machine for a partition.
    package init(
        settings: StreamSettings, configuration: ConfigurationTable?, performer: (any EffectPerformer)? = nil,
        onApplied: @escaping @Sendable (AppliedRecord, borrowing Machine) -> Void = { _, _ in },
        onEvent: @escaping @Sendable (StreamEvent) -> Void = { _ in },
        makeMachine: @escaping @Sendable (_ partition: Int32) -> Machine
    ) {
        self.settings = settings
        self.configuration = configuration
        self.performer = performer
        self.onApplied = onApplied
        self.onEvent = onEvent
        self.makeMachine = makeMachine
        // Bounded by the tasks: each has at most `effectsInFlightMax` effects under way.
        (effects, effectsInput) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
    }

    /// Runs until `shutdown()` or cancellation; then makes last checkpoints and leaves the group.
    /// - Throws: `StreamError` when the start is refused.
    package func run() async throws {
        try await withTaskCancellationHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await self.performEffects() }
                defer { group.cancelAll() }
                try await self.runLoop()
            }
        } onCancel: {
            shutdown()
        }
    }

    package func shutdown() {
        state.withLock { $0.isStopping = true }
    }

    /// Reads the machine of a partition that this instance leads or follows and has caught up with.
    /// - Throws: `StreamError` notLeading.
    package func read<Result: Sendable>(
        _ partition: Int32, _ body: @Sendable (borrowing Machine) throws -> Result
    ) throws -> Result {
        guard let task = state.withLock({ $0.tasks[partition] }) else { throw notLeading(partition) }
        return try task.shared.withLock { shared in
            guard shared.isCaughtUp, shared.phase.isLive else { throw notLeading(partition) }
            return try body(shared.state.machine)
        }
    }

    private func notLeading(_ partition: Int32) -> StreamError {
        StreamError(.notLeading, "this instance has not caught up with \(settings.log)/\(partition) at the moment")
    }

    /// The number of the log's partitions.
    /// - Throws: `StreamError` notLeading until Kafka has told.
    package var partitionCount: Int32 {
        get throws {
            guard let count = state.withLock({ $0.partitionCount }) else {
                throw StreamError(.notLeading, "the partitions of \(settings.log) are not known yet")
            }
            return count
        }
    }

    /// The partition where records with this key are.
    package func partition(ofKey key: [UInt8]) throws -> Int32 {
        Partitioner.murmur2(key, partitions: try partitionCount)
    }

    package var status: StreamStatus {
        let (tasks, waitingFor) = state.withLock { ($0.tasks.values, $0.waitingFor) }
        let all = tasks.map(\.status).sorted { $0.partition < $1.partition }
        let led = all.filter(\.isPromoted)
        let following = all.filter { !$0.isPromoted }
        var reasons = led.filter { $0.role != .leading }.map {
            "\(settings.log)/\($0.partition): \($0.role.rawValue), \($0.lag) records behind"
        }
        if let waitingFor { reasons.append(waitingFor) }
        return StreamStatus(reasons: reasons, partitions: led, following: following, counters: counters.values)
    }

    // MARK: - Effects

    private func performEffects() async {
        await withDiscardingTaskGroup { group in
            for await request in effects {
                group.addTask {
                    guard let performer = self.performer else {
                        preconditionFailure("a machine with effects needs a performer")
                    }
                    let result = await performer.perform(request.effect, payload: request.payload)
                    // A cancelled effect has no result: the next leader performs it again.
                    if !Task.isCancelled { request.task.complete(request.effect, result: result) }
                }
            }
        }
    }

    // MARK: - The host's thread

    private func runLoop() async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            _ = NamedThread.start("\(settings.service)-host") {
                continuation.resume(with: Result { try HostLoop(self).run() })
            }
        }
    }

    var isStopping: Bool { state.withLock { $0.isStopping } }

    func context(
        logs: SharedConsumer, states: SharedConsumer, group: @escaping @Sendable () -> GroupMetadata
    ) -> TaskContext<Machine> {
        TaskContext(
            settings: settings, logs: logs, states: states, configuration: configuration, counters: counters,
            makeMachine: makeMachine,
            group: group, lane: { [performer] in performer?.lane(of: $0, payload: $1) ?? "" },
            startEffect: { [effectsInput] request in _ = effectsInput.yield(request) },
            onApplied: onApplied, onEvent: onEvent)
    }
}
