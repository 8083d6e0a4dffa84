import Domain
import Testing

@testable import RouterCore

@Suite("Callbacks: work items that wait for a time")
struct CallbackTests {
    @Test("A callback takes no capacity, comes back at its time, and is kept for the agent who made it, who is busy")
    func kept() {
        var bench = Bench()
        bench.organization.profiles[0].capacity = 1
        bench.configure { _ in }
        bench.assign("item", to: "ana")
        let time = bench.now + .seconds(600)
        let outputs = bench.command("ana", .schedule("item", at: time, keepsAgent: true))
        #expect(outputs.events.contains(.scheduled("ana", at: time, keepsAgent: true)))
        #expect(outputs.signals == [.parked], "its clocks rest")
        #expect(bench.stage("item") == "scheduled")
        #expect(bench.load("ana") == 0)
        bench.message("other")
        bench.accept("other")
        bench.available("ben")
        for _ in 0..<6 {
            bench.command("ana", .setPresence(.available))
            bench.command("ben", .setPresence(.available))
            bench.wait(100)
        }
        #expect(bench.stage("item") == "queued")
        #expect(
            bench.router.reasonsForWaiting("item").contains { if case .preferredAgentBusy = $0 { true } else { false } }
        )
        bench.command("ana", .complete("other", disposition: "solved"))
        #expect(bench.holder(of: "item") == "ana", "though ben was free, and the policy waits for nobody")
        #expect(bench.item("item")?.acceptedAt == bench.item("item")?.openedAt, "with its age")
    }

    @Test("Whoever is not kept is not waited for; a message brings it back early")
    func anybody() {
        var bench = Bench()
        bench.assign("item", to: "ana")
        bench.command("ana", .schedule("item", at: bench.now + .seconds(3_600), keepsAgent: false))
        #expect(bench.item("item")?.agentID == nil)
        bench.command("ana", .setPresence(.away))
        bench.available("ben")
        let outputs = bench.message("item")
        #expect(outputs.events.contains(.resumed(reason: "the customer wrote")))
        #expect(bench.holder(of: "item") == "ben")
    }

    @Test("The agent it is kept for may take it up before its time; a supervisor may move it")
    func early() {
        var bench = Bench()
        bench.assign("item", to: "ana")
        bench.command("ana", .schedule("item", at: bench.now + .seconds(60), keepsAgent: true))
        #expect(bench.command("ben", .resume("item")).rejection == .notYourWorkItem)
        bench.command("ana", .resume("item"))
        #expect(bench.stage("item") == "assigned")
        bench.command("ana", .schedule("item", at: bench.now + .seconds(60), keepsAgent: true))
        bench.available("ben")
        #expect(bench.reassign("item", to: .agent("ben")).offered == ["ben"])
    }

    @Test("A time that is past or too far away is refused, and nothing is done")
    func times() {
        var bench = Bench()
        bench.assign("item", to: "ana")
        for seconds in [-5, 0, 31 * 86_400] {
            let time = bench.now + .seconds(seconds)
            #expect(bench.command("ana", .schedule("item", at: time, keepsAgent: true)).rejection == .limitReached)
        }
        #expect(bench.stage("item") == "assigned")
    }
}
