import Curl
import Domain
import Foundation
import Kafka
import Schema
import ServiceKit
import TestSupport
import Testing

@Suite("Poison on a topic that is only read")
struct PoisonedReadsTests {
    /// What the timeline is made of, with a record that it shows.
    private static let shown: [(topic: Topic, record: GoodRecord)] = {
        let at = PoisonedService.start
        let subject = WorkEvent.Subject(
            workItemID: "item", conversationID: "conversation", customerID: PoisonedService.lena.customerID,
            queueID: "general")
        let opened = WorkEvent(
            at: at, poolID: "support", subject: subject,
            kind: .opened(channel: .social, priority: 5, requirements: [], acceptedAt: at))
        return [
            (.inbound, PoisonedService.context.record("m1")),
            (.workEvents, GoodRecord(opened, key: "item")),
            (.outbound, PoisonedService.connector.record("m2")),
            (
                .delivery,
                GoodRecord(
                    DeliveryEvent(messageID: "m2", conversationID: "conversation", at: at, kind: .delivered),
                    key: "conversation")
            ),
            (
                .slaEvents,
                GoodRecord(
                    SLAEvent(workItemID: "item", at: at, kind: .breached(.firstResponse, dueAt: at)), key: "item")
            ),
        ]
    }()

    @Test("The timeline skips and counts it, and shows what comes before and after")
    func timeline() async throws {
        try await PoisonStand.with { stand in
            try await stand.apply(PoisonedService.organization(webhook: "https://hooks.example/"))
            var poisonCount = 0
            for (topic, record) in Self.shown {
                let foreign = Self.shown.first { $0.topic != topic }!.record
                // At what a newer program wrote to its log, context stops.
                for poison in Poison.all(like: record, foreign: foreign) where topic != .inbound || !poison.isNewer {
                    try await stand.write(topic, poison)
                    // Control records and origins are the stream's own business.
                    if !poison.name.contains("control"), !poison.name.contains("origin") { poisonCount += 1 }
                }
                try await stand.write(topic, record)
            }
            try await stand.run(.context) { api in
                let page = try await eventuallySome("the timeline of the customer", within: .seconds(60)) {
                    let answer = try await api.get("/v1/conversations/conversation")
                    let entries = (try? JSONValue(parsing: answer.body))?["entries"]?.array ?? []
                    return entries.count >= 3 ? entries : nil
                }
                let kinds = page.compactMap { $0["kind"]?.string }
                #expect(kinds.contains("message") && kinds.contains("work-item-opened"))
                #expect(kinds.contains("target-breached"))
                #expect(page.contains { $0["delivery"]?.string == "delivered" || $0["text"]?.string == "Bonjour" })
                #expect(try await api.metric("patchbay_context_timeline_skipped_total") >= Double(poisonCount))
            }
        }
    }

    @Test(
        "Configuration that is not understood is left out; the rest of its revision is in force everywhere",
        arguments: PoisonedService.allCases)
    func configuration(service: PoisonedService) async throws {
        let receiver = LoopbackServer.answering { _ in .init(200) }
        defer { receiver.stop() }
        try await PoisonStand.with { stand in
            let organization = PoisonedService.organization(webhook: receiver.url("/hook"))
            let valid = GoodRecord(organization[0], key: "pool/spoilt")
            let foreign = PoisonedService.router.record("foreign")
            for (number, poison) in Poison.all(like: valid, foreign: foreign).enumerated() {
                var poison = poison
                // The broker refuses a record without a key on a compacted topic.
                poison.key = Array("pool/poison-\(number)".utf8)
                try await stand.write(.config, poison)
            }
            try await stand.apply(organization)
            try await stand.run(service) { _ in
                try await stand.write(service.log, service.record("after"))
                try await eventually("the \(service) works by the configuration", within: .seconds(90)) {
                    try await stand.records(service.answers).contains { record in
                        String(decoding: record.value ?? [], as: UTF8.self).contains("after")
                    }
                }
            }
            #expect(try await stand.letters().isEmpty)
        }
    }

    @Test("What other systems write and Patchbay does not read stops nobody", arguments: [Topic.identity, .profiles])
    func unread(topic: Topic) async throws {
        try await PoisonStand.with { stand in
            let valid = GoodRecord(CustomerProfile(customerID: "lena"), key: "handle:page/lena")
            for poison in Poison.all(like: valid, foreign: PoisonedService.router.record("foreign"))
            where poison.key != nil {
                try await stand.write(topic, poison)
            }
            try await stand.apply(PoisonedService.organization(webhook: "https://hooks.example/"))
            try await stand.run(.context) { _ in
                try await stand.write(.inbound, PoisonedService.context.record("after"))
                try await eventually("context goes on", within: .seconds(90)) {
                    try await !stand.records(.work).isEmpty
                }
            }
            #expect(try await stand.letters().isEmpty)
        }
    }
}
