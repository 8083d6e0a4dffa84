import Curl
import Domain
import Schema
import ServiceKit
import Testing

@testable import ConnectorApp

@Suite("Twilio's webhooks are verified over their raw bytes and become records")
struct TwilioRoutesTests {
    static let sms = [
        (name: "MessageSid", value: "SM1"), (name: "From", value: "+49 151 23456789"),
        (name: "To", value: "+12025550100"), (name: "Body", value: "J'ai payé 5 € + frais & plus"),
        (name: "NumMedia", value: "0"), (name: "SomethingNew", value: ""),
    ]

    @Test("a message is written and answered with TwiML; its repeat has the same id")
    func message() async throws {
        try await TestConnector.with { connector in
            for _ in 0..<2 {
                let response = try await connector.twilio("/v1/channels/sms/twilio/messages", Self.sms)
                #expect(response.status == 200 && response.header("content-type") == "application/xml")
                #expect(response.text == "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>")
            }
            let messages = try connector.sink.messages()
            #expect(messages.count == 2 && messages[0] == messages[1])
            #expect(messages[0].text == "J'ai payé 5 € + frais & plus" && messages[0].providerID == "SM1")
            #expect(messages[0].address.identifier == Identifier(kind: .phone, value: "+4915123456789"))
        }
    }

    @Test("a call is a message without text on the voice account")
    func call() async throws {
        try await TestConnector.with { connector in
            let form = [
                (name: "CallSid", value: "CA1"), (name: "From", value: "+4915123456789"),
                (name: "CallStatus", value: "ringing"),
            ]
            #expect(try await connector.twilio("/v1/channels/calls/twilio/voice", form).status == 200)
            let hidden = form.map { $0.name == "From" ? (name: "From", value: "anonymous") : $0 }
            #expect(try await connector.twilio("/v1/channels/calls/twilio/voice", hidden).status == 200)
            let messages = try connector.sink.messages()
            #expect(messages[0].text.isEmpty && messages[0].address.channel == .voice)
            #expect(messages[0].address.identifier == Identifier(kind: .phone, value: "+4915123456789"))
            #expect(messages[1].address.identifier == Identifier(kind: .handle, value: "calls/withheld-CA1"))
        }
    }

    @Test("the end of a call says that the customer left; other states do not")
    func callEnds() async throws {
        try await TestConnector.with { connector in
            for status in ["ringing", "in-progress", "completed"] {
                let form = [
                    (name: "CallSid", value: "CA1"), (name: "From", value: "+4915123456789"),
                    (name: "CallStatus", value: status),
                ]
                #expect(try await connector.twilio("/v1/channels/calls/twilio/voice-status", form).status == 204)
            }
            let records = try connector.sink.written.map { try InboundRecord(wire: $0.value) }
            guard case .customerLeft(let departure) = records.first, records.count == 1 else {
                Issue.record("one departure: \(records)")
                return
            }
            #expect(
                departure.messageID == .inbound(departure.address, "CA1") && departure.providerID == "CA1"
                    && departure.reason == "call completed")
            #expect(departure.address.channel == .voice)
        }
    }

    @Test("reports of what became of a message are written under its conversation")
    func status() async throws {
        try await TestConnector.with { connector in
            let query = connector.receipt(
                MessageID("m 1"), ConversationID("c1"), over: ChannelAccountID("sms"))
            let path = "/v1/channels/sms/twilio/status?\(query)"
            for state in ["queued", "sent", "delivered", "read"] {
                let form = [(name: "MessageSid", value: "SM1"), (name: "MessageStatus", value: state)]
                #expect(try await connector.twilio(path, form).status == 204)
            }
            let failed = [(name: "MessageStatus", value: "undelivered"), (name: "ErrorCode", value: "30005")]
            #expect(try await connector.twilio(path, failed).status == 204)
            let events = try connector.sink.written.map { try DeliveryEvent(wire: $0.value) }
            #expect(events.map(\.kind) == [.delivered, .read, .failed(reason: "twilio-30005", attempts: 0)])
            #expect(events.allSatisfy { $0.messageID == MessageID("m 1") && $0.conversationID == ConversationID("c1") })
            #expect(connector.sink.written.allSatisfy { $0.topic == "patchbay.delivery" && $0.key == "c1" })
        }
    }

    @Test("without the right signature nothing is believed")
    func signatures() async throws {
        try await TestConnector.with { connector in
            let path = "/v1/channels/sms/twilio/messages"
            let wrong = try await connector.twilio(path, Self.sms, secret: "other")
            #expect(wrong.status == 403 && code(wrong) == "signature-invalid")
            let body = String(decoding: FormBody.encode(Self.sms), as: UTF8.self)
            let missing = try await connector.send("POST", path, body: body, type: FormBody.mediaType)
            #expect(missing.status == 403 && code(missing) == "signature-missing")
            let signature = twilioSignature(TestConnector.publicURL + path, Self.sms, TestConnector.twilioToken)
            for changed in [body + "&From=%2B1", body.replacing("payé", with: "paye"), ""] where changed != body {
                let response = try await connector.send(
                    "POST", path, body: changed, type: FormBody.mediaType,
                    headers: [CurlHeader("X-Twilio-Signature", signature)])
                #expect(response.status == 403)
            }
            let elsewhere = try await connector.send(
                "POST", path + "?x=1", body: body, type: FormBody.mediaType,
                headers: [CurlHeader("X-Twilio-Signature", signature)])
            #expect(elsewhere.status == 403)
            #expect(connector.sink.written.isEmpty)
        }
    }

    @Test("accounts that are unknown, of another channel, or without a secret; forms that lack something")
    func refused() async throws {
        try await TestConnector.with { connector in
            #expect(try await connector.twilio("/v1/channels/nothing/twilio/messages", Self.sms).status == 404)
            let other = try await connector.twilio("/v1/channels/page/twilio/messages", Self.sms)
            #expect(other.status == 422 && code(other) == "wrong-channel")
            #expect(try await connector.twilio("/v1/channels/sms/twilio/voice", Self.sms).status == 422)
            #expect(try await connector.twilio("/v1/channels/bare/twilio/messages", Self.sms).status == 503)
            let empty = try await connector.twilio("/v1/channels/sms/twilio/messages", [(name: "Body", value: "a")])
            #expect(empty.status == 422 && fields(empty) == ["MessageSid"])
            let noIDs = try await connector.twilio(
                "/v1/channels/sms/twilio/status", [(name: "MessageStatus", value: "read")])
            #expect(noIDs.status == 422 && fields(noIDs) == ["message"])
            connector.sink.isAway = true
            #expect(try await connector.twilio("/v1/channels/sms/twilio/messages", Self.sms).status == 503)
            #expect(connector.sink.written.isEmpty)
        }
    }
}
