import Domain
import Foundation
import Glibc
import Hummingbird
import Logging
import Synchronization
import Testing

@testable import ServiceKit

/// Each of these runs the whole life of a service in a process of its own.
@Suite("A service starts with checked settings and stops as it is told")
struct ServiceLifeTests {
    private static let environment = [
        "PATCHBAY_HTTP_PORT": "0", "PATCHBAY_AUTH_SECRET": "0123456789abcdef0123456789abcdef",
        "PATCHBAY_LOG_FORMAT": "json",
    ]

    @Test("Help and version are printed, and the settings can be checked alone")
    func answers() async throws {
        let help = try await #require(processExitsWith: .success, observing: [\.standardOutputContent]) {
            await ServiceMain.run(.connector, arguments: ["connector", "--help"], environment: [:]) { _ in }
        }
        #expect(String(decoding: help.standardOutputContent, as: UTF8.self).contains("PATCHBAY_LINK_SECRET"))
        let version = try await #require(processExitsWith: .success, observing: [\.standardOutputContent]) {
            await ServiceMain.run(.connector, arguments: ["connector", "--version"], environment: [:]) { _ in }
        }
        #expect(
            String(decoding: version.standardOutputContent, as: UTF8.self).contains("connector \(patchbayVersion)\n"))
        await #expect(processExitsWith: .success) {
            await ServiceMain.run(
                .connector, arguments: ["connector", "--check-config"], environment: ServiceLifeTests.environment
            ) { _ in
                fatalError("nothing is to be started")
            }
        }
    }

    @Test("Wrong settings stop the start with all of them named")
    func wrongSettings() async throws {
        let result = try await #require(processExitsWith: .exitCode(78), observing: [\.standardErrorContent]) {
            await ServiceMain.run(
                .router, arguments: ["router"],
                environment: ["PATCHBAY_HTTP_PORT": "http", "PATCHBAY_LOG_FROMAT": "json"]
            ) { _ in }
        }
        let text = String(decoding: result.standardErrorContent, as: UTF8.self)
        #expect(text.contains("PATCHBAY_HTTP_PORT is \"http\": expected a whole number from 0 to 65535"))
        #expect(text.contains("did you mean PATCHBAY_LOG_FORMAT?"))
        #expect(text.contains("PATCHBAY_AUTH_SECRET is not set"))
    }

    @Test("Unknown arguments are refused")
    func arguments() async {
        await #expect(processExitsWith: .exitCode(64)) {
            await ServiceMain.run(
                .router, arguments: ["router", "--verbose"], environment: ServiceLifeTests.environment
            ) { _ in }
        }
    }

    @Test("What cannot start says why in one line")
    func cannotStart() async throws {
        struct Away: Error, CustomStringConvertible { var description: String { "the broker does not answer" } }
        let result = try await #require(processExitsWith: .exitCode(69), observing: [\.standardErrorContent]) {
            await ServiceMain.run(.router, arguments: ["router"], environment: ServiceLifeTests.environment) { _ in
                throw Away()
            }
        }
        #expect(
            String(decoding: result.standardErrorContent, as: UTF8.self).contains(
                "router: could not start: the broker does not answer\n"))
    }

    @Test("A taken port stops the start")
    func takenPort() async throws {
        await #expect(processExitsWith: .exitCode(69)) {
            let build: @Sendable (ServiceSetup) -> Void = { _ in }
            try await withRunningService(.context, build: build) { port in
                let environment = ServiceLifeTests.environment.merging(["PATCHBAY_HTTP_PORT": "\(port)"]) { _, given in
                    given
                }
                await ServiceMain.run(.router, arguments: ["router"], environment: environment) { _ in }
            }
        }
    }

    @Test("A part that fails ends the service with 70")
    func failingPart() async throws {
        let result = try await #require(processExitsWith: .exitCode(70), observing: [\.standardErrorContent]) {
            struct Broken: Error {}
            await ServiceMain.run(.router, arguments: ["router"], environment: ServiceLifeTests.environment) { setup in
                setup.run("streams") {
                    _ = try await get("/livez", port: try await listeningPort())
                    throw Broken()
                }
            }
        }
        #expect(
            String(decoding: result.standardErrorContent, as: UTF8.self).contains(
                "router: failed: streams failed: Broken()"))
    }

    @Test("A stop that takes too long is ended with 75")
    func stuck() async throws {
        let result = try await #require(processExitsWith: .exitCode(75), observing: [\.standardErrorContent]) {
            await ServiceMain.run(.router, arguments: ["router"], environment: ServiceLifeTests.environment) { setup in
                setup.run(
                    "stuck",
                    {
                        _ = try await get("/livez", port: try await listeningPort())
                        kill(getpid(), SIGTERM)
                        while true { usleep(100_000) }
                    }, shutdown: {})
            }
        }
        #expect(String(decoding: result.standardErrorContent, as: UTF8.self).contains("did not stop in time"))
    }

    @Test("A signal ends open long polls, then the parts, and the process with 0 within ten seconds")
    func signalled() async throws {
        let result = try await #require(processExitsWith: .success, observing: [\.standardOutputContent]) {
            let polls = LongPolls<String>("work", metrics: Metrics())
            await ServiceMain.run(.router, arguments: ["router"], environment: ServiceLifeTests.environment) { setup in
                let logger = setup.logger
                setup.router.get("/poll") { _, context in
                    try await polls.respond(over: context.connection, on: "x", within: .seconds(120)) { nil }
                }
                let (ended, end) = AsyncStream<Void>.makeStream()
                setup.run(
                    "streams",
                    {
                        for await _ in ended {}
                        logger.info("streams ended")
                    }, shutdown: { end.finish() })
                setup.run("client") {
                    let connection = try RawConnection(port: try await listeningPort())
                    connection.write(Array("GET /poll HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
                    guard try await eventually({ polls.waiting == 1 }) else { fatalError("no request came") }
                    kill(getpid(), SIGTERM)
                    let answer = try await onThread { try connection.readAll() }
                    logger.info("answered", metadata: ["status": "\(Reply(answer)?.status ?? 0)"])
                    try await Task.sleep(for: .seconds(60))
                }
            }
        }
        let lines = String(decoding: result.standardOutputContent, as: UTF8.self).split(separator: "\n")
            .compactMap { try? JSONValue(parsing: $0.utf8) }
        let messages = lines.compactMap { $0["message"]?.string }
        #expect(
            messages.filter { ["starting", "listening", "stopping", "streams ended", "stopped"].contains($0) }
                == ["starting", "listening", "stopping", "streams ended", "stopped"])
        // By the log's own times: starting the process takes as long as the machine lets it.
        func time(of message: String) -> Instant? {
            let line = lines.first { $0["message"]?.string == message }
            return line?["timestamp"]?.string.flatMap { Instant(rfc3339: $0) }
        }
        let stopping = try #require(time(of: "stopping"))
        let stopped = try #require(time(of: "stopped"))
        #expect(stopped - stopping < .seconds(10))
    }
}

/// The port on which this process listens, once it does.
private func listeningPort() async throws -> Int {
    let found = Mutex<Int?>(nil)
    _ = try await eventually {
        let port = (3..<1_024).lazy.compactMap(listeningPort(of:)).first
        found.withLock { $0 = port }
        return port != nil
    }
    guard let port = found.withLock({ $0 }) else { throw RawConnection.Failure(what: "nothing listens") }
    return port
}

/// The port of a socket that listens; nil when the number belongs to anything else.
private func listeningPort(of descriptor: Int32) -> Int? {
    var isListening: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    guard getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &isListening, &size) == 0, isListening == 1 else {
        return nil
    }
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
    }
    return result == 0 ? Int(UInt16(bigEndian: address.sin_port)) : nil
}
