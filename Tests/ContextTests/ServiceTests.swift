import Curl
import Domain
import Foundation
import Kafka
import OrderedCollections
import Schema
import ServiceKit
import TestSupport
import Testing

@testable import ContextApp

@Suite("Context on a real broker")
struct ServiceTests {
    private let lena = Samples.handle.customerID

    private func sms(_ id: String, _ text: String) -> InboundMessage {
        Samples.message(id, from: Samples.phone, by: "sms", .sms, text: text)
    }

    @Test("Messages, a profile and an unlink take effect, and a restart without the timeline's file forgets nothing")
    func story() async throws {
        let deployment = try await Deployment()
        try await deployment.apply(Samples.configuration())
        try await deployment.run { client in
            try await deployment.receive(Samples.message("m1", from: Samples.handle, text: "Bonjour"))
            _ = try await deployment.requests(1)
            let body =
                #"{"name": "Lena", "identifiers": [{"kind": "phone", "value": "+33612345678", "verified": true}]}"#
            let put = try await client.send("PUT", "/v1/customers/\(lena)/profile", body: body)
            #expect(put.status == 202)
            let position = try #require(put.json?["position"]?.string)
            let seen = try await client.send("GET", "/v1/customers/\(lena)?wait_for=\(position)")
            #expect(seen.json?["profile"]?["name"] == .string("Lena"))
            try await eventually("the phone is attached", within: .seconds(60)) {
                let customer = try await client.send("GET", "/v1/customers/\(lena)")
                return customer.json?["identifiers"]?.array?.contains { $0["kind"] == .string("phone") } ?? false
            }
            try await deployment.receive(sms("m2", "Par SMS"))
            try await deployment.receive(sms("m2", "Par SMS"))
            let requests = try await deployment.requests(2)
            #expect(Set(requests.map(\.workItemID)).count == 1)
            #expect(requests.allSatisfy { $0.customerID == lena })
            #expect(try await client.texts(of: lena, 2) == ["Bonjour", "Par SMS"])
            let metrics = try await client.send("GET", "/metrics").text
            #expect(metrics.contains("patchbay_context_messages_forwarded_total 1"))
            #expect(metrics.contains("patchbay_stream_differing_repeats_total 0"))
        }
        try FileManager.default.removeItem(at: deployment.database)
        try await deployment.run { client in
            #expect(try await client.texts(of: lena, 2) == ["Bonjour", "Par SMS"])
            try await deployment.receive(sms("m2", "Par SMS"))
            let unlink = try await client.send("DELETE", "/v1/customers/\(lena)/identifiers/phone/%2B33612345678")
            #expect(unlink.status == 202)
            try await deployment.receive(sms("m3", "Encore"))
            try await deployment.receive(Samples.message("m4", from: Samples.handle, text: "Merci"))
            let requests = try await deployment.requests(4)
            let byMessage = Dictionary(grouping: requests, by: \.messageID)
            #expect(byMessage.values.allSatisfy { $0.count == 1 })
            func request(_ message: InboundMessage) -> WorkRequest? { byMessage[message.boundID]?.first }
            #expect(request(sms("m3", "Encore"))?.customerID == Samples.phone.customerID)
            let (first, last) = (
                Samples.message("m1", from: Samples.handle), Samples.message("m4", from: Samples.handle)
            )
            #expect(request(last)?.workItemID == request(first)?.workItemID)
        }
        try await deployment.close()
    }

    @Test("A timeline that is ahead of the topics, because those were made anew, is built again from them")
    func ahead() async throws {
        let deployment = try await Deployment()
        try await deployment.apply(Samples.configuration())
        try await deployment.receive(Samples.message("m1", from: Samples.handle, text: "Bonjour"))
        try await deployment.run { client in
            let texts = try await client.texts(of: lena, 1)
            #expect(texts == ["Bonjour"])
        }
        let file = try RawFile(deployment.database)
        try file.execute("UPDATE place SET state = CAST(replace(state, '\"nextOffset\":', '\"nextOffset\":7') AS BLOB)")
        try file.execute("UPDATE entry SET text = 'of another log'")
        try await deployment.run { client in
            let texts = try await client.texts(of: lena, 1)
            #expect(texts == ["Bonjour"])
        }
        try await deployment.close()
    }
}
