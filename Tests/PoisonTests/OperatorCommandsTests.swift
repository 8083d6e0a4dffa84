import ArgumentParser
import Domain
import Foundation
import Kafka
import Schema
import Streams
import TestSupport
import Testing

@testable import PatchbayCLI

@Suite("patchbay rules, skip, get and diff")
struct OperatorCommandsTests {
    private func connection(_ stand: PoisonStand) -> KafkaConnection {
        KafkaConnection(properties: stand.broker.properties, prefix: stand.prefix)
    }

    private func rules(_ stand: PoisonStand, _ arguments: String...) async throws -> [String] {
        let command = try RulesCommand.parse(arguments)
        let connection = connection(stand)
        return try await onThread { try command.lines(connection) }
    }

    private func skip(_ stand: PoisonStand, _ record: String) async throws -> [String] {
        let command = try SkipCommand.parse([record, "--reason", "it traps"])
        let connection = connection(stand)
        return try await onThread { try command.skip(connection) }
    }

    private func applied(_ stand: PoisonStand) async throws -> ConfigurationStore.Applied {
        let store = ConfigurationStore(connection: connection(stand))
        return try await onThread { try store.read() }
    }

    /// What an operator reads when the arguments are wrong.
    private func complaint<Command: ParsableCommand>(_ type: Command.Type, _ arguments: [String]) throws -> String {
        let error = try #require(throws: (any Error).self) { _ = try Command.parse(arguments) }
        return Command.message(for: error)
    }

    @Test("shows which rules apply and how far, and has a record skipped once, unless it was applied")
    func rulesAndSkip() async throws {
        try await PoisonStand.with { stand in
            #expect(
                try await rules(stand, "context") == [
                    "context: this release knows version 2", "  \(stand.prefix).inbound/0: no checkpoint yet",
                ])
            #expect(try await rules(stand).count == 8)
            try await stand.apply(PoisonedService.organization(webhook: "https://hooks.example/"))
            try await stand.write(.inbound, PoisonedService.context.record("m1"))
            try await stand.run(.context) { _ in
                try await eventually("a checkpoint", within: .seconds(60)) {
                    try await rules(stand, "context").last?.contains("inbound/0: version 2, applied up to ")
                        == true
                }
            }
            let late = try await #require(throws: StackError.self) { _ = try await skip(stand, "inbound/0/0") }
            #expect(late.description.contains("\(stand.prefix).inbound/0/0 was applied: the context is at "))

            let next = try await stand.write(.inbound, PoisonedService.context.record("m2"))
            let place = "\(stand.prefix).inbound/0/\(next)"
            #expect(try await skip(stand, "inbound/0/\(next)") == ["\(place) is skipped: start the services again"])
            #expect(try await skip(stand, place) == ["\(place) was skipped already"])
            let connection = connection(stand)
            let list = try await onThread { try SkipCommand.list(connection) }
            #expect(list.count == 1 && list[0].contains(place) && list[0].hasSuffix(": it traps"))
            #expect(try await applied(stand).revision == 1, "a skip is no revision")
        }
    }

    @Test("refuses records that are not there, and topics that are no log, by name")
    func wrongRecords() async throws {
        try await PoisonStand.with { stand in
            try await stand.write(.work, Poison(name: "", key: [1], value: [1], reason: ""))
            let cases = [
                ("work/0/9", "there is no record \(stand.prefix).work/0/9: \(stand.prefix).work/0 holds 0..<1"),
                ("work/7/0", "the broker has no \(stand.prefix).work/7"),
                (
                    "identity/0/0",
                    "\(stand.prefix).identity is no log of a service: expected one of outbound, inbound, work, clocks"
                ),
            ]
            for (record, words) in cases {
                let error = try await #require(throws: StackError.self) { _ = try await skip(stand, record) }
                #expect(error.description.contains(words), "\(error)")
            }
            let connection = connection(stand)
            #expect(try await onThread { try SkipCommand.list(connection) }.isEmpty)
        }
    }

    @Test("says what to do where the topics are missing")
    func missingTopics() async throws {
        let broker = try await LocalBroker.shared()
        var connection = KafkaConnection(properties: broker.properties, prefix: uniqueName("nothing"))
        connection.timeout = .seconds(3)
        let asked = connection
        let rules = try RulesCommand.parse(["router"])
        let first = try await #require(throws: StackError.self) {
            _ = try await onThread { try rules.lines(asked) }
        }
        #expect(first.description == "the topics of the router do not exist: run `patchbay topics --apply`")
        let second = try await #require(throws: StackError.self) {
            _ = try await onThread { try ConfigurationStore(connection: asked).read() }
        }
        #expect(second.description.contains("\(connection.prefix).config cannot be read"))
        #expect(second.description.contains("does `patchbay topics` find the topics?"))
    }

    @Test("gets what is in force: all names, a kind, or an entry")
    func gets() async throws {
        try await PoisonStand.with { stand in
            try await stand.apply(PoisonedService.organization(webhook: "https://hooks.example/"), revision: 7)
            let applied = try await applied(stand)
            let names = try GetCommand.parse([]).lines(applied)
            #expect(names.first == "revision 7" && names.contains("queue/general") && names.count == 6)
            let queues = try GetCommand.parse(["queue"]).lines(applied)
            #expect(try GetCommand.parse(["queue/general"]).lines(applied) == queues && queues.count == 1)
            #expect(queues[0].contains(#""general""#) && queues[0].contains(#""standard""#))
            let error = try #require(throws: StackError.self) {
                _ = try GetCommand.parse(["queue/none"]).lines(applied)
            }
            #expect(error.description.hasPrefix("nothing in force is named queue/none; there are account, "))
        }
    }

    @Test("compares files with what is in force, field by field, and ends with 1 if they differ")
    func diffs() async throws {
        try await PoisonStand.with { stand in
            let file = stand.folder.appending(path: "organization.yaml").path
            func write(priority: String) throws {
                let text = "pools: { support: { name: \(priority) } }\nskills: { french: {} }\n"
                try text.write(toFile: file, atomically: true, encoding: .utf8)
            }
            try write(priority: "Support")
            let store = ConfigurationStore(connection: connection(stand))
            let entries = try OrganizationFiles.load([file], values: [:]).entries(now: .now)
            _ = try await onThread { try store.update { try ConfigurationChanges(from: $0, to: entries) } }
            let applied = try await applied(stand)
            #expect(try DiffCommand.lines(from: applied, to: entries).isEmpty)

            try write(priority: "Help")
            let changed = try OrganizationFiles.load([file], values: [:]).entries(now: .now)
            let lines = try DiffCommand.lines(from: applied, to: changed.filter { $0.key != "skill/french" })
            #expect(lines.first == "~ pool/support" && lines.last == "- skill/french")
            #expect(lines.contains { $0.contains(#""Support" → "Help""#) }, "\(lines)")

            let servers = stand.broker.bootstrapServers
            let command = try DiffCommand.parse(["--bootstrap-servers", servers, "--prefix", stand.prefix, file])
            let code = await #expect(throws: ExitCode.self) { try await onThread { try command.run() } }
            #expect(code == .failure)
            try write(priority: "${NAME}")
            let wrong = await #expect(throws: ExitCode.self) { try await onThread { try command.run() } }
            #expect(wrong == ExitCode(2), "a name without a value")
        }
    }

    @Test("refuses wrong arguments with what was found and what was expected")
    func wrongArguments() throws {
        let unknown = try complaint(RulesCommand.self, ["console"])
        #expect(unknown.contains("'console'") && unknown.contains("router") && unknown.contains("sla-timer"))
        #expect(
            try complaint(RulesCommand.self, ["router", "--raise", "3"])
                == "--raise is 3: the router of this release knows version 2 at most")
        #expect(try complaint(RulesCommand.self, ["--raise", "2"]) == "name the service whose rules are raised")
        for record in ["work", "work/0", "work/x/1", "work/0/-1", "/0/1"] {
            #expect(
                try complaint(SkipCommand.self, [record, "--reason", "x"])
                    == "name the record as work/0/123: topic, partition, offset")
        }
        for reason in [[], ["--reason", ""], ["--reason", String(repeating: "x", count: 1_001)]] {
            #expect(
                try complaint(SkipCommand.self, ["work/0/1"] + reason).hasPrefix("--reason is missing: say in up to"))
        }
        #expect(
            try complaint(DiffCommand.self, ["a.yaml", "--set", "name"]).contains(
                "--set is \"name\": expected name=value"))
        #expect(try complaint(DiffCommand.self, []).contains("files"))
        let missing = #expect(throws: ValidationError.self) {
            _ = try OrganizationFiles.load(["/no/such.yaml"], values: [:])
        }
        #expect(missing?.message == "/no/such.yaml cannot be read as UTF-8 text")
    }

    @Test("explain themselves")
    func help() {
        let cases: [(String, [String])] = [
            (
                Patchbay.helpMessage(for: RulesCommand.self),
                ["--raise", "no way back", "connector, context, router, sla-timer"]
            ),
            (
                Patchbay.helpMessage(for: SkipCommand.self),
                ["--reason", "--list", "topic/partition/offset", "dead letters"]
            ),
            (Patchbay.helpMessage(for: GetCommand.self), ["kind or kind/name", "queue/sales"]),
            (Patchbay.helpMessage(for: DiffCommand.self), ["name=value", "exit code is 1"]),
        ]
        for (text, words) in cases {
            let flat = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            for word in words + ["--bootstrap-servers", "--prefix"] {
                #expect(flat.contains(word), "\(word) in \(text)")
            }
        }
    }
}
