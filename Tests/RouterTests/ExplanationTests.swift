import Domain
import Testing

@testable import RouterCore

@Suite("Every decision explains itself")
struct ExplanationTests {
    @Test("Why this agent: skills, load and how many could have had it")
    func whyThisAgent() throws {
        var bench = Bench()
        bench.available("ana", "ben")
        bench.message("item")
        bench.message("french", language: "fr")
        let explanation = try #require(bench.offer(of: "french")?.explanation)
        #expect(explanation == "has french 7 (needs 5); load 1 of 3; the only eligible agent")
    }

    @Test("A decision keeps the winner, the score and why the others were out, and survives the acceptance")
    func decision() throws {
        var bench = Bench()
        bench.organization.profiles[0].capacity = 1
        for name in ["cat", "dan"] { bench.organization.agents.append(Organization.agent(name, ["french": 6])) }
        bench.organization.agents.append(Organization.agent("eve", ["french": 9]))
        bench.configure { _ in }
        bench.available("ana", "ben", "cat")
        bench.wait(7)
        bench.available("dan")
        bench.message("busy", preferred: "ana")
        bench.message("french", language: "fr")
        bench.accept("french")
        let decision = try #require(bench.item("french")?.decision)
        #expect(decision.agentID == "cat")
        #expect((decision.load, decision.capacity, decision.idleSeconds, decision.eligible) == (0, 1, 7, 2))
        #expect(decision.excluded == .init(absent: 1, unqualified: 1, inCooldown: 0, atCapacity: 1))
        #expect(
            decision.words
                == "cat was the best of 2 who could take it (load 0 of 1, idle for 7s); of the others 1 absent, 1 without the skills, 1 at capacity."
        )
        #expect(bench.item("busy")?.decision?.isPreferred == true)
    }

    @Test("The candidates of what waits are worked out again, with what speaks against each of them")
    func candidates() throws {
        var bench = Bench()
        bench.organization.profiles[0].capacity = 1
        for name in ["cat", "dan"] { bench.organization.agents.append(Organization.agent(name, ["french": 6])) }
        bench.configure { _ in }
        bench.available("ana", "ben", "cat")
        bench.message("busy", preferred: "ana")
        bench.message("french", language: "fr")
        let offer = try #require(bench.offer(of: "french"))
        bench.command("cat", .decline(offer.id, reason: "no"))
        let (shown, count) = bench.router.candidates(for: "french")
        #expect(count == 4)
        #expect(
            shown == [
                Candidate(agentID: "ana", verdict: .atCapacity(load: 1, capacity: 1, weight: 1)),
                Candidate(agentID: "ben", verdict: .unqualified(Requirement(skill: "french", level: 5), has: nil)),
                Candidate(agentID: "cat", verdict: .inCooldown(until: bench.now + .seconds(60))),
                Candidate(agentID: "dan", verdict: .absent(.offline)),
            ])
    }

    @Test("Who was looked at for a decision is written down for whoever asks, as they were then")
    func inquiry() throws {
        var bench = Bench()
        for name in ["cat", "dan"] { bench.organization.agents.append(Organization.agent(name, ["french": 6])) }
        bench.configure { $0.policy.parallelOffers = 2 }
        bench.router.inquiry = Inquiry("french")
        bench.available("ana", "ben", "cat", "dan")
        bench.message("other")
        bench.message("french", language: "fr")
        let findings = try #require(bench.router.inquiry?.findings)
        let asked = bench.item("french")?.liveOffers.map(\.agentID) ?? []
        #expect(findings.map(\.agentID) == asked)
        #expect(findings.count == 2)
        let (first, second) = (findings[0].candidates, findings[1].candidates)
        #expect(first.map(\.agentID).sorted() == ["ana", "ben", "cat", "dan"])
        #expect(first.first { $0.agentID == asked[0] }?.verdict.code == "eligible")
        #expect(first.last?.verdict == .unqualified(Requirement(skill: "french", level: 5), has: nil))
        #expect(second.first { $0.agentID == asked[0] }?.verdict == .asked)
    }

    @Test("Why it waits: nobody there, a skill missing, all at capacity, a cooldown, others before")
    func whyItWaits() throws {
        var bench = Bench()
        bench.organization.profiles[0].capacity = 1
        bench.configure { _ in }
        bench.message("french", language: "fr")
        #expect(bench.router.reasonsForWaiting("french") == [.nobodyPresent])
        bench.available("ben")
        #expect(
            bench.router.reasonsForWaiting("french") == [.skillMissing(Requirement(skill: "french", level: 5))])
        bench.message("a")
        bench.message("b")
        bench.message("c")
        #expect(bench.router.reasonsForWaiting("b") == [.atCapacity(agents: 1)])
        #expect(bench.router.reasonsForWaiting("c") == [.atCapacity(agents: 1), .behindOthers(1)])
        let offer = try #require(bench.offer(of: "a"))
        bench.command("ben", .decline(offer.id, reason: "no"))
        #expect(
            bench.router.reasonsForWaiting("a") == [
                .cooldown("ben", until: bench.now + .seconds(60))
            ])
        #expect(bench.router.reasonsForWaiting("b").isEmpty, "it does not wait")
    }

    @Test("The expected wait counts those before and those who serve")
    func expectedWait() {
        var bench = Bench()
        bench.organization.profiles[0].capacity = 1
        bench.organization.policy.expectedHandleSeconds = 100
        bench.configure { _ in }
        func estimate(_ outputs: [RouterOutput]) -> Int?? {
            for case .opened(let opened) in outputs.signals { return opened.expectedWaitSeconds }
            return nil
        }
        #expect(estimate(bench.message("early")) == .some(nil), "nobody is there")
        bench.available("ana", "ben")
        #expect(estimate(bench.message("now")) == 0)
        #expect(estimate(bench.message("next")) == 35)
        bench.wait(1)
        #expect(estimate(bench.message("after")) == 85)
    }
}
