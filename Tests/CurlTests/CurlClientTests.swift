import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Curl

@Suite("A curl client sends requests and collects answers")
struct CurlClientTests {
    @Test("method, headers, body and credentials arrive, and status, headers and body come back")
    func roundTrip() async throws {
        let server = LoopbackServer.answering { request in
            let seen = [
                request.method, request.path, request.header("x-one") ?? "-", request.header("x-empty") ?? "-",
                request.header("authorization") ?? "-", request.header("content-type") ?? "-", request.text,
            ]
            return .init(207, headers: [("X-Two", " two ")], body: seen.joined(separator: "|"))
        }
        try await withClient { client in
            let response = try await client.send(
                CurlRequest(
                    method: "PUT", url: server.url("/a?b=c"),
                    headers: [CurlHeader("X-One", "1"), CurlHeader("X-Empty", "")],
                    body: Array("grüße".utf8), credentials: .init(user: "me", password: "pass:word")))
            #expect(response.status == 207)
            #expect(response.header("x-two") == "two")
            #expect(response.text == "PUT|/a?b=c|1||Basic bWU6cGFzczp3b3Jk|-|grüße")
            let empty = try await client.send(CurlRequest(method: "POST", url: server.url("/e"), body: []))
            #expect(empty.text == "POST|/e|-|-|-|-|")
            let plain = try await client.send(CurlRequest(url: server.url("/g")))
            #expect(plain.text == "GET|/g|-|-|-|-|")
        }
        server.stop()
    }

    @Test("one connection serves requests one after the other, unless a request wants its own")
    func reuse() async throws {
        let connections = Atomic<Int>(0)
        let server = LoopbackServer { connection in
            let number = connections.add(1, ordering: .relaxed).newValue
            while connection.readRequest() != nil { connection.write(answer("\(number)")) }
        }
        try await withClient { (client) async throws in
            var request = CurlRequest(url: server.url())
            #expect(try await client.send(request).text == "1")
            #expect(try await client.send(request).text == "1")
            request.needsOwnConnection = true
            #expect(try await client.send(request).text == "2")
            #expect(try await client.send(request).text == "3")
        }
        server.stop()
    }

    @Test("the body of a success may be taken part by part, until it is enough; another body is collected")
    func parts() async throws {
        let server = LoopbackServer.answering { request in
            request.path == "/no"
                ? .init(404, body: "nothing") : .init(200, body: String(repeating: "x", count: 99_999))
        }
        try await withClient { (client) async throws in
            let taken = Atomic<Int>(0)
            var request = CurlRequest(url: server.url())
            request.takesBody = { bytes in
                taken.add(bytes.count, ordering: .relaxed)
                return true
            }
            let answer = try await client.send(request)
            #expect(answer.body.isEmpty)
            #expect(taken.load(ordering: .relaxed) == 99_999)
            request.takesBody = { _ in false }
            let error = await #expect(throws: CurlError.self) { try await client.send(request) }
            #expect(error?.code == .cancelled)
            request.url = server.url("/no")
            #expect(try await client.send(request).text == "nothing")
        }
        server.stop()
    }

    @Test("many requests at once are all answered, never more in flight than allowed")
    func many() async throws {
        let server = LoopbackServer.answering { .init(200, body: $0.path) }
        var limits = CurlLimits()
        limits.inFlightMax = 8
        try await withClient(limits: limits) { client in
            let answers = try await withThrowingTaskGroup(of: (Int, String).self) { group in
                for number in 0..<200 {
                    group.addTask { (number, try await client.send(CurlRequest(url: server.url("/\(number)"))).text) }
                }
                return try await group.reduce(into: [Int: String]()) { $0[$1.0] = $1.1 }
            }
            #expect(answers == Dictionary(uniqueKeysWithValues: (0..<200).map { ($0, "/\($0)") }))
            #expect((1...8).contains(server.connectionCount), "as many connections as there are places")
        }
        server.stop()
    }

    @Test("a client that holds all it may refuses at once")
    func overloaded() async throws {
        let server = hangingServer()
        var limits = CurlLimits()
        limits.inFlightMax = 1
        limits.waitingMax = 1
        try await withClient(limits: limits) { client in
            await withTaskGroup(of: CurlError?.self) { group in
                for _ in 0..<3 { group.addTask { await failure(client, CurlRequest(url: server.url())) } }
                #expect(await group.next() == CurlError(.overloaded))
                group.cancelAll()
            }
        }
        server.stop()
    }
}

@Suite("A curl client gives up in time")
struct CurlClientTimeTests {
    @Test("a server that never answers", .timeLimit(.minutes(1)))
    func hang() async throws {
        let server = hangingServer()
        try await withClient { client in
            var request = CurlRequest(method: "POST", url: server.url(), body: [1])
            request.timeout = .milliseconds(300)
            let error = try #require(await failure(client, request))
            #expect(error.code == .timedOut)
            #expect(error.isRetriable)
            #expect(error.isAmbiguous, "the server has the request")
        }
        server.stop()
    }

    @Test("headers that drip in, one byte at a time", .timeLimit(.minutes(1)))
    func slowHeaders() async throws {
        let server = LoopbackServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nX-Long: ")
            while connection.write("a") { pause(milliseconds: 20) }
        }
        try await withClient { client in
            var request = CurlRequest(url: server.url())
            request.timeout = .milliseconds(400)
            #expect(await failure(client, request)?.code == .timedOut)
        }
        server.stop()
    }

    @Test("a body slower than the least speed, long before the whole time is over", .timeLimit(.minutes(1)))
    func trickle() async throws {
        let server = LoopbackServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            while connection.write("a") { pause(milliseconds: 100) }
        }
        var limits = CurlLimits()
        limits.leastSpeedBytesPerSecond = 1000
        limits.leastSpeedSeconds = 1
        try await withClient(limits: limits) { client in
            var request = CurlRequest(url: server.url())
            request.timeout = .seconds(600)
            let error = try #require(await failure(client, request))
            #expect(error.code == .timedOut)
            #expect(error.isAmbiguous)
        }
        server.stop()
    }

    @Test("cancelling the task aborts the transfer and closes its connection", .timeLimit(.minutes(1)))
    func cancel() async throws {
        let (reached, reach) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let (ended, end) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let server = LoopbackServer { connection in
            _ = connection.readRequest()
            reach.yield()
            connection.waitForEnd()
            end.yield()
        }
        try await withClient { client in
            let url = server.url()
            let sending = Task { await failure(client, CurlRequest(url: url)) }
            await first(reached)
            sending.cancel()
            let error = try #require(await sending.value)
            #expect(error.code == .cancelled)
            #expect(error.isAmbiguous)
            await first(ended)
        }
        server.stop()
    }

    @Test("a task that was cancelled before it sends, and one that waits for a place", .timeLimit(.minutes(1)))
    func cancelEarly() async throws {
        let server = hangingServer()
        var limits = CurlLimits()
        limits.inFlightMax = 1
        try await withClient(limits: limits) { client in
            let url = server.url()
            let tasks = (0..<5).map { _ in Task { await failure(client, CurlRequest(url: url)) } }
            for task in tasks.reversed() { task.cancel() }
            for task in tasks { #expect(await task.value?.code == .cancelled) }
        }
        server.stop()
    }

    @Test("closing the client ends what is in flight and what waits, and later requests", .timeLimit(.minutes(1)))
    func close() async throws {
        let (reached, reach) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let server = LoopbackServer { connection in
            _ = connection.readRequest()
            reach.yield()
            connection.waitForEnd()
        }
        var limits = CurlLimits()
        limits.inFlightMax = 1
        let client = CurlClient(addresses: .all, limits: limits)
        let url = server.url()
        let tasks = (0..<3).map { _ in Task { await failure(client, CurlRequest(url: url)) } }
        await first(reached)
        await client.close()
        for task in tasks { #expect(await task.value?.code == .closed) }
        await client.close()
        #expect(await failure(client, CurlRequest(url: url)) == CurlError(.closed))
        server.stop()
    }
}

@Suite("A curl client accepts only what it can bear")
struct CurlClientLimitTests {
    @Test("an endless body is cut off at the limit")
    func hugeBody() async throws {
        let server = LoopbackServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\n\r\n")
            while connection.write([UInt8](repeating: 65, count: 64 << 10)) {}
        }
        try await withClient { client in
            var request = CurlRequest(url: server.url())
            request.responseBytesMax = 100_000
            let error = try #require(await failure(client, request))
            #expect(error.code == .responseTooLarge)
            #expect(!error.isRetriable)
            #expect(error.isAmbiguous)
        }
        server.stop()
    }

    @Test("a body that does not matter is cut off, and the answer is what its head says", .timeLimit(.minutes(1)))
    func optionalBody() async throws {
        let bodies: [@Sendable (borrowing LoopbackServer.Connection) -> Void] = [
            { connection in while connection.write([UInt8](repeating: 65, count: 64 << 10)) {} },
            { connection in while connection.write("a") { pause(milliseconds: 50) } },
            { connection in connection.write("abc") },
        ]
        for body in bodies {
            let server = LoopbackServer { connection in
                _ = connection.readRequest()
                connection.write("HTTP/1.1 100 Continue\r\n\r\n")
                connection.write("HTTP/1.1 202 Accepted\r\nX-Id: 7\r\nContent-Length: 1000000000\r\n\r\n")
                body(connection)
            }
            try await withClient { (client) async throws in
                var request = CurlRequest(url: server.url())
                request.responseBytesMax = 100_000
                request.timeout = .milliseconds(500)
                request.isBodyOptional = true
                let answer = try await client.send(request)
                #expect(answer.status == 202 && answer.header("x-id") == "7")
                #expect(answer.body.count <= 100_000)
            }
            server.stop()
        }
        let headless = LoopbackServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nX-Id: 7\r\n")
        }
        try await withClient { client in
            var request = CurlRequest(url: headless.url())
            request.isBodyOptional = true
            #expect(await failure(client, request)?.isAmbiguous == true)
        }
        headless.stop()
    }

    @Test("a body of exactly the limit is taken")
    func wholeBody() async throws {
        let server = LoopbackServer.answering { _ in .init(200, body: String(repeating: "b", count: 5000)) }
        try await withClient { (client) async throws in
            var request = CurlRequest(url: server.url())
            request.responseBytesMax = 5000
            #expect(try await client.send(request).body.count == 5000)
            request.responseBytesMax = 4999
            #expect(await failure(client, request)?.code == .responseTooLarge)
        }
        server.stop()
    }

    @Test("endless headers are cut off")
    func manyHeaders() async throws {
        let server = LoopbackServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\n")
            while connection.write("X-More: yes\r\n") {}
        }
        try await withClient { client in
            #expect(await failure(client, CurlRequest(url: server.url()))?.code == .headersTooLarge)
        }
        server.stop()
    }

    @Test("an answer that is not HTTP, and one that breaks off")
    func broken() async throws {
        let silent = LoopbackServer { connection in _ = connection.readRequest() }
        let short = LoopbackServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        }
        try await withClient { client in
            for server in [silent, short] {
                let error = try #require(await failure(client, CurlRequest(url: server.url())))
                #expect(error.code == .connectionLost)
                #expect(error.isAmbiguous)
            }
        }
        silent.stop()
        short.stop()
    }

    @Test("a connection that is refused is not ambiguous")
    func refusedConnection() async throws {
        let port = DeafPort()
        try await withClient { client in
            let error = try #require(await failure(client, CurlRequest(url: "http://127.0.0.1:\(port.port)/")))
            #expect(error.code == .notConnected)
            #expect(error.isRetriable)
            #expect(!error.isAmbiguous)
        }
        port.release()
    }

    @Test("a name that does not resolve")
    func unknownName() async throws {
        try await withClient { client in
            let error = try #require(await failure(client, CurlRequest(url: "http://nowhere.invalid/")))
            #expect(error.code == .notResolved)
        }
    }

    @Test(
        "what could write into another field, or is no web address, is not sent",
        arguments: [
            CurlRequest(method: "GET / HTTP/1.1\r\nX:", url: "http://127.0.0.1/"),
            CurlRequest(url: "http://127.0.0.1/\r\nX: y"),
            CurlRequest(url: "http://127.0.0.1/", headers: [CurlHeader("X", "y\r\nZ: z")]),
            CurlRequest(url: "http://127.0.0.1/", headers: [CurlHeader("X: y\r\nZ", "z")]),
            CurlRequest(url: "file:///etc/passwd"), CurlRequest(url: "ftp://127.0.0.1/"), CurlRequest(url: ""),
            CurlRequest(url: "http://user:password@127.0.0.1/"),
        ])
    func invalid(_ request: CurlRequest) async throws {
        try await withClient { client in
            let error = try #require(await failure(client, request))
            #expect(error.code == .invalidRequest)
            #expect(!error.isAmbiguous && !error.isRetriable)
        }
    }
}

@Suite("A curl client goes only where it may")
struct CurlClientAddressTests {
    @Test(
        "private addresses are refused, by number, by name and in their IPv6 form",
        arguments: [
            "127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[::1]", "2130706433", "0x7f.1",
        ])
    func privateAddress(_ host: String) async throws {
        let server = LoopbackServer.answering { _ in .init(200) }
        try await withClient(addresses: .publicOnly) { client in
            let error = try #require(await failure(client, CurlRequest(url: "http://\(host):\(server.port)/")))
            #expect(error.code == .addressRefused)
            #expect(!error.isRetriable && !error.isAmbiguous)
        }
        server.stop()
    }

    @Test("an allowed range is reached")
    func allowedRange() async throws {
        let server = LoopbackServer.answering { _ in .init(200) }
        let rules = AddressRules(allowed: [try #require(AddressRange("127.0.0.0/8"))])
        try await withClient(addresses: rules) { (client) async throws in
            #expect(try await client.send(CurlRequest(url: server.url())).status == 200)
        }
        server.stop()
    }

    @Test("a redirect is an answer, and is followed only when asked and to the same host")
    func redirects() async throws {
        let other = LoopbackServer.answering { _ in .init(200, body: "other") }
        let otherURL = other.url()
        let server = LoopbackServer.answering { request in
            switch request.path {
            case "/here": .init(302, headers: [("Location", "/there")])
            case "/away": .init(302, headers: [("Location", otherURL)])
            case "/round": .init(307, headers: [("Location", "/round")])
            default: .init(200, body: request.path)
            }
        }
        try await withClient { (client) async throws in
            var request = CurlRequest(url: server.url("/here"))
            #expect(try await client.send(request).status == 302)
            request.followsRedirectsToSameHost = true
            #expect(try await client.send(request).text == "/there")
            request.url = server.url("/away")
            #expect(await failure(client, request)?.code == .redirectRefused)
            request.url = server.url("/round")
            #expect(await failure(client, request)?.code == .redirectRefused)
            request.url = server.url("/here")
            request.method = "POST"
            #expect(try await client.send(request).status == 302, "would change the method")
        }
        server.stop()
        other.stop()
    }
}

private func withClient(
    addresses: AddressRules = .all, limits: CurlLimits = CurlLimits(), _ body: (CurlClient) async throws -> Void
) async throws {
    let client = CurlClient(addresses: addresses, limits: limits)
    do {
        try await body(client)
    } catch {
        await client.close()
        throw error
    }
    await client.close()
}

private func failure(_ client: CurlClient, _ request: CurlRequest) async -> CurlError? {
    do throws(CurlError) {
        _ = try await client.send(request)
        return nil
    } catch {
        return error
    }
}

private func hangingServer() -> LoopbackServer {
    LoopbackServer { $0.waitForEnd() }
}

private func answer(_ body: String) -> String {
    "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
}

private func first(_ stream: AsyncStream<Void>) async {
    for await _ in stream { return }
}

/// How a slow server is slow; nothing waits for it.
private func pause(milliseconds: UInt32) {
    usleep(milliseconds * 1000)
}
