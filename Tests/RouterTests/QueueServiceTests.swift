import Curl
import Domain
import Foundation
import Schema
import ServiceKit
import TestSupport
import Testing

@Suite("Queues over HTTP and Kafka")
struct QueueServiceTests {
    @Test(
        "Who waits hears position and expected wait, who finds the queue full an honest answer",
        .timeLimit(.minutes(5)))
    func placesAndAdmission() async throws {
        var organization = RouterServiceTests.organization
        organization.profiles[0].capacity = 1
        organization.queues[0].admission = Queue.Admission(waitingMax: 2, fullText: "Full: {wait}.", closedText: "")
        try await RouterStand.with(organization) { stand in
            try await stand.run { api in
                try await api.act("ana", "/v1/agents/ana/presence", #"{"presence":"available"}"#, method: "PUT")
                for item in ["taken", "first", "second", "third"] { try await stand.message(item) }
                try await eventually("the last is turned away") {
                    try await api.send("GET", "/v1/work-items/third", as: .supervisor).status == 200
                }
                let first = try await api.json("/v1/work-items/first")
                let second = try await api.json("/v1/work-items/second")
                #expect(first["position"]?.integer == 1)
                #expect(second["position"]?.integer == 2)
                let waits = [first, second].compactMap { $0["expected_wait"]?["p50_seconds"]?.integer }
                #expect(waits.count == 2)
                #expect(waits.first ?? 0 < waits.last ?? 0)
                let queue = try await api.json("/v1/queues/general")
                #expect(queue["backlog"]?.integer == 2)
                #expect(queue["waiting"]?[1]?["work_item_id"]?.string == "second")
                #expect(queue["expected_wait"]?["p90_seconds"]?.integer ?? 0 > 0)
                let third = try await api.json("/v1/work-items/third")
                #expect(third["state"]?.string == "closed")
                #expect(third["disposition"]?.string == "queue-full")
                try await eventually("the customer hears of it") { try await stand.records(.outbound).count == 1 }
                let sent = try await stand.records(.outbound).map { try OutboundMessage(wire: $0) }
                #expect(sent.first?.author == .notice(.queueFull))
            }
        }
    }

    @Test("A transfer to a queue of another pool goes through the log to its agents", .timeLimit(.minutes(5)))
    func handOver() async throws {
        try await RouterStand.with(RouterServiceTests.organization) { stand in
            try await stand.run { api in
                for agent in ["ana", "sam"] {
                    let path = "/v1/agents/\(agent)/presence"
                    try await api.act(agent, path, #"{"presence":"available"}"#, method: "PUT")
                }
                try await stand.message("item")
                let offerID = try #require(try await api.offer(to: "ana")["offer_id"]?.string)
                try await api.act("ana", "/v1/offers/\(offerID)/accept")
                try await api.act("ana", "/v1/work-items/item/transfer", #"{"queue_id":"sales"}"#)
                let offer = try await api.offer(to: "sam")
                #expect(offer["work_item_id"]?.string == "item")
                let item = try await api.json("/v1/work-items/item")
                #expect(item["pool_id"]?.string == "sales")
                // Context still knows the old pool: what it writes there is forwarded.
                try await stand.message("item", id: "later")
                try await eventually("the message arrives") {
                    try await api.json("/v1/work-items/item")["message_count"]?.integer == 2
                }
                let metrics = try await api.send("GET", "/metrics", as: nil).text
                #expect(metrics.contains("patchbay_stream_differing_repeats_total 0"))
            }
        }
    }
}
