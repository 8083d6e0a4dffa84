import Foundation
import Glibc
import TestSupport

@testable import PatchbayCLI

/// Wall clocks that a test sets, one for each service: a library that is loaded before all others answers for the
/// kernel, and reads from a file how far the clock is off.
final class WallClocks: Sendable {
    private let folder: URL

    init() throws {
        folder = try makeTemporaryFolder("patchbay-clocks")
        let compiler = Process()
        compiler.executableURL = URL(filePath: "/usr/bin/env")
        let source = Repository.root.appending(path: "Tests/EndToEnd/Tools/wallclock.c").path
        compiler.arguments = ["cc", "-shared", "-fPIC", "-O1", "-o", library.path, source, "-ldl"]
        try compiler.run()
        compiler.waitUntilExit()
        guard compiler.terminationStatus == 0 else { throw StackError("wallclock.c does not compile") }
        for service in Stack.Service.allCases {
            try Data(count: MemoryLayout<Int64>.size).write(to: file(of: service))
        }
    }

    private var library: URL { folder.appending(path: "wallclock.so") }
    private func file(of service: Stack.Service) -> URL { folder.appending(path: service.rawValue) }

    /// What the processes of each service are told.
    var environment: [Stack.Service: [String: String]] {
        Dictionary(
            uniqueKeysWithValues: Stack.Service.allCases.map { service in
                (service, ["LD_PRELOAD": library.path, "WALLCLOCK_FILE": file(of: service).path])
            })
    }

    /// Sets a service's clock at once.
    func set(_ service: Stack.Service, ahead: Duration) throws {
        let descriptor = open(file(of: service).path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StackError("\(service)'s clock cannot be set") }
        defer { close(descriptor) }
        var nanoseconds = ahead.components.seconds * 1_000_000_000
        guard pwrite(descriptor, &nanoseconds, MemoryLayout<Int64>.size, 0) == MemoryLayout<Int64>.size else {
            throw StackError("\(service)'s clock cannot be set")
        }
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }
}
