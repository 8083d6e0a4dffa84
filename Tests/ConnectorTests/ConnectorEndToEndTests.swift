import Curl
import Domain
import Foundation
import Kafka
import Logging
import Schema
import ServiceKit
import Synchronization
import TestSupport
import Testing

@testable import ConnectorApp

@Suite("The whole connector over a real broker")
struct ConnectorEndToEndTests {
    @Test("accepts into inbound, delivers from outbound once and in order, says so, and refuses while Kafka is away")
    func journey() async throws {
        let broker = try await LocalBroker.start()
        let receiver = Receiver()
        let stage = Stage(broker: broker, prefix: uniqueName("connector"))
        try await stage.makeTopics()
        try await stage.applyAccounts(["page": receiver.server.url("/hook")])
        try await stage.run { http, port in
            let url = "http://127.0.0.1:\(port)"
            try await eventually("ready") { try await http.send(CurlRequest(url: "\(url)/readyz")).status == 200 }
            try await accept(stage, http, url)
            try await deliver(stage, receiver)
            try await broker.kill()
            let refused = try await post(http, url, id: "p-2")
            #expect(refused.status == 503 && code(refused) == "service-unavailable")
            #expect(try await http.send(CurlRequest(url: "\(url)/livez")).status == 200)
        }
        receiver.server.stop()
        try await broker.close()
    }

    @Test(
        "the doors call messages as the log's version does, once its last partition has reached it",
        .timeLimit(.minutes(3)))
    func doors() async throws {
        let stage = Stage(broker: try await LocalBroker.shared(), prefix: uniqueName("doors"))
        try await stage.makeTopics()
        try await stage.applyAccounts(["page": "http://127.0.0.1:1/"])
        for partition: Int32 in 0..<2 { try await stage.ledByAnOlderRelease(partition: partition) }
        let lena = Address(
            channel: .social, account: ChannelAccountID("page"),
            identifier: Identifier(kind: .handle, value: "page/lena"))
        try await stage.run { http, port in
            let url = "http://127.0.0.1:\(port)"
            try await eventually("ready", within: .seconds(60)) {
                try await http.send(CurlRequest(url: "\(url)/readyz")).status == 200
            }
            #expect(try await posted(http, url) == .inboundFirst(lena.account, "1001"))
            let before = try await applied(http, url)
            try await stage.raise(partition: 0)
            try await eventually("partition 0 has it", within: .seconds(60)) { try await applied(http, url) > before }
            #expect(try await posted(http, url) == .inboundFirst(lena.account, "1001"), "the other has not")
            try await stage.raise(partition: 1)
            try await eventually("the doors go by version 2", within: .seconds(60)) {
                try await posted(http, url) == .inbound(lena, "1001")
            }
        }
    }

    private func posted(_ http: CurlClient, _ url: String) async throws -> MessageID? {
        let answer = try JSONValue(parsing: try await post(http, url, id: "1001").body)
        return answer["message_id"]?.string.map { MessageID($0) }
    }

    /// Records that the service has applied.
    private func applied(_ http: CurlClient, _ url: String) async throws -> Double {
        let lines = try await http.send(CurlRequest(url: "\(url)/metrics")).text.split(separator: "\n")
        let line = try #require(lines.first { $0.hasPrefix("patchbay_stream_records_total ") })
        return try #require(line.split(separator: " ").last.flatMap { Double($0) })
    }

    private func accept(_ stage: Stage, _ http: CurlClient, _ url: String) async throws {
        let response = try await post(http, url, id: "p-1")
        #expect(response.status == 202)
        let records = try await stage.read(.inbound, count: 1)
        guard case .messageReceived(let message) = try InboundRecord(wire: records[0].value ?? []) else {
            Issue.record("no message")
            return
        }
        #expect(message.text == "Bonjour" && message.address.identifier.value == "page/lena")
        #expect(records[0].key == Array(message.customerID.rawValue.utf8))
    }

    private func deliver(_ stage: Stage, _ receiver: Receiver) async throws {
        let messages = (1...5).map { number in message("m\(number)", in: "c\(number % 2)") }
        // Each comes twice, as after a crash of whoever wrote it.
        for message in messages + messages { try await stage.send([message]) }
        let events = try await stage.read(.delivery, count: 5).map { try DeliveryEvent(wire: $0.value ?? []) }
        #expect(Set(events.map(\.messageID)) == Set(messages.map(\.messageID)))
        #expect(events.allSatisfy { $0.kind == .sent(providerID: nil, attempts: 1) })
        let ids = receiver.ids
        #expect(ids.count == 5)
        #expect(ids.filter { ["m1", "m3", "m5"].contains($0) } == ["m1", "m3", "m5"], "in order")
        #expect(ids.filter { ["m2", "m4"].contains($0) } == ["m2", "m4"])
    }

    private func post(_ http: CurlClient, _ url: String, id: String) async throws -> CurlResponse {
        var request = CurlRequest(method: "POST", url: "\(url)/v1/channels/page/messages")
        request.headers = [CurlHeader("Content-Type", "application/json")]
        request.body = Array(
            "{\"message_id\":\"\(id)\",\"from\":{\"kind\":\"handle\",\"value\":\"lena\"},\"text\":\"Bonjour\"}".utf8)
        return try await http.send(request)
    }
}
