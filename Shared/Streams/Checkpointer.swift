internal import Dispatch
internal import Kafka
internal import Synchronization

/// Makes the checkpoints of one task, and collects the acknowledgements of its outputs, on a thread of its own beside
/// the work.
///
/// ```
/// idle ──submit──▶ waiting for acknowledgements ──▶ transaction ──▶ outcome ──takeOutcome──▶ idle
///                                                       └─ fenced, or a delivery failed ──▶ failed
/// ```
/// A failure ends it: the task that owns it is thrown away and recovers from the last checkpoint.
final class Checkpointer: Sendable {
    struct Snapshot: Sendable {
        var nextOffset: Int64
        var changes: [StateChange]
        var position: [UInt8]
    }

    enum Outcome: Sendable {
        /// Everything in the snapshot is stored; it may be forgotten.
        case committed
        /// Nothing is stored; the changes belong to the next snapshot.
        case aborted(KafkaError)
    }

    private struct Mailbox {
        var snapshot: Snapshot?
        var outcome: Outcome?
        var failure: StreamError?
        var isStopping = false
    }

    /// How long one call to Kafka blocks before it is repeated; a stop waits no longer than this.
    private static let callTimeout: Duration = .seconds(1)

    private let settings: StreamSettings
    private let partition: Int32
    private let outputs: Producer
    private let checkpoints: Producer
    private let acknowledgements: Acknowledgements
    private let group: @Sendable () -> GroupMetadata
    private let mailbox = Mutex(Mailbox())
    private let changed = DispatchSemaphore(value: 0)
    private let thread = Mutex<NamedThread?>(nil)

    init(
        settings: StreamSettings, partition: Int32, outputs: Producer, checkpoints: Producer,
        acknowledgements: Acknowledgements, group: @escaping @Sendable () -> GroupMetadata
    ) {
        self.settings = settings
        self.partition = partition
        self.outputs = outputs
        self.checkpoints = checkpoints
        self.acknowledgements = acknowledgements
        self.group = group
    }

    func start() {
        let started = NamedThread.start("\(settings.service)-ckpt-\(partition)") { self.run() }
        thread.withLock { $0 = started }
    }

    /// Hands over the one snapshot that is on its way.
    func submit(_ snapshot: Snapshot) {
        mailbox.withLock { $0.snapshot = snapshot }
        outputs.wakeUp()
    }

    /// What came of the snapshot, once; nil while it is on its way.
    func takeOutcome() -> Outcome? {
        mailbox.withLock { mailbox in
            defer { mailbox.outcome = nil }
            return mailbox.outcome
        }
    }

    /// Waits until an outcome or failure may have arrived.
    func waitForChange(_ milliseconds: Int) {
        _ = changed.wait(timeout: .now() + .milliseconds(milliseconds))
    }

    var failure: StreamError? { mailbox.withLock { $0.failure } }

    /// Ends the thread; a snapshot that waits for acknowledgements is dropped.
    func stop() {
        mailbox.withLock { $0.isStopping = true }
        outputs.wakeUp()
        thread.withLock { $0 }?.join()
    }

    // MARK: - On the checkpointer's thread

    private func run() {
        while !mailbox.withLock({ $0.isStopping || $0.failure != nil }) {
            do {
                try collect()
                try commitIfComplete()
            } catch let error as StreamError {
                mailbox.withLock { $0.failure = error }
                changed.signal()
            } catch {
                mailbox.withLock { $0.failure = StreamError(.crashed, "\(error)") }
                changed.signal()
            }
        }
    }

    /// Takes delivery reports. Any failed one ends the producer: what follows it must not land.
    private func collect() throws {
        for delivery in outputs.poll(timeout: .milliseconds(50)) {
            if let error = delivery.error {
                throw StreamError(.deliveryFailed, "\(delivery.topic)/\(delivery.partition): \(error)")
            }
            acknowledgements.settle(Int64(delivery.tag))
        }
        if let error = outputs.fatalError { throw StreamError(.deliveryFailed, "\(error)") }
    }

    private func commitIfComplete() throws {
        guard let snapshot = mailbox.withLock({ $0.snapshot }),
            acknowledgements.isComplete(before: snapshot.nextOffset)
        else { return }
        try settings.probe(.outputsAcknowledged, partition)
        let outcome = try commit(snapshot)
        mailbox.withLock { mailbox in
            mailbox.snapshot = nil
            mailbox.outcome = outcome
        }
        changed.signal()
    }

    private func commit(_ snapshot: Snapshot) throws -> Outcome {
        do {
            try retrying { () throws(KafkaError) in try self.checkpoints.beginTransaction() }
            try settings.probe(.transactionBegun, partition)
            for change in snapshot.changes { try produce(Array(change.key.utf8), change.value) }
            try produce(Array("position".utf8), snapshot.position)
            try settings.probe(.changesProduced, partition)
            let offsets = [TopicPartition(topic: settings.log, partition: partition): snapshot.nextOffset]
            let metadata = group()
            try retrying { () throws(KafkaError) in
                try self.checkpoints.sendOffsets(offsets, group: metadata, timeout: Self.callTimeout)
            }
            try settings.probe(.offsetsSent, partition)
            try retrying { () throws(KafkaError) in try self.checkpoints.commitTransaction(timeout: Self.callTimeout) }
            try settings.probe(.committed, partition)
            return .committed
        } catch let error as KafkaError {
            return try outcome(of: error)
        }
    }

    private func produce(_ key: [UInt8], _ value: [UInt8]?) throws {
        try retrying { () throws(KafkaError) in
            try self.checkpoints.produce(topic: self.settings.state, partition: self.partition, key: key, value: value)
        }
    }

    /// Aborts, unless the error says that the partition belongs to somebody else now.
    private func outcome(of error: KafkaError) throws -> Outcome {
        // A stale generation says nothing of who owns the partition: the group is in motion, and the next try is made
        // with the generation of then. Who has lost the partition hears of it as a member, and is fenced.
        if error.isFenced || (error.isFatal && !error.isStaleMember) { throw StreamError(.fenced, "\(error)") }
        do {
            try retrying { () throws(KafkaError) in try self.checkpoints.abortTransaction(timeout: Self.callTimeout) }
        } catch let abortError as KafkaError {
            throw StreamError(.fenced, "abort after \(error): \(abortError)")
        }
        // The task tries again at once.
        waitForChange(100)
        return .aborted(error)
    }

    /// Repeats a call while Kafka says that repeating helps, for as long as the broker may need to come back. The outputs'
    /// acknowledgements are collected meanwhile: they must not wait for one coordinator.
    private func retrying(_ call: () throws(KafkaError) -> Void) throws {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(60)
        while true {
            do {
                return try call()
            } catch {
                let again = error.isRetriable && !error.requiresAbort && !error.isFatal
                guard again, clock.now < deadline, !mailbox.withLock({ $0.isStopping }) else { throw error }
                try collect()
            }
        }
    }
}
