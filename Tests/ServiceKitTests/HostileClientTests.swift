import Foundation
import Hummingbird
import Synchronization
import Testing

@testable import ServiceKit

/// A service with a route for bodies, one for long answers and one that waits.
private struct Victim: Sendable {
    let port: Int

    static func with(_ body: (Victim) async throws -> Void) async throws {
        let build: @Sendable (ServiceSetup) async throws -> Void = { setup in
            let polls = LongPolls<String>("work", metrics: setup.metrics)
            setup.router.post("/echo") { request, _ in
                let text = try await request.readJSON { $0.string("text", bytes: 1...65_536) }
                return Response.json(.object(["text": text]))
            }
            setup.router.get("/long") { _, _ in
                let buffer = ByteBuffer(repeating: 65, count: 1 << 20)
                return Response(
                    status: .ok,
                    body: ResponseBody { writer in
                        for _ in 0..<64 { try await writer.write(buffer) }
                        try await writer.finish(nil)
                    })
            }
            setup.router.get("/poll") { _, context in
                try await polls.respond(over: context.connection, on: "maria", within: .seconds(3)) { nil }
            }
        }
        try await withRunningService(.router, build: build) { port in try await body(Victim(port: port)) }
    }

    func metric(_ name: String) async throws -> Double? {
        let text = try await get("/metrics", port: port).body
        return text.split(separator: "\n").first { $0.hasPrefix("\(name) ") }
            .flatMap { Double($0.dropFirst(name.count + 1)) }
    }

    /// Nothing is open but the request that asks.
    func isAtRest() async throws -> Bool {
        let requests = try await metric("patchbay_http_requests_open")
        let connections = try await metric("patchbay_http_connections_open")
        return requests == 1 && connections == 1
    }

    /// What the service answers to these bytes until it closes, or until the client does after so many seconds.
    func exchange(_ bytes: [UInt8], closing: Bool = false) async throws -> String {
        try await onThread {
            let connection = try RawConnection(port: port, seconds: closing ? 1 : 60)
            defer { connection.close() }
            connection.write(bytes)
            if closing { return "" }
            return String(decoding: (try? connection.readAll()) ?? [], as: UTF8.self)
        }
    }
}

@Suite("Clients that are slow, broken or hostile")
struct HostileClientTests {
    @Test("Connections that say nothing, or drip a head, are closed after ten seconds", .timeLimit(.minutes(3)))
    func slowHeads() async throws {
        try await Victim.with { victim async throws in
            let start = ContinuousClock.now
            async let silent = victim.exchange([])
            async let begun = victim.exchange(Array("GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: ".utf8))
            async let dripping = onThread {
                let connection = try RawConnection(port: victim.port)
                defer { connection.close() }
                connection.write(Array("GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: ".utf8))
                // A write to a closed connection fails sooner or later, which ends this.
                while connection.write([97]), ContinuousClock.now - start < .seconds(60) { usleep(100_000) }
                return ContinuousClock.now - start
            }
            #expect(try await silent.isEmpty)
            #expect(try await begun.isEmpty)
            #expect(try await dripping < .seconds(55))
            #expect(ContinuousClock.now - start > .seconds(9))
            #expect(try await eventually { try await victim.isAtRest() })
            #expect(try await victim.metric(#"patchbay_http_slow_clients_total{missing="head"}"#) == 3)
        }
    }

    @Test("Bodies that drip or stop are given up after twenty seconds", .timeLimit(.minutes(3)))
    func slowBodies() async throws {
        let head = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        try await Victim.with { victim async throws in
            let start = ContinuousClock.now
            async let stopped = victim.exchange(Array("\(head)Content-Length: 100\r\n\r\n{\"text\"".utf8))
            async let chunked = victim.exchange(Array("\(head)Transfer-Encoding: chunked\r\n\r\n5\r\n{\"tex".utf8))
            async let dripping = onThread {
                let connection = try RawConnection(port: victim.port)
                defer { connection.close() }
                connection.write(Array("\(head)Content-Length: 1000000\r\n\r\n{\"text\":\"".utf8))
                while connection.write([97]), ContinuousClock.now - start < .seconds(90) { usleep(100_000) }
                return ContinuousClock.now - start
            }
            _ = try await (stopped, chunked)
            #expect(try await dripping < .seconds(85))
            #expect(ContinuousClock.now - start > .seconds(19))
            #expect(try await eventually { try await victim.isAtRest() })
            #expect(try await victim.metric(#"patchbay_http_slow_clients_total{missing="body"}"#) == 3)
            #expect(try await !get("/metrics", port: victim.port).body.contains(#"status="500""#))
        }
    }

    @Test("An answer that nobody reads is given up after twenty seconds", .timeLimit(.minutes(3)))
    func unreadAnswers() async throws {
        try await Victim.with { victim async throws in
            let connections = try (0..<4).map { _ in
                let connection = try RawConnection(port: victim.port)
                connection.write(Array("GET /long HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
                return connection
            }
            #expect(try await eventually { try await victim.metric("patchbay_http_connections_open") == 5 })
            #expect(try await eventually { try await victim.isAtRest() })
            #expect(try await victim.metric(#"patchbay_http_slow_clients_total{missing="answer"}"#) == 4)
            for connection in connections { connection.close() }
        }
    }

    @Test("Whatever comes over the wire: no crash, no 500, and nothing stays open", .timeLimit(.minutes(3)))
    func malformed() async throws {
        let json = "Content-Type: application/json\r\n"
        let last = "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        let cases: [(bytes: String, statuses: [String]?)] = [
            ("\u{0}\u{1}\u{2}\r\n\r\n", ["400"]),
            ("GET\r\n\r\n", ["400"]),
            ("GET / HTTP/9.9\r\n\r\n", ["400"]),
            ("GET /livez HTTP/1.1\r\n no colon here\r\n\r\n", ["400"]),
            ("GET /livez HTTP/1.1\r\nHost: x\r\nX-Big: \(String(repeating: "a", count: 70_000))\r\n\r\n", ["400"]),
            ("GET /livez HTTP/1.1\r\n\(String(repeating: "X-Many: a\r\n", count: 500))\r\n", ["400"]),
            ("GET /\(String(repeating: "a", count: 200_000)) HTTP/1.1\r\n\r\n", nil),
            ("POST /echo HTTP/1.1\r\nHost: x\r\n\(json)Content-Length: -1\r\n\r\n{}", ["400"]),
            ("POST /echo HTTP/1.1\r\nHost: x\r\n\(json)Content-Length: 99999999999999999999\r\n\r\n{}", ["400"]),
            ("POST /echo HTTP/1.1\r\nHost: x\r\n\(json)Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", ["400"]),
            ("POST /echo HTTP/1.1\r\nHost: x\r\n\(json)Transfer-Encoding: chunked\r\n\r\nzz\r\n", ["400"]),
            (
                "POST /echo HTTP/1.1\r\nHost: x\r\n\(json)Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"
                    + "0\r\n\r\n\(last)", nil
            ),
            // Three requests at once, the first of which is wrong in its contents only.
            (
                "POST /echo HTTP/1.1\r\nHost: x\r\n\(json)Content-Length: 2\r\n\r\n{}"
                    + "POST /echo HTTP/1.1\r\nHost: x\r\n\(json)Content-Length: 12\r\n\r\n{\"text\":\"a\"}\(last)",
                ["422", "200", "200"]
            ),
            // Shorter than its body: the rest of it is taken for a request.
            (
                "POST /echo HTTP/1.1\r\nHost: x\r\n\(json)Content-Length: 2\r\n\r\n{\"text\":\"a\"}\(last)",
                ["400", "400"]
            ),
        ]
        try await Victim.with { victim async throws in
            for (bytes, statuses) in cases {
                let text = try await victim.exchange(Array(bytes.utf8))
                let answered = text.components(separatedBy: "HTTP/1.1 ").dropFirst().map { String($0.prefix(3)) }
                #expect(!answered.contains("500"), "\(bytes.prefix(100))")
                if let statuses { #expect(answered == statuses, "\(bytes.prefix(100))") }
            }
            #expect(try await eventually { try await victim.isAtRest() })
            #expect(try await get("/livez", port: victim.port).status == 200)
        }
    }

    @Test("Clients that hang up at any byte leave nothing behind", .timeLimit(.minutes(3)))
    func earlyClose() async throws {
        let request = Array(
            ("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n"
                + "{\"text\":\"a\"}GET /poll HTTP/1.1\r\nHost: x\r\n\r\nGET /poll HTTP/1.1\r\n").utf8)
        try await Victim.with { victim async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for length in request.indices {
                    group.addTask { _ = try await victim.exchange(Array(request.prefix(length)), closing: true) }
                }
                try await group.waitForAll()
            }
            #expect(try await eventually { try await victim.isAtRest() })
            let metrics = try await get("/metrics", port: victim.port).body
            #expect(!metrics.contains(#"status="500""#))
            #expect(metrics.contains(#"patchbay_http_waiting{kind="work"} 0"#))
        }
    }
}
