import Domain
import Schema
import Testing

@testable import PatchbayCLI

@Suite("Applying writes what differs")
struct ConfigurationChangesTests {
    static func entries(_ text: String = OrganizationTests.valid) throws -> [ConfigurationEntry] {
        let now = try #require(Instant(rfc3339: "2026-11-22T12:00:00Z"))
        return try Organization(files: [("org.yaml", text)]).entries(now: now)
    }

    static func applied(_ entries: [ConfigurationEntry], revision: Int64 = 7) -> ConfigurationStore.Applied {
        .init(revision: revision, entries: Dictionary(uniqueKeysWithValues: entries.map { ($0.key, $0) }))
    }

    @Test("The first revision writes every entry, and the marker last")
    func firstRevision() throws {
        let entries = try Self.entries()
        let changes = try ConfigurationChanges(from: .init(), to: entries)
        #expect(changes.revision == 1)
        #expect(changes.records.count == entries.count + 1)
        #expect(changes.records.last?.key == "revision")
        #expect(changes.records.last?.value == Array("1".utf8))
        for (record, entry) in zip(changes.records, entries) {
            #expect(try ConfigurationEntry(wire: #require(record.value)) == entry)
        }
    }

    @Test("What is in force already is no change")
    func unchanged() throws {
        let entries = try Self.entries()
        #expect(try ConfigurationChanges(from: Self.applied(entries), to: entries).isEmpty)
    }

    @Test("Only what differs is written, and what is gone gets a tombstone")
    func differences() throws {
        let text = OrganizationTests.valid.replacing("name: Amélie", with: "name: Amy")
            .replacing("pools:\n", with: "pools:\n  sales: { name: Sales }\n")
        let old = try Self.entries(OrganizationTests.valid.replacing("skills:\n", with: "skills:\n  greek: {}\n"))
        let changes = try ConfigurationChanges(from: Self.applied(old), to: try Self.entries(text))
        #expect(changes.summary == ["+ pool/sales", "~ agent/amelie", "- skill/greek"])
        #expect(changes.records.map(\.key) == ["pool/sales", "agent/amelie", "skill/greek", "revision"])
        #expect(changes.records[2].value == nil)
        #expect(changes.revision == 8)
    }

    @Test("What nobody can read is written over, or removed if nothing belongs there")
    func unreadable() throws {
        let entries = try Self.entries()
        var applied = Self.applied(entries)
        applied.entries["agent/amelie"] = nil
        applied.unreadable = ["agent/amelie", "pool/noise"]
        let changes = try ConfigurationChanges(from: applied, to: entries)
        #expect(changes.summary == ["~ agent/amelie", "- pool/noise"])
    }

    @Test("An agent does not change pool in one step, and is told which steps to take")
    func poolChange() throws {
        let old = try Self.entries()
        let text = OrganizationTests.valid.replacing("pools:\n", with: "pools:\n  sales: {}\n")
            .replacing("pool: support, profile", with: "pool: sales, profile")
        let new = try Self.entries(text)
        let problems = try #require(throws: ConfigurationProblems.self) {
            _ = try ConfigurationChanges(from: Self.applied(old), to: new)
        }
        #expect(problems.description.contains("agents.amelie.pool: found \"sales\", expected \"support\""))
        #expect(problems.description.contains("take the agent out and apply"))
    }
}
