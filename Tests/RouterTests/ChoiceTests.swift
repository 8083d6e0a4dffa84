import Domain
import OrderedCollections
import Testing

@testable import RouterCore

@Suite("The policy chooses among those who could take it")
struct ChoiceTests {
    private func bench(_ choice: RoutingPolicy.AgentChoice, _ change: (inout Organization) -> Void = { _ in }) -> Bench
    {
        var organization = Organization()
        organization.profiles[0].presenceLeaseSeconds = 1_000_000
        organization.profiles[0].capacity = 5
        organization.policy.choice = choice
        organization.agents = [
            Organization.agent("expert", ["billing": 10]), Organization.agent("fair", ["billing": 6]),
            Organization.agent("good", ["billing": 8]),
        ]
        change(&organization)
        return Bench(organization)
    }

    @Test("Least load")
    func leastLoad() {
        var bench = bench(.leastLoad)
        bench.available("expert", "fair", "good")
        for item in ["a", "b", "c"] { bench.message(item, queue: "billing") }
        #expect(Set(["a", "b", "c"].compactMap { bench.holder(of: $0) }).count == 3)
    }

    @Test("Longest idle comes before least load")
    func longestIdle() {
        var bench = bench(.longestIdle)
        bench.available("good")
        bench.wait(1)
        bench.available("fair")
        bench.message("a", queue: "billing")
        bench.message("b", queue: "billing")
        #expect(bench.holder(of: "a") == "good")
        #expect(bench.holder(of: "b") == "good", "good has been idle longer, though fair has less to do")
    }

    @Test("Best level, and the least load among equals")
    func bestLevel() {
        var bench = bench(.bestLevel) { $0.agents.append(Organization.agent("other", ["billing": 10])) }
        bench.available("fair", "expert", "good", "other")
        bench.message("a", queue: "billing")
        bench.message("b", queue: "billing")
        #expect(Set(["a", "b"].compactMap { bench.holder(of: $0) }) == ["expert", "other"])
    }

    @Test("Closest level leaves experts free, and never goes below what is asked for")
    func closestLevel() {
        var bench = bench(.closestLevel) { $0.agents.append(Organization.agent("novice", ["billing": 4])) }
        bench.available("expert", "good", "fair", "novice")
        bench.message("a", queue: "billing")
        bench.message("b", queue: "billing")
        #expect(["a", "b"].allSatisfy { bench.holder(of: $0) == "fair" })
    }

    @Test("Round robin goes by name, and on from whoever was last, also after a restart")
    func roundRobin() {
        var bench = bench(.roundRobin)
        bench.available("expert", "fair", "good")
        for item in ["a", "b"] { bench.message(item, queue: "billing") }
        #expect(["a", "b"].compactMap { bench.holder(of: $0) } == ["expert", "fair"])
        var twin = RouterMachine()
        twin.restore(bench.router.configuration)
        for change in bench.router.changes() { if let entity = change.entity { twin.restore(entity) } }
        bench.router = twin
        for item in ["c", "d"] { bench.message(item, queue: "billing") }
        #expect(["c", "d"].compactMap { bench.holder(of: $0) } == ["good", "expert"])
    }

    @Test("Seeded random spreads work, and draws the same each time")
    func seededRandom() {
        func holders() -> [String] {
            var bench = bench(.seededRandom) { $0.profiles[0].capacity = 100 }
            bench.available("expert", "fair", "good")
            return (0..<60).compactMap { number in
                bench.message("item-\(number)", queue: "billing")
                return bench.holder(of: "item-\(number)")
            }
        }
        let first = holders()
        #expect(first == holders())
        for name in ["expert", "fair", "good"] { #expect(first.count { $0 == name } > 8) }
    }

    @Test("What would be nice speaks for an agent, and keeps nobody out")
    func nice() {
        var bench = bench(.leastLoad) {
            $0.agents[2].skills.append(Requirement(skill: "warm", level: 5))
            $0.queues[1].requirements.append(Requirement(skill: "warm", level: 3, isNice: true))
        }
        bench.available("expert", "fair", "good")
        for item in ["a", "b"] { bench.message(item, queue: "billing") }
        #expect(["a", "b"].allSatisfy { bench.holder(of: $0) == "good" }, "good has more to do, but is warm")
        bench.command("good", .setPresence(.away))
        bench.message("c", queue: "billing")
        #expect(bench.holder(of: "c") != nil)
    }

    @Test("A profile that names its queues gets work of no other")
    func servedQueues() {
        var bench = bench(.leastLoad) {
            $0.profiles.append(RoutingProfile(id: "billing-only", capacity: 5, queues: ["billing"]))
            $0.agents = [Organization.agent("ana", ["billing": 9], profile: "billing-only")]
        }
        bench.available("ana")
        bench.message("plain")
        #expect(bench.stage("plain") == "queued")
        bench.message("bill", queue: "billing")
        #expect(bench.holder(of: "bill") == "ana")
    }

    @Test("A step widens to the agents of another queue, with the same requirements")
    func widening() {
        var bench = bench(.leastLoad) {
            $0.profiles.append(
                RoutingProfile(id: "general-only", capacity: 5, queues: ["general"], presenceLeaseSeconds: 1_000_000))
            $0.agents = [
                Organization.agent("ana", ["billing": 9], profile: "general-only"),
                Organization.agent("bob", profile: "general-only"),
            ]
            $0.policy.steps = [RoutingPolicy.Step(afterSeconds: 60, widenTo: ["general"])]
        }
        bench.available("ana", "bob")
        bench.message("bill", queue: "billing")
        bench.wait(59)
        #expect(bench.stage("bill") == "queued")
        bench.wait(1)
        #expect(bench.holder(of: "bill") == "ana", "bob serves the queue too, but cannot bill")
    }

    @Test("A step lowers single skills, and raises the priority")
    func singleSkills() {
        var bench = bench(.leastLoad) {
            $0.agents = [Organization.agent("novice", ["billing": 2])]
            $0.policy.steps = [RoutingPolicy.Step(afterSeconds: 30, lowerSkills: ["billing": 2], raisePriorityTo: 8)]
        }
        bench.available("novice")
        bench.message("bill", queue: "billing")
        #expect(bench.stage("bill") == "queued")
        let outputs = bench.wait(30)
        #expect(bench.holder(of: "bill") == "novice")
        #expect(outputs.signals == [.priorityChanged(8)])
    }

    @Test("Nobody who is away is preferred")
    func preferredIsAway() {
        var bench = bench(.leastLoad) { $0.policy.preferredAgentSeconds = 100 }
        bench.available("expert", "fair")
        bench.command("fair", .setPresence(.away))
        bench.message("a", queue: "billing", preferred: "fair")
        #expect(bench.holder(of: "a") == "expert")
    }

    @Test("A cooldown of the first in a line does not keep the second from an agent")
    func cooldownDoesNotBlock() {
        var bench = bench(.leastLoad) { $0.agents = [Organization.agent("fair", ["billing": 6])] }
        bench.available("fair")
        bench.message("a", queue: "billing", age: 10)
        guard let offer = bench.offer(of: "a") else { return #expect(Bool(false)) }
        bench.command("fair", .setPresence(.away))
        bench.available("fair")
        #expect(bench.offer(of: "a") != nil)
        bench.command("fair", .decline(bench.offer(of: "a")?.id ?? offer.id, reason: "no"))
        bench.message("b", queue: "billing")
        #expect(bench.stage("a") == "queued")
        #expect(bench.holder(of: "b") == "fair")
    }
}
