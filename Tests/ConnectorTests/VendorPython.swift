import Foundation

/// Runs scripts with the vendors' own packages from PyPI, which `make setup` installs.
enum VendorPython {
    /// `PATCHBAY_PYTHON`, or the virtual environment of the repository; nil when neither is there.
    static let path: String? = {
        if let path = ProcessInfo.processInfo.environment["PATCHBAY_PYTHON"] { return path }
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let path = root.appending(path: ".venv/bin/python").path
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }()

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// Runs the script with the arguments and returns what it prints.
    static func run(_ script: String, _ arguments: [String]) async throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: path ?? "/nonexistent")
        process.arguments = ["-c", script] + arguments
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        return try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { process in
                let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
                let trace = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
                if process.terminationStatus == 0 {
                    continuation.resume(returning: text.trimmingCharacters(in: .whitespacesAndNewlines))
                } else {
                    continuation.resume(throwing: Failure(description: trace))
                }
            }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
    }
}
