internal import Domain
internal import Foundation
internal import Kafka
internal import OrderedCollections
internal import Synchronization

/// The body of a stream task's thread: follow, take over, then apply, send, checkpoint.
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
    let stateReader: StateReader
    var checkpoints: Producer?
    /// Nil for a follower, which sends nothing.
    var outputs: Producer?
    var log: PartitionReader?
    var checkpointer: Checkpointer?

    /// Nothing is in the log beyond what was applied, as far as the last answer of the broker tells.
    private(set) var isAtEnd = false
    /// Up to here the log has been read: mostly the state's position, and more where it ends with what is no record.
    private var readUpTo: Int64 = 0
    /// The log's end when this task took over: whatever comes later, it has caught up there. Kafka tells of an end of its
    /// own accord only in a lull, and a log that is written all the time has none.
    var targetOffset: Int64 = .max
    private(set) var lastRecordAt: ContinuousClock.Instant
    private(set) var isLeading = false
    private var leadSent = false
    private var configurationSent: Int64 = 0
    private var ticker = Ticker()
    var effects = EffectQueue()
    /// Records of this partition that are stepped over, and why.
    var skips: [Int64: String] = [:]

    /// What was come to while following.
    var unconfirmed = Unconfirmed<Machine>()
    /// Up to here everything is in the last checkpoint: there is nothing to send and nothing to store.
    var confirmedOffset: Int64 = 0
    var retained: OrderedDictionary<String, StateChange> = [:]
    var recordsSinceCheckpoint = 0
    /// The state has met a record of which it cannot tell what follows: it must not be stored.
    private var isSpoilt = false
    private var isCheckpointing = false
    private var lastCheckpoint: ContinuousClock.Instant

    init(_ task: StreamTask<Machine>) {
        self.task = task
        settings = task.context.settings
        partition = task.partition
        stateReader = StateReader(settings: settings, partition: partition, tails: task.context.states)
        lastRecordAt = clock.now
        // Partitions take turns, so that a group in motion meets few of them at once.
        lastCheckpoint = clock.now - settings.checkpointInterval * (Double(task.partition % 8) / 8)
    }

    func run() throws {
        defer { close() }
        try awaitSkips()
        do {
            try follow()
            if stopRequest == nil { try takeOver() }
            while stopRequest == nil { try turn() }
        } catch let error as StreamError where error.code == .unknownRules {
            // What came before that record is ours to store: the next leader begins with it.
            if !isSpoilt { try finish() }
            throw error
        }
        if case .cleanly = stopRequest { try finish() }
    }

    var stopRequest: StreamTask<Machine>.Stop? { task.shared.withLock { $0.stop } }

    func setPhase(_ phase: StreamTask<Machine>.Phase) {
        task.shared.withLock { $0.phase = phase }
    }

    private func close() {
        checkpointer?.stop()
        log?.close()
        stateReader.close()
        outputs?.close()
        checkpoints?.close()
    }

    // MARK: - One turn

    private func turn() throws {
        guard let log, let checkpointer else { return }
        skips = currentSkips
        if let failure = checkpointer.failure { throw failure }
        try readLog(log, timeout: waitingTime())
        try appendResults()
        try leadIfCaughtUp()
        if isLeading {
            try sendConfiguration()
            try pumpEffects()
            try tickIfDue()
        }
        try checkpointIfDue()
        waitForRoom()
        task.shared.withLock { $0.lastProgress = clock.now }
    }

    /// Takes what the log has, and compares with where it ends.
    func readLog(_ log: PartitionReader, timeout: Duration) throws {
        for event in log.poll(max: settings.batchMax, timeout: timeout) { try take(event) }
        let end = log.end
        task.shared.withLock { shared in
            readUpTo = max(readUpTo, shared.state.nextOffset)
            shared.logEnd = max(shared.logEnd, end ?? 0, readUpTo)
            if !shared.isPromoted, readUpTo >= targetOffset { shared.isCaughtUp = true }
        }
        if let end { isAtEnd = readUpTo >= end }
    }

    private func take(_ event: DataConsumer.Event) throws {
        switch event {
        case .record(let record):
            guard stopRequest == nil else { return }
            try apply(record)
        case .endOfPartition(_, let offset): readUpTo = max(readUpTo, offset)
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
        guard try !isKnown(record) else { return }
        try probe(.polled)
        let isFresh = isAtEnd
        isAtEnd = false
        lastRecordAt = clock.now
        let isFollower = outputs == nil
        if record.offset >= confirmedOffset { recordsSinceCheckpoint += 1 }
        let skipReason = skips[record.offset]
        let step = try task.shared.withLock { shared in
            if skipReason == nil, let error = shared.state.newerThanKnown(record) { throw error }
            let step = shared.state.apply(record, skipReason: skipReason)
            if let poison = step.poison, poison.isNewer {
                isSpoilt = true
                throw StreamError.unknownKind(poison.reason, record)
            }
            shared.logEnd = max(shared.logEnd, record.offset + 1)
            shared.readOffset = record.offset + 1
            task.context.onApplied(
                AppliedRecord(
                    partition: partition, offset: record.offset, at: shared.state.instant, record: step.record,
                    outputs: step.outputs, isLive: isLeading, isFresh: isFresh),
                shared.state.machine)
            return step
        }
        try probe(.applied)
        if !isFollower {
            try send(step.sends, at: record.offset)
        } else if record.offset >= confirmedOffset {
            unconfirmed.append(step.sends, at: record.offset)
        }
        try probe(.outputsSent)
        observe(step, record, isFollower: isFollower)
        try react(to: step)
    }

    /// A follower passes none of the steps at which tests let a leader die.
    private func probe(_ step: StreamStep) throws {
        if outputs != nil { try settings.probe(step, partition) }
    }

    func send(_ sends: [StreamState<Machine>.Send], at offset: Int64) throws {
        guard offset >= confirmedOffset else { return }
        acknowledgements.expect(sends.count, at: offset)
        let letters = sends.count { $0.topic == settings.deadLetter }
        task.context.counters.sent(sends.count - letters, deadLetters: letters)
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
            topic: settings.log, partition: partition, key: Control.key, value: value,
            headers: control.headers, tag: -1)
    }

    private func waitForRoom() {
        while acknowledgements.inFlight > settings.outputsInFlightMax, stopRequest == nil, checkpointer?.failure == nil
        {
            Thread.sleep(forTimeInterval: 0.001)
        }
    }

    private func observe(_ step: StreamState<Machine>.Step, _ record: Record, isFollower: Bool) {
        if isFollower {
            task.context.counters.countFollowed(step)
        } else {
            task.context.counters.count(step, isReplay: !isLeading)
        }
        let place = "\(record.topic)/\(record.partition)/\(record.offset)"
        StreamEvent(step.admission, record).map(task.context.onEvent)
        if let poison = step.poison, !isFollower {
            task.context.onEvent(
                StreamEvent(
                    level: .warning, message: "a record was sent to the dead-letter topic",
                    metadata: ["record": place, "error": poison.reason]))
        }
    }

    // MARK: - Leading

    /// Once the end that the log had at the take-over is reached, says so in the log. That record also shows the time, so
    /// deadlines that passed while nobody led fire at once. A log that nobody has ever led begins at the newest rules.
    private func leadIfCaughtUp() throws {
        guard !leadSent, readUpTo >= targetOffset else { return }
        leadSent = true
        let (isNew, newest) = task.shared.withLock { ($0.state.leader == nil, $0.state.machine.newestRules) }
        if isNew, settings.raisesNewLogs, newest > RulesVersion.first { try append(.rules(version: newest)) }
        try append(.lead(token: token))
    }

    private func react(to step: StreamState<Machine>.Step) throws {
        switch step.control {
        case .lead(let leader):
            if leader == token {
                isLeading = true
                enqueue(
                    task.shared.withLock { shared in
                        shared.phase = .leading
                        shared.isCaughtUp = true
                        return Array(shared.state.effects.keys)
                    })
            } else if isLeading {
                throw StreamError(.fenced, "another task leads \(settings.log)/\(partition) now")
            }
        case .tick: ticker.returned()
        case .result(let effect, _): effects.finished(effect)
        case .attempt, .configuration, .rules, .incarnation, nil: break
        }
        if isLeading, !step.newEffects.isEmpty { enqueue(step.newEffects) }
        if let granted = step.granted, granted.token == token { try begin(granted.effect, granted.payload) }
    }

    private func sendConfiguration() throws {
        guard let current = task.context.configuration?.current else { return }
        let known = task.shared.withLock { $0.state.knownRevision }
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
        guard checkpointer != nil else { return }
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

extension StreamEvent {
    /// What a record's admission tells an operator, if anything.
    init?(_ admission: Admission, _ record: Record) {
        let said: (Level, String)
        switch admission {
        case .first, .repeated: return nil
        case .firstOfIncarnation:
            said = (.warning, "a log was made anew, or put back: its outputs are counted from the beginning again")
        case .repeatedDifferently:
            said = (.error, "a repeated output differs from its first sending: its rule is not deterministic")
        case .outlived:
            said = (.error, "an output of a log that was replaced since is dropped: has the broker's clock gone back?")
        }
        self.init(
            level: said.0, message: said.1,
            metadata: [
                "origin": record.header(Origin.header) ?? "",
                "record": "\(record.topic)/\(record.partition)/\(record.offset)",
            ])
    }
}
