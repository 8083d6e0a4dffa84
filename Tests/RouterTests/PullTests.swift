import Domain
import Testing

@testable import RouterCore

@Suite("Pull: the most urgent work item that the agent may take, assigned at once")
struct PullTests {
    private func bench() -> Bench {
        var bench = Bench()
        bench.configure { $0.profiles[0].mode = .pull }
        return bench
    }

    @Test("Who pulls is offered nothing, and gets the most urgent, then the oldest")
    func order() {
        var bench = bench()
        bench.available("ana")
        bench.message("young", age: 1)
        bench.message("old", age: 60)
        bench.message("urgent", priority: 9)
        #expect(bench.stage("urgent") == "queued")
        #expect(bench.router.reasonsForWaiting("urgent") == [.toBePulled(agents: 1)])
        for name in ["urgent", "old", "young"] {
            let outputs = bench.command("ana", .pull)
            #expect(outputs.result == .done(WorkItemID(name), nil))
            #expect(outputs.events.contains(.assigned("ana")))
            #expect(bench.stage(name) == "assigned")
        }
        #expect(bench.load("ana") == 3)
    }

    @Test("Nothing to take is a clear answer: done, without a work item")
    func nothing() {
        var bench = bench()
        bench.available("ana")
        #expect(bench.command("ana", .pull).result == .done(nil, nil))
        bench.message("difficult", queue: "billing")
        #expect(bench.command("ana", .pull).result == .done(nil, nil), "ana has not the level")
    }

    @Test("Refused: who is away, and who is full")
    func refused() {
        var bench = bench()
        bench.message("item")
        #expect(bench.command("ana", .pull).rejection == .agentUnavailable)
        bench.command("ana", .setPresence(.away))
        #expect(bench.command("ana", .pull).rejection == .agentUnavailable)
        bench.available("ana")
        for name in ["a", "b", "c"] { bench.message(name) }
        for _ in 0..<3 { bench.command("ana", .pull) }
        #expect(bench.command("ana", .pull).rejection == .overCapacity)
    }

    @Test("A repeated pull gives the first result and takes no second work item")
    func repeated() {
        var bench = bench()
        bench.available("ana")
        bench.message("one", age: 10)
        bench.message("two")
        let first = bench.command("ana", .pull, id: "key")
        #expect(bench.command("ana", .pull, id: "key").result == first.result)
        #expect(bench.stage("two") == "queued")
    }

    @Test("Push agents may pull too: what their cooldown keeps from being offered stays out of reach")
    func pushMayPull() throws {
        var bench = Bench()
        bench.available("ana")
        bench.message("item")
        let offer = try #require(bench.offer(of: "item"))
        bench.command("ana", .decline(offer.id, reason: "no"))
        #expect(bench.command("ana", .pull).result == .done(nil, nil))
        bench.wait(60)
        #expect(bench.stage("item") == "offered")
    }

    @Test("What waits for a preferred agent is left to them")
    func preferred() {
        var bench = bench()
        bench.configure { $0.policy.preferredAgentSeconds = 60 }
        bench.available("ana", "ben")
        bench.message("item", preferred: "ben")
        #expect(bench.command("ana", .pull).result == .done(nil, nil))
        #expect(bench.command("ben", .pull).result == .done("item", nil))
        bench.message("other", preferred: "ben")
        bench.wait(60)
        #expect(bench.command("ana", .pull).result == .done("other", nil))
    }

    @Test("A queue that is not configured gives nothing, also to those who ask")
    func unknownQueue() {
        var bench = bench()
        bench.available("ana")
        bench.message("stray", queue: "nowhere")
        bench.message("known", queue: "general")
        #expect(bench.command("ana", .pull).result == .done("known", nil))
        #expect(bench.command("ana", .pull).result == .done(nil, nil))
        #expect(bench.stage("stray") == "queued")
    }
}
