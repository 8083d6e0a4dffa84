internal import Domain
internal import Foundation
internal import Kafka
internal import OrderedCollections
internal import Synchronization

/// The body of a stream task's thread: recover, then apply, send, checkpoint.
///
/// Everything here belongs to that thread; what others may see lies in `task.shared`.
final class TaskLoop<Machine: StreamMachine> {
    let task: StreamTask<Machine>
    let settings: StreamSettings
    let partition: Int32
    let clock = ContinuousClock()
    /// Names this task's leadership: no other task has ever had it.
    let token = UUID().uuidString

    let acknowledgements = Acknowledgements()
    private var checkpoints: Producer?
    private(set) var outputs: Producer?
    private var consumer: DataConsumer?
    private var checkpointer: Checkpointer?

    /// Nothing is in the log beyond what was applied.
    private(set) var isAtEnd = false
    private(set) var lastRecordAt: ContinuousClock.Instant
    private(set) var isLeading = false
    private var leadSent = false
    private var configurationSent: Int64 = 0
    private var ticker = Ticker()
    var effects = EffectQueue()

    private var retained: OrderedDictionary<String, StateChange> = [:]
    private var isCheckpointing = false
    private var lastCheckpoint: ContinuousClock.Instant
    private var checkpointedOffset: Int64 = 0
    private var recordsSinceCheckpoint = 0

    init(_ task: StreamTask<Machine>) {
        self.task = task
        settings = task.context.settings
        partition = task.partition
        lastRecordAt = clock.now
        lastCheckpoint = clock.now
    }

    func run() throws {
        defer { close() }
        try recover()
        while stopRequest == nil { try turn() }
        if case .cleanly = stopRequest { try finish() }
    }

    private var stopRequest: StreamTask<Machine>.Stop? { task.shared.withLock { $0.stop } }

    private func setPhase(_ phase: StreamTask<Machine>.Phase) {
        task.shared.withLock { $0.phase = phase }
    }

    private func close() {
        checkpointer?.stop()
        consumer?.close()
        outputs?.close()
        checkpoints?.close()
    }

    // MARK: - Recovery

    /// Fences the previous owner, reads the last checkpoint, and finds the place to go on.
    private func recover() throws {
        setPhase(.restoring)
        let checkpoints = try Producer(
            properties: settings.kafka, transactionalID: "\(settings.group)-\(partition)")
        self.checkpoints = checkpoints
        try fence(checkpoints)
        let entries = try StateReader(settings: settings, partition: partition).read { self.stopRequest != nil }
        let next = try task.shared.withLock { shared in
            try shared.state.restore(entries)
            return shared.state.nextOffset
        }
        checkpointedOffset = next
        // The statistics say where the log ends while there is a backlog.
        let properties = ["statistics.interval.ms": "5000"].merging(settings.kafka) { _, given in given }
        let consumer = try DataConsumer(
            properties: properties, topic: settings.log, partition: partition, from: .at(next))
        self.consumer = consumer
        try checkPosition(next, hasCheckpoint: !entries.isEmpty, consumer)
        let outputs = try Producer(properties: settings.outputProperties)
        self.outputs = outputs
        let checkpointer = Checkpointer(
            settings: settings, partition: partition, outputs: outputs, checkpoints: checkpoints,
            acknowledgements: acknowledgements, group: task.context.group)
        checkpointer.start()
        self.checkpointer = checkpointer
        task.shared.withLock { shared in
            shared.phase = .replaying
            shared.wakeUp = { consumer.wakeUp() }
        }
        try settings.probe(.restored, partition)
    }

    private func fence(_ checkpoints: Producer) throws {
        while true {
            do {
                return try checkpoints.initTransactions(timeout: .seconds(5))
            } catch {
                guard error.isRetriable, stopRequest == nil else { throw error }
                task.context.onEvent(
                    StreamEvent(
                        level: .warning, message: "waiting for Kafka to begin transactions",
                        metadata: ["partition": "\(partition)", "error": "\(error)"]))
            }
        }
    }

    private func checkPosition(_ next: Int64, hasCheckpoint: Bool, _ consumer: DataConsumer) throws {
        let (low, high) = try consumer.watermarks(timeout: .seconds(10))
        task.shared.withLock { $0.logEnd = high }
        let place = "\(settings.log)/\(partition)"
        guard next >= low, next <= high else {
            throw StreamError(
                .refused,
                hasCheckpoint
                    ? "the checkpoint in \(settings.state) goes on at \(place)/\(next), but that log holds "
                        + "\(low)..<\(high): the log or the state was lost. Restore the lost one, or delete the "
                        + "topics of both and start anew"
                    : "\(place) begins at \(low) and \(settings.state) holds no checkpoint: the state was lost. "
                        + "Restore \(settings.state), or delete both topics and start anew")
        }
    }

    // MARK: - One turn

    private func turn() throws {
        guard let consumer, let checkpointer else { return }
        if let failure = checkpointer.failure { throw failure }
        for event in consumer.poll(max: settings.batchMax, timeout: waitingTime()) { try take(event) }
        try appendResults()
        try leadIfCaughtUp()
        if isLeading {
            try sendConfiguration()
            try pumpEffects()
            try tickIfDue()
        }
        try checkpointIfDue()
        waitForRoom()
        let end = consumer.statistics?.partitions.first?.highOffset ?? 0
        task.shared.withLock { shared in
            shared.lastProgress = clock.now
            shared.logEnd = max(shared.logEnd, end)
        }
    }

    private func take(_ event: DataConsumer.Event) throws {
        switch event {
        case .record(let record):
            guard stopRequest == nil else { return }
            try apply(record)
        case .endOfPartition(_, let offset):
            isAtEnd = true
            task.shared.withLock { $0.logEnd = max($0.logEnd, offset) }
        case .error(let error):
            if error.isFatal || error.code == .offsetOutOfRange { throw error }
            task.context.onEvent(
                StreamEvent(
                    level: .warning, message: "reading the log failed; going on",
                    metadata: ["partition": "\(partition)", "error": "\(error)"]))
        }
    }

    private func apply(_ record: Record) throws {
        guard record.timestampKind == .logAppendTime else {
            throw StreamError(
                .refused, "\(settings.log): records carry no LogAppendTime; set message.timestamp.type=LogAppendTime")
        }
        try settings.probe(.polled, partition)
        isAtEnd = false
        lastRecordAt = clock.now
        recordsSinceCheckpoint += 1
        let step = task.shared.withLock { shared in
            let step = shared.state.apply(record)
            shared.logEnd = max(shared.logEnd, record.offset + 1)
            task.context.onApplied(
                AppliedRecord(
                    partition: partition, offset: record.offset, at: shared.state.instant, record: step.record,
                    outputs: step.outputs, isLive: isLeading),
                shared.state.machine)
            return step
        }
        try settings.probe(.applied, partition)
        try send(step.sends, at: record.offset)
        try settings.probe(.outputsSent, partition)
        observe(step, record)
        try follow(step)
    }

    private func send(_ sends: [StreamState<Machine>.Send], at offset: Int64) throws {
        acknowledgements.expect(sends.count, at: offset)
        for send in sends {
            try produce(
                topic: send.topic, partition: nil, key: send.key, value: send.value, headers: send.headers,
                tag: Int(offset))
        }
    }

    /// Produces, waiting while the producer's queue is full.
    private func produce(
        topic: String, partition: Int32?, key: [UInt8]?, value: [UInt8]?, headers: [Header], tag: Int
    ) throws {
        guard let outputs else { return }
        while true {
            do {
                return try outputs.produce(
                    topic: topic, partition: partition, key: key, value: value, headers: headers, tag: tag)
            } catch {
                guard error.code == .queueFull else { throw error }
                if let failure = checkpointer?.failure { throw failure }
                Thread.sleep(forTimeInterval: 0.001)
            }
        }
    }

    func append(_ control: Control, value: [UInt8] = []) throws {
        try produce(
            topic: settings.log, partition: partition, key: Array("patchbay-control".utf8), value: value,
            headers: control.headers, tag: -1)
    }

    private func waitForRoom() {
        while acknowledgements.inFlight > settings.outputsInFlightMax, stopRequest == nil, checkpointer?.failure == nil
        {
            Thread.sleep(forTimeInterval: 0.001)
        }
    }

    private func observe(_ step: StreamState<Machine>.Step, _ record: Record) {
        task.context.counters.count(step)
        let place = "\(record.topic)/\(record.partition)/\(record.offset)"
        if step.admission == .repeatedDifferently {
            task.context.onEvent(
                StreamEvent(
                    level: .error,
                    message: "a repeated output differs from its first sending: its rule is not deterministic",
                    metadata: ["origin": record.header(Origin.header) ?? "", "record": place]))
        }
        if let poison = step.poison {
            task.context.onEvent(
                StreamEvent(
                    level: .warning, message: "a record was sent to the dead-letter topic",
                    metadata: ["record": place, "error": poison.reason]))
        }
    }

    // MARK: - Leading

    /// Once the log's end is reached, says so in the log. That record also shows the time, so deadlines that
    /// passed while nobody led fire at once.
    private func leadIfCaughtUp() throws {
        guard isAtEnd, !leadSent else { return }
        leadSent = true
        try append(.lead(token: token))
    }

    private func follow(_ step: StreamState<Machine>.Step) throws {
        switch step.control {
        case .lead(let leader):
            if leader == token {
                isLeading = true
                setPhase(.leading)
                enqueue(task.shared.withLock { Array($0.state.effects.keys) })
            } else if isLeading {
                throw StreamError(.fenced, "another task leads \(settings.log)/\(partition) now")
            }
        case .tick: ticker.returned()
        case .result(let effect, _): effects.finished(effect)
        case .attempt, .configuration, nil: break
        }
        if isLeading, !step.newEffects.isEmpty { enqueue(step.newEffects) }
        if let granted = step.granted, granted.token == token { try begin(granted.effect, granted.payload) }
    }

    private func sendConfiguration() throws {
        guard let current = task.context.configuration?.current else { return }
        let known = task.shared.withLock { $0.state.configuration?.revision ?? 0 }
        guard current.revision > max(known, configurationSent) else { return }
        configurationSent = current.revision
        for (index, part) in current.parts.enumerated() {
            try append(
                .configuration(revision: current.revision, part: index, count: current.parts.count), value: part)
        }
    }

    /// Log time, estimated from the last record: never ahead of the broker's clock.
    private var estimatedNow: Instant {
        task.shared.withLock { $0.state.instant } + (clock.now - lastRecordAt)
    }

    private func tickIfDue() throws {
        guard isAtEnd else { return }
        let deadline = task.shared.withLock { $0.state.machine.nextDeadline }
        if ticker.shouldTick(deadline: deadline, now: estimatedNow, at: clock.now) { try append(.tick) }
    }

    /// How long to wait for records: until something of our own is due.
    private func waitingTime() -> Duration {
        guard isLeading, let deadline = task.shared.withLock({ $0.state.machine.nextDeadline }) else {
            return .milliseconds(100)
        }
        return max(.milliseconds(1), min(.milliseconds(100), deadline - estimatedNow))
    }

    // MARK: - Checkpoints

    private func checkpointIfDue() throws {
        takeOutcome()
        let isDue =
            clock.now - lastCheckpoint >= settings.checkpointInterval
            || recordsSinceCheckpoint >= settings.checkpointRecords
        guard isDue, !isCheckpointing, recordsSinceCheckpoint > 0 else { return }
        try checkpoint()
    }

    private func checkpoint() throws {
        let snapshot = task.shared.withLock { shared in
            for change in shared.state.takeChanges() { retained[change.key] = change }
            return Checkpointer.Snapshot(
                nextOffset: shared.state.nextOffset, changes: Array(retained.values),
                position: shared.state.encodedPosition)
        }
        isCheckpointing = true
        lastCheckpoint = clock.now
        recordsSinceCheckpoint = 0
        try settings.probe(.snapshotTaken, partition)
        checkpointer?.submit(snapshot)
    }

    /// Changes are forgotten only when the commit is confirmed.
    private func takeOutcome() {
        guard isCheckpointing, let outcome = checkpointer?.takeOutcome() else { return }
        isCheckpointing = false
        switch outcome {
        case .committed:
            retained = [:]
            task.context.counters.checkpoint(succeeded: true)
        case .aborted(let error):
            recordsSinceCheckpoint += 1
            task.context.counters.checkpoint(succeeded: false)
            task.context.onEvent(
                StreamEvent(
                    level: .warning, message: "a checkpoint was aborted; trying again",
                    metadata: ["partition": "\(partition)", "error": "\(error)"]))
        }
    }

    /// A last checkpoint before the partition goes to somebody else.
    private func finish() throws {
        setPhase(.stopping)
        let deadline = clock.now + settings.stopTimeout
        while clock.now < deadline, let checkpointer {
            if let failure = checkpointer.failure { throw failure }
            takeOutcome()
            if !isCheckpointing {
                guard recordsSinceCheckpoint > 0 else { return }
                try checkpoint()
            }
            checkpointer.waitForChange(20)
        }
    }
}
