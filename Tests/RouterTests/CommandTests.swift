import Domain
import Testing

@testable import RouterCore

@Suite("A command has one result")
struct CommandTests {
    @Test("A repeated command returns the first result and changes nothing")
    func repeated() {
        var bench = Bench()
        bench.assign("item", to: "ana")
        let action = AgentCommand.Action.reply("item", messageID: "m", text: "Hello")
        let first = bench.command("ana", action, id: "key")
        let second = bench.command("ana", action, id: "key")
        #expect(first.sent.count == 1)
        #expect(second.sent.isEmpty)
        #expect(second.result == first.result)
    }

    @Test("A repeated rejection stays the same rejection")
    func repeatedRejection() {
        var bench = Bench()
        bench.assign("item", to: "ana")
        #expect(bench.command("ben", .note("item", text: "x"), id: "key").rejection == .notYourWorkItem)
        bench.command("ana", .requeue("item", reason: "x"))
        bench.available("ben")
        bench.accept("item")
        #expect(bench.command("ben", .note("item", text: "x"), id: "key").rejection == .notYourWorkItem)
    }

    @Test("The same key with other content is refused")
    func reused() {
        var bench = Bench()
        bench.assign("item", to: "ana")
        bench.command("ana", .note("item", text: "one"), id: "key")
        #expect(bench.command("ana", .note("item", text: "two"), id: "key").rejection == .commandReused)
        #expect(bench.command("ana", .note("item", text: "one"), id: "key").rejection == nil)
    }

    @Test("Results are forgotten after a day")
    func forgotten() {
        var bench = Bench()
        bench.assign("item", to: "ana")
        bench.command("ana", .note("item", text: "one"), id: "key")
        bench.wait(RouterLimits.commandResultSeconds)
        #expect(bench.router.commands["key"] == nil)
    }

    @Test("Closed work items are forgotten after a day, with their offers")
    func closedForgotten() throws {
        var bench = Bench()
        bench.available("ana")
        bench.message("item")
        let offer = try #require(bench.offer(of: "item"))
        bench.accept("item")
        bench.command("ana", .complete("item", disposition: "solved"))
        bench.wait(RouterLimits.closedWorkItemSeconds - 1)
        #expect(bench.stage("item") == "closed")
        bench.wait(1)
        #expect(bench.item("item") == nil)
        #expect(bench.router.offeredWorkItem(offer.id) == nil)
    }
}
