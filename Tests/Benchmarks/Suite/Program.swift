import Foundation
import TestSupport

/// A program that was started here, and what the kernel says of its process.
final class Program {
    let name: String
    private let process = Process()

    /// - Throws: what the system says when the program cannot be started.
    init(_ executable: URL, _ arguments: [String] = [], environment: [String: String], log: URL) throws {
        name = executable.lastPathComponent
        if !FileManager.default.fileExists(atPath: log.path) { try Data().write(to: log) }
        let output = try FileHandle(forWritingTo: log)
        defer { try? output.close() }
        try output.seekToEnd()
        process.executableURL = executable
        process.arguments = arguments
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try withoutBlockedSignals { try process.run() }
    }

    var pid: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }

    /// Returns when it is gone.
    func killAtOnce() {
        Foundation.kill(pid, SIGKILL)
        process.waitUntilExit()
    }

    func kill() async throws { try await end(SIGKILL) }
    func terminate() async throws { try await end(SIGTERM) }

    private func end(_ signal: Int32) async throws {
        guard isRunning else { return }
        Foundation.kill(pid, signal)
        try await eventually("\(name) ends", within: .seconds(30)) { !process.isRunning }
    }

    /// Runs a program to its end and returns what it wrote to standard output.
    static func output(
        of executable: URL, _ arguments: [String], environment: [String: String] = [:]
    ) async throws -> String {
        try await onThread {
            let process = Process()
            let output = Pipe()
            process.executableURL = executable
            process.arguments = arguments
            process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
            process.standardOutput = output
            try withoutBlockedSignals { try process.run() }
            let data = try output.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            let text = String(decoding: data, as: UTF8.self)
            guard process.terminationStatus == 0 else {
                throw BenchmarkError("\(executable.lastPathComponent) ended with \(process.terminationStatus): \(text)")
            }
            return text
        }
    }
}

/// What the kernel has counted for a process.
struct ProcessUsage {
    /// CPU time of all its threads.
    var cpu: Duration
    /// Resident memory.
    var bytes: Int

    init(pid: Int32) throws {
        let stat = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
        // The name in parentheses may hold spaces; what follows it does not.
        let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
        let ticks = (Int(fields[12]) ?? 0) + (Int(fields[13]) ?? 0)
        cpu = .milliseconds(ticks * 1000 / sysconf(Int32(_SC_CLK_TCK)))
        bytes = (Int(fields[22]) ?? 0) * sysconf(Int32(_SC_PAGESIZE))
    }

    /// The process whose arguments hold all of these.
    static func find(_ arguments: [String]) throws -> Int32 {
        for name in try FileManager.default.contentsOfDirectory(atPath: "/proc") {
            guard let pid = Int32(name), let line = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else {
                continue
            }
            let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            // Interpreters and shells that only wait for it name it second.
            guard words.first?.hasSuffix(arguments[0]) == true, arguments.dropFirst().allSatisfy(words.contains) else {
                continue
            }
            return pid
        }
        throw BenchmarkError("no process of \(arguments)")
    }
}

/// Why a benchmark cannot go on.
struct BenchmarkError: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}
