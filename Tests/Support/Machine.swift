package import Foundation
import Glibc
import Synchronization

/// A loopback TCP port that nobody listens on at this moment.
package func freePort() throws -> Int {
    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard socket >= 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            bind(socket, address, length) == 0 ? getsockname(socket, address, &length) : -1
        }
    }
    guard result == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    return Int(UInt16(bigEndian: address.sin_port))
}

/// A fresh folder under the system's temporary one. Remove it when done; `withTemporaryFolder` does so itself.
package func makeTemporaryFolder(_ name: String = "patchbay") throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appending(path: uniqueName(name))
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
}

/// Runs a test in a folder of its own, which is removed afterwards.
package func withTemporaryFolder<Result>(_ body: (URL) async throws -> Result) async throws -> Result {
    let folder = try makeTemporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder)
}

private let names = Mutex(0)

/// A name that no other test uses, in this process or another: for topics, groups and transactional ids.
package func uniqueName(_ base: String) -> String {
    let number = names.withLock { count in
        count += 1
        return count
    }
    return "\(base)-\(getpid())-\(UInt32.random(in: 0 ... .max))-\(number)"
}

/// The folder with `Package.swift`.
package let repositoryRoot = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// Runs `body` with no signal blocked on this thread. For starting processes: they inherit the thread's mask, and the
/// threads of the cooperative pool block SIGTERM, SIGINT and SIGCHLD, which a child that waits for them never gets.
package func withoutBlockedSignals<Result>(_ body: () throws -> Result) rethrows -> Result {
    var none = sigset_t()
    sigemptyset(&none)
    var previous = sigset_t()
    pthread_sigmask(SIG_SETMASK, &none, &previous)
    defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }
    return try body()
}
