internal import Kafka
internal import OrderedCollections

/// Reads a state partition to its end, and on from there: a follower learns from it how far the leader's checkpoints
/// are, and a leader, once it has fenced its predecessor, what the last checkpoint is.
///
/// Belongs to the task's thread.
final class StateReader {
    private let settings: StreamSettings
    private let partition: Int32
    /// The next offset to be read; nil before anything was.
    private var nextOffset: Int64?
    private let tails: SharedConsumer
    private var tail: PartitionReader?
    private var keepsEntries = true

    /// The last value of each key, in the order of their last writing; tombstones are gone.
    private(set) var entries: OrderedDictionary<String, [UInt8]> = [:]
    /// The record that ended the last checkpoint; nil before the first.
    private(set) var position: [UInt8]?

    /// - Parameter tails: what reads on for the followers of all partitions.
    init(settings: StreamSettings, partition: Int32, tails: SharedConsumer) {
        self.settings = settings
        self.partition = partition
        self.tails = tails
    }

    /// Reads on to the end as it is now: what was committed before this call has been read when it returns.
    ///
    /// For a leader this must come after its predecessor was fenced: then an open transaction is aborted, and the end
    /// is an end. For a follower it is the end of the last complete checkpoint.
    /// - Returns: false when it was stopped first.
    /// - Throws: `KafkaError`; `StreamError` kafka when the end is not reached in time.
    func readToEnd(until isStopping: () -> Bool) throws -> Bool {
        close()
        // The end shows when a fetch comes back empty: the broker must not hold it for long.
        let properties = ["fetch.wait.max.ms": "10"].merging(settings.kafka) { _, given in given }
        let consumer = try DataConsumer(
            properties: properties, topic: settings.state, partition: partition, from: start, readCommitted: true)
        defer { consumer.close() }
        let clock = ContinuousClock()
        var lastProgress = clock.now
        while clock.now - lastProgress < .seconds(60) {
            if isStopping() { return false }
            for event in consumer.poll(max: 10_000, timeout: .milliseconds(100)) {
                lastProgress = clock.now
                if try take(event) { return true }
            }
        }
        throw StreamError(.kafka, "\(settings.state)/\(partition) could not be read to its end")
    }

    /// Takes what has been committed since the last call, without waiting.
    func readOn() throws {
        if tail == nil { tail = try tails.read(partition, from: start) }
        for event in tail?.poll(max: 1_000, timeout: .zero) ?? [] { _ = try take(event) }
    }

    /// The entries are restored; from now on only positions matter.
    func forgetEntries() {
        entries = [:]
        keepsEntries = false
    }

    /// Begins at the beginning again.
    func reset() {
        close()
        nextOffset = nil
        position = nil
        entries = [:]
        keepsEntries = true
    }

    func close() {
        tail?.close()
        tail = nil
    }

    private var start: Offset { nextOffset.map { .at($0) } ?? .beginning }

    /// - Returns: whether the end was reached.
    private func take(_ event: DataConsumer.Event) throws -> Bool {
        switch event {
        case .record(let record):
            nextOffset = record.offset + 1
            let key = String(decoding: record.key ?? [], as: UTF8.self)
            if keepsEntries { entries[key] = record.value }
            if key == stateKeyOfPosition { position = record.value }
            return false
        case .endOfPartition: return true
        case .error(let error):
            if error.isFatal || !error.isRetriable { throw error }
            return false
        }
    }
}
