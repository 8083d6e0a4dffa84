import Foundation
import Synchronization

/// A program that was started here and is stopped here, by its process id.
///
/// Its output goes to a file, so that no reader can hold it up.
final class ChildProcess: Sendable {
    let name: String
    let logPath: String
    private let process: Process
    private let exit: Exit

    /// - Throws: what the system says when the program cannot be started.
    init(
        name: String, executable: String, arguments: [String] = [], environment: [String: String], logPath: String,
        appendsToLog: Bool = false
    ) throws {
        self.name = name
        self.logPath = logPath
        if !appendsToLog || !FileManager.default.fileExists(atPath: logPath) {
            guard FileManager.default.createFile(atPath: logPath, contents: nil) else {
                throw StackError("\(logPath) cannot be written")
            }
        }
        guard let log = FileHandle(forWritingAtPath: logPath) else {
            throw StackError("\(logPath) cannot be written")
        }
        log.seekToEndOfFile()
        let exit = Exit()
        self.exit = exit
        let process = Process()
        process.executableURL = URL(filePath: executable)
        process.arguments = arguments
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = log
        process.standardError = log
        process.terminationHandler = { ended in
            exit.set(ended.terminationReason == .exit ? ended.terminationStatus : nil)
            Lifeline.shared.drop(ended.processIdentifier)
        }
        self.process = process
        let lifeline = Lifeline.shared
        try process.run()
        lifeline.hold(process.processIdentifier)
        // It may have been dropped before it was held.
        if exit.isSet { lifeline.drop(process.processIdentifier) }
        try? log.close()
    }

    var pid: Int32 { process.processIdentifier }
    var isRunning: Bool { !exit.isSet }

    /// Waits for the end. Nil when a signal ended it.
    func waitForExit() async -> Int32? {
        await exit.value()
    }

    func send(signal: Int32) {
        if isRunning { kill(pid, signal) }
    }

    /// Asks it to stop, and after `patience` makes it.
    /// - Returns: whether it stopped by itself with exit code 0.
    @discardableResult
    func stop(patience: Duration = .seconds(10)) async -> Bool {
        send(signal: SIGTERM)
        let killer = Task {
            try await Task.sleep(for: patience)
            send(signal: SIGKILL)
        }
        let code = await waitForExit()
        killer.cancel()
        return code == 0
    }

    /// The last lines that it wrote.
    func lastLines(_ count: Int) -> [String] {
        guard let data = FileManager.default.contents(atPath: logPath) else { return [] }
        return String(decoding: data.suffix(64 << 10), as: UTF8.self).split(separator: "\n").suffix(count).map(
            String.init)
    }
}

/// The end of a process, for any number of waiters.
private final class Exit: Sendable {
    private enum State {
        case running([CheckedContinuation<Int32?, Never>])
        case ended(Int32?)
    }

    private let state = Mutex<State>(.running([]))

    var isSet: Bool { state.withLock { if case .ended = $0 { true } else { false } } }

    func set(_ code: Int32?) {
        let waiting = state.withLock { state in
            guard case .running(let waiting) = state else { return [CheckedContinuation<Int32?, Never>]() }
            state = .ended(code)
            return waiting
        }
        for continuation in waiting { continuation.resume(returning: code) }
    }

    func value() async -> Int32? {
        await withCheckedContinuation { continuation in
            let ended: Int32?? = state.withLock { state in
                switch state {
                case .ended(let code): return .some(code)
                case .running(let waiting):
                    state = .running(waiting + [continuation])
                    return .none
                }
            }
            if let ended { continuation.resume(returning: ended) }
        }
    }
}

/// Why the stack is not up, in words for whoever started it.
struct StackError: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}
