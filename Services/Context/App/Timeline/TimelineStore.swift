import Domain
import Foundation
import GRDB
import Kafka
import Logging
import Synchronization

/// The timeline's SQLite file: one writer, the projection's thread, and readers of GRDB's own queues.
///
/// ```
///  open ──the disk takes nothing──▶ unwritable ──a batch is stored──▶ open
///   └──damaged, removed, of another version──▶ damaged ──open()──▶ open, and empty
/// ```
/// The file is a projection of the topics and may be deleted at any time; one that is of another version or damaged is
/// deleted here, and filled again from the beginning of the topics.
///
/// - Bounds: `readersMax` reads at a time, `readsMax` with those that wait; each is given up after `readTime`.
final class TimelineStore: Sendable {
    static let readersMax = 4
    static let readsMax = 256
    static let readTime = Duration.seconds(20)

    private struct State {
        var file: TimelineFile?
        var trouble: TimelineTrouble?
        var reached: [TopicPartition: Int64] = [:]
        var rebuilds = 0
        var onDamage: @Sendable () -> Void = {}
    }

    private let path: String
    private let prefix: String
    private let logger: Logger
    private let state = Mutex(State())
    private let skippedCount = Atomic<Int>(0)
    private let reading = Atomic<Int>(0)
    let waiters = PositionWaiters()

    /// Opens the file in this directory, or makes both. If the disk takes nothing, that is a `trouble`.
    /// - Parameter prefix: of the topics.
    init(directory: String, prefix: String, logger: Logger) throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        path = "\(directory)/\(prefix)-timeline.sqlite"
        self.prefix = prefix
        self.logger = logger
        do { try open() } catch let error as TimelineTrouble { note(error) }
    }

    /// What keeps the timeline from being read or written; nil: nothing.
    var trouble: TimelineTrouble? { state.withLock { $0.trouble } }

    /// The file is to be thrown away.
    var isDamaged: Bool { if case .damaged = trouble { true } else { false } }

    /// How often the file was thrown away.
    var rebuilds: Int { state.withLock { $0.rebuilds } }

    /// Calls `body` whenever the file turns out to be damaged, on any thread.
    func onDamage(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.onDamage = body } }

    /// Opens the file unless it is open and well; a damaged one is thrown away first.
    /// - Throws: `TimelineTrouble` unwritable.
    func open() throws {
        if isDamaged { discard() } else if state.withLock({ $0.file != nil }) { return }
        do {
            try openFile()
        } catch let error as DatabaseError {
            guard case .damaged(let reason) = TimelineTrouble(error) else { throw trouble(of: error) }
            logger.notice(
                "the timeline is of another version or damaged: it is built again from the topics",
                metadata: ["file": "\(path)", "error": "\(reason)"])
            discard()
            do { try openFile() } catch let error as DatabaseError { throw trouble(of: error) }
        }
    }

    private func openFile() throws {
        let file = try TimelineFile(path, readersMax: Self.readersMax)
        let rows = try file.pool.read { db in
            try Row.fetchAll(db, sql: "SELECT topic, partition, last_offset FROM place WHERE last_offset NOT NULL")
        }
        let known = rows.map {
            (TopicPartition(topic: $0["topic"], partition: $0["partition"]), $0["last_offset"] as Int64)
        }
        state.withLock { state in
            state.file = file
            state.trouble = nil
            state.reached = Dictionary(uniqueKeysWithValues: known)
        }
    }

    /// Throws the file away.
    private func discard() {
        let old = state.withLock { state in
            defer {
                state.file = nil
                state.reached = [:]
                state.rebuilds += 1
            }
            return state.file
        }
        // A read under way keeps what it has open; the new file is another one.
        try? old?.pool.close()
        TimelineFile.delete(path)
    }

    // MARK: - Trouble

    private func trouble(of error: DatabaseError) -> TimelineTrouble {
        TimelineTrouble(error) ?? .unwritable("\(error.extendedResultCode)")
    }

    /// Remembers what is wrong, and says so once.
    private func note(_ trouble: TimelineTrouble) {
        guard trouble != .closed else { return }
        let (isNew, onDamage) = state.withLock { state in
            // A damaged file stays damaged, whatever else fails meanwhile.
            if case .damaged = state.trouble { return (false, state.onDamage) }
            defer { state.trouble = trouble }
            return (state.trouble != trouble, state.onDamage)
        }
        guard isNew else { return }
        logger.error("\(trouble)", metadata: ["file": "\(path)"])
        if case .damaged = trouble { onDamage() }
    }

    /// Runs `body` on the open file, and notes what turns out to be wrong with it.
    /// - Throws: `TimelineTrouble`; what `body` throws.
    private func use<Value>(_ body: (TimelineFile) throws -> Value) throws -> Value {
        let file = try open(state.withLock { $0.file })
        do {
            try file.checkIdentity()
            return try body(file)
        } catch let error as TimelineTrouble {
            note(error)
            throw error
        } catch let error as DatabaseError {
            throw noted(error, of: file)
        }
    }

    private func open(_ file: TimelineFile?) throws -> TimelineFile {
        if let file { return file }
        throw trouble ?? .closed
    }

    private func noted(_ error: DatabaseError, of file: TimelineFile) -> any Error {
        guard var trouble = TimelineTrouble(error) else { return error }
        // Without its name a file fails in many ways.
        do { try file.checkIdentity() } catch { trouble = error }
        note(trouble)
        return trouble
    }

    /// Looks whether the file is still there.
    func checkFile() { try? use { _ in } }

    // MARK: - Writing

    /// How far each partition was read: where the projection goes on.
    func places() throws -> [TopicPartition: [UInt8]] {
        try use { file in
            try file.pool.read { db in
                let rows = try Row.fetchAll(db, sql: "SELECT topic, partition, state FROM place")
                return Dictionary(
                    uniqueKeysWithValues: rows.map { row in
                        let state: Data = row["state"]
                        return (TopicPartition(topic: row["topic"], partition: row["partition"]), Array(state))
                    })
            }
        }
    }

    /// Writes a batch and the places after it in one transaction. Blocks; called on the projection's thread.
    /// - Throws: `TimelineTrouble`.
    func store(_ batch: TimelineBatch) throws {
        try use { try $0.pool.write { try write(batch, $0) } }
        skippedCount.add(batch.skipped, ordering: .relaxed)
        let wasInTrouble = state.withLock { state in
            state.reached.merge(batch.reached) { _, new in new }
            guard case .unwritable = state.trouble else { return false }
            state.trouble = nil
            return true
        }
        if wasInTrouble { logger.notice("the timeline is written again", metadata: ["file": "\(path)"]) }
        waiters.wake()
    }

    private func write(_ batch: TimelineBatch, _ db: Database) throws {
        let writer = TimelineWriter(db: db)
        for record in batch.records { try writer.apply(record) }
        for (partition, state) in batch.states {
            try db.execute(
                sql: """
                    INSERT INTO place (topic, partition, state, last_offset) VALUES (?, ?, ?, ?)
                        ON CONFLICT DO UPDATE SET state = excluded.state,
                            last_offset = coalesce(excluded.last_offset, last_offset)
                    """,
                arguments: [partition.topic, partition.partition, Data(state), batch.reached[partition]])
        }
    }

    /// Empties the timeline: the next batch begins the topics anew.
    func clear() throws {
        discard()
        try open()
    }

    /// Records that could not be understood and are not in the timeline.
    var skipped: Int { skippedCount.load(ordering: .relaxed) }

    /// Whether the record at this position is in the timeline, if it belongs there.
    func has(_ position: Position) -> Bool {
        let partition = TopicPartition(topic: "\(prefix).\(position.topic)", partition: position.partition)
        return state.withLock { ($0.reached[partition] ?? -1) >= position.offset }
    }

    /// Reads on one of the store's own threads, for a bounded time.
    /// - Throws: `TimelineTrouble`; `ReadTimedOut`; `TooManyReads` at once; what `body` throws.
    func read<Value: Sendable>(_ body: @escaping @Sendable (TimelineReader) throws -> Value) async throws -> Value {
        defer { reading.subtract(1, ordering: .relaxed) }
        guard reading.add(1, ordering: .relaxed).newValue <= Self.readsMax else { throw TooManyReads() }
        let file = try use { $0 }
        do {
            return try await withTimeLimit(Self.readTime) {
                try await file.pool.read { db in try body(TimelineReader(db: db)) }
            }
        } catch let error as DatabaseError {
            throw noted(error, of: file)
        }
    }

    /// Ends all connections. Only reads that are under way are waited for.
    func close() throws { try state.withLock { $0.file }?.pool.close() }
}

/// A read took too long and was given up.
struct ReadTimedOut: Error {}

/// So many reads wait that another one would not be answered in time.
struct TooManyReads: Error {}

/// Runs `body`, and cancels it after `time`; GRDB interrupts a statement whose task is cancelled.
func withTimeLimit<Value: Sendable>(
    _ time: Duration, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: time)
            return nil
        }
        defer { group.cancelAll() }
        guard let value = try await group.next() ?? nil else { throw ReadTimedOut() }
        return value
    }
}
