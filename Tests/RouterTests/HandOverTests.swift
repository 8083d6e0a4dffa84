import Domain
import OrderedCollections
import Testing

@testable import RouterCore

@Suite("Hand-over: from one pool's log to another's, never in both")
struct HandOverTests {
    @Test("Overflow takes the work item to another pool with its age, messages and priority")
    func overflows() throws {
        var logs = TwoLogs()
        let acceptedAt = logs.old.now - .seconds(40)
        logs.old.message("a", priority: 7, age: 40)
        logs.old.message("a", priority: 7)
        let outputs = logs.wait(60)
        #expect(outputs.events == [.handedOver(nil, to: "sales", "sales")])
        #expect(outputs.signals.isEmpty, "the clocks go on")
        #expect(outputs.informed.isEmpty, "it is not closed")
        #expect(logs.old.item("a") == nil, "released before it is admitted")
        let arrived = logs.carry(outputs)
        #expect(arrived.events == [.takenOver(from: "support"), .queued])
        let item = try #require(logs.new.item("a"))
        #expect(item.acceptedAt == acceptedAt)
        #expect(item.messages.count == 2)
        #expect(item.priority == 7)
        #expect(item.poolID == "sales")
        #expect(item.queueID == "sales")
        #expect(item.path == ["support"])
        logs.new.available("cleo")
        logs.new.accept("a")
        let closed = logs.new.command("cleo", .complete("a", disposition: "solved"))
        #expect(closed.informed.count == 1, "context hears of the end under the same id")
    }

    @Test("An agent transfers to a queue of another pool, and is free again")
    func transfers() {
        var logs = TwoLogs()
        logs.old.assign("a", to: "ana")
        let outputs = logs.old.command("ana", .transfer("a", "sales", note: "wants a quote"))
        #expect(outputs.events.contains(.handedOver("ana", to: "sales", "sales")))
        #expect(outputs.result == .done("a", nil))
        #expect(logs.old.load("ana") == 0)
        logs.carry(outputs)
        #expect(logs.new.stage("a") == "queued")
        let note = logs.new.item("a")?.transferNote
        #expect(note?.text == "wants a quote" && note?.agentID == "ana")
        #expect(logs.old.command("ana", .complete("a", disposition: "x")).rejection == .unknownWorkItem)
    }

    @Test("A queue that nobody knows is refused, and the agent keeps the work item")
    func unknownQueue() {
        var logs = TwoLogs()
        logs.old.assign("a", to: "ana")
        #expect(logs.old.command("ana", .transfer("a", "nowhere")).rejection == .unknownQueue)
        #expect(logs.old.holder(of: "a") == "ana")
    }

    @Test("What still arrives in the old pool is forwarded, once: messages, escalations, a survey's answer")
    func forwards() {
        var logs = TwoLogs()
        logs.old.message("a")
        logs.carry(logs.wait(60))
        let message = logs.old.message("a", id: "late")
        #expect(message.count == 1)
        #expect(logs.carry(message).events.count == 1)
        #expect(logs.carry(logs.old.message("a", id: "late")).isEmpty, "a repeat is recognized there")
        #expect(logs.new.item("a")?.messageCount == 2)
        let escalation = Escalation(workItemID: "a", poolID: "support", priority: 9, reason: "breach")
        logs.carry(logs.old.apply(.escalate(escalation)))
        #expect(logs.new.item("a")?.priority == 9)
        let answer = SurveyAnswer(
            surveyID: "s", workItemID: "a", conversationID: "c-a", customerID: "lena", poolID: "support",
            messageID: "m", score: 4)
        logs.carry(logs.old.apply(.surveyAnswered(answer)))
        #expect(logs.new.item("a")?.score == 4)
    }

    @Test("A hand-over that comes twice is admitted once, also after the work item went back")
    func repeats() {
        var logs = TwoLogs()
        logs.old.message("a")
        let outputs = logs.wait(60)
        logs.carry(outputs)
        #expect(logs.carry(outputs).isEmpty)
        logs.new.available("cleo")
        logs.new.accept("a")
        let back = logs.new.command("cleo", .transfer("a", "general"))
        logs.carry(back)
        #expect(logs.old.stage("a") == "queued")
        #expect(logs.new.item("a") == nil)
        #expect(logs.carry(outputs).isEmpty)
        #expect(logs.new.item("a") == nil)
    }

    @Test("No loops: steps never lead back to a pool; agents may send it back, eight times in all")
    func noLoops() {
        var logs = TwoLogs()
        logs.configure { $0.policy.steps = [.init(afterSeconds: 60, overflowTo: "general")] }
        logs.old.configure { $0.policy.steps = [.init(afterSeconds: 60, overflowTo: "sales")] }
        logs.old.message("a")
        logs.carry(logs.wait(60))
        #expect(logs.wait(600).commands.isEmpty)
        #expect(logs.new.stage("a") == "queued")
        logs.configure { $0.policy.steps = [] }
        logs.old.available("ana")
        logs.new.available("cleo")
        for hop in 1..<RouterLimits.handOversPerWorkItemMax {
            let isNew = hop % 2 == 1
            logs.accept("a")
            logs.carry(
                isNew
                    ? logs.new.command("cleo", .transfer("a", "general"))
                    : logs.old.command("ana", .transfer("a", "sales")))
        }
        logs.accept("a")
        #expect(logs.old.command("ana", .transfer("a", "sales")).rejection == .limitReached)
        #expect(logs.old.holder(of: "a") == "ana")
    }

    @Test("A crash after the release repeats it byte for byte, and the checkpoint keeps the forwarding")
    func crash() {
        var logs = TwoLogs()
        logs.old.message("a")
        var twin = logs.old.twin()
        let outputs = logs.wait(60)
        twin.now = logs.old.now
        #expect(twin.router.advance(to: twin.now) == outputs)
        var after = logs.old.twin()
        #expect(after.router.forwardings == logs.old.router.forwardings)
        #expect(after.message("a", id: "late").commands.count == 1)
        after.wait(RouterLimits.forwardingSeconds)
        #expect(after.router.forwardings.isEmpty)
    }

    @Test("Two pools in one log: the work item comes back through it")
    func oneLog() {
        var bench = Bench(TwoLogs.organization)
        bench.available("cleo")
        bench.message("a")
        let outputs = bench.wait(60)
        #expect(bench.item("a") == nil)
        for command in outputs.commands { bench.apply(command) }
        #expect(bench.holder(of: "a") == "cleo")
        let late = bench.message("a", id: "late")
        for command in late.commands { bench.apply(command) }
        #expect(bench.item("a")?.messageCount == 2)
    }
}

/// The logs of the pools support and sales, each with its router.
private struct TwoLogs {
    static var organization: Organization {
        var organization = Organization()
        organization.agents.append(Organization.agent("cleo", pool: "sales"))
        organization.profiles[0].presenceLeaseSeconds = 1_000_000
        organization.policy.steps = [.init(afterSeconds: 60, overflowTo: "sales")]
        return organization
    }

    var old = Bench(organization)
    var new = Bench(organization)

    /// Lets the time pass in both.
    mutating func wait(_ seconds: Int) -> [RouterOutput] { old.wait(seconds) + new.wait(seconds) }

    mutating func configure(_ change: (inout Organization) -> Void) {
        old.configure(change)
        new.configure(change)
    }

    mutating func accept(_ item: String) {
        old.accept(item)
        new.accept(item)
    }

    /// Brings what is meant for another pool to its log.
    @discardableResult
    mutating func carry(_ outputs: [RouterOutput]) -> [RouterOutput] {
        var answers: [RouterOutput] = []
        for case .command(let command, let poolID) in outputs {
            answers += poolID == "sales" ? new.apply(command) : old.apply(command)
        }
        return answers
    }
}

extension Bench {
    /// Another router, from this one's checkpoint.
    fileprivate func twin() -> Bench {
        var copy = self
        copy.router = RouterMachine()
        copy.router.restore(router.configuration)
        for item in router.items.values { copy.router.restore(.workItem(item)) }
        for agent in router.agents.values { copy.router.restore(.agent(agent)) }
        for forwarding in router.forwardings.values { copy.router.restore(.forwarding(forwarding)) }
        return copy
    }
}
