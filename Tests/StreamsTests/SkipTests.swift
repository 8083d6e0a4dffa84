import Domain
import Foundation
import Kafka
import TestSupport
import Testing

@testable import Streams

@Suite("A record that traps", .timeLimit(.minutes(5)))
struct SkipTests {
    /// What a process of its own needs to run the bank.
    struct Place: Codable, Sendable {
        var kafka: [String: String]
        var name: String
        /// Dead members hold up their group: each process has another one.
        var group: String

        func table() -> ConfigurationTable {
            ConfigurationTable(kafka: kafka, topic: "\(name)-config") { $0 }
        }

        /// Leads partition 0 until it traps.
        func lead() async throws {
            var settings = StreamSettings(
                service: "bank", log: "\(name)-log", state: "\(name)-state", deadLetter: "\(name)-dead", group: group,
                kafka: kafka)
            settings.checkpointInterval = .milliseconds(50)
            let table = table()
            let host = StreamHost(settings: settings, configuration: table) { [name] _ in
                Bank(ledger: "\(name)-ledger", log: "\(name)-log")
            }
            async let reading: Void = table.run()
            try await host.run()
            try await reading
        }
    }

    @Test("ends each process that meets it, until it is skipped: then all go past it, and it lies in the dead letters")
    func trap() async throws {
        let stand = try await BankStand()
        try await stand.send(["deposit A 1", "trap A", "deposit A 2"])
        for life in 1...2 {
            let place = Place(
                kafka: stand.broker.properties, name: stand.name, group: "\(stand.name)-life-\(life)")
            await #expect(processExitsWith: .failure) { [place = place as Place] in try await place.lead() }
        }
        let trapped = SkippedRecord(topic: stand.log, partition: 0, offset: try await Self.offset(of: "trap A", stand))
        let producer = try AsyncProducer(properties: stand.broker.properties)
        defer { producer.close() }
        _ = try await producer.send(
            topic: "\(stand.name)-config", key: Array(trapped.key.utf8), value: Array("a mistake in rule 7".utf8))
        let place = Place(kafka: stand.broker.properties, name: stand.name, group: stand.name)
        let table = place.table()
        let (first, second) = (stand.makeHost(configuration: table), stand.makeHost(configuration: table))
        async let reading: Void = table.run()
        try await stand.with(first, second) {
            let skips = [trapped.offset: "a mistake in rule 7"]
            try await eventually("one leads, the other follows", within: .seconds(60)) {
                try (first.leads(1) || second.leads(1)) && first.read(0) { $0.accounts["A"]?.balance } == 3
                    && second.read(0) { $0.accounts["A"]?.balance } == 3
            }
            try await stand.ledgerFollowsLog(skips: skips)
            let letters = try await stand.records("\(stand.name)-dead")
            #expect(letters.map { String(decoding: $0.value ?? [], as: UTF8.self) } == ["trap A"])
            #expect(letters.first?.header("patchbay-error") == "skipped: a mistake in rule 7")
            #expect(letters.first?.header("patchbay-source-offset") == "\(trapped.offset)")
        }
        table.shutdown()
        try await reading
    }

    private static func offset(of command: String, _ stand: BankStand) async throws -> Int64 {
        try #require(try await stand.records(stand.log).first { $0.value == Array(command.utf8) }).offset
    }

    @Test(
        "is named as topic/partition/offset, and by nothing else",
        arguments: [
            "work", "work/0", "work/0/-1", "work/-1/0", "/0/0", "work/0/0/0", "work/x/0",
        ])
    func names(text: String) {
        #expect(SkippedRecord(text) == nil)
        #expect(SkippedRecord(key: "skip/\(text)") == nil)
        #expect(SkippedRecord("patchbay.work/3/77") == SkippedRecord(topic: "patchbay.work", partition: 3, offset: 77))
        #expect(SkippedRecord(key: "patchbay.work/3/77") == nil)
    }
}
