import Domain
import Foundation
import GRDB
import Kafka
import Logging
import Synchronization

/// The timeline's SQLite file: one writer, the projection's thread, and readers of GRDB's own queues.
///
/// The file is a projection of the topics and may be deleted at any time; one that is of another version or damaged is
/// deleted here, and filled again from the beginning of the topics.
///
/// - Bounds: `readersMax` reads at a time, `readsMax` with those that wait; each is given up after `readTime`.
final class TimelineStore: Sendable {
    static let readersMax = 4
    static let readsMax = 256
    static let readTime = Duration.seconds(20)

    private let pool: DatabasePool
    private let prefix: String
    private let reached: Mutex<[TopicPartition: Int64]>
    private let skippedCount = Atomic<Int>(0)
    private let reading = Atomic<Int>(0)
    let waiters = PositionWaiters()

    /// Opens the file in this directory, or makes both.
    /// - Parameter prefix: of the topics.
    init(directory: String, prefix: String, logger: Logger) throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let path = "\(directory)/\(prefix)-timeline.sqlite"
        do {
            pool = try Self.open(path)
        } catch let error as DatabaseError {
            logger.notice(
                "the timeline is of another version or damaged: it is built again from the topics",
                metadata: ["file": "\(path)", "error": "\(error.resultCode)"])
            Self.delete(path)
            pool = try Self.open(path)
        }
        self.prefix = prefix
        let rows = try pool.read { db in
            try Row.fetchAll(db, sql: "SELECT topic, partition, last_offset FROM place WHERE last_offset NOT NULL")
        }
        let known = rows.map {
            (TopicPartition(topic: $0["topic"], partition: $0["partition"]), $0["last_offset"] as Int64)
        }
        reached = Mutex(Dictionary(uniqueKeysWithValues: known))
    }

    private static func open(_ path: String) throws -> DatabasePool {
        var configuration = GRDB.Configuration()
        configuration.maximumReaderCount = readersMax
        configuration.busyMode = .timeout(5)
        configuration.label = "timeline"
        configuration.prepareDatabase { db in
            // After a power cut the last transactions may be missing; they are read from the topics again.
            try db.execute(sql: "PRAGMA synchronous = NORMAL")
            // Keys are random: what a batch touches lies all over the file, and is written once for many batches.
            try db.execute(sql: "PRAGMA cache_size = -16000")
            try db.execute(sql: "PRAGMA wal_autocheckpoint = 4000")
        }
        let pool = try DatabasePool(path: path, configuration: configuration)
        try pool.write { db in
            if try !db.tableExists("place") {
                try TimelineSchema.create(in: db)
            } else if try !TimelineSchema.isCurrent(db) {
                throw DatabaseError(resultCode: .SQLITE_SCHEMA)
            }
        }
        return pool
    }

    private static func delete(_ path: String) {
        for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + end) }
    }

    /// How far each partition was read: where the projection goes on.
    func places() throws -> [TopicPartition: [UInt8]] {
        try pool.read { db in
            let rows = try Row.fetchAll(db, sql: "SELECT topic, partition, state FROM place")
            return Dictionary(
                uniqueKeysWithValues: rows.map { row in
                    let state: Data = row["state"]
                    return (TopicPartition(topic: row["topic"], partition: row["partition"]), Array(state))
                })
        }
    }

    /// Writes a batch and the places after it in one transaction. Blocks; called on the projection's thread.
    func store(_ batch: TimelineBatch) throws {
        try pool.write { db in
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
        skippedCount.add(batch.skipped, ordering: .relaxed)
        reached.withLock { reached in reached.merge(batch.reached) { _, new in new } }
        waiters.wake()
    }

    /// Empties the file: the next batch begins the topics anew.
    func clear() throws {
        try pool.erase()
        try pool.write { try TimelineSchema.create(in: $0) }
        reached.withLock { $0 = [:] }
    }

    /// Records that could not be understood and are not in the timeline.
    var skipped: Int { skippedCount.load(ordering: .relaxed) }

    /// Whether the record at this position is in the timeline, if it belongs there.
    func has(_ position: Position) -> Bool {
        let partition = TopicPartition(topic: "\(prefix).\(position.topic)", partition: position.partition)
        return reached.withLock { ($0[partition] ?? -1) >= position.offset }
    }

    /// Reads on one of the store's own threads, for a bounded time.
    /// - Throws: `ReadTimedOut`; `TooManyReads` at once; what `body` throws.
    func read<Value: Sendable>(_ body: @escaping @Sendable (TimelineReader) throws -> Value) async throws -> Value {
        defer { reading.subtract(1, ordering: .relaxed) }
        guard reading.add(1, ordering: .relaxed).newValue <= Self.readsMax else { throw TooManyReads() }
        return try await withTimeLimit(Self.readTime) { [pool] in
            try await pool.read { db in try body(TimelineReader(db: db)) }
        }
    }

    /// Ends all connections. Only reads that are under way are waited for.
    func close() throws { try pool.close() }
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
