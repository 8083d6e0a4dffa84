import ConnectorCore
import Curl
import Domain
import Foundation
import ServiceKit
import Synchronization
import TestSupport
import Testing

@testable import ConnectorApp

private let links = ContinueLinks(
    publicURL: "https://support.example", secret: Secret("a secret of at least 32 characters"))
private let webhookSecret = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

@Suite("Messages are posted to webhooks as Standard Webhooks asks")
struct WebhookDeliveryTests {
    @Test("the post is signed over its bytes, and says everything a receiver needs")
    func post() async throws {
        let seen = Mutex<LoopbackServer.Request?>(nil)
        let server = LoopbackServer.answering { request in
            seen.withLock { $0 = request }
            return .init(204)
        }
        let result = await deliver(message("m1"), to: server.url("/in?x=1"))
        #expect(result == .sent(providerID: nil))
        let request = try #require(seen.withLock { $0 })
        #expect(request.method == "POST" && request.path == "/in?x=1")
        #expect(request.header("content-type") == "application/json")
        #expect(request.header("webhook-id") == "m1")
        #expect(request.header("webhook-timestamp") == "1790000000")
        let body = try JSONValue(parsing: request.body)
        #expect(body["type"] == .string("conversation.reply"))
        #expect(body["timestamp"] == .string(at(0).rfc3339))
        let data = try #require(body["data"])
        #expect(data["to"] == .object(["kind": "handle", "value": "lena"]))
        #expect(data["account"] == .string("page") && data["channel"] == .string("social"))
        #expect(data["continue_link"] == .string(links.url(for: message("m1"))))
        #expect(data["text"] == .string("Bonjour\n\n\(links.url(for: message("m1")))"))
        server.stop()
    }

    @Test("the vendor's package verifies what we send", .enabled(if: VendorPython.path != nil))
    func vendor() async throws {
        let seen = Mutex<LoopbackServer.Request?>(nil)
        let server = LoopbackServer.answering { request in
            seen.withLock { $0 = request }
            return .init(200)
        }
        var message = message("m1")
        message.text = "Grüße, 漢字 🙂 \"quoted\" \\ \u{1}"
        _ = await deliver(message, to: server.url(), now: { LogClock().now })
        let request = try #require(seen.withLock { $0 })
        let headers = ["webhook-id", "webhook-timestamp", "webhook-signature"].map { request.header($0) ?? "" }
        let text = try await VendorPython.run(
            """
            import sys
            from standardwebhooks.webhooks import Webhook
            secret, body, *values = sys.argv[1:]
            headers = dict(zip(["webhook-id", "webhook-timestamp", "webhook-signature"], values))
            print(Webhook(secret).verify(body, headers)["data"]["message_id"])
            """, [webhookSecret.value, request.text] + headers)
        #expect(text == "m1")
        server.stop()
    }

    @Test(
        "what the receiver answers decides",
        arguments: [
            (200, DeliveryResult.sent(providerID: nil)), (299, .sent(providerID: nil)),
            (301, .retry(reason: "http-301", afterSeconds: nil)), (400, .permanent(reason: "http-400")),
            (401, .retry(reason: "http-401", afterSeconds: nil)), (410, .permanent(reason: "http-410")),
            (429, .retry(reason: "http-429", afterSeconds: 17)), (503, .retry(reason: "http-503", afterSeconds: 17)),
        ])
    func answers(_ status: Int, _ expected: DeliveryResult) async {
        let server = LoopbackServer.answering { _ in
            .init(status, headers: status == 429 || status == 503 ? [("Retry-After", "17")] : [])
        }
        #expect(await deliver(message("m1"), to: server.url()) == expected)
        server.stop()
    }

    @Test("a lost answer is tried again, since the receiver drops repeats; an address that is refused is not")
    func noAnswer() async {
        let server = LoopbackServer { connection in _ = connection.readRequest() }
        #expect(await deliver(message("m1"), to: server.url()) == .retry(reason: "connection-lost", afterSeconds: nil))
        #expect(
            await deliver(message("m1"), to: server.url(), addresses: .publicOnly)
                == .permanent(reason: "address-refused"))
        server.stop()
    }

    @Test(
        "secrets that are none",
        arguments: ["", "whsec_", "whsec_???", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
    func secrets(_ text: String) { #expect(StandardWebhook(secret: Secret(text)) == nil) }
}

@Suite("Messages are sent through Twilio, and never twice for a lost answer")
struct TwilioDeliveryTests {
    @Test("form, credentials and the address for reports; the answer's sid comes back")
    func send() async throws {
        let seen = Mutex<LoopbackServer.Request?>(nil)
        let server = LoopbackServer.answering { request in
            seen.withLock { $0 = request }
            return .init(201, body: "{\"sid\":\"SM1\",\"status\":\"queued\"}")
        }
        #expect(await twilio(sms("m 1"), server) == .sent(providerID: "SM1"))
        let request = try #require(seen.withLock { $0 })
        #expect(request.method == "POST" && request.path == "/2010-04-01/Accounts/AC1/Messages.json")
        #expect(request.header("authorization") == "Basic " + Data("AC1:token".utf8).base64EncodedString())
        let form = Dictionary(uniqueKeysWithValues: formFields(request.body).map { ($0, $1.string ?? "") })
        #expect(form["To"] == "+4915123456789" && form["From"] == "+12025550100")
        #expect(form["Body"] == "Bonjour\n\n\(links.url(for: sms("m 1")))")
        let proof = links.receiptProof(
            of: MessageID("m 1"), in: ConversationID("c"), over: ChannelAccountID("sms"))
        #expect(
            form["StatusCallback"]
                == "https://support.example/v1/channels/sms/twilio/status?message=m%201&conversation=c&proof=\(proof)")
        server.stop()
    }

    @Test("WhatsApp numbers get their scheme on both sides")
    func whatsapp() async throws {
        let delivery = TwilioDelivery(http: CurlClient(), links: nil, publicURL: nil, now: { at(0) })
        var message = sms("m1")
        message.address.channel = .whatsapp
        let form = delivery.form(message, account: account(""))
        #expect(form.map(\.value).prefix(2) == ["whatsapp:+4915123456789", "whatsapp:+12025550100"])
        #expect(form.count == 3, "without a public URL nothing is reported")
        let unproven = TwilioDelivery(http: delivery.http, links: nil, publicURL: "https://x", now: { at(0) })
        #expect(unproven.form(message, account: account("")).count == 3, "nor what nothing would prove")
        await delivery.http.close()
    }

    @Test(
        "Twilio's answers",
        arguments: [
            (400, "{\"code\":21211,\"message\":\"bad To\"}", DeliveryResult.permanent(reason: "twilio-21211")),
            (401, "{\"code\":20003}", .permanent(reason: "twilio-20003")),
            (404, "<html>", .permanent(reason: "http-404")),
            (429, "{\"code\":20429}", .retry(reason: "twilio-20429", afterSeconds: 3)),
            (500, "", .retry(reason: "http-500", afterSeconds: 3)), (201, "not json", .sent(providerID: nil)),
        ])
    func answers(_ status: Int, _ body: String, _ expected: DeliveryResult) async {
        let server = LoopbackServer.answering { _ in .init(status, headers: [("Retry-After", "3")], body: body) }
        #expect(await twilio(sms("m1"), server) == expected)
        server.stop()
    }

    @Test("a lost answer is ambiguous, and the next try first looks whether the message is there")
    func lostAnswer() async {
        let posts = Atomic<Int>(0)
        let server = LoopbackServer { connection in
            while let request = connection.readRequest() {
                if request.method == "POST" {
                    posts.add(1, ordering: .relaxed)
                    return
                }
                let text = JSONValue.string(sms("m1").text(with: links)).text
                let body = """
                    {"messages":[
                    {"sid":"SM0","body":\(text),"direction":"outbound-api","date_created":"Mon, 21 Sep 2026 14:13:00 +0000"},
                    {"sid":"SM1","body":\(text),"direction":"outbound-api","date_created":"Mon, 21 Sep 2026 14:13:21 +0000"}]}
                    """
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
            }
        }
        #expect(await twilio(sms("m1"), server) == .ambiguous(reason: "connection-lost"))
        #expect(await twilio(sms("m1"), server, mayHaveBeenSent: true) == .sent(providerID: "SM1"))
        #expect(posts.load(ordering: .relaxed) == 1)
        server.stop()
    }

    @Test("when it is not there it is sent, and when nobody can tell it is not")
    func notFound() async {
        let server = LoopbackServer.answering { request in
            request.method == "GET" ? .init(200, body: "{\"messages\":[]}") : .init(201, body: "{\"sid\":\"SM2\"}")
        }
        #expect(await twilio(sms("m1"), server, mayHaveBeenSent: true) == .sent(providerID: "SM2"))
        server.stop()
        let broken = LoopbackServer.answering { _ in .init(503) }
        #expect(await twilio(sms("m1"), broken, mayHaveBeenSent: true) == .ambiguous(reason: "http-503"))
        broken.stop()
    }

    @Test("dates as HTTP and Twilio write them")
    func dates() {
        #expect(Instant(httpDate: "Sun, 06 Nov 1994 08:49:37 GMT")?.rfc3339 == "1994-11-06T08:49:37.000Z")
        #expect(Instant(httpDate: "Thu, 24 Aug 2023 05:01:45 +0000")?.rfc3339 == "2023-08-24T05:01:45.000Z")
        for text in ["", "yesterday", "Sun, 06 Nov 1994 08:49:37 +0100", "Sun, 31 Feb 1994 08:49:37 GMT"] {
            #expect(Instant(httpDate: text) == nil)
        }
    }
}

private func deliver(
    _ message: OutboundMessage, to url: String, addresses: AddressRules = .all,
    now: @escaping @Sendable () -> Instant = { at(0) }
) async -> DeliveryResult {
    let http = CurlClient(addresses: addresses)
    let delivery = WebhookDelivery(http: http, links: links, now: now)
    let attempt = DeliveryAttempt(message: message, number: 1, delivery: webhook)
    let result = await delivery.perform(attempt, url: url, secret: webhookSecret)
    await http.close()
    return result
}

private func account(_ baseURL: String) -> TwilioDelivery.Account {
    .init(baseURL: baseURL, sid: "AC1", number: "+12025550100", token: Secret("token"))
}

private func twilio(
    _ message: OutboundMessage, _ server: LoopbackServer, mayHaveBeenSent: Bool = false
) async -> DeliveryResult {
    let http = CurlClient(addresses: .all)
    let delivery = TwilioDelivery(http: http, links: links, publicURL: "https://support.example", now: { at(0) })
    let attempt = DeliveryAttempt(message: message, number: 2, delivery: webhook, mayHaveBeenSent: mayHaveBeenSent)
    let result = await delivery.perform(attempt, account: account(server.url("/")))
    await http.close()
    return result
}

private func sms(_ id: String) -> OutboundMessage {
    var message = message(id)
    message.address = Address(
        channel: .sms, account: ChannelAccountID("sms"), identifier: Identifier(kind: .phone, value: "+4915123456789"))
    return message
}
