import ContextCore
import Domain
import Schema
import ServiceKit
import TestSupport
import Testing

@testable import ContextApp

@Suite("The timeline shows each message under its own customer")
struct WhoseEntryTests {
    private let lena = Samples.visitor
    private let max = Identifier(kind: .visitor, value: "chat/max")

    /// What a partition of `inbound` holds of a message, filed by one version of the rules or the other.
    private func log(
        _ id: String, from sender: Identifier, text: String, partition: Int32, rules: Int,
        filedFor owner: Identifier? = nil
    ) throws -> [TimelineRecord] {
        let message = Samples.message(id, from: sender, by: "chat", .chat, text: text)
        var core = ContextCore(rulesVersion: rules)
        core.restore(Samples.configuration())
        if let owner {
            let link = IdentityLink(
                identifier: sender, customerID: owner.customerID, evidence: .manual, reason: "a person")
            _ = try core.apply(.identityLinked(link), key: sender.customerID, at: Samples.start)
        }
        var records: [(InboundRecord, CustomerID)] = [(.messageReceived(message), sender.customerID)]
        var next = 0
        while next < records.count {
            for case .inbound(let record, let key) in try core.apply(
                records[next].0, key: records[next].1, at: Samples.start)
            {
                records.append((record, key))
            }
            next += 1
        }
        return records.enumerated().map { offset, record in
            TimelineRecord(
                .inbound, partition: partition, offset: Int64(offset), at: Samples.start, heldBy: record.1,
                .inbound(record.0))
        }
    }

    private func texts(_ timeline: TestTimeline, of identifier: Identifier) async throws -> [String] {
        try await timeline.timeline(identifier.customerID).compactMap { $0["text"]?.string }.sorted()
    }

    @Test(
        "Two senders' messages under one id are two entries, whichever partition is read first, filed by either version",
        arguments: [1, 2], 1...8 as ClosedRange<UInt64>)
    func twoSenders(rules: Int, seed: UInt64) async throws {
        let timeline = try TestTimeline()
        var generator = SeededGenerator(seed: seed)
        var rest = try [
            log("1001", from: lena, text: "my card is 4711", partition: 0, rules: rules)[...],
            log("1001", from: max, text: "hello", partition: 1, rules: rules)[...],
        ]
        while let index = rest.indices.filter({ !rest[$0].isEmpty }).randomElement(using: &generator) {
            try timeline.store.store(TimelineBatch(records: [rest[index].removeFirst()]))
        }
        #expect(try await texts(timeline, of: lena) == ["my card is 4711"])
        #expect(try await texts(timeline, of: max) == ["hello"])
        let entries = try await timeline.timeline(lena.customerID) + timeline.timeline(max.customerID)
        #expect(Set(entries.compactMap { $0["conversation_id"]?.string }).count == rules)
        #expect(entries.allSatisfy { $0["role"] == .string("opened") })
        try timeline.remove()
    }

    @Test(
        "Identifiers of one customer that use one id have two entries there, forwarded or not", arguments: [1, 2])
    func linked(rules: Int) async throws {
        let timeline = try TestTimeline()
        let records =
            try log("7", from: lena, text: "by one", partition: 0, rules: rules)
            + log("7", from: max, text: "by the other", partition: 1, rules: rules, filedFor: lena)
        try timeline.store.store(TimelineBatch(records: records))
        #expect(try await texts(timeline, of: lena) == ["by one", "by the other"])
        try timeline.remove()
    }

    @Test("What somebody writes under the id of a reply leaves the reply, and its receipts, as they are")
    func reply() async throws {
        let timeline = try TestTimeline()
        let records = try Story.interleaved(seed: 9) + log("r1", from: max, text: "mine", partition: 5, rules: 1)
        try timeline.store.store(TimelineBatch(records: records))
        let reply = try #require(
            try await timeline.timeline().first { $0["author"] == .string("agent") && $0["kind"] == .string("message") }
        )
        #expect(reply["text"] == .string("Oui, le remboursement est en route"))
        #expect(reply["delivery"]?["state"] == .string("read"))
        let event = DeliveryEvent(
            messageID: MessageID("r1"), conversationID: ConversationID("another"), at: Story.at(99),
            kind: .failed(reason: "x", attempts: 1))
        let record = TimelineRecord(.delivery, partition: 3, offset: 0, at: Story.at(99), .delivery(event))
        try timeline.store.store(TimelineBatch(records: [record]))
        #expect(try await timeline.timeline().filter { $0["delivery"]?["state"] == .string("failed") }.isEmpty)
        #expect(try await texts(timeline, of: max) == ["mine"])
        try timeline.remove()
    }
}
