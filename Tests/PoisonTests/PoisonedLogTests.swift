import Curl
import Domain
import Foundation
import Kafka
import Schema
import ServiceKit
import Streams
import TestSupport
import Testing

@Suite("A record that nobody understands")
struct PoisonedLogTests {
    @Test(
        "becomes one dead letter with its reason, whole and once for all restarts, and its log goes on",
        arguments: PoisonedService.allCases)
    func log(service: PoisonedService) async throws {
        let receiver = LoopbackServer.answering { _ in .init(200) }
        defer { receiver.stop() }
        try await PoisonStand.with { stand in
            try await stand.apply(PoisonedService.organization(webhook: receiver.url("/hook")))
            let other: PoisonedService = service == .context ? .router : .context
            let poisons = Poison.all(like: service.record("spoilt"), foreign: other.record("foreign"))
                .filter { !$0.isNewer }
            var offsets: [Int64: Poison] = [:]
            try await stand.run(service) { api in
                try await stand.write(service.log, service.record("before"))
                for poison in poisons { offsets[try await stand.write(service.log, poison)] = poison }
                try await stand.write(service.log, service.record("after"))
                try await answered("after", service, stand)
                #expect(try await api.metric("patchbay_stream_dead_letters_total") == Double(poisons.count))
                #expect(try await api.metric("patchbay_stream_restarts_total") == 0)
            }
            try check(try await stand.letters(), offsets, service, stand)
            try await stand.run(service) { _ in
                try await stand.write(service.log, service.record("later"))
                try await answered("later", service, stand)
            }
            try check(try await stand.letters(), offsets, service, stand)
        }
    }

    @Test(
        "of a newer program stops its service, which says so and changes nothing, until it is skipped",
        arguments: PoisonedService.allCases)
    func newer(service: PoisonedService) async throws {
        let receiver = LoopbackServer.answering { _ in .init(200) }
        defer { receiver.stop() }
        try await PoisonStand.with { stand in
            try await stand.apply(PoisonedService.organization(webhook: receiver.url("/hook")))
            let poisons = Poison.all(like: service.record("spoilt"), foreign: service.record("spoilt"))
                .filter(\.isNewer)
            var offsets: [Int64] = []
            try await stand.run(service) { api in
                try await stand.write(service.log, service.record("before"))
                try await answered("before", service, stand)
                for poison in poisons { offsets.append(try await stand.write(service.log, poison)) }
                try await stand.write(service.log, service.record("after"))
                try await eventually("it resigns, and names the record", within: .seconds(60)) {
                    let page = try await api.get("/readyz?verbose")
                    return page.status == 503 && page.text.contains("/0/\(offsets[0]) is of a kind that this program")
                }
                #expect(try await api.get("/livez").status == 200)
            }
            #expect(offsets.count == 3)
            #expect(try await stand.letters().isEmpty)
            for offset in offsets { try await stand.skip(service.log, offset) }
            try await stand.run(service) { _ in try await answered("after", service, stand) }
            #expect(try await stand.letters().map(\.offset) == offsets)
        }
    }

    private func answered(_ name: String, _ service: PoisonedService, _ stand: PoisonStand) async throws {
        try await eventually("the \(service) answers the record \(name)", within: .seconds(90)) {
            try await stand.records(service.answers).contains { record in
                String(decoding: record.value ?? [], as: UTF8.self).contains(name)
            }
        }
    }

    private func check(
        _ letters: [DeadLetter], _ offsets: [Int64: Poison], _ service: PoisonedService, _ stand: PoisonStand
    ) throws {
        #expect(letters.count == offsets.count)
        #expect(Set(letters.map(\.offset)) == Set(offsets.keys))
        for letter in letters {
            let poison = try #require(offsets[letter.offset])
            #expect(letter.topic == service.log.name(prefix: stand.prefix) && letter.partition == 0)
            #expect(letter.service == service.description.name)
            #expect(letter.error.contains(poison.reason), "\(poison.name): \(letter.error)")
            #expect(letter.key == poison.key, "\(poison.name)")
            #expect(letter.value == poison.value, "\(poison.name)")
            #expect(letter.headers == poison.headers, "\(poison.name)")
            #expect(letter.cutFrom == nil)
        }
    }
}
