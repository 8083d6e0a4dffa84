import GRDB

/// Why the timeline cannot be read or written at the moment.
enum TimelineTrouble: Error, Hashable, Sendable, CustomStringConvertible {
    /// The disk takes nothing: tried again until it does.
    case unwritable(String)
    /// The file is not what was written: it is thrown away and filled again from the topics.
    case damaged(String)
    /// The file is being exchanged.
    case closed

    /// Nil for what is no trouble with the file: a statement that is wrong or was given up.
    /// - Source: <https://www.sqlite.org/rescode.html>
    init?(_ error: DatabaseError) {
        let name = "\(error.extendedResultCode)"
        switch error.resultCode {
        case .SQLITE_FULL: self = .unwritable("the disk is full")
        case .SQLITE_IOERR:
            self = Self.whileWriting.contains(error.extendedResultCode) ? .unwritable(name) : .damaged(name)
        case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_BUSY, .SQLITE_NOMEM: self = .unwritable(name)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_READONLY, .SQLITE_SCHEMA: self = .damaged(name)
        // The tables are gone with the pages that named them.
        case .SQLITE_ERROR where error.message?.hasPrefix("no such ") == true: self = .damaged("tables are missing")
        case .SQLITE_MISUSE: self = .closed
        default: return nil
        }
    }

    private static let whileWriting: [ResultCode] = [
        .SQLITE_IOERR_WRITE, .SQLITE_IOERR_FSYNC, .SQLITE_IOERR_DIR_FSYNC, .SQLITE_IOERR_TRUNCATE,
        .SQLITE_IOERR_SHMOPEN, .SQLITE_IOERR_SHMSIZE, .SQLITE_IOERR_SHMMAP, .SQLITE_IOERR_LOCK,
    ]

    var description: String {
        switch self {
        case .unwritable(let reason): "the timeline cannot be written: \(reason)"
        case .damaged(let reason): "the timeline's file is damaged (\(reason)) and is built again from the topics"
        case .closed: "the timeline's file is being exchanged"
        }
    }
}
