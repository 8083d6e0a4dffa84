import Domain
import HTTPTypes
import Hummingbird
import Testing

@testable import ServiceKit

/// A service with one route for each manner.
private let build: @Sendable (ServiceSetup) async throws -> Void = { setup in
    struct Surprise: Error {}
    let router = setup.router
    router.post("/echo") { request, _ in
        let (text, count) = try await request.readJSON { body in
            (body.string("text", bytes: 1...65_536), body.optionalInteger("count", in: 1...5))
        }
        return Response.json(.object(["text": text, "count": count]), status: .created)
    }
    router.post("/form") { request, _ in
        let body = try await request.readForm { form in (form.string("From"), form.integer("NumMedia", in: 0...10)) }
        return Response.json(.object(["from": body.0, "media": body.1]))
    }
    router.get("/list") { request, _ in
        let page = try request.readQuery { $0.page() }
        let next = Cursor((page.cursor?.parts ?? []) + ["\(page.limit)"])
        return Response.json(.object(["limit": page.limit, "next_cursor": next]))
    }
    router.get("/items/{id}") { _, context in
        let id = try context.pathID("id", WorkItemID.self)
        return Response.json(.object(["id": id, "trace": context.trace.traceID.description]))
    }
    router.put("/items/{id}") { request, _ in
        try ETag(version: 7).requireMatch(of: request)
        return Response.empty
    }
    router.get("/version") { request, _ in Response.json("seven", version: ETag(version: 7), for: request) }
    router.get("/surprise") { _, _ -> Response in throw Surprise() }
    router.get("/away") { _, _ -> Response in throw Problem.unavailable("Kafka does not answer.", retryAfter: 3) }
    router.post("/keyed") { request, _ in
        let key = try IdempotencyKey(of: request)
        return Response.json(.object(["key": key.value]))
    }
}

@Suite("Every answer has manners")
struct MannersTests {
    private func withService(
        _ environment: [String: String] = [:], _ body: (Int) async throws -> Void
    ) async throws {
        try await withRunningService(.router, environment: environment, build: build, body)
    }

    @Test("A right request is answered in JSON")
    func right() async throws {
        try await withService { port in
            let reply = try await post("/echo", #"{"text":"grüß dich","count":2}"#, port: port)
            #expect(reply.status == 201)
            #expect(reply.headers["content-type"] == "application/json")
            #expect(reply.json == .object(["text": "grüß dich", "count": 2]))
        }
    }

    @Test("Malformed JSON is 400, JSON that is not as expected 422 with every field")
    func bodies() async throws {
        try await withService { port in
            for body in ["", "{", #"{"text":"a",}"#, "{\"text\":\"\u{1}\"}", #"{"text":"a","text":"b"}"#] {
                let reply = try await post("/echo", body, port: port)
                #expect(reply.status == 400 && reply.problem == "malformed-json", "\(body)")
            }
            let wrong = try await post("/echo", #"{"count":"two","extra":1}"#, port: port)
            #expect(wrong.status == 422 && wrong.problem == "invalid-fields")
            #expect(wrong.fields == ["text", "count", "extra"])
            #expect(wrong.json["errors"]?[1]?["value"] == .string("two"))
            #expect(wrong.json["errors"]?[1]?["expected"] == .string("a whole number from 1 to 5"))
            #expect(wrong.json["instance"] == .string("/echo"))
            let deep = String(repeating: "[", count: 50_000)
            #expect(try await post("/echo", deep, port: port).problem == "invalid-fields")
        }
    }

    @Test("Another content type is 415")
    func mediaType() async throws {
        try await withService { port in
            let reply = try await post(
                "/echo", "text=a", port: port, headers: ["Content-Type": "application/x-www-form-urlencoded"])
            #expect(reply.status == 415 && reply.problem == "unsupported-media-type")
            let none = try await send("POST", "/echo", port: port, body: Array(#"{"text":"a"}"#.utf8))
            #expect(none.status == 415)
            let charset = try await post(
                "/echo", #"{"text":"a"}"#, port: port, headers: ["Content-Type": "Application/JSON; charset=utf-8"])
            #expect(charset.status == 201)
        }
    }

    @Test("A body over a mebibyte is 413 and names the limit, announced or not")
    func tooLarge() async throws {
        try await withService { port in
            let large = [UInt8](repeating: 0x20, count: bodyBytesMax + 1)
            let announced = try await send(
                "POST", "/echo", port: port, headers: ["Content-Type": "application/json"], body: large)
            #expect(announced.status == 413 && announced.problem == "body-too-large")
            #expect(announced.json["detail"]?.string?.contains("1048576 bytes") == true)
            var chunked: [UInt8] = []
            for chunk in stride(from: 0, to: large.count, by: 65_536) {
                let part = large[chunk..<min(chunk + 65_536, large.count)]
                chunked += Array("\(String(part.count, radix: 16))\r\n".utf8) + part + Array("\r\n".utf8)
            }
            chunked += Array("0\r\n\r\n".utf8)
            let headers = ["Content-Type": "application/json", "Transfer-Encoding": "chunked"]
            let unannounced = try await send("POST", "/echo", port: port, headers: headers, body: chunked)
            #expect(unannounced.status == 413 && unannounced.problem == "body-too-large")
            let full = #"{"text":"a"}"# + String(repeating: " ", count: bodyBytesMax - 12)
            #expect(try await post("/echo", full, port: port).status == 201)
        }
    }

    @Test("Forms and queries are read as strictly as JSON")
    func formsAndQueries() async throws {
        try await withService { port in
            let headers = ["Content-Type": "application/x-www-form-urlencoded"]
            let form = try await post("/form", "From=%2B49+170%C3%A9&NumMedia=2", port: port, headers: headers)
            #expect(form.json == .object(["from": "+49 170é", "media": 2]))
            #expect(
                try await post("/form", "From=a&NumMedia=x&More=1", port: port, headers: headers).fields == [
                    "NumMedia", "More",
                ])
            #expect(try await get("/list?limit=0&offset=3", port: port).fields == ["limit", "offset"])
            #expect(try await get("/list?cursor=%21", port: port).fields == ["cursor"])
            let first = try await get("/list?limit=2", port: port)
            let cursor = try #require(first.json["next_cursor"]?.string)
            let second = try await get("/list?limit=3&cursor=\(cursor)", port: port)
            #expect(Cursor(text: second.json["next_cursor"]?.string ?? "")?.parts == ["2", "3"])
        }
    }

    @Test("Nothing there is 404, another method 405 with what is allowed")
    func routing() async throws {
        try await withService { port in
            let missing = try await get("/nowhere", port: port)
            #expect(missing.status == 404 && missing.problem == "not-found")
            let other = try await send("DELETE", "/items/a", port: port)
            #expect(other.status == 405 && other.problem == "method-not-allowed")
            #expect(other.headers["allow"] == "GET, PUT")
            #expect(try await get("/items/%20", port: port).status == 404)
            #expect(try await get("/items/a%2Fb", port: port).json["id"] == .string("a/b"))
            let head = try await send("HEAD", "/items/a", port: port)
            #expect(head.status == 200 && head.body.isEmpty)
        }
    }

    @Test("Our own fault is a problem too, and tells nothing of its cause")
    func surprise() async throws {
        try await withService { port in
            let reply = try await get("/surprise", port: port)
            #expect(reply.status == 500 && reply.problem == "internal-error")
            #expect(!reply.body.contains("Surprise"))
        }
    }

    @Test("What is away is 503 with the time to try again")
    func unavailable() async throws {
        try await withService { port in
            let reply = try await get("/away", port: port)
            #expect(reply.status == 503 && reply.problem == "service-unavailable")
            #expect(reply.headers["retry-after"] == "3")
        }
    }

    @Test("Versions are entity tags")
    func versions() async throws {
        try await withService { port in
            #expect(try await get("/version", port: port).headers["etag"] == "\"7\"")
            let known = try await get("/version", port: port, headers: ["If-None-Match": "\"6\", \"7\""])
            #expect(known.status == 304 && known.body.isEmpty)
            #expect(try await send("PUT", "/items/a", port: port, headers: ["If-Match": "\"7\""]).status == 204)
            let stale = try await send("PUT", "/items/a", port: port, headers: ["If-Match": "\"6\""])
            #expect(stale.status == 412 && stale.problem == "version-changed")
        }
    }

    @Test("A request keeps its name and its trace")
    func names() async throws {
        try await withService { port in
            let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
            let headers = ["traceparent": "00-\(trace)-00f067aa0ba902b7-01", "X-Request-Id": "abc-1"]
            let named = try await get("/items/a", port: port, headers: headers)
            #expect(named.headers["x-request-id"] == "abc-1")
            #expect(named.json["trace"] == .string(trace))
            let unnamed = try await get(
                "/items/a", port: port, headers: ["X-Request-Id": "not one word", "traceparent": "00-zz"])
            #expect(unnamed.headers["x-request-id"].map { $0 != "not one word" && !$0.isEmpty } == true)
            #expect(unnamed.json["trace"]?.string?.count == 32)
        }
    }

    @Test("An idempotency key comes in quotes or without, and must come")
    func keys() async throws {
        try await withService { port in
            func key(_ header: String?) async throws -> Reply {
                try await send(
                    "POST", "/keyed", port: port, headers: header.map { ["Idempotency-Key": $0] } ?? [:], body: [])
            }
            #expect(try await key(nil).problem == "missing-idempotency-key")
            #expect(try await key("\"8e03-\\\"x\\\"\"").json["key"] == .string("8e03-\"x\""))
            #expect(try await key("8e03978e").json["key"] == .string("8e03978e"))
            #expect(try await key("\"a\"; v=1").json["key"] == .string("a"))
            for wrong in ["\"open", "\"\"", "a b", "\"a\"b", String(repeating: "x", count: 256)] {
                let reply = try await key(wrong)
                #expect(reply.status == 400 && reply.problem == "invalid-idempotency-key", "\(wrong)")
            }
        }
    }

    @Test("A sender's key names one command, another sender's another")
    func commandIDs() throws {
        let request = Request(
            head: HTTPRequest(
                method: .post, scheme: nil, authority: nil, path: "/", headerFields: [.idempotencyKey: "\"k\""]),
            body: RequestBody(buffer: ByteBuffer()))
        let key = try IdempotencyKey(of: request)
        let maria = Principal(subject: "maria", roles: [.agent])
        #expect(key.commandID(of: maria) == key.commandID(of: maria))
        #expect(key.commandID(of: maria) != key.commandID(of: Principal(subject: "jonas", roles: [.agent])))
    }

    @Test(
        "What is not HTTP is refused and the service lives on",
        arguments: [
            "GARBAGE\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "POST /echo HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
            "\0\0\0\0\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\nX: \(String(repeating: "y", count: 100_000))\r\n\r\n",
        ])
    func garbage(bytes: String) async throws {
        try await withService { port in
            let answer = try await onThread {
                let connection = try RawConnection(port: port)
                defer { connection.close() }
                connection.write(Array(bytes.utf8))
                return (try? connection.readAll()) ?? []
            }
            if let reply = Reply(answer) { #expect((400..<500).contains(reply.status)) }
            #expect(try await get("/livez", port: port).status == 200)
        }
    }

    @Test("Health, metrics and the OpenAPI file are served without a token")
    func health() async throws {
        try await withService(["PATCHBAY_DOCS_DIR": "/nonexistent"]) { port in
            #expect(try await get("/livez", port: port).body == "ok\n")
            #expect(try await get("/readyz", port: port).body == "ok\n")
            #expect(try await get("/readyz?verbose", port: port).body == "[+]running ok\nreadyz check passed\n")
            #expect(try await get("/openapi.yaml", port: port).problem == "not-found")
            _ = try await get("/items/a", port: port)
            _ = try await get("/nowhere/at/all", port: port)
            let metrics = try await get("/metrics", port: port)
            #expect(metrics.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            #expect(
                metrics.body.contains(#"patchbay_http_requests_total{route="/items/{id}",method="GET",status="200"} 1"#)
            )
            #expect(
                metrics.body.contains(#"patchbay_http_requests_total{route="unmatched",method="GET",status="404"} 1"#))
            #expect(
                metrics.body.contains(
                    #"patchbay_http_request_duration_seconds_count{route="/items/{id}",method="GET"} 1"#))
            #expect(metrics.body.contains(#"patchbay_build_info{service="router",version=""#))
            let open = try await get(
                "/metrics", port: port, headers: ["Accept": "application/openmetrics-text; version=1.0.0"])
            #expect(open.headers["content-type"]?.hasPrefix("application/openmetrics-text") == true)
            #expect(open.body.hasSuffix("# EOF\n"))
        }
    }

    @Test("A part that is not ready makes the service not ready, with its reason")
    func notReady() async throws {
        let build: @Sendable (ServiceSetup) async throws -> Void = { setup in
            setup.health.check("kafka") { .ready }
            setup.health.check("streams") { .notReady("partition 2 is 17 records behind") }
        }
        try await withRunningService(.router, build: build) { port in
            let reply = try await get("/readyz", port: port)
            #expect(reply.status == 503)
            #expect(reply.body.contains("[+]kafka ok\n[-]streams failed: partition 2 is 17 records behind\n"))
            #expect(try await get("/livez", port: port).status == 200)
        }
    }
}
