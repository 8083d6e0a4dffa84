import Foundation
import TestSupport
import Testing

@testable import PatchbayCLI

extension WholeStack {
    @Suite("patchbay up", .serialized)
    struct UpTests {
        @Test("It is killed, and nothing that it started stays", .timeLimit(.minutes(5)))
        func killed() async throws {
            try await withTemporaryFolder { folder in
                let file = folder.appending(path: "environment").path
                let arguments = [
                    "up", "--local-broker", try LocalBroker.executable(), "--free-ports", "--folder",
                    folder.appending(path: "run").path, "--write-environment", file,
                ]
                let up = try ChildProcess(
                    name: "up", executable: TestStack.executables.appending(path: "patchbay").path,
                    arguments: arguments, environment: ProcessInfo.processInfo.environment,
                    logPath: folder.appending(path: "up.log").path)
                try await eventually("the stack is up", within: .seconds(120)) {
                    guard up.isRunning else { throw StackError(up.lastLines(20).joined(separator: "\n")) }
                    return FileManager.default.fileExists(atPath: file)
                }
                let ports = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").compactMap {
                    line in
                    line.contains("_URL=") || line.contains("BOOTSTRAP")
                        ? line.split(separator: ":").last.flatMap { Int($0) } : nil
                }
                #expect(ports.count == 5)
                #expect(ports.allSatisfy { Sockets.accepts(port: $0) })
                up.send(signal: SIGKILL)
                try await eventually("the services and the broker are gone", within: .seconds(60)) {
                    !ports.contains { Sockets.accepts(port: $0) }
                }
            }
        }
    }
}
