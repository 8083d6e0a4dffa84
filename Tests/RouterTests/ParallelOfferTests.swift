import Domain
import OrderedCollections
import Testing

@testable import RouterCore

@Suite("Parallel offers: several are asked, the first to accept has it")
struct ParallelOfferTests {
    /// A work item that is offered to as many of ana, ben and cleo as the policy allows.
    private func offered(to count: Int) -> Bench {
        var bench = Bench()
        bench.organization.agents.append(Organization.agent("cleo"))
        bench.organization.policy.parallelOffers = count
        bench.configure { _ in }
        bench.available("ana", "ben", "cleo")
        bench.message("item")
        return bench
    }

    private func offer(_ bench: Bench, _ agent: String) throws -> OfferID {
        try #require(bench.item("item")?.liveOffers.first { $0.agentID.rawValue == agent }?.id)
    }

    @Test("As many are asked as the policy says, each with room reserved", arguments: 1...4)
    func count(asked: Int) {
        let bench = offered(to: asked)
        let live = bench.item("item")?.liveOffers ?? []
        #expect(live.count == min(asked, 3))
        #expect(Set(live.map(\.agentID)).count == live.count)
        #expect(["ana", "ben", "cleo"].reduce(0) { $0 + bench.load($1) } == live.count)
    }

    @Test("The first to accept has it; the others' offers are taken back, and a late answer hears offer-taken")
    func firstAcceptWins() throws {
        var bench = offered(to: 3)
        let (ana, ben) = (try offer(bench, "ana"), try offer(bench, "ben"))
        let outputs = bench.command("ben", .accept(ben))
        #expect(outputs.result == .done("item", nil))
        #expect(outputs.events.contains(.assigned("ben")))
        #expect(outputs.events.contains(.offerRevoked(ana, "ana", reason: "another agent accepted first")))
        #expect(bench.holder(of: "item") == "ben")
        #expect(bench.load("ana") + bench.load("cleo") == 0)
        #expect(bench.load("ben") == 1)
        #expect(bench.command("ana", .accept(ana)).rejection == .offerTaken)
        #expect(bench.command("ana", .decline(ana, reason: "late")).rejection == .offerTaken)
        #expect(bench.command("cleo", .accept(ana)).rejection == .notYourOffer)
    }

    @Test("A decline ends one offer; when the last is over it waits again, and nobody who declined is asked")
    func declines() throws {
        var bench = offered(to: 2)
        bench.command("ana", .decline(try offer(bench, "ana"), reason: "no"))
        #expect(bench.stage("item") == "offered")
        #expect(bench.item("item")?.liveOffers.map(\.agentID) == ["ben"])
        #expect(bench.load("ana") == 0)
        bench.command("ben", .decline(try offer(bench, "ben"), reason: "no"))
        #expect(bench.item("item")?.liveOffers.map(\.agentID) == ["cleo"])
    }

    @Test("All offers of a set expire together, with a cooldown for each")
    func expiry() {
        var bench = offered(to: 3)
        #expect(bench.wait(30).events.filter { if case .offerExpired = $0 { true } else { false } }.count == 3)
        #expect(bench.stage("item") == "queued")
        #expect(bench.item("item")?.cooldowns.count == 3)
    }

    @Test("Who goes away loses their offer only")
    func away() throws {
        var bench = offered(to: 2)
        let ana = try offer(bench, "ana")
        bench.command("ana", .setPresence(.away))
        #expect(bench.item("item")?.liveOffers.map(\.agentID) == ["ben"])
        #expect(bench.command("ana", .accept(ana)).rejection == .offerRevoked)
    }

    @Test("A preferred agent is asked alone")
    func preferredAlone() {
        var bench = Bench()
        bench.configure { $0.policy.parallelOffers = 2 }
        bench.available("ana", "ben")
        bench.message("item", preferred: "ben")
        #expect(bench.item("item")?.liveOffers.map(\.agentID) == ["ben"])
    }
}
