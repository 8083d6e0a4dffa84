import Domain
import OrderedCollections
import Testing

@testable import RouterCore

@Suite("Steps: what is relaxed after how long, on one timeline")
struct StepTests {
    private func router(_ steps: [RoutingPolicy.Step]) -> Bench {
        var organization = Organization()
        organization.policy.steps = steps
        return Bench(organization)
    }

    @Test("A step lowers single skills to what is left, and never raises one")
    func lowersSkills() {
        var bench = router([
            .init(afterSeconds: 10, lowerSkills: ["billing": 3]), .init(afterSeconds: 20, lowerSkills: ["billing": 9]),
        ])
        bench.message("a", queue: "billing")
        bench.available("ana")
        #expect(bench.stage("a") == "queued")
        let outputs = bench.wait(10)
        #expect(
            outputs.events.contains(.requirementsRelaxed(step: 1, requirements: [.init(skill: "billing", level: 3)])))
        #expect(bench.holder(of: "a") == "ana")
        var other = router([.init(afterSeconds: 20, lowerSkills: ["billing": 9])])
        other.message("a", queue: "billing")
        other.wait(20)
        #expect(other.item("a")?.requirements == [.init(skill: "billing", level: 5)])
    }

    @Test("A step widens to other queues, once each, until the work item begins to wait again")
    func widens() {
        var bench = router([
            .init(afterSeconds: 10, widenTo: ["general", "billing"]), .init(afterSeconds: 20, widenTo: ["general"]),
        ])
        bench.message("a", queue: "billing")
        let outputs = bench.wait(10)
        #expect(outputs.events == [.widened(step: 1, to: ["general"])])
        #expect(bench.wait(10).events == [])
        #expect(bench.router.queuesWidenedTo("a") == ["general"])
        bench.available("ben")
        bench.accept("a")
        bench.command("ben", .requeue("a", reason: "no"))
        #expect(bench.router.queuesWidenedTo("a") == [])
    }

    @Test("A step raises the priority, tells the clocks, and what is higher stays")
    func raisesPriority() {
        var bench = router([.init(afterSeconds: 10, raisePriorityTo: 8)])
        bench.message("a", priority: 5)
        bench.message("b", priority: 9)
        let outputs = bench.wait(10)
        #expect(outputs.events == [.escalated(from: 5, to: 8, reason: "step 1 of the routing policy")])
        #expect(outputs.signals == [.priorityChanged(8)])
        #expect(bench.item("a")?.priority == 8)
        #expect(bench.item("b")?.priority == 9)
    }

    @Test("A step offers a callback in writing, once for each work item")
    func offersCallback() {
        var bench = router([.init(afterSeconds: 10, callbackText: "Shall we call you?")])
        bench.message("a")
        let outputs = bench.wait(10)
        #expect(outputs.sent.map(\.text) == ["Shall we call you?"])
        #expect(outputs.sent.first?.author == .notice(.callbackOffered))
        #expect(outputs.events == [.customerTold(.callbackOffered, outputs.sent[0].messageID)])
        bench.available("ana")
        bench.accept("a")
        bench.command("ana", .requeue("a", reason: "no"))
        bench.available("ben")
        #expect(bench.wait(30).sent.isEmpty)
    }

    @Test("To who can only be called, no callback is offered in writing")
    func offersNoCallbackByVoice() {
        var bench = router([.init(afterSeconds: 10, callbackText: "Shall we call you?")])
        bench.message("a", channel: .voice)
        #expect(bench.wait(10).sent.isEmpty)
        #expect(bench.item("a")?.isCallbackOffered == false)
    }

    @Test("Steps that come due while an offer lives are done when it ends")
    func waitsForOffer() {
        var bench = router([.init(afterSeconds: 10, raisePriorityTo: 8)])
        bench.available("ana")
        bench.message("a")
        bench.wait(20)
        #expect(bench.item("a")?.priority == 5)
        bench.wait(10)
        #expect(bench.item("a")?.priority == 8)
    }

    @Test("A revision of the policy that shortens the timeline takes back what its steps added")
    func revision() {
        var bench = router([.init(afterSeconds: 10, widenTo: ["general"])])
        bench.message("a", queue: "billing")
        bench.wait(10)
        bench.configure { $0.policy.steps = [] }
        #expect(bench.router.queuesWidenedTo("a") == [])
        #expect(bench.item("a")?.step == 0)
    }
}
