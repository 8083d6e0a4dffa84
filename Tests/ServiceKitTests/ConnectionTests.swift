import Foundation
import Hummingbird
import Testing

@testable import ServiceKit

@Suite("A service that is full of connections is alive, and says so")
struct ConnectionTests {
    private static let limit = 4

    /// A service whose connections are all taken by requests that wait.
    private func withFullService(_ body: (Int, [RawConnection], LongPolls<String>) async throws -> Void) async throws {
        let polls = LongPolls<String>("work", metrics: Metrics())
        let build: @Sendable (ServiceSetup) async throws -> Void = { setup in
            setup.router.get("/poll") { _, context in
                try await polls.respond(over: context.connection, on: "x", within: .seconds(120)) { nil }
            }
            setup.router.get("/hello") { _, _ in Response.json("hello") }
            setup.router.post("/hello") { request, _ in Response.json("\(try await request.readBody().count) bytes") }
        }
        let environment = ["PATCHBAY_HTTP_CONNECTIONS_MAX": "\(Self.limit)"]
        try await withRunningService(.router, environment: environment, build: build) { port in
            let waiting = try (0..<Self.limit).map { _ in
                let connection = try RawConnection(port: port)
                connection.write(Array("GET /poll HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
                return connection
            }
            defer { for connection in waiting { connection.close() } }
            #expect(try await eventually { polls.waiting == Self.limit })
            try await body(port, waiting, polls)
        }
    }

    @Test("Probes are answered, everybody else hears 503 and when to come again, and the first to leave makes room")
    func full() async throws {
        try await withFullService { port, waiting, polls in
            for path in ["/livez", "/readyz", "/metrics?x=1"] { #expect(try await get(path, port: port).status == 200) }
            let refused = try await get("/hello", port: port)
            #expect(refused.status == 503 && refused.problem == "overloaded")
            #expect(refused.headers["retry-after"] != nil && refused.headers["connection"] == "close")
            #expect(refused.json["detail"]?.string?.contains("At most \(Self.limit) connections") == true)
            #expect(try await post("/hello", "{\"a\":1}", port: port).status == 503)
            let metrics = try await get("/metrics", port: port).body
            #expect(metrics.contains(#"patchbay_http_refused_total{kind="connections",limit="full"} 2"#))
            // One request over a spare connection, and no more.
            let answers = try await onThread {
                let connection = try RawConnection(port: port)
                defer { connection.close() }
                connection.write(Array("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
                return String(decoding: try connection.readAll(), as: UTF8.self)
            }
            #expect(answers.hasPrefix("HTTP/1.1 200"))
            waiting[0].close()
            #expect(try await eventually { polls.waiting == Self.limit - 1 })
            #expect(try await eventually { try await get("/hello", port: port).status == 200 })
        }
    }

    @Test("Silent connections beyond the limit keep nobody from seeing that it is alive", .timeLimit(.minutes(3)))
    func silent() async throws {
        try await withFullService { port, _, _ in
            let silent = try (0..<OpenConnections.spare * 3).map { _ in try RawConnection(port: port) }
            #expect(try await get("/livez", port: port).status == 200)
            for connection in silent { connection.close() }
        }
    }

    @Test("A server that is cancelled with connections it has not taken yet lives on")
    func cancelled() async throws {
        await #expect(processExitsWith: .success) {
            struct Enough: Error {}
            let build: @Sendable (ServiceSetup) async throws -> Void = { _ in }
            for _ in 0..<20 {
                var connections: [RawConnection] = []
                do {
                    try await withRunningService(.context, build: build) { port in
                        for _ in 0..<100 { connections.append(try RawConnection(port: port)) }
                        throw Enough()
                    }
                } catch is Enough {}
                for connection in connections { connection.close() }
            }
        }
    }
}
