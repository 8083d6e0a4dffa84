import Curl
import Domain
import Schema
import ServiceKit
import Testing

@testable import ConnectorApp

@Suite("What channels post is checked, normalised and written")
struct ChannelRoutesTests {
    @Test("a message is written under its sender's customer, and answered with both ids")
    func accepted() async throws {
        try await TestConnector.with { connector in
            let body = """
                {"message_id":"p-1","from":{"kind":"handle","value":"@lena"},"text":"Bonjour","subject":"Aide",
                 "language":"fr","display_name":"Lena"}
                """
            let response = try await connector.post("page", body)
            #expect(response.status == 202)
            let message = try #require(try connector.sink.messages().first)
            let lena = Identifier(kind: .handle, value: "page/lena")
            #expect(message.address == Address(channel: .social, account: ChannelAccountID("page"), identifier: lena))
            #expect(message.customerID == lena.customerID)
            #expect(message.text == "Bonjour" && message.subject == "Aide" && message.language == "fr")
            #expect(message.displayName == "Lena" && message.providerID == "p-1" && message.evidence.isEmpty)
            let answer = try JSONValue(parsing: response.body)
            #expect(answer["message_id"] == .string(message.messageID.rawValue))
            #expect(answer["customer_id"] == .string(lena.customerID.rawValue))
            let written = connector.sink.written[0]
            #expect(written.key == lena.customerID.rawValue)
            #expect(written.headers["ce_id"] == message.messageID.rawValue)
            #expect(written.headers["ce_type"] == "patchbay.inbound.message-received.v1")
            #expect(written.headers["traceparent"]?.isEmpty == false)
            let again = try await connector.post("page", body)
            #expect(again.status == 202 && again.body == response.body, "a provider's repeat has the same ids")
        }
    }

    @Test("a departure is written under its sender's customer; without a token or a sender it is refused")
    func departure() async throws {
        try await TestConnector.with { connector in
            let path = "/v1/channels/chat/departures"
            let body = "{\"from\":{\"kind\":\"visitor\",\"value\":\"v1\"},\"reason\":\"closed the window\"}"
            let response = try await connector.send("POST", path, body: body, token: try await connector.token())
            #expect(response.status == 202)
            let written = try #require(connector.sink.written.first)
            guard case .customerLeft(let departure) = try InboundRecord(wire: written.value) else {
                Issue.record("a departure")
                return
            }
            #expect(departure.address.identifier.value == "chat/v1" && departure.reason == "closed the window")
            #expect(written.key == departure.customerID.rawValue && departure.messageID == nil)
            #expect(try await connector.send("POST", path, body: body).status == 401)
            let nobody = try await connector.send("POST", path, body: "{}", token: try await connector.token())
            #expect(nobody.status == 422 && fields(nobody) == ["from"])
        }
    }

    @Test("one address is one customer on every channel that has it")
    func sameCustomer() async throws {
        try await TestConnector.with { connector in
            let from = "\"from\":{\"kind\":\"phone\",\"value\":\"0049 151 2345-6789\"}"
            _ = try await connector.post("sms", "{\"message_id\":\"1\",\(from),\"text\":\"a\"}")
            _ = try await connector.post("calls", "{\"message_id\":\"1\",\(from)}")
            let messages = try connector.sink.messages()
            #expect(messages.map(\.customerID) == [messages[0].customerID, messages[0].customerID])
            #expect(messages[0].messageID != messages[1].messageID, "ids are unique within an account")
            #expect(messages[1].text.isEmpty && messages[1].address.channel == .voice)
        }
    }

    @Test("a continue-token and a signed claim become evidence")
    func evidence() async throws {
        try await TestConnector.with { connector in
            let token = connector.links.token(link())
            let claim = jwt(
                "{\"email\":\"lena@example.org\",\"email_verified\":true,\"exp\":1790000060}",
                Secret(TestConnector.claimSecret))
            let response = try await connector.post(
                "chat",
                """
                {"message_id":"c-1","from":{"kind":"visitor","value":"v1"},"text":"Me again",
                 "continue_token":"\(token)","claim":"\(claim)"}
                """)
            #expect(response.status == 202)
            let message = try #require(try connector.sink.messages().first)
            #expect(message.address.identifier.value == "chat/v1")
            #expect(
                message.evidence == [
                    Evidence(
                        kind: .continueLink, customerID: CustomerID("lena"),
                        conversationID: ConversationID("conversation")),
                    Evidence(kind: .signedClaim, identifier: Identifier(kind: .email, value: "lena@example.org")),
                ])
        }
    }

    @Test("who has nothing but a link may post to web chat, as a visitor of that link alone")
    func visitor() async throws {
        try await TestConnector.with { connector in
            let path = "/v1/channels/chat/messages"
            let token = connector.links.token(link())
            let bare = try await connector.send(
                "POST", path, body: "{\"message_id\":\"1\",\"text\":\"a\",\"continue_token\":\"\(token)\"}")
            #expect(bare.status == 202)
            let named = try await connector.send(
                "POST", path,
                body: """
                    {"message_id":"2","text":"a","from":{"kind":"visitor","value":"victim"},"continue_token":"\(token)"}
                    """)
            #expect(named.status == 202)
            _ = try await connector.post(
                "chat", "{\"message_id\":\"3\",\"text\":\"a\",\"from\":{\"kind\":\"visitor\",\"value\":\"victim\"}}")
            let customers = try connector.sink.messages().map(\.customerID)
            #expect(Set(customers).count == 3, "a link does not let its bearer pass for another visitor")

            let without = try await connector.send("POST", path, body: "{\"message_id\":\"4\",\"text\":\"a\"}")
            #expect(without.status == 401 && code(without) == "unauthenticated")
            let changed = try await connector.send(
                "POST", path, body: "{\"message_id\":\"5\",\"text\":\"a\",\"continue_token\":\"\(token)x.y\"}")
            #expect(changed.status == 401 && code(changed) == "continue-token-invalid")
            for account in ["page", "sms", "nothing"] {
                let other = try await connector.send(
                    "POST", "/v1/channels/\(account)/messages",
                    body: "{\"message_id\":\"6\",\"text\":\"a\",\"continue_token\":\"\(token)\"}")
                #expect(other.status == 401, "\(account)")
            }
        }
    }

    @Test("evidence that does not hold is named, and nothing is written")
    func badEvidence() async throws {
        try await TestConnector.with { connector in
            let expired = connector.links.token(link(expires: at(0)))
            let old = jwt("{\"email\":\"a@b.c\",\"email_verified\":true,\"exp\":1}", Secret(TestConnector.claimSecret))
            let forged = jwt("{\"email\":\"a@b.c\",\"email_verified\":true,\"exp\":1790000060}", Secret("wrong"))
            for (account, field, value, expected) in [
                ("chat", "continue_token", expired, "continue-token-expired"),
                ("chat", "continue_token", "a.b", "continue-token-invalid"), ("chat", "claim", old, "claim-expired"),
                ("chat", "claim", forged, "claim-invalid"), ("mail", "claim", forged, "claim-not-accepted"),
            ] {
                let from = account == "chat" ? "visitor\",\"value\":\"v" : "email\",\"value\":\"a@b.c"
                let response = try await connector.post(
                    account,
                    "{\"message_id\":\"1\",\"text\":\"a\",\"from\":{\"kind\":\"\(from)\"},\"\(field)\":\"\(value)\"}")
                #expect(response.status == 422 && code(response) == expected)
                #expect(fields(response) == [field])
            }
            #expect(connector.sink.written.isEmpty)
        }
    }

    @Test("what is wrong with a body is named, field by field")
    func badBodies() async throws {
        try await TestConnector.with { connector in
            func check(_ account: String, _ body: String, _ status: Int, _ named: [String]) async throws {
                let response = try await connector.post(account, body)
                #expect(response.status == status && fields(response) == named, "\(body.prefix(80)): \(response.text)")
                #expect(code(response) != nil)
            }
            let from = "\"from\":{\"kind\":\"handle\",\"value\":\"lena\"}"
            try await check("page", "{", 400, [])
            try await check("page", "[]", 422, [""])
            try await check("page", "{}", 422, ["message_id", "text"])
            try await check("page", "{\"message_id\":\"1\",\"text\":\"a\"}", 422, ["from"])
            try await check("page", "{\"message_id\":1,\"text\":\"a\",\(from)}", 422, ["message_id"])
            try await check("page", "{\"message_id\":\"1\",\"text\":\"\",\(from)}", 422, ["text"])
            try await check("page", "{\"message_id\":\"1\",\"text\":\"a\",\(from),\"txt\":\"b\"}", 422, ["txt"])
            try await check(
                "page", "{\"message_id\":\"1\",\"text\":\"a\",\(from),\"language\":\"french!\"}", 422, ["language"])
            try await check(
                "page",
                "{\"message_id\":\"1\",\"text\":\"a\",\"from\":{\"kind\":\"phone\",\"value\":\"+4915123456789\"}}", 422,
                ["from.kind"])
            try await check(
                "page", "{\"message_id\":\"1\",\"text\":\"a\",\"from\":{\"kind\":\"fax\",\"value\":\"1\"}}", 422,
                ["from.kind"])
            try await check(
                "sms", "{\"message_id\":\"1\",\"text\":\"a\",\"from\":{\"kind\":\"phone\",\"value\":\"5\"}}", 422,
                ["from.value"])
            let long = String(repeating: "a", count: 65_537)
            try await check("page", "{\"message_id\":\"1\",\"text\":\"\(long)\",\(from)}", 422, ["text"])
            try await check("page", "{\"message_id\":\"\(String(repeating: " ", count: 1 << 20))\"}", 413, [])
            let type = try await connector.send(
                "POST", "/v1/channels/page/messages", body: "a=b", type: "text/plain",
                token: try await connector.token())
            #expect(type.status == 415)
            #expect(connector.sink.written.isEmpty)
        }
    }

    @Test("who may not post, and where nothing is")
    func refused() async throws {
        try await TestConnector.with { connector in
            let path = "/v1/channels/page/messages"
            let body = "{\"message_id\":\"1\",\"text\":\"a\",\"from\":{\"kind\":\"handle\",\"value\":\"lena\"}}"
            #expect(try await connector.send("POST", path, body: body).status == 401)
            #expect(try await connector.send("POST", path, body: body, token: "a.b.c").status == 401)
            let expired = try await connector.token(expires: .seconds(-10))
            #expect(try await connector.send("POST", path, body: body, token: expired).status == 401)
            let agent = try await connector.token(.agent)
            #expect(try await connector.send("POST", path, body: body, token: agent).status == 403)
            let unknown = try await connector.post("nothing", body)
            #expect(unknown.status == 404 && code(unknown) == "unknown-channel-account")
            #expect(try await connector.send("GET", path).status == 405)
            #expect(try await connector.send("GET", "/v1/nothing").status == 404)
            #expect(connector.sink.written.isEmpty)
        }
    }

    @Test("when Kafka is away nothing is accepted, and the sender is told when to come back")
    func kafkaAway() async throws {
        try await TestConnector.with { connector in
            connector.sink.isAway = true
            let body = "{\"message_id\":\"1\",\"text\":\"a\",\"from\":{\"kind\":\"handle\",\"value\":\"lena\"}}"
            let response = try await connector.post("page", body)
            #expect(response.status == 503 && code(response) == "service-unavailable")
            #expect(response.header("retry-after") != nil)
            connector.sink.isAway = false
            #expect(try await connector.post("page", body).status == 202)
        }
    }

    @Test("a continue-link opens, as JSON and as a page; expired 410, changed 404")
    func continueLinks() async throws {
        try await TestConnector.with { connector in
            let token = connector.links.token(link())
            let json = try await connector.send("GET", "/c/\(token)")
            #expect(json.status == 200 && json.header("referrer-policy") == "no-referrer")
            #expect(try JSONValue(parsing: json.body)["conversation_id"] == .string("conversation"))
            let page = try await connector.send("GET", "/c/\(token)", headers: [CurlHeader("Accept", "text/html,*/*")])
            #expect(page.status == 200 && page.header("content-type")?.hasPrefix("text/html") == true)
            #expect(page.text.contains("conversation"))
            let expired = try await connector.send("GET", "/c/\(connector.links.token(link(expires: at(0))))")
            #expect(expired.status == 410 && code(expired) == "continue-token-expired")
            for token in ["x", "a.b", token + "A", "%00"] {
                let changed = try await connector.send("GET", "/c/\(token)")
                #expect(changed.status == 404 && code(changed) == "continue-token-invalid", "\(token)")
            }
        }
    }
}

private func link(expires: Instant = at(60_000)) -> ContinueLink {
    ContinueLink(
        conversationID: ConversationID("conversation"), customerID: CustomerID("lena"), expiresAt: expires)
}
