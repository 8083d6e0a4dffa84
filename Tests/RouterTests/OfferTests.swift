import Domain
import Testing

@testable import RouterCore

@Suite("One owner: an offer is answered once, by whom it was made to")
struct OfferTests {
    @Test("Accepting assigns the work item; a second answer hears that it was taken")
    func acceptIsCompareAndSet() throws {
        var bench = Bench()
        bench.available("ana")
        bench.message("item")
        let offer = try #require(bench.offer(of: "item"))
        let outputs = bench.command("ana", .accept(offer.id))
        #expect(outputs.result == .done("item", nil))
        #expect(outputs.events.contains(.assigned("ana")))
        #expect(bench.stage("item") == "assigned")
        #expect(bench.command("ana", .accept(offer.id)).rejection == .offerTaken)
        #expect(bench.command("ana", .decline(offer.id, reason: "late")).rejection == .offerTaken)
    }

    @Test("Another agent's offer is refused, live or past")
    func notYours() throws {
        var bench = Bench()
        bench.available("ana")
        bench.message("item")
        let offer = try #require(bench.offer(of: "item"))
        #expect(bench.command("ben", .accept(offer.id)).rejection == .notYourOffer)
        bench.accept("item")
        #expect(bench.command("ben", .accept(offer.id)).rejection == .notYourOffer)
        #expect(bench.command("ben", .accept("nothing")).rejection == .unknownOffer)
    }

    @Test("An offer that expired says so, and its agent is not asked again before the cooldown is over")
    func expiry() throws {
        var bench = Bench()
        bench.available("ana")
        bench.message("item")
        let offer = try #require(bench.offer(of: "item"))
        bench.wait(29)
        #expect(bench.stage("item") == "offered")
        #expect(bench.wait(1).events == [.offerExpired(offer.id, "ana")])
        #expect(bench.command("ana", .accept(offer.id)).rejection == .offerExpired)
        #expect(bench.stage("item") == "queued")
        bench.wait(60)
        #expect(bench.holder(of: "item") == "ana", "no dead end")
        #expect(bench.offer(of: "item")?.id != offer.id)
    }

    @Test("An answer that comes with the deadline comes too late: the deadline goes first")
    func answerAtTheDeadline() throws {
        var bench = Bench()
        bench.available("ana")
        bench.message("item")
        let offer = try #require(bench.offer(of: "item"))
        bench.now = offer.expiresAt
        #expect(bench.command("ana", .accept(offer.id)).rejection == .offerExpired)
    }

    @Test("No loops: a decline excludes the pair, offers it to the next, and comes back after the cooldown")
    func decline() throws {
        var bench = Bench()
        bench.available("ana", "ben")
        bench.message("item")
        let first = try #require(bench.offer(of: "item"))
        #expect(first.agentID == "ana")
        let outputs = bench.command("ana", .decline(first.id, reason: "busy"))
        #expect(outputs.events.contains(.offerDeclined(first.id, "ana", reason: "busy")))
        let second = try #require(bench.offer(of: "item"))
        #expect(second.agentID == "ben")
        bench.command("ben", .decline(second.id, reason: "busy"))
        #expect(bench.stage("item") == "queued")
        #expect(bench.load("ana") + bench.load("ben") == 0)
        bench.wait(60)
        #expect(bench.stage("item") == "offered")
    }

    @Test("Going offline or away takes the offers back at once", arguments: [Presence.away, .offline])
    func revoked(presence: Presence) throws {
        var bench = Bench()
        bench.available("ana")
        bench.message("item")
        let offer = try #require(bench.offer(of: "item"))
        bench.command("ana", .setPresence(presence))
        #expect(bench.stage("item") == "queued")
        #expect(bench.load("ana") == 0)
        #expect(bench.command("ana", .accept(offer.id)).rejection == .offerRevoked)
        bench.available("ana")
        #expect(bench.holder(of: "item") == "ana", "the agent was not to blame: no cooldown")
    }
}
