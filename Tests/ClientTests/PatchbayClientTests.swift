import Foundation
import Synchronization
import TestSupport
import Testing

@testable import PatchbayClient

@Suite("The client library")
struct PatchbayClientTests {
    @Test("A change names itself by its key and says which version it is meant for; what it came to is typed")
    func changes() async throws {
        let seen = Mutex<[LoopbackServer.Request]>([])
        let server = LoopbackServer.answering { request in
            seen.withLock { $0.append(request) }
            return .init(200, body: #"{"command_id":"c","work_item_id":"w 1","message_id":"m","new":1}"#)
        }
        try await withAgent(server) { agent in
            let result = try await agent.reply(to: "w 1", "Grüße", version: 7, key: "k")
            #expect(result == CommandResult(commandID: "c", workItemID: "w 1", messageID: "m"))
            try await agent.park("w", seconds: 5)
            try await agent.decline("o/1")
        }
        let requests = seen.withLock(\.self)
        #expect(
            requests.map(\.path) == ["/v1/work-items/w%201/reply", "/v1/work-items/w/park", "/v1/offers/o%2F1/decline"])
        #expect(requests[0].header("idempotency-key") == "\"k\"")
        #expect(requests[0].header("if-match") == "\"7\"")
        #expect(requests[0].header("authorization") == "Bearer token")
        #expect(requests.map(\.text) == [#"{"text":"Grüße"}"#, #"{"seconds":5}"#, "{}"])
        #expect(requests[1].header("if-match") == nil)
        #expect(requests[1].header("idempotency-key") != requests[2].header("idempotency-key"), "a key each")
        server.stop()
    }

    @Test(
        "A problem becomes an error with its code, status and time to wait",
        arguments: [
            (410, "", #"{"code":"offer-expired","detail":"gone"}"#, "410 offer-expired: gone", nil, false),
            (503, "2", #"{"code":"undecided","detail":"later"}"#, "503 undecided: later", 2, true),
            (429, "30", #"{"code":"rate-limited","detail":"slower"}"#, "429 rate-limited: slower", 30, true),
            (
                422, "", #"{"code":"invalid-fields","detail":"no","errors":[{"field":"text","expected":"a text"}]}"#,
                "422 invalid-fields: no text: expected a text.", nil, false
            ),
            (502, "", "<html>", "502 unexpected-answer: <html>", nil, true),
        ])
    func problems(
        status: Int, retryAfter: String, body: String, description: String, seconds: Int?, isRetriable: Bool
    ) async throws {
        let headers = retryAfter.isEmpty ? [] : [(name: "Retry-After", value: retryAfter)]
        let server = LoopbackServer.answering { _ in .init(status, headers: headers, body: body) }
        try await withAgent(server) { agent in
            let error = await #expect(throws: PatchbayError.self) { try await agent.accept("o") }
            #expect(error?.description == description)
            #expect(error?.status == status)
            #expect(error?.retryAfter == seconds.map { .seconds($0) })
            #expect(error?.isRetriable == isRetriable)
        }
        server.stop()
    }

    @Test("Where nobody answers, the error says so, and that it may be tried again")
    func nobody() async throws {
        let port = DeafPort()
        let patchbay = PatchbayServices(connector: "http://127.0.0.1:\(port.port)", router: "")
        let lena = CustomerMessage(messageID: "m", from: .init(kind: "handle", value: "lena"), text: "Hello")
        let error = await #expect(throws: PatchbayError.self) {
            try await patchbay.channels { "token" }.post(lena, account: "page")
        }
        #expect(error?.code == .noAnswer)
        #expect(error?.isRetriable == true)
        #expect(error?.isAmbiguous == false)
        await patchbay.close()
        port.release()
    }

    @Test("What agents do together has its words, and a pull that finds nothing is nil")
    func together() async throws {
        let seen = Mutex<[String]>([])
        let server = LoopbackServer.answering { request in
            seen.withLock { $0.append("\(request.path) \(request.text)") }
            return request.path.hasSuffix("pull") ? .init(204) : .init(200, body: #"{"command_id":"c"}"#)
        }
        try await withAgent(server) { agent in
            #expect(try await agent.pull() == nil)
            try await agent.transfer("w", toAgent: "ben", note: "asks for you")
            try await agent.consult("ben", on: "w")
            try await agent.endConsult(on: "w")
            try await agent.resume("w")
            try await agent.endWrapUp(of: "w")
        }
        #expect(
            seen.withLock(\.self).prefix(1) + seen.withLock(\.self).dropFirst(2) == [
                "/v1/agents/ana/pull {}", #"/v1/work-items/w/consult {"agent_id":"ben"}"#,
                "/v1/work-items/w/end-consult {}", "/v1/work-items/w/resume {}", "/v1/work-items/w/end-wrap-up {}",
            ])
        let transfer = seen.withLock { $0[1] }
        #expect(transfer.contains(#""agent_id":"ben""#) && transfer.contains(#""note":"asks for you""#))
        server.stop()
    }

    @Test("A poll without news is nil, and words that are not known yet do no harm")
    func polls() async throws {
        let server = LoopbackServer.answering { request in
            request.path.contains("cursor=a%3D") ? .init(204) : .init(200, body: desk("on-the-moon", cursor: "b"))
        }
        try await withAgent(server) { agent in
            #expect(try await agent.work(after: "a=", within: 1) == nil)
            let desk = try await agent.work()
            #expect(desk.presence == "on-the-moon")
            #expect(desk.offers.first?.expiresAt.timeIntervalSince1970 == 1_700_000_000.25)
        }
        server.stop()
    }

    @Test("Events come over one connection after the other, each going on where the last one ended")
    func events() async throws {
        let cursors = Mutex<[String?]>([])
        let server = LoopbackServer { connection in
            guard let request = connection.readRequest() else { return }
            let number = cursors.withLock { cursors in
                cursors.append(request.header("last-event-id"))
                return cursors.count
            }
            connection.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nretry: 1\n\n: heartbeat\n\n")
            connection.write("id: \(number)\nevent: work\ndata: \(desk("away", cursor: "\(number)"))\n\n")
        }
        try await withAgent(server) { agent in
            var seen: [Int] = []
            for try await desk in agent.events(after: "0") {
                seen.append(try #require(Int(desk.cursor)))
                if seen.count == 3 { break }
            }
            // Who reads slowly may miss some, and none comes twice.
            #expect(seen == seen.sorted() && Set(seen).count == 3)
        }
        #expect(cursors.withLock { $0.prefix(3) } == ["0", "1", "2"])
        server.stop()
    }

    @Test("A stream that is not allowed ends with the reason")
    func refusedEvents() async throws {
        let server = LoopbackServer.answering { _ in .init(403, body: #"{"code":"forbidden","detail":"no"}"#) }
        try await withAgent(server) { agent in
            let error = await #expect(throws: PatchbayError.self) { for try await _ in agent.events() {} }
            #expect(error?.code == .forbidden)
        }
        server.stop()
    }

    private func withAgent(_ server: LoopbackServer, _ body: (AgentClient) async throws -> Void) async throws {
        let patchbay = PatchbayServices(connector: server.url(""), router: server.url(""))
        do {
            try await body(patchbay.agent("ana") { "token" })
        } catch {
            await patchbay.close()
            throw error
        }
        await patchbay.close()
    }
}

@Suite("Server-sent events are cut out of the bytes")
struct EventParserTests {
    @Test(
        "in all their forms, wherever the bytes are cut",
        arguments: [
            ("data: a\n\n", [("a", nil)]),
            ("id: 7\r\ndata:a\r\ndata: b\r\n\r\n", [("a\nb", "7")]),
            (": comment\n\nevent: work\n\n", []),
            ("id: 1\rdata: a\r\rdata: b\r\r", [("a", "1"), ("b", "1")]),
            ("data\n\ndata: lost", [("", nil)]),
        ] as [(String, [(String, String?)])])
    func forms(text: String, expected: [(String, String?)]) throws {
        for size in [1, 3, 1_000] {
            var parser = EventParser()
            var events: [EventParser.Event] = []
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                events += try parser.take(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            #expect(events == expected.map { EventParser.Event(id: $0.1, data: $0.0) })
        }
    }

    @Test("The pause before the next connection is as the server says; an event without end is refused")
    func limits() throws {
        var parser = EventParser()
        _ = try parser.take(Array("retry: 50\n\n".utf8))
        #expect(parser.retryMilliseconds == 50)
        let line = [UInt8](repeating: UInt8(ascii: "x"), count: EventParser.eventBytesMax + 1)
        #expect(throws: PatchbayError.self) { try parser.take(line) }
    }
}

/// A desk with an offer, as the router writes it.
private func desk(_ presence: String, cursor: String) -> String {
    #"{"agent_id":"ana","presence":"\#(presence)","shift":"on","load":1,"capacity":2,"assignments":[],"parked":[],"#
        + #""consultations":[],"mentions":[],"cursor":"\#(cursor)","#
        + #""offers":[{"offer_id":"o","expires_at":"2023-11-14T22:13:20.250Z","explanation":"","work_item_id":"w","#
        + #""conversation_id":"c","customer_id":"l","queue_id":"q","priority":5,"channel":"fax","#
        + #""accepted_at":"2023-11-14T22:13:20Z","version":3}]}"#
}
