import Domain
import Testing

@testable import RouterCore

@Suite("What agents do together on a work item")
struct CollaborationTests {
    // MARK: Transfer to an agent

    @Test("A transfer to an agent reserves it for them by an offer; the note travels with it")
    func transferToAgent() throws {
        var bench = Bench()
        bench.assign("item", to: "ana")
        bench.available("ben")
        let outputs = bench.command("ana", .transferToAgent("item", "ben", note: "asks for you"))
        #expect(outputs.result == .done("item", nil))
        #expect(outputs.events.contains(.transferredToAgent("ana", to: "ben")))
        #expect(outputs.events.contains(.noteAdded("ana", text: "asks for you")))
        let offer = try #require(bench.offer(of: "item"))
        #expect(offer.agentID == "ben")
        #expect(offer.explanation == "handed over by ana")
        #expect(bench.item("item")?.transferNote?.text == "asks for you")
        #expect(bench.load("ana") == 0)
        bench.accept("item")
        #expect(bench.holder(of: "item") == "ben")
    }

    @Test("Refused: nobody, oneself, another pool's, who is away, unqualified or full; it stays where it is")
    func transferRefusals() {
        var bench = Bench()
        bench.organization.agents.append(Organization.agent("sam", pool: "sales"))
        bench.configure { _ in }
        bench.assign("item", to: "ana")
        func refusal(_ agent: String) -> RejectionCode? {
            var copy = bench
            let rejection = copy.command("ana", .transferToAgent("item", AgentID(agent))).rejection
            #expect(copy.holder(of: "item") == "ana" && copy.stage("item") == "assigned")
            return rejection
        }
        #expect(refusal("nobody") == .unknownAgent)
        #expect(refusal("sam") == .unknownAgent)
        #expect(refusal("ana") == .wrongState)
        #expect(refusal("ben") == .agentUnavailable, "never there")
        bench.command("ben", .setPresence(.away))
        #expect(refusal("ben") == .agentUnavailable, "away")
        bench.available("ben")
        bench.configure { $0.queues[0].requirements = [Requirement(skill: "french", level: 1)] }
        #expect(refusal("ben") == .notQualified)
        bench.configure { $0.queues[0].requirements = [] }
        for name in ["a", "b", "c"] {
            bench.message(name, preferred: "ben")
            bench.accept(name)
        }
        #expect(bench.load("ben") == 3)
        #expect(refusal("ben") == .overCapacity)
        #expect(bench.command("ben", .transferToAgent("item", "ana")).rejection == .notYourWorkItem)
    }

    @Test("A transfer that is declined waits like any other, and is refused again during the cooldown")
    func transferDeclined() throws {
        var bench = Bench()
        bench.assign("item", to: "ana")
        bench.available("ben")
        let age = bench.item("item")?.acceptedAt
        bench.command("ana", .transferToAgent("item", "ben"))
        bench.command("ben", .decline(try #require(bench.offer(of: "item")).id, reason: "no"))
        #expect(bench.stage("item") == "queued")
        #expect(bench.item("item")?.acceptedAt == age)
        bench.organization.policy.declineCooldownSeconds = 600
        bench.configure { _ in }
        bench.wait(60)
        let holder = try #require(bench.holder(of: "item"))
        bench.accept("item")
        #expect(bench.stage("item") == "assigned", "\(holder) has it: no dead end")
    }

    @Test("A transfer to a queue carries its note")
    func transferToQueue() {
        var bench = Bench()
        bench.assign("item", to: "ana")
        let outputs = bench.command("ana", .transfer("item", "billing", note: "a refund"))
        #expect(outputs.events.prefix(2) == [.noteAdded("ana", text: "a refund"), .transferred("ana", to: "billing")])
        #expect(bench.item("item")?.transferNote?.agentID == "ana")
    }

    // MARK: Notes

    @Test("Who is mentioned sees it at their desk and may read the work item")
    func mention() {
        var bench = Bench()
        bench.assign("item", to: "ana")
        #expect(!bench.router.maySee("item", "ben"))
        let outputs = bench.command("ana", .note("item", text: "@ben look", mentions: ["ben", "ben"]))
        #expect(outputs.events.contains(.noteAdded("ana", text: "@ben look", mentions: ["ben"])))
        #expect(bench.router.touchedAgents.contains("ben"))
        #expect(bench.router.agentView("ben")?.mentions.map(\.text) == ["@ben look"])
        #expect(bench.router.maySee("item", "ben"))
        #expect(bench.command("ana", .note("item", text: "x", mentions: ["nobody"])).rejection == .unknownAgent)
        let many = (0...RouterLimits.mentionsPerNoteMax).map { AgentID("a\($0)") }
        #expect(bench.command("ana", .note("item", text: "x", mentions: many)).rejection == .limitReached)
        for index in 0..<30 { bench.command("ana", .note("item", text: "\(index)", mentions: ["ben"])) }
        #expect(bench.router.agentView("ben")?.mentions.count == RouterLimits.mentionsPerAgentMax)
        #expect(bench.router.agentView("ben")?.mentions.last?.text == "29")
    }

    // MARK: Consult

    @Test("Who is consulted sees the work item and may note, owns nothing and carries nothing")
    func consult() {
        var bench = Bench()
        bench.assign("item", to: "ana")
        bench.command("ben", .setPresence(.away))
        let outputs = bench.command("ana", .consult("item", "ben", question: "covered?"))
        #expect(outputs.events.contains(.consultStarted("ana", with: "ben", question: "covered?")))
        #expect(bench.router.agentView("ben")?.consultations.map(\.id) == ["item"])
        #expect(bench.load("ben") == 0)
        #expect(bench.router.maySee("item", "ben"))
        #expect(bench.command("ben", .note("item", text: "yes")).result == .done("item", nil))
        #expect(bench.command("ben", .complete("item", disposition: "x")).rejection == .notYourWorkItem)
        #expect(bench.command("ana", .consult("item", "ben", question: "?")).rejection == .wrongState)
        #expect(bench.holder(of: "item") == "ana")
    }

    @Test("Either ends it", arguments: ["ana", "ben"])
    func endConsult(agent: String) {
        var bench = Bench()
        bench.assign("item", to: "ana")
        bench.available("ben")
        #expect(bench.command("ana", .endConsult("item")).rejection == .wrongState)
        bench.command("ana", .consult("item", "ben", question: "?"))
        let outputs = bench.command(agent, .endConsult("item"))
        #expect(outputs.events.contains(.consultEnded("ben", reason: "ended by \(agent)")))
        #expect(bench.router.agentView("ben")?.consultations.isEmpty == true)
        #expect(bench.command("ben", .note("item", text: "x")).rejection == .notYourWorkItem)
        #expect(bench.command("ben", .endConsult("item")).rejection == .notYourWorkItem)
    }

    @Test("It ends with the assignment, and with who was consulted going offline")
    func consultEnds() {
        var bench = Bench()
        bench.assign("item", to: "ana")
        bench.available("ben")
        bench.command("ana", .consult("item", "ben", question: "?"))
        #expect(
            bench.command("ben", .setPresence(.offline)).events
                .contains(.consultEnded("ben", reason: "the agent is offline")))
        bench.available("ben")
        bench.command("ana", .consult("item", "ben", question: "?"))
        let outputs = bench.command("ana", .complete("item", disposition: "x"))
        #expect(outputs.events.contains(.consultEnded("ben", reason: "the work item moved on")))
        #expect(bench.router.consulted.isEmpty)
    }

    @Test("Refused: nobody, oneself, who is offline, and one work item more than an agent is consulted on")
    func consultRefusals() {
        var bench = Bench()
        bench.configure { $0.profiles[0].capacity = 20 }
        bench.assign("item", to: "ana")
        #expect(bench.command("ana", .consult("item", "nobody", question: "?")).rejection == .unknownAgent)
        #expect(bench.command("ana", .consult("item", "ana", question: "?")).rejection == .wrongState)
        #expect(bench.command("ana", .consult("item", "ben", question: "?")).rejection == .agentUnavailable)
        for index in 0..<RouterLimits.consultationsPerAgentMax {
            bench.message("other-\(index)")
            bench.accept("other-\(index)")
        }
        bench.command("ben", .setPresence(.away))
        for index in 0..<RouterLimits.consultationsPerAgentMax {
            #expect(
                bench.command("ana", .consult(WorkItemID("other-\(index)"), "ben", question: "?")).rejection == nil)
        }
        #expect(bench.command("ana", .consult("item", "ben", question: "?")).rejection == .limitReached)
    }

    // MARK: Resume, escalate, end of wrap-up

    @Test("Who parked it takes it up again; others, and a full desk, do not")
    func resume() {
        var bench = Bench()
        bench.assign("item", to: "ana")
        #expect(bench.command("ana", .resume("item")).rejection == .wrongState)
        bench.command("ana", .park("item", seconds: 600))
        #expect(bench.command("ben", .resume("item")).rejection == .notYourWorkItem)
        bench.command("ana", .setPresence(.offline))
        #expect(bench.command("ana", .resume("item")).rejection == .agentUnavailable)
        bench.available("ana")
        for name in ["a", "b", "c"] { bench.message(name) }
        #expect(bench.command("ana", .resume("item")).rejection == .overCapacity)
        bench.accept("a")
        bench.command("ana", .complete("a", disposition: "x"))
        let outputs = bench.command("ana", .resume("item"))
        #expect(outputs.signals.contains(.resumed))
        #expect(outputs.events.contains(.assigned("ana")))
        #expect(bench.stage("item") == "assigned")
        #expect(bench.load("ana") == 3)
    }

    @Test("Its agent escalates with a reason; not to less, nor beyond the scale, nor another's")
    func escalate() {
        var bench = Bench()
        bench.assign("item", to: "ana")
        let outputs = bench.command("ana", .escalate("item", priority: 8, reason: "no water"))
        #expect(outputs.events.contains(.escalated(from: 5, to: 8, reason: "no water", by: "ana")))
        #expect(outputs.signals == [.priorityChanged(8)])
        #expect(bench.item("item")?.priority == 8)
        #expect(bench.command("ana", .escalate("item", priority: 8, reason: "")).rejection == .priorityNotRaised)
        #expect(bench.command("ana", .escalate("item", priority: 11, reason: "")).rejection == .limitReached)
        #expect(bench.command("ben", .escalate("item", priority: 9, reason: "")).rejection == .notYourWorkItem)
    }

    @Test("Wrap-up is ended early by its agent")
    func endWrapUp() {
        var bench = Bench()
        bench.configure { $0.policy.wrapUpSeconds = 60 }
        bench.assign("item", to: "ana")
        #expect(bench.command("ana", .endWrapUp("item")).rejection == .wrongState)
        bench.command("ana", .complete("item", disposition: "solved"))
        #expect(bench.command("ben", .endWrapUp("item")).rejection == .notYourWorkItem)
        bench.wait(5)
        let outputs = bench.command("ana", .endWrapUp("item"))
        #expect(outputs.events.contains(.closed("ana", disposition: "solved")))
        #expect(bench.load("ana") == 0)
        #expect(bench.command("ana", .endWrapUp("item")).rejection == .workItemClosed)
    }

    // MARK: Reopening

    @Test("Within the window a message goes back to the same agent, later to anyone", arguments: [59, 60])
    func reopen(after seconds: Int) throws {
        var bench = Bench()
        bench.configure { $0.policy.reopenSeconds = 60 }
        bench.assign("item", to: "ana")
        bench.command("ana", .complete("item", disposition: "solved"))
        bench.wait(seconds)
        bench.available("ben")
        bench.command("ana", .setPresence(.available))
        let outputs = bench.message("item", id: "late")
        guard case .workItemReopened(let reopened) = outputs.informed.first else {
            Issue.record("context must hear of it")
            return
        }
        #expect(bench.item(reopened.workItemID.rawValue)?.preferredAgentID == (seconds < 60 ? "ana" : nil))
    }
}
