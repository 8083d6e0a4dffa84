internal import DequeModule
internal import Foundation
internal import Kafka
internal import OrderedCollections
internal import Synchronization

// Everything before a task leads: following, and taking the partition over, warm or cold.
extension TaskLoop {
    private var isPromoted: Bool { task.shared.withLock { $0.isPromoted } }

    // MARK: - What is stepped over

    /// A record that traps must not be met before it is known that it is to be skipped.
    func awaitSkips() throws {
        guard let table = task.context.configuration else { return }
        while !table.isRead, stopRequest == nil { Thread.sleep(forTimeInterval: 0.01) }
        skips = currentSkips
    }

    var currentSkips: [Int64: String] {
        guard let table = task.context.configuration, !table.skips.isEmpty else { return [:] }
        let ours = table.skips.filter { $0.key.topic == settings.log && $0.key.partition == partition }
        return Dictionary(uniqueKeysWithValues: ours.map { ($0.key.offset, $0.value) })
    }

    // MARK: - Following

    /// Applies what others decide, in silence, until this instance is to lead.
    func follow() throws {
        guard !isPromoted else { return }
        setPhase(.restoring)
        guard try stateReader.readToEnd(until: { self.stopRequest != nil || self.isPromoted }) else { return }
        try restore()
        try openLog()
        setPhase(.replaying)
        while stopRequest == nil, !isPromoted { try followingTurn() }
    }

    private func followingTurn() throws {
        guard let log else { return }
        skips = currentSkips
        try heedCheckpoints()
        if unconfirmed.bytes < settings.followingBytesMax {
            try readLog(log, timeout: .milliseconds(100))
        } else {
            // The leader makes no checkpoints, or nobody leads: whoever does will read the rest.
            let high = try? log.watermarks(timeout: .seconds(1)).high
            task.shared.withLock { shared in
                shared.logEnd = max(shared.logEnd, high ?? 0)
                shared.isCaughtUp = shared.logEnd == shared.state.nextOffset
            }
            Thread.sleep(forTimeInterval: 0.25)
        }
        task.shared.withLock { shared in
            shared.lastProgress = clock.now
            if !shared.isPromoted { shared.phase = shared.isCaughtUp ? .following : .replaying }
        }
    }

    /// Forgets what the leader's last checkpoint covers.
    private func heedCheckpoints() throws {
        try stateReader.readOn()
        guard let position = stateReader.position else { return }
        let next = try Position(decoding: position).nextOffset
        guard next > confirmedOffset else { return }
        confirmedOffset = next
        task.shared.withLock { shared in
            unconfirmed.append(shared.state.takeChanges(), before: shared.state.nextOffset)
        }
        unconfirmed.confirm(next)
    }

    // MARK: - Taking over

    /// Fences the previous owner, learns from its last checkpoint what it has done, and does the rest.
    func takeOver() throws {
        setPhase(.restoring)
        let checkpoints = try Producer(
            properties: settings.kafka, transactionalID: "\(settings.group)-\(partition)")
        self.checkpoints = checkpoints
        try fence(checkpoints)
        guard try readState() else { return }
        let isWarm = try log != nil && !isFarBehind()
        if !isWarm {
            if log != nil {
                forgetFollowing()
                guard try readState() else { return }
            }
            try restore()
            try openLog()
        }
        stateReader.close()
        confirmedOffset = try checkpointedOffset()
        targetOffset = try endOfLog()
        task.context.counters.takenOver(warm: isWarm)
        try beginOutputs(checkpoints)
        try settings.probe(.restored, partition)
    }

    /// Sends what the predecessor may not have sent, or not all of it: readers drop what they have.
    private func beginOutputs(_ checkpoints: Producer) throws {
        let outputs = try Producer(properties: settings.outputProperties)
        self.outputs = outputs
        let checkpointer = Checkpointer(
            settings: settings, partition: partition, outputs: outputs, checkpoints: checkpoints,
            acknowledgements: acknowledgements, group: task.context.group)
        checkpointer.start()
        self.checkpointer = checkpointer
        setPhase(.replaying)
        unconfirmed.confirm(confirmedOffset)
        let (sends, changes) = unconfirmed.take()
        for change in changes { retained[change.key] = change }
        let position = task.shared.withLock { $0.state.nextOffset }
        recordsSinceCheckpoint = Int(max(0, position - confirmedOffset))
        for entry in sends { try send(entry.sends, at: entry.offset) }
    }

    /// Where the log ends now, as the broker says.
    private func endOfLog() throws -> Int64 {
        while true {
            do {
                return try log?.watermarks(timeout: .seconds(5)).high ?? 0
            } catch {
                guard error.isRetriable, stopRequest == nil else { throw error }
            }
        }
    }

    private func readState() throws -> Bool { try stateReader.readToEnd(until: { self.stopRequest != nil }) }

    private func checkpointedOffset() throws -> Int64 {
        try stateReader.position.map { try Position(decoding: $0).nextOffset } ?? 0
    }

    private func isFarBehind() throws -> Bool {
        try checkpointedOffset() - task.shared.withLock { $0.state.nextOffset } > settings.followingLagMax
    }

    private func forgetFollowing() {
        log?.close()
        log = nil
        unconfirmed = Unconfirmed()
        stateReader.reset()
        let fresh = task.context.makeState(partition)
        task.shared.withLock { shared in
            shared.state = fresh
            shared.isCaughtUp = false
        }
    }

    private func restore() throws {
        let next = try task.shared.withLock { shared in
            do throws(StreamError) {
                try shared.state.restore(stateReader.entries)
            } catch {
                guard error.code == .badCheckpoint else { throw error }
                throw StreamError(
                    .badCheckpoint,
                    "\(settings.state)/\(partition), \(error.context): it was written by another program or damaged. "
                        + "Run the release that wrote it, or restore the topic")
            }
            return shared.state.nextOffset
        }
        stateReader.forgetEntries()
        confirmedOffset = next
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

    // MARK: - The log

    /// Reads the log from the position on; the record before it comes first if the log still has it, and shows whether
    /// this is the log that was checkpointed.
    private func openLog() throws {
        let (next, isChecked) = task.shared.withLock { ($0.state.nextOffset, $0.state.lastTimestamp != nil) }
        var log = try read(from: isChecked ? max(0, next - 1) : next)
        self.log = log
        let low = try checkPosition(next, log)
        if isChecked, next == low {
            log.close()
            log = try read(from: next)
            self.log = log
        }
        task.shared.withLock { [log] shared in shared.wakeUp = { log.wakeUp() } }
    }

    private func read(from offset: Int64) throws -> PartitionReader {
        try task.context.logs.read(partition, from: .at(offset))
    }

    /// - Returns: the log's first offset.
    private func checkPosition(_ next: Int64, _ log: PartitionReader) throws -> Int64 {
        let (low, high) = try log.watermarks(timeout: .seconds(10))
        task.shared.withLock { $0.logEnd = high }
        targetOffset = high
        let place = "\(settings.log)/\(partition)"
        guard high >= task.seenOffset else {
            throw StreamError(
                .refused,
                "this instance has read \(place) up to \(task.seenOffset), and now it ends at \(high): the broker lost "
                    + "data. Restore \(settings.log) and \(settings.state), or restart to go on with what is left")
        }
        guard next < low || next > high else { return low }
        throw StreamError(
            .refused,
            stateReader.position != nil
                ? "the checkpoint in \(settings.state) goes on at \(place)/\(next), but that log holds "
                    + "\(low)..<\(high): the log or the state was lost. Restore the lost one, or delete the "
                    + "topics of both and start anew"
                : "\(place) begins at \(low) and \(settings.state) holds no checkpoint: the state was lost. "
                    + "Restore \(settings.state), or delete both topics and start anew")
    }

    /// Whether the record was applied before the checkpoint.
    /// - Throws: `StreamError` refused when it is another one than was applied.
    func isKnown(_ record: Record) throws -> Bool {
        let (next, timestamp) = task.shared.withLock { ($0.state.nextOffset, $0.state.lastTimestamp) }
        guard record.offset < next else { return false }
        guard record.offset < next - 1 || record.timestamp == timestamp else {
            throw StreamError(
                .refused,
                "\(settings.log)/\(partition)/\(record.offset) is another record than the one that the checkpoint in "
                    + "\(settings.state) was made after: the log was lost and made anew. Restore it, or delete the "
                    + "topics of both and start anew")
        }
        return true
    }
}
