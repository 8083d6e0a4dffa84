import Foundation
import GRDB

/// The timeline's SQLite file, open.
struct TimelineFile: Sendable {
    /// A file that is larger is not checked as a whole when it is opened: that takes seconds for each gigabyte.
    static let checkedBytesMax = 256 << 20

    let pool: DatabasePool
    private let path: String
    private let identity: [Identity]

    /// Which file this is, whatever its name.
    private struct Identity: Hashable {
        var device: Int
        var number: Int

        init?(_ path: String) {
            guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
                let device = attributes[.systemNumber] as? Int, let number = attributes[.systemFileNumber] as? Int
            else { return nil }
            self.device = device
            self.number = number
        }
    }

    /// Opens the file, or makes it.
    /// - Throws: `DatabaseError`: SQLITE_SCHEMA for a file of another version, SQLITE_CORRUPT for a damaged one.
    init(_ path: String, readersMax: Int) throws {
        var configuration = GRDB.Configuration()
        configuration.maximumReaderCount = readersMax
        configuration.busyMode = .timeout(5)
        configuration.label = "timeline"
        configuration.prepareDatabase { db in
            // After a power cut the last transactions may be missing; they are read from the topics again.
            try db.execute(sql: "PRAGMA synchronous = NORMAL")
            try db.execute(sql: "PRAGMA cell_size_check = ON")
            // Keys are random: what a batch touches lies all over the file, and is written once for many batches.
            try db.execute(sql: "PRAGMA cache_size = -16000")
            try db.execute(sql: "PRAGMA wal_autocheckpoint = 4000")
        }
        let pool = try DatabasePool(path: path, configuration: configuration)
        self.pool = pool
        self.path = path
        do {
            try pool.write { db in
                if try !db.tableExists("place") {
                    try TimelineSchema.create(in: db)
                } else if try !TimelineSchema.isCurrent(db) {
                    throw DatabaseError(resultCode: .SQLITE_SCHEMA)
                }
            }
            let found = try pool.read { db in
                let bytes = try Int.fetchOne(
                    db, sql: "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
                return bytes ?? 0 > Self.checkedBytesMax
                    ? "ok" : try String.fetchOne(db, sql: "PRAGMA quick_check(1)")
            }
            guard found == "ok" else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: found) }
        } catch {
            try? pool.close()
            throw error
        }
        identity = Self.parts(path).compactMap { Identity($0) }
    }

    /// - Throws: `TimelineTrouble` damaged when somebody has removed or exchanged the file: what is written to one
    ///   without a name is lost with the process.
    func checkIdentity() throws(TimelineTrouble) {
        guard Self.parts(path).compactMap({ Identity($0) }) == identity else {
            throw .damaged("it was removed or exchanged")
        }
    }

    static func delete(_ path: String) {
        for part in parts(path) + ["\(path)-shm"] { try? FileManager.default.removeItem(atPath: part) }
    }

    private static func parts(_ path: String) -> [String] { [path, "\(path)-wal"] }
}
