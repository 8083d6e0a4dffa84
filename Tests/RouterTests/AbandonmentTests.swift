import Domain
import Testing

@testable import RouterCore

@Suite("Customer gone: abandonment")
struct AbandonmentTests {
    private func leave(_ bench: inout Bench, channel: ChannelKind = .chat) -> [RouterOutput] {
        let address = Address(
            channel: channel, account: ChannelAccountID("account-\(channel.rawValue)"),
            identifier: Identifier(kind: .handle, value: "lena"))
        return bench.apply(
            .customerGone(CustomerGone(workItemID: "item", poolID: "support", address: address, reason: "hung up")))
    }

    @Test("A queued work item is closed as abandoned, and the event says after how long")
    func queued() {
        var bench = Bench()
        bench.message("item", age: 2)
        bench.wait(10)
        let outputs = leave(&bench)
        #expect(
            outputs.events == [
                .abandoned(waitedMilliseconds: 12_000, reason: "hung up"), .closed(nil, disposition: "abandoned"),
            ])
        #expect(outputs.informed.count == 1)
        #expect(bench.router.queueView("general")?.open == 0)
        #expect(leave(&bench).isEmpty, "a repeat is nothing")
    }

    @Test("Of an offered one all offers are revoked, and their agents are free")
    func offered() throws {
        var bench = Bench()
        bench.configure { $0.policy.parallelOffers = 2 }
        bench.available("ana", "ben")
        bench.message("item")
        let offers = bench.item("item")?.liveOffers ?? []
        #expect(offers.count == 2)
        _ = leave(&bench)
        #expect(bench.stage("item") == "closed")
        #expect(bench.load("ana") + bench.load("ben") == 0)
        let first = try #require(offers.first)
        #expect(bench.command(first.agentID.rawValue, .accept(first.id)).rejection == .offerRevoked)
    }

    @Test("Who has it is told, and completes it; a message says that the customer is back")
    func assigned() {
        var bench = Bench()
        bench.assign("item", to: "ana")
        #expect(leave(&bench).events == [.customerLeft("ana", reason: "hung up")])
        #expect(bench.router.touchedAgents.contains("ana"))
        #expect(leave(&bench).isEmpty, "a repeat is nothing")
        #expect(bench.item("item")?.customerLeftAt != nil)
        bench.message("item")
        #expect(bench.item("item")?.customerLeftAt == nil)
        #expect(bench.command("ana", .complete("item", disposition: "solved")).rejection == nil)
        #expect(leave(&bench).isEmpty)
    }

    @Test("Who has meanwhile written on another channel is not gone")
    func changedChannel() {
        var bench = Bench()
        bench.message("item")
        bench.message("item", channel: .sms)
        #expect(leave(&bench).isEmpty)
        #expect(bench.stage("item") == "queued")
        #expect(leave(&bench, channel: .sms).events.contains(.closed(nil, disposition: "abandoned")))
    }
}
