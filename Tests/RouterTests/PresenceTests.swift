import Domain
import Testing

@testable import RouterCore

@Suite("No silence: who vanishes loses offers, and after a grace time assignments")
struct PresenceTests {
    @Test("An agent without a request for the lease is offline; the offers go to others at once")
    func lease() {
        var bench = Bench()
        bench.organization.policy.offerSeconds = 600
        bench.configure { _ in }
        bench.available("ana")
        bench.message("item")
        bench.wait(100)
        bench.apply(.agentSeen("ana"))
        bench.wait(119)
        #expect(bench.holder(of: "item") == "ana")
        bench.available("ben")
        let outputs = bench.wait(1)
        #expect(
            outputs.events.contains(
                .presenceChanged("ana", .offline, reason: "no request within the presence lease")))
        #expect(bench.holder(of: "item") == "ben")
    }

    @Test("Assignments of an agent who is gone are requeued after the grace time, with their age")
    func grace() {
        var bench = Bench()
        bench.assign("item", to: "ana")
        let acceptedAt = bench.item("item")?.acceptedAt
        bench.wait(120)
        #expect(bench.router.agentState("ana")?.presence == .offline)
        #expect(bench.holder(of: "item") == "ana")
        bench.wait(59)
        #expect(bench.holder(of: "item") == "ana")
        let outputs = bench.wait(1)
        #expect(outputs.events == [.requeued("ana", reason: "the agent is gone"), .queued])
        #expect(bench.stage("item") == "queued")
        #expect(bench.item("item")?.acceptedAt == acceptedAt)
        #expect(bench.load("ana") == 0)
    }

    @Test("A customer who writes in the wrap-up of an agent long gone waits for the grace time, not for ever")
    func newsForTheGone() {
        var bench = Bench()
        bench.organization.policy.wrapUpSeconds = 600
        bench.configure { _ in }
        bench.assign("item", to: "ana")
        bench.command("ana", .complete("item", disposition: "solved"))
        bench.wait(120)
        bench.wait(60)
        #expect(bench.stage("item") == "wrap-up")
        bench.message("item")
        #expect(bench.stage("item") == "assigned")
        bench.wait(59)
        #expect(bench.holder(of: "item") == "ana")
        let outputs = bench.wait(1)
        #expect(outputs.events == [.requeued("ana", reason: "the agent is gone"), .queued])
    }

    @Test("An agent who comes back within the grace time keeps the assignments")
    func backInTime() {
        var bench = Bench()
        bench.assign("item", to: "ana")
        bench.command("ana", .setPresence(.offline))
        bench.wait(59)
        bench.available("ana")
        bench.wait(100)
        #expect(bench.stage("item") == "assigned")
    }

    @Test("Away keeps the assignments and takes no offers")
    func away() {
        var bench = Bench()
        bench.assign("item", to: "ana")
        bench.command("ana", .setPresence(.away))
        bench.message("other")
        #expect(bench.stage("other") == "queued")
        #expect(bench.holder(of: "item") == "ana")
        bench.available("ana")
        #expect(bench.holder(of: "other") == "ana")
    }

    @Test("Requests alone do not bring a vanished agent back")
    func seenIsNotPresent() {
        var bench = Bench()
        bench.available("ana")
        bench.wait(120)
        bench.apply(.agentSeen("ana"))
        bench.message("item")
        #expect(bench.stage("item") == "queued")
    }

    @Test("The next deadline is the first thing due, and nil when nothing is")
    func nextDeadline() {
        var bench = Bench()
        #expect(bench.router.nextDeadline == nil)
        bench.available("ana")
        #expect(bench.router.nextDeadline == bench.now + .seconds(120))
        bench.message("item")
        #expect(bench.router.nextDeadline == bench.now + .seconds(30))
        bench.command("ana", .setPresence(.offline))
        #expect(bench.router.nextDeadline == nil, "queued, and nobody there: it waits for supply only")
    }
}
