import ArgumentParser
import Domain
import Foundation
import Kafka
import Schema
import Streams
import TestSupport
import Testing

@testable import PatchbayCLI

@Suite("patchbay dead-letters")
struct DeadLettersCommandTests {
    private static let message = PoisonedService.context.record("m1")

    /// Writes a letter as a service does, and returns its name.
    @discardableResult
    private func post(
        _ stand: PoisonStand, offset: Int64, value: [UInt8]?, type: String = message.type, topic: Topic = .inbound,
        error: String = "kind: found unknown record kind", origin: String? = nil, headers: [Header] = []
    ) async throws -> LetterName {
        let type = Header(name: "ce_type", value: Array(type.utf8))
        let record = Record(
            topic: topic.name(prefix: stand.prefix), partition: 0, offset: offset, key: Self.message.key, value: value,
            headers: [type] + headers)
        let letter = DeadLetter(record, service: "context", PoisonRecord(error))
        _ = try await stand.producer.send(
            topic: Topic.deadLetter.name(prefix: stand.prefix), partition: 0, key: letter.key, value: letter.value,
            headers: letter.headers(origin: origin ?? "context/\(record.topic)/0/\(offset)/0"))
        return LetterName(letter, prefix: stand.prefix)
    }

    private func connection(_ stand: PoisonStand) -> KafkaConnection {
        KafkaConnection(properties: stand.broker.properties, prefix: stand.prefix)
    }

    private func list(_ stand: PoisonStand, _ arguments: String...) async throws -> [String] {
        let command = try DeadLettersCommand.List.parse(arguments)
        let connection = connection(stand)
        return try await onThread { try command.lines(connection) }
    }

    private func resend(_ name: LetterName, force: Bool = false, _ stand: PoisonStand) async throws -> String {
        let box = DeadLetterBox(connection: connection(stand))
        return try await onThread { try Resending(box: box).resend(name, isForced: force) }
    }

    @Test("lists the newest first, copies of a letter once, filtered and bounded")
    func lists() async throws {
        try await PoisonStand.with { stand in
            #expect(try await list(stand) == ["no dead letters"])
            for offset in 0..<5 { try await post(stand, offset: Int64(offset), value: [1]) }
            try await post(stand, offset: 3, value: [1])
            try await post(stand, offset: 9, value: nil, topic: .outbound, error: "ce_type: found x")
            let all = try await list(stand)
            #expect(all.count == 8 && all.last == "6 dead letters")
            #expect(all[1].hasPrefix("outbound/0/9") && all[1].hasSuffix("ce_type: found x"))
            #expect(all[2].hasPrefix("inbound/0/4") && all[6].hasPrefix("inbound/0/0"))
            #expect(try await list(stand, "--topic", "outbound").count == 3)
            #expect(try await list(stand, "--error", "unknown record").last == "5 dead letters")
            let bounded = try await list(stand, "--limit", "2")
            #expect(bounded.count == 4 && bounded.last == "2 of 6 dead letters")
            let scanned = try await list(stand, "--scan", "1")
            #expect(scanned.last == "1 dead letters; older ones were not looked at: see --scan")
        }
    }

    @Test("shows reason, headers and the value: decoded if it decodes, else its bytes")
    func shows() async throws {
        try await PoisonStand.with { stand in
            let good = try await post(stand, offset: 1, value: Self.message.value, error: "ce_type: found v99")
            let noise = try await post(
                stand, offset: 2, value: Array("\u{1b}[2Jnoise".utf8),
                headers: [Header(name: "x", value: Array("\u{1b}[31m".utf8))])
            let connection = connection(stand)
            let pages = try await onThread {
                try [good, noise].map { name in
                    LetterText.page(try DeadLetterBox(connection: connection).find(name), prefix: stand.prefix)
                }
            }
            #expect(pages[0].contains("error    ce_type: found v99"))
            #expect(pages[0].contains("headers  ce_type: \(Self.message.type)"))
            #expect(pages[0].last?.contains(#""text":"Bonjour m1""#) == true)
            #expect(pages[1].contains { $0.hasPrefix("00000000  1b 5b 32 4a 6e 6f 69 73 65") })
            #expect(!pages[1].joined().contains("\u{1b}"), "nothing that a terminal obeys")
        }
    }

    @Test("sends a record again as it was, told by a header, and a second time only by force")
    func resendsOnce() async throws {
        try await PoisonStand.with { stand in
            let other = Header(name: "traceparent", value: Array("00-x".utf8))
            let origin = Header(name: "patchbay-origin", value: Array("context/t/0/1/0".utf8))
            let name = try await post(
                stand, offset: 1, value: Self.message.value, error: "the waiting room is full",
                headers: [other, origin])
            #expect(try await resend(name, stand) == "inbound/0/0")
            let sent = try #require(try await stand.records(.inbound).first)
            #expect(sent.key == Self.message.key && sent.value == Self.message.value)
            #expect(sent.headers.map(\.name) == ["ce_type", "traceparent", "patchbay-resent"])
            #expect(sent.headers.last?.value == Array("inbound/0/1".utf8))

            let refusal = try await #require(throws: StackError.self) { _ = try await resend(name, stand) }
            #expect(refusal.description.contains("was sent again before, as inbound/0/0"))
            #expect(try await list(stand)[1].contains("  yes  "))
            #expect(try await resend(name, force: true, stand) == "inbound/0/1")
            #expect(try await stand.records(.inbound).count == 2)
        }
    }

    @Test(
        "refuses what would be refused again, unless it is forced", arguments: ["noise", "later", "control", "large"])
    func refusesPoison(kind: String) async throws {
        try await PoisonStand.with { stand in
            let value = kind == "noise" ? [0xff, 0xff] : Self.message.value
            let type = kind == "later" ? Self.message.type.replacing(".v1", with: ".v99") : Self.message.type
            let control = Header(name: "patchbay-control", value: Array("dance".utf8))
            let name = try await post(
                stand, offset: 1, value: kind == "large" ? Array(repeating: 7, count: 300_000) : value, type: type,
                headers: kind == "control" ? [control] : [])
            let refusal = try await #require(throws: StackError.self) { _ = try await resend(name, stand) }
            #expect(refusal.description.contains("would be refused again"))
            #expect(try await stand.records(.inbound).isEmpty)
            #expect(try await list(stand)[1].contains("  no  "))
            #expect(try await resend(name, force: true, stand) == "inbound/0/0")
        }
    }

    @Test("sends a letter once when two people do so at the same moment")
    func concurrent() async throws {
        try await PoisonStand.with { stand in
            let name = try await post(stand, offset: 1, value: Self.message.value)
            let landed = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<4 { group.addTask { (try? await resend(name, stand)) != nil } }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(landed <= 1)
            #expect(try await stand.records(.inbound).count == landed)
            if landed == 0 { _ = try await resend(name, stand) }
            await #expect(throws: StackError.self) { _ = try await resend(name, stand) }
        }
    }

    @Test("A mended service takes what was sent again, and the timeline of the customer shows it once")
    func wayBack() async throws {
        try await PoisonStand.with { stand in
            try await stand.apply(PoisonedService.organization(webhook: "https://hooks.example/"))
            var spoilt = Poison(name: "", key: Self.message.key, value: Self.message.value, reason: "")
            spoilt.headers = [Header(name: "patchbay-origin", value: Array("nowhere".utf8))]
            let offset = try await stand.write(.inbound, spoilt)
            try await stand.run(.context) { _ in
                try await eventually("a dead letter", within: .seconds(60)) {
                    try await stand.letters().map(\.offset) == [offset]
                }
                // What was wrong with it is what a resend takes away.
                let name = try #require(LetterName(argument: "inbound/0/\(offset)"))
                _ = try await resend(name, stand)
                try await eventually("the message reaches the router", within: .seconds(60)) {
                    try await stand.records(.work).contains {
                        String(decoding: $0.value ?? [], as: UTF8.self).contains("m1")
                    }
                }
            }
            #expect(try await stand.letters().count == 1)
        }
    }

    @Test("explains itself, and refuses wrong limits")
    func help() throws {
        let text = Patchbay.helpMessage(for: DeadLettersCommand.self)
        for word in ["list", "show", "resend"] { #expect(text.contains(word)) }
        #expect(Patchbay.helpMessage(for: DeadLettersCommand.Resend.self).contains("--force"))
        for arguments in [["--limit", "0"], ["--scan", "0"], ["--topic", "nonsense"]] {
            #expect(throws: (any Error).self) { _ = try DeadLettersCommand.List.parse(arguments) }
        }
        for name in ["inbound", "inbound/x/1", "inbound/0/-1", "/0/1"] { #expect(LetterName(argument: name) == nil) }
    }
}
