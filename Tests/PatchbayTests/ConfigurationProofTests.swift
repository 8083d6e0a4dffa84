import Domain
import Testing

@testable import PatchbayCLI

@Suite("An organization that cannot work is refused before it is applied")
struct ConfigurationProofTests {
    /// The valid organization with some text exchanged; nothing else is wrong with it.
    private func problems(_ changes: [(String, String)]) throws -> String {
        var text = OrganizationTests.valid
        for (right, wrong) in changes {
            try #require(text.contains(right), "\(right)")
            text = text.replacing(right, with: wrong, maxReplacements: 1)
        }
        do {
            _ = try Organization(files: [("org.yaml", text)])
            return ""
        } catch {
            return "\(error)"
        }
    }

    private static let dropsFrench = ", { after: 5m, drop-skills: [french] }"
    private static let onlyQueue = "queues:\n  social:\n    pool: support\n"
    /// A second pool with a queue, an agent, and a policy that leads back.
    private static let secondPool = """
        queues:
          other: { pool: second, routing-policy: back, sla-policy: standard }
          social:
            pool: support

        """

    @Test("Requirements that no agent can meet even after all steps, naming who comes closest")
    func requirements() throws {
        let text = try problems([
            (Self.dropsFrench, ""), ("fr: { french: 6 }", "fr: { french: 10 }"), ("french: 9", "french: 7"),
        ])
        #expect(
            text == """
                org.yaml:24: queues.social.languages.fr: found french 8 asked for after all steps of "standard", \
                expected what some agent of the pool "support" has: "amelie" comes closest, with french 7
                """)
        #expect(
            try problems([(Self.dropsFrench, ""), ("fr: { french: 6 }", "fr: { french: 10 }")]) == "", "8 is met by 9")
        #expect(try problems([("french: 9", "french: 1")]) == "", "the last step drops it")
        let wish = [
            (Self.dropsFrench, ""), ("fr: { french: 6 }", "fr: { french: { level: 10, nice: true } }"),
            ("french: 9", "french: 1"),
        ]
        #expect(try problems(wish) == "", "a wish keeps nobody out")
    }

    @Test("A queue that no agent of its pool serves")
    func unservedQueue() throws {
        let text = try problems([
            ("{ capacity: 4,", "{ capacity: 4, queues: [other],"),
            (
                Self.onlyQueue,
                "queues:\n  other: { pool: support, routing-policy: standard, sla-policy: standard }\n  social:\n    pool: support\n"
            ),
        ])
        #expect(text.contains("queues.social: found no skill asked for"))
        #expect(text.contains("\"amelie\" has the skills, but does not serve this queue"))
    }

    @Test("A channel whose work weighs more than every agent can carry")
    func weights() throws {
        #expect(
            try problems([("voice: 2", "social: 5")]) == """
                org.yaml:6: profiles.standard.weights.social: found a weight of 5 for social, expected at most the \
                capacity, 4: else no agent of "support" can take it
                """)
        #expect(try problems([("voice: 2", "voice: 5")]) == "", "no account of that channel")
    }

    @Test("Steps that do nothing, and steps after the work has gone elsewhere")
    func steps() throws {
        let nothing = try problems([("{ after: 1m, lower-levels-by: 2 }", "{ after: 1m }")])
        #expect(nothing.contains("org.yaml:13: routing-policies.standard.steps.0: found a step that does nothing"))
        let late = try problems([
            ("pools:\n", "pools:\n  second: {}\n"), (Self.onlyQueue, Self.secondPool),
            ("routing-policies:\n", "routing-policies:\n  back: {}\n"),
            ("lower-levels-by: 2", "overflow-to: other"),
        ])
        #expect(late.contains("steps.1: found a step after 300s, expected no step after the overflow at 60s"))
    }

    @Test("Overflow within the pool, widening out of it")
    func destinations() throws {
        let overflow = try problems([("drop-skills: [french]", "drop-skills: [french], overflow-to: social")])
        #expect(overflow.contains("steps.1.overflow-to: found \"social\", a queue of the same pool"))
        let widening = try problems([
            ("pools:\n", "pools:\n  second: {}\n"), (Self.onlyQueue, Self.secondPool),
            ("routing-policies:\n", "routing-policies:\n  back: {}\n"),
            ("lower-levels-by: 2", "widen-to: [other]"),
        ])
        #expect(widening.contains("steps.0.widen-to: found \"other\", a queue of the pool \"second\""))
    }

    @Test("Overflow that goes in a circle, named once with its way")
    func overflowCircle() throws {
        let text = try problems([
            ("pools:\n", "pools:\n  second: {}\n"), (Self.onlyQueue, Self.secondPool),
            ("routing-policies:\n", "routing-policies:\n  back: { steps: [{ after: 9m, overflow-to: social }] }\n"),
            (Self.dropsFrench, ", { after: 5m, overflow-to: other }"),
        ])
        #expect(text.contains("overflow in a circle: other → social → other"))
        #expect(text.split(separator: "\n").count == 1, "\(text)")
    }

    @Test("Work that more urgent work could pass for ever, unless the pool bounds the wait")
    func starvation() throws {
        let urgent = (
            Self.onlyQueue,
            "queues:\n  urgent: { pool: support, priority: 10, routing-policy: standard, sla-policy: standard }\n  social:\n    pool: support\n"
        )
        #expect(
            try problems([urgent]) == """
                org.yaml:2: pools.support: found no maximum-wait, and work of "social" that never gets above priority \
                9, expected maximum-wait, such as 30m: priority 10 of "urgent" could pass it for ever
                """)
        #expect(try problems([urgent, ("name: Support", "maximum-wait: 30m")]) == "")
        #expect(
            try problems([urgent, ("drop-skills: [french]", "drop-skills: [french], raise-priority-to: 10")]) == "")
    }

    @Test("Work without a target, where slack decides")
    func starvationBySlack() throws {
        let slack = ("name: Support", "order: slack")
        let idle = [
            slack, ("sla-policies:\n", "sla-policies:\n  none: {}\n"),
            (
                Self.onlyQueue,
                "queues:\n  idle: { pool: support, routing-policy: standard, sla-policy: none }\n  social:\n    pool: support\n"
            ),
        ]
        #expect(try problems([slack]) == "")
        #expect(try problems(idle).contains("pools.support: found no maximum-wait, and \"idle\" without a target"))
    }
}

@Suite("A difference says what it changes for whom")
struct ConfigurationEffectsTests {
    private func effects(_ changes: [(String, String)]) throws -> [String] {
        let text = changes.reduce(OrganizationTests.valid) { $0.replacing($1.0, with: $1.1, maxReplacements: 1) }
        let old = try Organization(files: [("a", OrganizationTests.valid)]).configuration
        return ConfigurationEffects(old: old, new: try Organization(files: [("b", text)]).configuration).lines
    }

    @Test("Nothing, when nothing differs")
    func none() throws {
        #expect(try effects([]).isEmpty)
    }

    @Test("Who may take a queue's work, at first and after all steps")
    func coverage() throws {
        #expect(try effects([("french: 9", "french: 5")]) == ["queue social in fr: 1 → 0 agents, loses amelie"])
        #expect(
            try effects([("agents:\n", "agents:\n  ben: { pool: support, profile: standard }\n")]) == [
                "queue social: 1 → 2 agents, gains ben", "queue social after all steps: 1 → 2 agents, gains ben",
                "queue social in fr after all steps: 1 → 2 agents, gains ben", "agent ben: comes",
            ])
    }

    @Test("What agents carry, and which queues follow other rules")
    func carrying() throws {
        #expect(
            try effects([("capacity: 4", "capacity: 3"), ("voice: 2", "voice: 3")])
                == ["agent amelie: capacity 4 → 3, voice weighs 2 → 3"])
        #expect(try effects([("offer: 20s", "offer: 21s")]) == ["queue social: its routing policy standard changes"])
        #expect(try effects([("within: 15m", "within: 16m")]) == ["queue social: its SLA policy standard changes"])
    }
}
