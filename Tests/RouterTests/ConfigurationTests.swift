import Domain
import OrderedCollections
import Testing

@testable import RouterCore

@Suite("A new configuration is taken over without losing work")
struct ConfigurationTests {
    @Test("An agent who is removed is released at once")
    func agentRemoved() {
        var bench = Bench()
        bench.assign("assigned", to: "ana")
        bench.message("offered")
        let outputs = bench.configure { $0.agents.removeFirst() }
        #expect(outputs.events.contains(.requeued("ana", reason: "removed from the configuration")))
        #expect(bench.stage("assigned") == "queued")
        #expect(bench.stage("offered") == "queued")
        #expect(bench.router.agentState("ana") == nil)
        #expect(bench.command("ana", .setPresence(.available)).rejection == .unknownAgent)
    }

    @Test("An agent who moves to another pool is released here and sets their presence there")
    func agentMoves() {
        var bench = Bench()
        bench.assign("item", to: "ana")
        bench.configure { $0.agents[0].poolID = "sales" }
        #expect(bench.stage("item") == "queued")
        bench.message("deal", queue: "sales")
        #expect(bench.stage("deal") == "queued")
        bench.available("ana")
        #expect(bench.holder(of: "deal") == "ana")
    }

    @Test("Less capacity than load: nothing is taken away, nothing is added")
    func lessCapacity() {
        var bench = Bench()
        bench.available("ana")
        for item in ["a", "b", "c"] {
            bench.message(item)
            bench.accept(item)
        }
        bench.configure { $0.profiles[0].capacity = 1 }
        #expect(bench.load("ana") == 3)
        bench.message("d")
        bench.command("ana", .complete("a", disposition: "x"))
        bench.command("ana", .complete("b", disposition: "x"))
        #expect(bench.stage("d") == "queued")
        bench.command("ana", .complete("c", disposition: "x"))
        #expect(bench.holder(of: "d") == "ana")
    }

    @Test("Only the qualified: a skill taken away takes back the offer, not the assignment")
    func skillRemoved() {
        var bench = Bench()
        bench.available("ana")
        bench.message("kept", language: "fr")
        bench.accept("kept")
        bench.message("taken-back", language: "fr")
        #expect(bench.holder(of: "taken-back") == "ana")
        bench.configure { $0.agents[0].skills = [] }
        #expect(bench.stage("taken-back") == "queued")
        #expect(bench.holder(of: "kept") == "ana")
    }

    @Test("A requirement that is lowered lets waiting work go at once")
    func requirementLowered() {
        var bench = Bench()
        bench.available("ana")
        bench.message("item", queue: "billing")
        #expect(bench.stage("item") == "queued")
        bench.configure { $0.queues[1].requirements = [Requirement(skill: "billing", level: 3)] }
        #expect(bench.holder(of: "item") == "ana")
    }

    @Test("A queue that is removed serves what it has with its last known rules")
    func queueRemoved() {
        var bench = Bench()
        bench.message("item", queue: "billing")
        bench.configure { $0.queues.remove(at: 1) }
        bench.available("ana")
        #expect(bench.stage("item") == "queued", "billing 5 is still asked for")
        bench.available("ben")
        #expect(bench.holder(of: "item") == "ben")
        bench.accept("item")
        bench.command("ben", .complete("item", disposition: "x"))
        #expect(bench.router.queues["billing"] == nil)
    }

    @Test("A message for a queue that is not yet known waits for the revision that names it")
    func queueUnknown() {
        var bench = Bench()
        let billing = bench.organization.queues.remove(at: 1)
        bench.configure { _ in }
        bench.available("ana", "ben")
        bench.message("item", queue: "billing")
        #expect(bench.stage("item") == "queued")
        #expect(bench.router.reasonsForWaiting("item") == [.queueUnknown("billing")])
        bench.configure { $0.queues.append(billing) }
        #expect(bench.holder(of: "item") == "ben")
    }

    @Test("An older revision changes nothing")
    func olderRevision() {
        var bench = Bench()
        bench.assign("item", to: "ana")
        #expect(bench.router.configure(Configuration(revision: 1), at: bench.now).isEmpty)
        #expect(bench.holder(of: "item") == "ana")
    }
}
