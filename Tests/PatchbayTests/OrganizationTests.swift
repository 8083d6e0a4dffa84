import Domain
import OrderedCollections
import Testing

@testable import PatchbayCLI

@Suite("An organization's files are read strictly")
struct OrganizationTests {
    /// A small organization in which everything is right.
    static let valid = """
        pools:
          support: { name: Support }
        skills:
          french: { name: French }
        profiles:
          standard: { capacity: 4, weights: { voice: 2 } }
        calendars:
          office:
            time-zone: Europe/Paris
            week: { monday: ["09:00-12:00", "13:00-17:30"] }
            exceptions: { "2026-12-25": [] }
        routing-policies:
          standard: { offer: 20s, steps: [{ after: 1m, lower-levels-by: 2 }, { after: 5m, drop-skills: [french] }] }
        sla-policies:
          standard:
            targets: { first-response: { within: 15m, warn-at: 50% } }
            calendar: office
            escalation: { priority: 9 }
        queues:
          social:
            pool: support
            routing-policy: standard
            sla-policy: standard
            languages: { fr: { french: 6 } }
        agents:
          amelie: { name: Amélie, pool: support, profile: standard, skills: { french: 9 } }
        accounts:
          page:
            channel: social
            queue: social
            delivery: { webhook: { url: "https://example.org/hook", secret: page-webhook } }
        """

    @Test("A valid file gives every entry")
    func validFile() throws {
        let configuration = try Organization(files: [("org.yaml", Self.valid)]).configuration
        let queue = try #require(configuration.queues[QueueID("social")])
        #expect(queue.priority == 5)
        #expect(queue.languages["fr"] == Requirement(skill: SkillID("french"), level: 6))
        #expect(configuration.agents[AgentID("amelie")]?.skills == [Requirement(skill: SkillID("french"), level: 9)])
        #expect(configuration.profiles[ProfileID("standard")]?.weights[.voice] == 2)
        let policy = try #require(configuration.routingPolicies[PolicyID("standard")])
        #expect(policy.offerSeconds == 20)
        #expect(policy.steps.map(\.afterSeconds) == [60, 300])
        #expect(configuration.slaPolicies[PolicyID("standard")]?.targets.first?.seconds == 900)
        let page = try #require(configuration.accounts[ChannelAccountID("page")])
        #expect(page.delivery == .webhook(url: "https://example.org/hook", secret: "page-webhook"))
    }

    @Test("The demo organization is valid, and has six agents and two queues")
    func demoOrganization() throws {
        let organization = try DemoOrganization.load(receiver: "http://127.0.0.1:1")
        #expect(organization.configuration.agents.count == 6)
        #expect(organization.configuration.queues.count == 2)
    }

    @Test(
        "A mistake is reported with its place, what was found and what was expected",
        arguments: [
            (
                "capacity: 4", "capacity: four",
                "org.yaml:6: profiles.standard.capacity: found \"four\", expected a whole number from 1 to 1000"
            ),
            (
                "french: 9 }", "french: 11 }",
                "agents.amelie.skills.french: found \"11\", expected a whole number from 1 to 10"
            ),
            ("channel: social", "channel: socal", "did you mean \"social\"?"),
            ("escalation:", "escalatoin:", "found the unknown key \"escalatoin\""),
            ("escalation:", "escalatoin:", "did you mean \"escalation\"?"),
            (
                "pool: support, profile", "pool: suport, profile",
                "agents.amelie.pool: found \"suport\", expected the name of an entry in pools: did you mean \"support\"?"
            ),
            ("calendar: office", "calendar: home", "sla-policies.standard.calendar: found \"home\""),
            ("offer: 20s", "offer: 20", "expected a time from 1s to 3600s, as 30s, 5m, 2h or 1d"),
            ("warn-at: 50%", "warn-at: 0.5", "expected a share from 1% to 99%"),
            ("Europe/Paris", "Europe/Pariss", "expected an IANA time zone such as Europe/Paris"),
            ("09:00-12:00", "9-12", "found \"9-12\", expected a span of hours such as 09:00-17:30"),
            ("2026-12-25", "2026-13-25", "expected a date such as 2026-12-25"),
            ("https://example.org/hook", "ftp://example.org", "expected an http or https URL"),
            ("secret: page-webhook", "password: x", "found nothing, expected the name of a secret"),
            ("after: 5m", "after: 30s", "expected more than the 60s of the step before"),
            ("amelie:", "Amélie:", "expected 1 to 64 of a-z, 0-9, -, _ and ."),
            ("within: 15m, ", "", "sla-policies.standard.targets.first-response.within: found nothing"),
        ])
    func mistakes(right: String, wrong: String, message: String) throws {
        let text = Self.valid.replacing(right, with: wrong, maxReplacements: 1)
        try #require(text != Self.valid)
        let problems = try #require(throws: ConfigurationProblems.self) {
            _ = try Organization(files: [("org.yaml", text)])
        }
        #expect(problems.description.contains(message), "\(problems)")
    }

    @Test("All mistakes are reported at once")
    func allMistakes() throws {
        let text = Self.valid.replacing("capacity: 4", with: "capacity: x").replacing(
            "french: 9 }", with: "french: y }")
        let problems = try #require(throws: ConfigurationProblems.self) {
            _ = try Organization(files: [("org.yaml", text)])
        }
        #expect(problems.problems.count == 2)
    }

    @Test("Text that is no YAML is a mistake of the file", arguments: ["a: [1", "a: 1\na: 2", "", "- 1\n- 2"])
    func notYAML(text: String) throws {
        let problems = try #require(throws: ConfigurationProblems.self) {
            _ = try Organization(files: [("org.yaml", text)])
        }
        #expect(problems.problems.first?.file == "org.yaml")
    }

    @Test("Several files are one organization, and an entry stands in one of them")
    func severalFiles() throws {
        let extra = "agents:\n  ben: { pool: support, profile: standard }\n"
        let organization = try Organization(files: [("a.yaml", Self.valid), ("b.yaml", extra)])
        #expect(organization.configuration.agents.count == 2)
        let problems = try #require(throws: ConfigurationProblems.self) {
            _ = try Organization(files: [("a.yaml", Self.valid), ("b.yaml", extra), ("c.yaml", extra)])
        }
        #expect(problems.description.contains("c.yaml:2: agents.ben: found \"ben\" a second time"))
    }

    @Test("Values are put in for names, and a name without a value is a mistake")
    func values() throws {
        let text = "a: ${one}\nb: ${two}"
        #expect(
            try OrganizationFiles.replace(in: text, of: "f", values: ["one": "1", "two": "2"]) == "a: 1\nb: 2")
        let problems = try #require(throws: ConfigurationProblems.self) {
            _ = try OrganizationFiles.replace(in: text, of: "f", values: ["one": "1"])
        }
        #expect(problems.description == "f:2: found ${two} without a value, expected --set two=…")
    }

    @Test("Calendars are compiled in whole months, so that applying again changes nothing within a month")
    func compiledRange() throws {
        let early = try #require(Instant(rfc3339: "2026-11-01T00:00:00Z"))
        let late = try #require(Instant(rfc3339: "2026-11-30T23:59:59Z"))
        let range = Organization.compiledRange(around: early)
        #expect(range.start.rfc3339 == "2025-10-01T00:00:00.000Z")
        #expect(range.end.rfc3339 == "2028-01-01T00:00:00.000Z")
        #expect(Organization.compiledRange(around: late) == range)
        let organization = try Organization(files: [("org.yaml", Self.valid)])
        #expect(try organization.entries(now: early) == organization.entries(now: late))
    }
}
