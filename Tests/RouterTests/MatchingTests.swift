import Domain
import OrderedCollections
import Testing

@testable import RouterCore

@Suite("Work finds the right agent")
struct MatchingTests {
    @Test("Only the qualified: a language's level decides before the load does")
    func onlyTheQualified() {
        var bench = Bench()
        bench.available("ana", "ben")
        bench.message("busy")
        #expect(bench.holder(of: "busy") == "ana")
        bench.message("french", language: "fr-CA")
        #expect(bench.holder(of: "french") == "ana", "ben is freer, but speaks no French")
        bench.message("billing", queue: "billing")
        #expect(bench.holder(of: "billing") == "ben", "billing 3 is not enough for level 5")
    }

    @Test("Only the qualified: a work item waits rather than going to someone without the skill")
    func nobodyQualified() {
        var bench = Bench()
        bench.available("ben")
        bench.message("french", language: "FR")
        #expect(bench.stage("french") == "queued")
        bench.available("ana")
        #expect(bench.holder(of: "french") == "ana")
    }

    @Test("Never over capacity: an offer reserves what it would take")
    func offersReserve() {
        var bench = Bench()
        bench.available("ana")
        for item in ["a", "b", "c", "d"] { bench.message(item) }
        #expect(bench.load("ana") == 3)
        #expect(bench.stage("d") == "queued")
        bench.accept("a")
        bench.command("ana", .complete("a", disposition: "solved"))
        #expect(bench.holder(of: "d") == "ana")
        #expect(bench.load("ana") == 3)
    }

    @Test("Never over capacity: a call takes its weight, and one heavier than a profile finds an idle agent")
    func weights() {
        var bench = Bench()
        bench.organization.profiles[0].weights[.voice] = 9
        bench.configure { _ in }
        bench.available("ana")
        bench.message("chat")
        bench.message("call", channel: .voice, priority: 9)
        #expect(bench.stage("call") == "queued")
        bench.accept("chat")
        bench.command("ana", .complete("chat", disposition: "solved"))
        #expect(bench.holder(of: "call") == "ana")
        #expect(bench.load("ana") == 3)
    }

    @Test("Work conserving: a head that finds nobody blocks no other")
    func headDoesNotBlock() {
        var bench = Bench()
        bench.available("ben")
        bench.message("french", priority: 9, language: "fr")
        bench.message("plain", priority: 1)
        #expect(bench.stage("french") == "queued")
        #expect(bench.holder(of: "plain") == "ben")
    }

    @Test("Work conserving: supply events match as demand events do")
    func supply() {
        var bench = Bench()
        for item in ["a", "b", "c", "d", "e"] { bench.message(item) }
        let outputs = bench.command("ana", .setPresence(.available))
        #expect(outputs.offered == ["ana", "ana", "ana"])
        bench.configure { $0.profiles[0].capacity = 4 }
        #expect(bench.load("ana") == 4, "more capacity is supply too")
    }

    @Test("No overtaking: more urgent first, then older, then by id")
    func order() {
        var bench = Bench()
        bench.organization.profiles[0].capacity = 1
        bench.configure { _ in }
        bench.message("young", age: 1)
        bench.message("b-old", age: 50)
        bench.message("a-old", age: 50)
        bench.message("urgent", priority: 8)
        bench.available("ana")
        var served: [String] = []
        for _ in 0..<4 {
            guard let next = ["young", "b-old", "a-old", "urgent"].first(where: { bench.stage($0) == "offered" })
            else { break }
            served.append(next)
            bench.accept(next)
            bench.command("ana", .complete(WorkItemID(next), disposition: "solved"))
        }
        #expect(served == ["urgent", "a-old", "b-old", "young"])
    }

    @Test("No overtaking: what is requeued keeps its age")
    func requeueKeepsAge() {
        var bench = Bench()
        bench.organization.profiles[0].capacity = 1
        bench.configure { _ in }
        bench.assign("first", to: "ana")
        bench.wait(10)
        bench.message("second")
        bench.command("ana", .requeue("first", reason: "not mine"))
        #expect(bench.holder(of: "second") == "ana", "ana is not asked again at once for what she gave back")
        bench.available("ben")
        #expect(bench.holder(of: "first") == "ben")
    }

    @Test("An escalation raises the priority and the place in the line")
    func escalation() {
        var bench = Bench()
        bench.organization.profiles[0].capacity = 1
        bench.configure { _ in }
        bench.message("older", age: 10)
        bench.message("younger")
        let raised = Escalation(workItemID: "younger", poolID: "support", priority: 9, reason: "breach")
        let outputs = bench.apply(.escalate(raised))
        #expect(outputs.events == [.escalated(from: 5, to: 9, reason: "breach")])
        #expect(outputs.signals == [.priorityChanged(9)])
        #expect(bench.apply(.escalate(raised)).isEmpty, "no higher than it is")
        bench.available("ana")
        #expect(bench.holder(of: "younger") == "ana")
        #expect(bench.stage("older") == "queued")
    }

    @Test("The least loaded agent is asked, then who has been idle longest, then by id")
    func bestAgent() {
        var bench = Bench()
        bench.organization.profiles.append(RoutingProfile(id: "wide", capacity: 10))
        bench.organization.agents.append(Organization.agent("cat", profile: "wide"))
        bench.configure { _ in }
        bench.available("ben")
        bench.wait(1)
        bench.available("ana", "cat")
        bench.message("a")
        #expect(bench.holder(of: "a") == "ben", "idle longest")
        bench.message("b")
        #expect(bench.holder(of: "b") == "ana", "same load, same time: by id")
        bench.message("c")
        bench.message("d")
        bench.message("e")
        #expect(["c", "d", "e"].allSatisfy { bench.holder(of: $0) == "cat" }, "3 of 10 is less than 1 of 3")
    }

    @Test("A policy step relaxes the requirements after its time, and says so")
    func steps() {
        var bench = Bench()
        bench.organization.policy.steps = [
            RoutingPolicy.Step(afterSeconds: 60, lowerLevelsBy: 2),
            RoutingPolicy.Step(afterSeconds: 120, dropSkills: ["billing"]),
        ]
        bench.organization.queues[1].requirements = [Requirement(skill: "billing", level: 5)]
        bench.configure { _ in }
        bench.organization.profiles[0].presenceLeaseSeconds = 1_000
        bench.configure { _ in }
        bench.available("ana")
        bench.message("item", queue: "billing")
        #expect(bench.wait(59).isEmpty)
        let outputs = bench.wait(1)
        #expect(
            outputs.events.first
                == .requirementsRelaxed(step: 1, requirements: [Requirement(skill: "billing", level: 3)]))
        #expect(bench.holder(of: "item") == "ana")
        #expect(bench.offer(of: "item")?.explanation.contains("relaxed by 1 step") == true)
    }

    @Test("A skill that a step drops is asked for no longer")
    func droppedSkill() {
        var bench = Bench()
        bench.organization.policy.steps = [RoutingPolicy.Step(afterSeconds: 30, dropSkills: ["french"])]
        bench.configure { _ in }
        bench.available("ben")
        bench.message("item", language: "fr")
        #expect(bench.stage("item") == "queued")
        bench.wait(30)
        #expect(bench.holder(of: "item") == "ben")
    }

    @Test("The preferred agent is waited for while busy, and no longer than the policy says")
    func preferredAgent() {
        var bench = Bench()
        bench.organization.policy.preferredAgentSeconds = 20
        bench.organization.profiles[0].capacity = 1
        bench.configure { _ in }
        bench.assign("busy", to: "ana")
        bench.available("ben")
        bench.message("wants-ana", preferred: "ana")
        #expect(bench.stage("wants-ana") == "queued", "ben is free, but ana is preferred and present")
        bench.wait(19)
        #expect(bench.stage("wants-ana") == "queued")
        bench.wait(1)
        #expect(bench.holder(of: "wants-ana") == "ben")
    }

    @Test("A preferred agent who leaves is waited for no longer")
    func preferredAgentLeaves() {
        var bench = Bench()
        bench.organization.policy.preferredAgentSeconds = 20
        bench.organization.profiles[0].capacity = 1
        bench.configure { _ in }
        bench.assign("busy", to: "ana")
        bench.available("ben")
        bench.message("wants-ana", preferred: "ana")
        bench.command("ana", .setPresence(.away))
        #expect(bench.holder(of: "wants-ana") == "ben")
    }

    @Test("Who holds one work item of a conversation is asked first for its call")
    func sameAgentForTheCall() {
        var bench = Bench()
        bench.organization.profiles[0].weights[.voice] = 2
        bench.configure { _ in }
        bench.assign("chat", to: "ana")
        bench.available("ben")
        let outputs = bench.message("call", channel: .voice, conversation: "c-chat", priority: 9)
        #expect(bench.holder(of: "call") == "ana", "ben has less load, but ana knows the conversation")
        for case .opened(let opened) in outputs.signals { #expect(opened.joinsOpenConversation) }
        #expect(bench.offer(of: "call")?.explanation.contains("preferred") == true)
    }

    @Test("Pools share nothing")
    func pools() {
        var bench = Bench()
        bench.organization.agents.append(Organization.agent("sam", pool: "sales"))
        bench.configure { _ in }
        bench.available("ana", "ben")
        bench.message("deal", queue: "sales")
        #expect(bench.stage("deal") == "queued")
        bench.available("sam")
        #expect(bench.holder(of: "deal") == "sam")
    }

    @Test("A thousand waiting work items do not make an event slow", .timeLimit(.minutes(1)))
    func manyWaiting() {
        var bench = Bench()
        bench.organization.profiles[0].presenceLeaseSeconds = 1_000_000
        bench.configure { _ in }
        for index in 0..<2_000 { bench.message("item-\(index)") }
        bench.available("ana", "ben")
        for _ in 0..<500 {
            guard let id = bench.router.agentView("ana")?.offers.first?.id.rawValue else { break }
            bench.accept(id)
            bench.command("ana", .complete(WorkItemID(id), disposition: "solved"))
        }
        #expect(bench.router.queueView("general")?.open == 1_500)
    }
}
