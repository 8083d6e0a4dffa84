import Domain
import Foundation
import Kafka
import Schema
import ServiceKit
import Testing

@testable import ContextApp

@Suite("The timeline in SQLite")
struct TimelineTests {
    @Test("One story, however its topics interleave, gives one timeline", arguments: 1...24 as ClosedRange<UInt64>)
    func anyOrder(seed: UInt64) async throws {
        let timeline = try TestTimeline()
        for record in Story.interleaved(seed: seed) { try timeline.store.store(TimelineBatch(records: [record])) }
        let entries = try await timeline.timeline()
        #expect(
            entries.compactMap { $0["kind"]?.string } == [
                "survey-answered", "work-item-closed", "escalated", "target-breached", "message", "note",
                "profile-updated", "message", "identifier-linked", "assigned", "work-item-opened", "message",
            ], "seed \(seed)")
        let messages = entries.filter { $0["kind"] == .string("message") }
        #expect(messages.compactMap { $0["message_id"]?.string } == ["r1", "m2", "m1"])
        #expect(messages[0]["delivery"]?["state"] == .string("read"))
        #expect(messages[0]["author"] == .string("agent"))
        #expect(messages[1]["address"]?["channel"] == .string("chat"))
        #expect(messages[2]["text"] == .string("Où est ma commande?"))
        #expect(messages.allSatisfy { $0["conversation_id"] == .string("c1") })
        let customer = try #require(try await timeline.store.read { try $0.customer(Story.lena) })
        #expect(customer["profile"]?["attributes"]?["tier"] == .string("gold"))
        #expect(customer["identifiers"]?.array?.compactMap { $0["evidence"]?.string } == ["own", "continue-link"])
        #expect(customer["open_conversation"] == nil)
        let conversation = try #require(try await timeline.store.read { try $0.conversation(Story.conversation) })
        #expect(conversation["is_open"] == .boolean(false))
        let item = try #require(conversation["work_items"]?[0])
        #expect(item["agent_id"] == .string("ada"))
        #expect(item["disposition"] == .string("solved"))
        #expect(item["priority"] == .integer(8))
        #expect(item["score"] == .integer(5))
        #expect(item["opened_at"] == Story.at(0).json)
        try timeline.remove()
    }

    @Test("A customer whose identifier is linked points to the owner until it is unlinked")
    func owner() async throws {
        let timeline = try TestTimeline()
        try timeline.store.store(TimelineBatch(records: Story.interleaved(seed: 1)))
        #expect(try await timeline.store.read { try $0.owner(of: Story.visitor) } == Story.lena)
        #expect(try await timeline.store.read { try $0.isLinked(Samples.visitor, to: Story.lena) })
        let link = IdentityLink(
            identifier: Samples.visitor, customerID: Story.lena, evidence: .manual, reason: "supervisor")
        let record = TimelineRecord(
            .inbound, partition: 1, offset: 99, at: Story.at(100), .inbound(.identifierDetached(link)))
        try timeline.store.store(TimelineBatch(records: [record]))
        #expect(try await timeline.store.read { try $0.owner(of: Story.visitor) } == nil)
        #expect(try await !timeline.store.read { try $0.isLinked(Samples.visitor, to: Story.lena) })
        try timeline.remove()
    }

    @Test("What a customer wrote before the link is part of the owner's timeline for as long as the link holds")
    func before() async throws {
        let timeline = try TestTimeline()
        let message = Samples.message("m0", from: Samples.visitor, by: "chat", .chat, text: "Bonsoir")
        let filed = MessageFiled(
            messageID: MessageID("m0"), customerID: Story.visitor, conversationID: ConversationID("c0"),
            workItemID: WorkItemID("w0"), role: .opened, acceptedAt: Story.at(-5))
        let records = [InboundRecord.messageReceived(message), .messageFiled(filed)].enumerated().map {
            TimelineRecord(.inbound, partition: 9, offset: Int64($0.offset), at: Story.at(-5), .inbound($0.element))
        }
        try timeline.store.store(TimelineBatch(records: records + Story.interleaved(seed: 2)))
        #expect(try await timeline.timeline().last?["message_id"] == .string("m0"))
        #expect(try await timeline.timeline(Story.visitor).count == 1)
        try timeline.remove()
    }

    @Test("Pages follow each other without gap or repeat, whatever their size", arguments: [1, 2, 5, 12, 50])
    func pages(limit: Int) async throws {
        let timeline = try TestTimeline()
        try timeline.store.store(TimelineBatch(records: Story.interleaved(seed: 3)))
        var entries: [JSONValue] = []
        var mark: TimelineReader.Mark?
        repeat {
            let next = mark
            let page = try await timeline.store.read { try $0.timeline(of: Story.lena, after: next, limit: limit) }
            entries += page.entries
            mark = page.next
        } while mark != nil
        let whole = try await timeline.timeline()
        #expect(entries == whole)
        try timeline.remove()
    }

    @Test("Search finds words of messages and notes, without accents, and beginnings of the last word")
    func search() async throws {
        let timeline = try TestTimeline()
        try timeline.store.store(TimelineBatch(records: Story.interleaved(seed: 4)))
        #expect(try await timeline.search("remboursement").count == 2)
        #expect(try await timeline.search("REMBOURS").count == 2)
        #expect(try await timeline.search("remboursement plait").count == 1)
        #expect(try await timeline.search("voucher refund").count == 1)
        #expect(try await timeline.search("ou commande").count == 1)
        #expect(try await timeline.search("remb ou").isEmpty)
        try timeline.remove()
    }

    @Test(
        "Nothing that is searched for is an operator or an error",
        arguments: [
            "\"", "\"\"", "z\"q", "NOT", "OR OR", "NEAR(z q)", "subject:zq", "*", "^zq", "-zq", "zq AND", "(",
            "{text}:zq", "'", "\0", "+", "😀", String(repeating: "zq ", count: 150),
        ])
    func quoting(words: String) async throws {
        let timeline = try TestTimeline()
        try timeline.store.store(TimelineBatch(records: Story.interleaved(seed: 5)))
        #expect(try await timeline.search(words).isEmpty)
        try timeline.remove()
    }

    @Test("A message filled in twice is found by its words once, and an unfiled one not at all")
    func searchedOnce() async throws {
        let timeline = try TestTimeline()
        let unfiled = TimelineRecord(
            .inbound, partition: 3, offset: 0, at: Story.at(0),
            .inbound(.messageReceived(Samples.message("m9", from: Samples.email, text: "remboursement"))))
        let records = Story.interleaved(seed: 6)
        try timeline.store.store(TimelineBatch(records: records + [unfiled] + records))
        #expect(try await timeline.search("remboursement").count == 2)
        try timeline.remove()
    }
}

@Suite("The timeline's file")
struct TimelineFileTests {
    private let partition = TopicPartition(topic: "test.inbound", partition: 1)

    private func fill(_ timeline: TestTimeline) throws {
        var batch = TimelineBatch(records: Story.interleaved(seed: 7))
        batch.states[partition] = [1, 2, 3]
        batch.reached[partition] = 41
        try timeline.store.store(batch)
    }

    @Test("Keeps the places of the partitions with what was read up to them")
    func places() async throws {
        let first = try TestTimeline()
        try fill(first)
        try first.store.close()
        let second = try TestTimeline(first.folder)
        #expect(try second.store.places() == [partition: [1, 2, 3]])
        #expect(second.store.has(Position(topic: "inbound", partition: 1, offset: 41)))
        #expect(!second.store.has(Position(topic: "inbound", partition: 1, offset: 42)))
        #expect(try await second.timeline().count == 12)
        try second.remove()
    }

    @Test("A batch that fails leaves neither its records nor its places")
    func atomic() async throws {
        let timeline = try TestTimeline()
        try timeline.store.store(TimelineBatch())
        let database = try RawFile(timeline.file)
        try database.execute("CREATE TRIGGER broken BEFORE INSERT ON place BEGIN SELECT RAISE(ABORT, 'broken'); END")
        #expect(throws: (any Error).self) { try fill(timeline) }
        #expect(try timeline.store.places().isEmpty)
        #expect(try await timeline.timeline().isEmpty)
        try timeline.remove()
    }

    @Test("Deleted, of another version or damaged, it starts empty and gives the same again", arguments: Harm.allCases)
    func rebuilt(harm: Harm) async throws {
        let first = try TestTimeline()
        try fill(first)
        let before = try await first.timeline()
        try first.store.close()
        switch harm {
        case .deleted: try FileManager.default.removeItem(at: first.file)
        case .otherVersion: try RawFile(first.file).execute("PRAGMA user_version = 9999")
        case .damaged:
            try? FileManager.default.removeItem(atPath: first.file.path + "-wal")
            try Data(repeating: 0x5A, count: 40_960).write(to: first.file)
        }
        let second = try TestTimeline(first.folder)
        #expect(try second.store.places().isEmpty)
        #expect(try await second.timeline().isEmpty)
        try fill(second)
        #expect(try await second.timeline() == before)
        try second.remove()
    }

    enum Harm: String, CaseIterable, Sendable {
        case deleted, otherVersion, damaged
    }

    @Test("Emptied while open, it can be filled again")
    func cleared() async throws {
        let timeline = try TestTimeline()
        try fill(timeline)
        try timeline.store.clear()
        #expect(try timeline.store.places().isEmpty)
        #expect(!timeline.store.has(Position(topic: "inbound", partition: 1, offset: 41)))
        try fill(timeline)
        #expect(try await timeline.timeline().count == 12)
        #expect(try await timeline.search("remboursement").count == 2)
        try timeline.remove()
    }

    @Test("A read that takes too long is given up, and the next one works")
    func bounded() async throws {
        let timeline = try TestTimeline()
        await #expect(throws: ReadTimedOut.self) {
            try await withTimeLimit(.milliseconds(50)) {
                try await timeline.store.read { try $0.spin() }
            }
        }
        #expect(try await timeline.timeline().isEmpty)
        try timeline.remove()
    }

    @Test("One read more than the limit is refused at once")
    func readsAreBounded() async throws {
        let timeline = try TestTimeline()
        let store = timeline.store
        let gate = DispatchSemaphore(value: 0)
        let refused = await withTaskGroup(of: Bool.self) { group in
            for _ in 0...TimelineStore.readsMax {
                group.addTask {
                    do {
                        try await store.read { _ in _ = gate.wait(timeout: .now() + .seconds(60)) }
                        return false
                    } catch {
                        return error is TooManyReads
                    }
                }
            }
            // Nobody is through the gate, so the first to end is the one that was not let in.
            let first = await group.next()
            for _ in 0...TimelineStore.readsMax { gate.signal() }
            return first
        }
        #expect(refused == true)
        try timeline.remove()
    }

    @Test("Whoever waits for a position goes on when it is reached, or is told that it was not")
    func waits() async throws {
        let timeline = try TestTimeline()
        let store = timeline.store
        let position = Position(topic: "inbound", partition: 1, offset: 41)
        async let reached = store.waiters.wait(until: { store.has(position) }, within: .seconds(60))
        try fill(timeline)
        #expect(try await reached)
        let later = Position(topic: "inbound", partition: 1, offset: 42)
        #expect(try await !store.waiters.wait(until: { store.has(later) }, within: .milliseconds(20)))
        try timeline.remove()
    }

    @Test(
        "A position is written as topic, partition and offset",
        arguments: [
            ("inbound/3/1234", true), ("", false), ("inbound/3", false), ("inbound/-1/2", false), ("/1/2", false),
            ("inbound/1/x", false), ("inbound/1/2/3", false),
        ])
    func position(text: String, isValid: Bool) {
        #expect(Position(text)?.description == (isValid ? text : nil))
    }
}
