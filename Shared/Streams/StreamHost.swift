internal import Domain
internal import Foundation
internal import Kafka
internal import Synchronization

/// Runs a service's machine on the partitions that the consumer group gives to this instance.
///
/// One consumer is the group's member and decides, by its assignment, who leads; each partition has a `StreamTask`
/// that reads the log by itself. The member is polled on the host's thread, and only while the tasks make progress,
/// so a stuck instance loses its partitions.
package final class StreamHost<Machine: StreamMachine>: Sendable {
    private struct State {
        var tasks: [Int32: StreamTask<Machine>] = [:]
        var partitionCount: Int32?
        var isStopping = false
        var isAssigned = false
        var waitingFor = "Kafka"
    }

    /// A leading task that has not finished a turn for this long keeps the member from being polled.
    private static var stuckAfter: Duration { .seconds(60) }

    private let settings: StreamSettings
    private let configuration: ConfigurationTable?
    private let performer: (any EffectPerformer)?
    private let onApplied: @Sendable (AppliedRecord, borrowing Machine) -> Void
    private let onEvent: @Sendable (StreamEvent) -> Void
    private let makeMachine: @Sendable (Int32) -> Machine
    private let state = Mutex(State())
    private let counters = StreamCounters()
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

    /// Reads the machine of a partition that this instance leads and has caught up with.
    /// - Throws: `StreamError` notLeading.
    package func read<Result: Sendable>(
        _ partition: Int32, _ body: @Sendable (borrowing Machine) throws -> Result
    ) throws -> Result {
        guard let task = state.withLock({ $0.tasks[partition] }) else { throw notLeading(partition) }
        return try task.shared.withLock { shared in
            guard case .leading = shared.phase else { throw notLeading(partition) }
            return try body(shared.state.machine)
        }
    }

    private func notLeading(_ partition: Int32) -> StreamError {
        StreamError(.notLeading, "this instance does not lead \(settings.log)/\(partition) at the moment")
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
        let (tasks, waitingFor, isAssigned) = state.withLock { ($0.tasks, $0.waitingFor, $0.isAssigned) }
        let partitions = tasks.values.map(\.status).sorted { $0.partition < $1.partition }
        var reasons = partitions.filter { $0.role != .leading }.map {
            "\(settings.log)/\($0.partition): \($0.role.rawValue), \($0.lag) records behind"
        }
        if !isAssigned { reasons.append("waiting for \(waitingFor)") }
        return StreamStatus(reasons: reasons, partitions: partitions, counters: counters.values)
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
                continuation.resume(with: Result { try self.lead() })
            }
        }
    }

    private var isStopping: Bool { state.withLock { $0.isStopping } }

    private func lead() throws {
        guard let count = try checkTopics() else { return }
        state.withLock { state in
            state.partitionCount = count
            state.waitingFor = "the consumer group \(settings.group)"
        }
        let member = try MemberConsumer(
            properties: settings.memberProperties, group: settings.group, topics: [settings.log])
        var supervision = Supervision()
        defer {
            stopTasks(where: { _ in true }, .cleanly)
            member.close()
        }
        while !isStopping {
            try supervise(member, &supervision)
            guard tasksMakeProgress else {
                Thread.sleep(forTimeInterval: 0.1)
                continue
            }
            for event in member.poll(timeout: .milliseconds(100)) { try take(event, member) }
        }
    }

    private var tasksMakeProgress: Bool {
        let now = ContinuousClock.now
        return state.withLock { Array($0.tasks.values) }
            .allSatisfy { $0.makesProgress(within: Self.stuckAfter, at: now) }
    }

    /// Nil when the host is stopped before Kafka answers.
    private func checkTopics() throws -> Int32? {
        var warned = false
        while !isStopping {
            do {
                return try TopicCheck(settings: settings).partitionCount()
            } catch let error as KafkaError where error.isRetriable || error.code == .allBrokersDown {
                if !warned { report(.warning, "waiting for Kafka", ["error": "\(error)"]) }
                warned = true
                Thread.sleep(forTimeInterval: 0.2)
            }
        }
        return nil
    }

    private func take(_ event: MemberConsumer.Event, _ member: MemberConsumer) throws {
        switch event {
        case .assigned(let partitions):
            acknowledge(event, member)
            state.withLock { $0.isAssigned = true }
            for assigned in partitions where assigned.topic == settings.log { startTask(assigned.partition, member) }
        case .revoked(let partitions):
            let revoked = Set(partitions.map(\.partition))
            stopTasks(where: { revoked.contains($0) }, .cleanly)
            acknowledge(event, member)
        case .lost(let partitions):
            let lost = Set(partitions.map(\.partition))
            stopTasks(where: { lost.contains($0) }, .abandoning)
            acknowledge(event, member)
        case .error(let error):
            if error.isFatal { throw error }
            report(.warning, "the group member reports an error; going on", ["error": "\(error)"])
        }
    }

    /// A refusal means that the group has moved on; the next poll says to where.
    private func acknowledge(_ event: MemberConsumer.Event, _ member: MemberConsumer) {
        do {
            try member.acknowledge(event)
        } catch {
            report(.warning, "the group has moved on during a rebalance", ["error": "\(error)"])
        }
    }

    private func startTask(_ partition: Int32, _ member: MemberConsumer) {
        let context = TaskContext<Machine>(
            settings: settings, configuration: configuration, counters: counters,
            group: { member.groupMetadata() },
            lane: { [performer] in performer?.lane(of: $0, payload: $1) ?? "" },
            startEffect: { [effectsInput] request in _ = effectsInput.yield(request) },
            onApplied: onApplied, onEvent: onEvent)
        let task = StreamTask(partition: partition, machine: makeMachine(partition), context: context)
        state.withLock { $0.tasks[partition] = task }
        report(.info, "leading a partition", ["partition": "\(partition)"])
        task.start()
    }

    private func stopTasks(where isMeant: (Int32) -> Bool, _ how: StreamTask<Machine>.Stop) {
        let stopped = state.withLock { state in state.tasks.values.filter { isMeant($0.partition) } }
        for task in stopped { task.stop(how) }
        for task in stopped {
            task.join()
            report(.info, "gave a partition back", ["partition": "\(task.partition)"])
        }
        state.withLock { state in
            for task in stopped { state.tasks[task.partition] = nil }
        }
    }

    // MARK: - Supervision

    /// When failed tasks may start again.
    private struct Supervision {
        var failures: [Int32: Int] = [:]
        var restartAt: [Int32: ContinuousClock.Instant] = [:]
    }

    /// Starts failed tasks again, after a pause, if the assignment still says that they are ours. The polls between
    /// failure and restart have shown a loss if there was one.
    private func supervise(_ member: MemberConsumer, _ supervision: inout Supervision) throws {
        let now = ContinuousClock.now
        for task in state.withLock({ Array($0.tasks.values) }) {
            let partition = task.partition
            guard let failure = task.failure else {
                if case .leading = task.status.role { supervision.failures[partition] = nil }
                continue
            }
            guard failure.isRetriable else { throw failure }
            guard let restartAt = supervision.restartAt[partition] else {
                let failures = (supervision.failures[partition] ?? 0) + 1
                supervision.failures[partition] = failures
                let pause = Duration.milliseconds(min(30_000, 250 << min(failures - 1, 7)))
                supervision.restartAt[partition] = now + pause
                report(
                    .warning, "a task failed; it starts again from its last checkpoint",
                    ["partition": "\(partition)", "error": "\(failure)", "pause": "\(pause)"])
                continue
            }
            guard now >= restartAt, !member.hasLostAssignment else { continue }
            supervision.restartAt[partition] = nil
            task.join()
            counters.restarted()
            if member.assignment.contains(TopicPartition(topic: settings.log, partition: partition)) {
                startTask(partition, member)
            } else {
                state.withLock { $0.tasks[partition] = nil }
            }
        }
    }

    private func report(_ level: StreamEvent.Level, _ message: String, _ metadata: [String: String]) {
        onEvent(StreamEvent(level: level, message: message, metadata: metadata))
    }
}

extension StreamSettings {
    /// A dead letter may be larger than what librdkafka sends by itself.
    var outputProperties: [String: String] {
        ["message.max.bytes": "\(DeadLetter.bytesMax + (64 << 10))"].merging(kafka) { _, given in given }
    }

    /// The group decides within the session time-out that a member is gone.
    var memberProperties: [String: String] {
        let milliseconds = sessionTimeout.milliseconds
        let defaults = [
            "session.timeout.ms": "\(milliseconds)", "heartbeat.interval.ms": "\(max(1, milliseconds / 5))",
        ]
        return defaults.merging(kafka) { _, given in given }
    }
}
