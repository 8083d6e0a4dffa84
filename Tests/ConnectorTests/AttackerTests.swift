import Curl
import Domain
import Schema
import ServiceKit
import Testing

@testable import ConnectorApp

/// Each has what a stranger can come by, and wants what is somebody else's.
@Suite("Attackers at the connector's doors")
struct AttackerTests {
    private static let lena = "\"from\":{\"kind\":\"visitor\",\"value\":\"lena\"}"
    private static let lenasAddress = Address(
        channel: .chat, account: ChannelAccountID("chat"),
        identifier: Identifier(kind: .visitor, value: "chat/lena"))

    /// A continue-link of their own.
    private static let link = ContinueLink(
        conversationID: ConversationID("their own conversation"), customerID: CustomerID("themselves"),
        expiresAt: at(60_000))

    @Test("Another sender of the account who posts the same message_id writes another message")
    func sameProviderID() async throws {
        try await TestConnector.with { connector in
            for sender in ["lena", "max", "lena"] {
                let response = try await connector.post(
                    "chat",
                    "{\"message_id\":\"1001\",\"from\":{\"kind\":\"visitor\",\"value\":\"\(sender)\"},\"text\":\"a\"}")
                #expect(response.status == 202)
            }
            let messages = try connector.sink.messages()
            #expect(messages[0].messageID != messages[1].messageID)
            #expect(messages[0].messageID == messages[2].messageID, "a provider's repeat has the same")
            #expect(messages[0].messageID == .inbound(Self.lenasAddress, "1001"))
        }
    }

    @Test("A sender who is spelled otherwise is the same sender, and only then is the message the same")
    func spellings() async throws {
        let spellings = [
            ("mail", "email", "Lena@Example.org"), ("mail", "email", "lena@example.org"),
            ("sms", "phone", "0049 151 2345-6789"), ("sms", "phone", "+4915123456789"),
            ("page", "handle", "@Zo\u{e9}"), ("page", "handle", "Zo\u{e9}"), ("page", "handle", "Zoe\u{301}"),
        ]
        try await TestConnector.with { connector in
            for (account, kind, value) in spellings {
                let response = try await connector.post(
                    account,
                    "{\"message_id\":\"1\",\"from\":{\"kind\":\"\(kind)\",\"value\":\"\(value)\"},\"text\":\"a\"}")
                #expect(response.status == 202)
            }
            let ids = try connector.sink.messages().map(\.messageID)
            #expect(ids[0] == ids[1] && ids[2] == ids[3] && ids[4] == ids[5])
            #expect(Set(ids).count == 4, "two ways to write an accent are two customers, as before")
        }
    }

    @Test("Until the log has reached version 2 a message is called as the release before calls it; unknown, 503")
    func versions() async throws {
        let body = "{\"message_id\":\"1001\",\(Self.lena),\"text\":\"a\"}"
        try await TestConnector.with(rules: 1) { connector in
            let answer = try await connector.post("chat", body)
            let messages = try connector.sink.messages()
            let leave = try await connector.send(
                "POST", "/v1/channels/chat/departures", body: "{\(Self.lena),\"message_id\":\"1001\"}",
                token: try await connector.token())
            guard case .customerLeft(let departure) = try InboundRecord(wire: connector.sink.written[1].value) else {
                Issue.record("a departure: \(leave.status)")
                return
            }
            #expect(departure.messageID == messages[0].messageID && departure.providerID == nil)
            #expect(answer.status == 202)
            #expect(messages.map(\.messageID) == [.inboundFirst(ChannelAccountID("chat"), "1001")])
            #expect(messages.map(\.boundID) == [.inbound(Self.lenasAddress, "1001")])
        }
        try await TestConnector.with(rules: nil) { connector in
            let answer = try await connector.post("chat", body)
            #expect(answer.status == 503 && connector.sink.written.isEmpty)
        }
    }

    @Test("Who has a link and chooses message_id freely never gets another's id, customer or conversation")
    func link() async throws {
        try await TestConnector.with { connector in
            _ = try await connector.post("chat", "{\"message_id\":\"1001\",\(Self.lena),\"text\":\"a\"}")
            let victim = try #require(try connector.sink.messages().first)
            let token = connector.links.token(Self.link)
            let chosen = [
                "1001", victim.messageID.rawValue, victim.customerID.rawValue,
                WorkItemID.named(
                    "work-item", victim.customerID.rawValue, "chat", victim.messageID.rawValue
                ).rawValue, "chat/lena\\u001f1001", "visitor\\u001fchat/lena\\u001f1001",
            ]
            for id in chosen {
                for from in ["", "\"from\":{\"kind\":\"visitor\",\"value\":\"lena\"},"] {
                    let response = try await connector.send(
                        "POST", "/v1/channels/chat/messages",
                        body: "{\"message_id\":\"\(id)\",\(from)\"text\":\"a\",\"continue_token\":\"\(token)\"}")
                    #expect(response.status == 202)
                }
            }
            let others = try connector.sink.messages().dropFirst()
            #expect(others.count == 2 * chosen.count)
            #expect(Set(others.map(\.messageID)).count == others.count)
            for message in others {
                #expect(message.messageID != victim.messageID && message.customerID != victim.customerID)
                #expect(message.boundID == message.messageID)
                #expect(message.evidence.map(\.customerID) == [Self.link.customerID], "their own, and nobody else's")
            }
            let victims = connector.links.token(
                ContinueLink(
                    conversationID: ConversationID("x"), customerID: victim.customerID, expiresAt: at(60_000)))
            let mixed = token.split(separator: ".")[0] + "." + victims.split(separator: ".")[1]
            let forged = try await connector.send("GET", "/c/\(mixed)")
            #expect(forged.status == 404, "the signature of one link does not fit another")
        }
    }

    @Test("A link opens nothing but web chat, and nobody's departure")
    func linkElsewhere() async throws {
        try await TestConnector.with { connector in
            let token = connector.links.token(Self.link)
            for account in ["page", "sms", "mail", "calls"] {
                let response = try await connector.send(
                    "POST", "/v1/channels/\(account)/messages",
                    body: "{\"message_id\":\"1\",\"text\":\"a\",\"continue_token\":\"\(token)\"}")
                #expect(response.status == 401)
            }
            let leave = try await connector.send(
                "POST", "/v1/channels/chat/departures", body: "{\(Self.lena),\"message_id\":\"1001\"}")
            #expect(leave.status == 401)
            #expect(connector.sink.written.isEmpty)
        }
    }

    @Test("Who can sign for one account sends no receipt of another account's message, nor one that nobody asked for")
    func receipts() async throws {
        try await TestConnector.with { connector in
            let message = MessageID("the reply to Lena")
            let conversation = ConversationID("c")
            let asked = connector.receipt(message, conversation, over: ChannelAccountID("sms"))
            let own = connector.receipt(MessageID("their own"), conversation, over: ChannelAccountID("sms-2"))
            let form = [(name: "MessageStatus", value: "failed"), (name: "ErrorCode", value: "30003")]
            let bare = "message=\(FormBody.escape(message.rawValue))&conversation=c"
            for query in [
                bare, asked, "\(bare)&proof=", "\(bare)&proof=AAAA", "\(bare)&\(own.split(separator: "&").last ?? "")",
                own.replacing("conversation=c", with: "conversation=d"),
            ] {
                let response = try await connector.twilio(
                    "/v1/channels/sms-2/twilio/status?\(query)", form, secret: "67890")
                #expect(response.status == 403 && code(response) == "receipt-invalid", "\(query)")
            }
            #expect(connector.sink.written.isEmpty)
            let right = try await connector.twilio("/v1/channels/sms/twilio/status?\(asked)", form)
            #expect(right.status == 204)
            let theirs = try await connector.twilio("/v1/channels/sms-2/twilio/status?\(own)", form, secret: "67890")
            #expect(theirs.status == 204)
            let taken = try connector.sink.written.map { try DeliveryEvent(wire: $0.value).messageID }
            #expect(taken == [message, MessageID("their own")])
        }
        try await TestConnector.with(rules: 1) { connector in
            let form = [(name: "MessageStatus", value: "read")]
            let path = "/v1/channels/sms/twilio/status?message=m&conversation=c"
            let bare = try await connector.twilio(path, form)
            #expect(bare.status == 204, "an older instance may have sent it")
            let forged = try await connector.twilio(path + "&proof=AAAA", form)
            #expect(forged.status == 403)
        }
    }

    @Test("Who can sign for one account ends no call and writes no message of another account's")
    func otherAccount() async throws {
        try await TestConnector.with { connector in
            let form = [
                (name: "CallSid", value: "CA1"), (name: "From", value: "+4915123456789"),
                (name: "CallStatus", value: "completed"),
            ]
            let path = "/v1/channels/calls/twilio/voice-status"
            #expect(try await connector.twilio(path, form, secret: "67890").status == 403)
            let signature = twilioSignature(
                TestConnector.publicURL + "/v1/channels/sms-2/twilio/messages", form, "67890")
            let replayed = try await connector.send(
                "POST", path, body: String(decoding: FormBody.encode(form), as: UTF8.self), type: FormBody.mediaType,
                headers: [CurlHeader("X-Twilio-Signature", signature)])
            #expect(replayed.status == 403)
            #expect(connector.sink.written.isEmpty)
        }
    }

    @Test("Callers who withhold their number are not one customer; the end of one's call names that call")
    func withheld() async throws {
        try await TestConnector.with { connector in
            for (sid, from) in [
                ("CA1", "anonymous"), ("CA2", "Anonymous"), ("CA3", "+266696687"), ("CA4", "+266696687"),
            ] {
                let form = [(name: "CallSid", value: sid), (name: "From", value: from)]
                #expect(try await connector.twilio("/v1/channels/calls/twilio/voice", form).status == 200)
            }
            let calls = try connector.sink.messages()
            #expect(Set(calls.map(\.customerID)).count == 4)
            let end = [
                (name: "CallSid", value: "CA2"), (name: "From", value: "anonymous"),
                (name: "CallStatus", value: "completed"),
            ]
            #expect(try await connector.twilio("/v1/channels/calls/twilio/voice-status", end).status == 204)
            let record = try InboundRecord(wire: connector.sink.written[4].value)
            guard case .customerLeft(let departure) = record else {
                Issue.record("a departure")
                return
            }
            #expect(departure.customerID == calls[1].customerID && departure.messageID == calls[1].messageID)
        }
    }

    @Test("A claim that one site signed is worth nothing at another's account")
    func claims() async throws {
        try await TestConnector.with { connector in
            let claims = "{\"email\":\"lena@example.org\",\"email_verified\":true,\"exp\":1790000060}"
            for (account, secret) in [("chat", "another site's secret"), ("chat-2", TestConnector.claimSecret)] {
                let response = try await connector.post(
                    account,
                    "{\"message_id\":\"1\",\(Self.lena),\"text\":\"a\",\"claim\":\"\(jwt(claims, Secret(secret)))\"}")
                #expect(response.status == 422 && code(response) == "claim-invalid")
            }
            #expect(connector.sink.written.isEmpty)
            let own = jwt(claims, Secret("another site's secret"))
            let response = try await connector.post(
                "chat-2", "{\"message_id\":\"1\",\(Self.lena),\"text\":\"a\",\"claim\":\"\(own)\"}")
            #expect(response.status == 202)
            let message = try #require(try connector.sink.messages().first)
            #expect(message.address.identifier.value == "chat-2/lena", "a visitor of that site's, not the other's Lena")
        }
    }
}
