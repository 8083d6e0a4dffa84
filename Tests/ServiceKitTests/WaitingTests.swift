import Hummingbird
import Synchronization
import Testing

@testable import ServiceKit

/// What the long polls of these tests look at.
private final class Board: Sendable {
    private let text = Mutex<String?>(nil)

    var posted: String? {
        get { text.withLock { $0 } }
        set { text.withLock { $0 = newValue } }
    }
}

@Suite("A request waits until there is something to answer")
struct WaitingTests {
    private func withPolls(
        limit: Int = 10, seconds: Int = 120, _ body: (Int, Board, LongPolls<String>) async throws -> Void
    ) async throws {
        let board = Board()
        let metrics = Metrics()
        let polls = LongPolls<String>("work", limit: limit, metrics: metrics)
        let build: @Sendable (ServiceSetup) async throws -> Void = { setup in
            setup.router.get("/poll") { _, context in
                try await polls.respond(over: context.connection, on: "maria", within: .seconds(seconds)) {
                    board.posted.map { Response.json($0) }
                }
            }
        }
        try await withRunningService(.router, build: build) { port in try await body(port, board, polls) }
        #expect(polls.waiting == 0)
    }

    @Test("What is there already is answered at once, over a connection that lives on")
    func atOnce() async throws {
        try await withPolls { port, board, _ in
            board.posted = "news"
            let request = Array("GET /poll HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
            let last = Array("GET /poll HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".utf8)
            let answers = try await onThread {
                let connection = try RawConnection(port: port)
                defer { connection.close() }
                connection.write(request + last)
                return String(decoding: try connection.readAll(), as: UTF8.self)
            }
            #expect(answers.ranges(of: "\"news\"").count == 2)
        }
    }

    @Test("A change wakes the request")
    func woken() async throws {
        try await withPolls { port, board, polls in
            async let reply = get("/poll", port: port)
            #expect(try await eventually { polls.waiting == 1 })
            polls.wake("jonas")
            board.posted = "news"
            polls.wake("maria")
            let answer = try await reply
            #expect(answer.json == .string("news"))
        }
    }

    @Test("A connection whose request waited carries the next one, also one that was sent meanwhile")
    func keptAlive() async throws {
        try await withPolls { port, board, polls in
            let connection = try RawConnection(port: port)
            defer { connection.close() }
            connection.write(Array("GET /poll HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
            #expect(try await eventually { polls.waiting == 1 })
            connection.write(Array("GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".utf8))
            board.posted = "news"
            polls.wake("maria")
            let answers = try await onThread { String(decoding: try connection.readAll(), as: UTF8.self) }
            #expect(answers.contains("\"news\"") && answers.hasSuffix("ok\n"))
        }
    }

    @Test("A change between two looks is never missed")
    func races() async throws {
        try await withPolls(limit: 100) { port, board, polls async throws in
            for round in 0..<30 {
                board.posted = nil
                async let reply = get("/poll", port: port)
                if round.isMultiple(of: 2) { #expect(try await eventually { polls.waiting > 0 }) }
                board.posted = "\(round)"
                polls.wake("maria")
                #expect(try await reply.json == .string("\(round)"))
            }
        }
    }

    @Test("After its time a request is answered with nothing")
    func nothing() async throws {
        try await withPolls(seconds: 1) { port, _, _ in
            let reply = try await get("/poll", port: port)
            #expect(reply.status == 204 && reply.body.isEmpty)
        }
    }

    @Test("A client that hangs up waits no longer")
    func hangUp() async throws {
        try await withPolls { port, _, polls in
            let connection = try RawConnection(port: port)
            connection.write(Array("GET /poll HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
            #expect(try await eventually { polls.waiting == 1 })
            connection.close()
            #expect(try await eventually { polls.waiting == 0 })
        }
    }

    @Test("Too many waiting is 503 with the limit named")
    func limited() async throws {
        try await withPolls(limit: 1) { port, board, polls in
            async let first = get("/poll", port: port)
            #expect(try await eventually { polls.waiting == 1 })
            let second = try await get("/poll", port: port)
            #expect(second.status == 503 && second.problem == "too-many-waiting")
            #expect(second.headers["retry-after"] != nil)
            #expect(second.json["detail"]?.string?.contains("At most 1 ") == true)
            board.posted = "news"
            polls.wakeAll()
            #expect(try await first.status == 200)
        }
    }

    @Test("Of many requests for the same thing the newest wait, and the others hear 429", .timeLimit(.minutes(3)))
    func superseded() async throws {
        try await withPolls(limit: 100_000) { port, board, polls in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<300 { group.addTask { try await get("/poll", port: port).status } }
                var statuses: [Int] = []
                while statuses.count < 292, let status = try await group.next() { statuses.append(status) }
                #expect(statuses.allSatisfy { $0 == 429 })
                #expect(try await eventually { polls.waiting == 8 })
                let newest = Task { try await get("/poll", port: port).status }
                #expect(try await group.next() == 429, "the oldest one makes room")
                board.posted = "news"
                polls.wakeAll()
                #expect(try await newest.value == 200)
                for try await status in group { statuses.append(status) }
                return statuses
            }
            #expect(statuses.count { $0 == 200 } == 7)
            let reply = try await get("/metrics", port: port)
            #expect(reply.status == 200)
        }
    }

    @Test("A request that makes room says when to come again")
    func supersededProblem() {
        let problem = Problem.superseded(limit: 8)
        #expect(problem.status == .tooManyRequests && problem.headers[.retryAfter] == "5")
    }

    @Test("A stop ends open long polls within ten seconds")
    func stopping() async throws {
        let started = Mutex<ContinuousClock.Instant?>(nil)
        let poll = Mutex<Task<Reply, any Error>?>(nil)
        try await withPolls { port, _, polls async throws in
            let task = Task { try await get("/poll", port: port) }
            poll.withLock { $0 = task }
            #expect(try await eventually { polls.waiting == 1 })
            started.withLock { $0 = .now }
        }
        let start = try #require(started.withLock { $0 })
        #expect(ContinuousClock.now - start < .seconds(10))
        let task = try #require(poll.withLock { $0 })
        #expect(try await task.value.status == 204)
    }

    @Test("A client that never finishes its request does not hold up the stop")
    func unfinished() async throws {
        let build: @Sendable (ServiceSetup) async throws -> Void = { setup in
            setup.router.post("/slow") { request, _ in
                _ = try await request.readBody()
                return Response.empty
            }
        }
        let (start, connection) = try await withRunningService(.router, build: build) { port in
            let connection = try RawConnection(port: port)
            connection.write(Array("POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly this".utf8))
            let isOpen = try await eventually {
                try await get("/metrics", port: port).body.contains("patchbay_http_requests_open 2")
            }
            #expect(isOpen)
            return (ContinuousClock.now, connection)
        }
        connection.close()
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test("Before intake ends, readiness says so for the time that load balancers need")
    func draining() async throws {
        let (never, stop) = AsyncStream<Void>.makeStream()
        let build: @Sendable (ServiceSetup) async throws -> Void = { setup in
            setup.run("until told") { for await _ in never {} }
        }
        try await withRunningService(.router, environment: ["PATCHBAY_SHUTDOWN_DELAY": "3000"], build: build) { port in
            #expect(try await get("/readyz", port: port).status == 200)
            stop.finish()
            let isStopping = try await eventually {
                let reply = try await get("/readyz", port: port)
                return reply.status == 503 && reply.body.contains("[-]running failed: the service is stopping")
            }
            #expect(isStopping)
        }
    }

    @Test("A result reaches everybody who expects it, and only them")
    func replies() async throws {
        let replies = Replies<String, Int>()
        replies.fulfil("a", 0)
        async let other: Int = replies.expect("b", within: .seconds(60)) {}
        async let twice: Int = replies.expect("a", within: .seconds(60)) {}
        let answer = try await replies.expect("a", within: .seconds(60)) { () async throws in
            #expect(try await eventually { replies.expectedCount == 3 })
            replies.fulfil("a", 1)
            replies.fulfil("b", 2)
        }
        #expect(answer == 1)
        #expect(try await twice == 1)
        #expect(try await other == 2)
        #expect(replies.expectedCount == 0)
    }

    @Test("A result that does not come in time is a problem, and so is an act that fails")
    func undecided() async throws {
        struct Refused: Error {}
        let replies = Replies<String, Int>(limit: 1)
        let problem = await #expect(throws: Problem.self) {
            try await replies.expect("a", within: .milliseconds(10)) {}
        }
        #expect(problem?.code == "undecided")
        await #expect(throws: Refused.self) { try await replies.expect("a", within: .seconds(60)) { throw Refused() } }
        #expect(replies.expectedCount == 0)
    }
}
