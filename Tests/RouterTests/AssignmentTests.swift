import Domain
import OrderedCollections
import Testing

@testable import RouterCore

@Suite("What an agent does with their work")
struct AssignmentTests {
    @Test("A reply goes to the latest written address and stops the clock")
    func reply() {
        var bench = Bench()
        bench.assign("item", to: "ana")
        bench.message("item", channel: .sms)
        let outputs = bench.command("ana", .reply("item", messageID: "m", text: "Bonjour"), id: "key")
        let name: MessageID = .named("reply", "item", "key")
        #expect(outputs.result == .done("item", name))
        #expect(outputs.sent.map(\.address.channel) == [.sms])
        #expect(outputs.sent.first?.author == .agent("ana"))
        #expect(outputs.signals == [.agentReplied(name)])
    }

    @Test("A reply in a call goes to where the conversation was last written, if it was")
    func replyInCall() {
        var bench = Bench()
        bench.organization.profiles[0].weights[.voice] = 1
        bench.configure { _ in }
        bench.available("ana")
        bench.message("alone", channel: .voice)
        bench.accept("alone")
        let rejected = bench.command("ana", .reply("alone", messageID: "m", text: "Hi"))
        #expect(rejected.rejection == .noReplyAddress)
        #expect(rejected.sent.isEmpty)
        bench.message("chat", channel: .chat)
        bench.message("call", channel: .voice, conversation: "c-chat")
        bench.accept("call")
        bench.message("chat", channel: .sms)
        let outputs = bench.command("ana", .reply("call", messageID: "m", text: "Hi"))
        #expect(outputs.sent.map(\.address.channel) == [.sms])
    }

    @Test("Only the owner may act", arguments: ["ben", "nobody"])
    func onlyTheOwner(agent: String) {
        var bench = Bench()
        bench.assign("item", to: "ana")
        let expected: RejectionCode = agent == "ben" ? .notYourWorkItem : .unknownAgent
        #expect(bench.command(agent, .note("item", text: "x")).rejection == expected)
        #expect(bench.command(agent, .complete("item", disposition: "x")).rejection == expected)
        #expect(bench.command("ana", .note("other", text: "x")).rejection == .unknownWorkItem)
    }

    @Test("Parking frees the agent; the customer's message or the time brings it back to the same one")
    func park() {
        var bench = Bench()
        bench.assign("item", to: "ana")
        bench.available("ben")
        let outputs = bench.command("ana", .park("item", seconds: 600))
        #expect(outputs.signals == [.parked])
        #expect(bench.load("ana") == 0)
        bench.wait(10)
        let resumed = bench.message("item")
        #expect(resumed.signals.contains(.resumed))
        #expect(resumed.events.contains(.resumed(reason: "the customer wrote")))
        #expect(bench.holder(of: "item") == "ana")
        bench.accept("item")
        bench.command("ana", .park("item", seconds: 60))
        #expect(bench.wait(60).events.contains(.resumed(reason: "the time is up")))
        #expect(bench.holder(of: "item") == "ana")
        bench.accept("item")
        #expect(bench.command("ana", .park("item", seconds: 0)).rejection == .limitReached)
    }

    @Test("A transfer moves it to another queue of the pool, with its age, and to another agent")
    func transfer() {
        var bench = Bench()
        bench.assign("item", to: "ana")
        bench.available("ben")
        #expect(bench.command("ana", .transfer("item", "nowhere")).rejection == .unknownQueue)
        let outputs = bench.command("ana", .transfer("item", "billing"))
        #expect(outputs.events.contains(.transferred("ana", to: "billing")))
        #expect(bench.item("item")?.queueID == "billing")
        #expect(bench.holder(of: "item") == "ben")
        #expect(bench.router.queueView("general")?.open == 0)
        #expect(bench.router.queueView("billing")?.open == 1)
    }

    @Test("Completing closes at once without wrap-up, and tells clock and context")
    func complete() {
        var bench = Bench()
        bench.assign("item", to: "ana")
        let outputs = bench.command("ana", .complete("item", disposition: "solved"))
        #expect(outputs.events.contains(.closed("ana", disposition: "solved")))
        guard case .closed("ana", "solved", true, let address) = outputs.signals.first else {
            Issue.record("the clock must hear that it is closed: \(outputs.signals)")
            return
        }
        #expect(address?.channel == .chat)
        #expect(
            outputs.informed == [
                .workItemClosed(
                    ClosedWorkItem(
                        workItemID: "item", conversationID: "c-item", customerID: "lena", disposition: "solved",
                        agentID: "ana", conversationEnded: true))
            ])
        #expect(bench.command("ana", .complete("item", disposition: "again")).rejection == .workItemClosed)
    }

    @Test("Wrap-up keeps the capacity until its time is over; the clock hears when it was completed")
    func wrapUp() {
        var bench = Bench()
        bench.organization.policy.wrapUpSeconds = 15
        bench.configure { _ in }
        bench.assign("item", to: "ana")
        let completedAt = bench.now
        let outputs = bench.command("ana", .complete("item", disposition: "solved"))
        #expect(outputs.events.contains(.wrapUpStarted("ana", until: bench.now + .seconds(15))))
        #expect(bench.stage("item") == "wrap-up")
        #expect(bench.load("ana") == 1)
        #expect(bench.command("ana", .note("item", text: "done")).rejection == nil)
        #expect(bench.command("ana", .complete("item", disposition: "x")).rejection == .wrongState)
        let closed = bench.wait(15)
        #expect(bench.load("ana") == 0)
        for case .clock(let signal) in closed { #expect(signal.at == completedAt) }
        #expect(closed.signals.count == 1)
    }

    @Test("A message during wrap-up brings the work item back to its agent")
    func messageInWrapUp() {
        var bench = Bench()
        bench.organization.policy.wrapUpSeconds = 15
        bench.configure { _ in }
        bench.assign("item", to: "ana")
        bench.command("ana", .complete("item", disposition: "solved"))
        bench.message("item")
        #expect(bench.stage("item") == "assigned")
        bench.wait(60)
        #expect(bench.stage("item") == "assigned")
    }

    @Test("A conversation ends with its last work item")
    func conversationEnds() {
        var bench = Bench()
        bench.assign("one", to: "ana")
        bench.message("two", conversation: "c-one")
        bench.accept("two")
        let first = bench.command("ana", .complete("one", disposition: "x"))
        let second = bench.command("ana", .complete("two", disposition: "x"))
        for (outputs, ended) in [(first, false), (second, true)] {
            guard case .workItemClosed(let closed) = outputs.informed.first else {
                Issue.record("context must hear of it")
                continue
            }
            #expect(closed.conversationEnded == ended)
        }
    }

    @Test("A late message opens a work item that goes on, with the same agent preferred")
    func lateMessage() throws {
        var bench = Bench()
        bench.assign("item", to: "ana")
        bench.available("ben")
        bench.command("ana", .complete("item", disposition: "solved"))
        let outputs = bench.message("item", id: "late")
        guard case .workItemReopened(let reopened) = outputs.informed.first else {
            Issue.record("context must hear of it")
            return
        }
        let id = reopened.workItemID.rawValue
        #expect(id != "item")
        #expect(bench.holder(of: id) == "ana")
        #expect(bench.message("item", id: "late").isEmpty, "a repeat is nothing")
        let next = bench.message("item", id: "later")
        #expect(next.informed.isEmpty, "the next one goes on in the same")
        #expect(bench.item(id)?.messageCount == 2)
    }

    @Test("A repeated message is ignored")
    func repeatedMessage() {
        var bench = Bench()
        bench.message("item", id: "m")
        #expect(bench.message("item", id: "m").isEmpty)
        #expect(bench.item("item")?.messageCount == 1)
    }

    @Test("Bounded: a long conversation keeps its latest excerpts, and long texts are cut")
    func bounded() {
        var bench = Bench()
        for _ in 0..<60 { bench.message("item") }
        #expect(bench.item("item")?.messages.count == RouterLimits.messagesPerWorkItemMax)
        #expect(bench.item("item")?.messageCount == 60)
        bench.assign("other", to: "ana")
        let long = String(repeating: "x", count: RouterLimits.replyBytesMax + 1)
        bench.accept("item")
        #expect(bench.command("ana", .reply("item", messageID: "m", text: long)).rejection == .limitReached)
    }

    @Test("Bounded: a pool that is full opens and closes the next work item at once, and says why")
    func poolIsFull() {
        var bench = Bench()
        bench.message("first")
        // As if all the others had been opened before.
        bench.router.pools["support"].openCount = RouterLimits.openWorkItemsPerPoolMax
        let outputs = bench.message("one-too-many")
        #expect(outputs.events.contains(.closed(nil, disposition: "limit-reached")))
        #expect(outputs.informed.count == 1)
        #expect(bench.stage("one-too-many") == "closed")
        #expect(bench.router.pools["support"].openCount == RouterLimits.openWorkItemsPerPoolMax)
    }

    @Test("A survey's answer is recorded, remembered work item or not")
    func survey() {
        var bench = Bench()
        bench.assign("item", to: "ana")
        for id in ["item", "forgotten"] {
            let answer = SurveyAnswer(
                surveyID: "s", workItemID: WorkItemID(id), conversationID: "c", customerID: "lena",
                poolID: "support", messageID: "m", score: 5)
            #expect(bench.apply(.surveyAnswered(answer)).events == [.surveyAnswered("s", score: 5)])
        }
        #expect(bench.item("item")?.score == 5)
    }
}
