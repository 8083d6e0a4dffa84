import Domain
import OrderedCollections
import Testing

@testable import RouterCore

@Suite("Work is its customer's, whatever its ids")
struct WhoseWorkTests {
    private func request(
        _ item: String, of customer: String, in conversation: String = "c", id: String = "m"
    ) -> WorkCommand {
        .customerMessage(
            WorkRequest(
                workItemID: WorkItemID(item), conversationID: ConversationID(conversation),
                customerID: CustomerID(customer), messageID: MessageID(id), poolID: "support", queueID: "general",
                address: Address(
                    channel: .chat, account: ChannelAccountID("account-chat"),
                    identifier: Identifier(kind: .visitor, value: customer)),
                priority: 5, excerpt: "hello", acceptedAt: Instant(milliseconds: 1_700_000_000_000)))
    }

    @Test("A message for another customer's work item opens its own, and the reply goes to whom it is for")
    func takenOver() {
        var bench = Bench()
        bench.available("ana")
        bench.apply(request("item", of: "lena"))
        bench.accept("item")
        bench.apply(request("item", of: "eve", id: "m2"))
        bench.apply(request("item", of: "eve", id: "m3"))
        let items = bench.router.workItems(WorkItemFilter(), after: nil, limit: 10)
        #expect(items.map(\.customerID).sorted() == ["eve", "lena"])
        #expect(items.first { $0.customerID == "eve" }?.messageCount == 2)
        #expect(items.first { $0.customerID == "lena" }?.messageCount == 1)
        let sent = bench.command("ana", .reply("item", messageID: "r", text: "your new PIN is 99")).sent
        #expect(sent.map(\.address.identifier.value) == ["lena"])
        #expect(sent.map(\.customerID) == ["lena"])
    }

    @Test("Under one conversation id two customers have two conversations: no address goes from one to the other")
    func conversations() {
        var bench = Bench()
        bench.available("ana")
        bench.apply(request("item", of: "lena"))
        bench.accept("item")
        bench.apply(request("other", of: "eve", id: "m2"))
        #expect(bench.router.workItem("item")?.replyAddress?.identifier.value == "lena")
        let items = bench.router.workItems(WorkItemFilter(), after: nil, limit: 10)
        #expect(Set(items.map(\.conversationID)).count == 2)
    }

    @Test("Version 1 adds the message, and the reply goes to the other: as it did")
    func first() {
        var bench = Bench()
        bench.router = RouterMachine(rulesVersion: 1)
        _ = bench.router.configure(bench.organization.configuration, at: bench.now)
        bench.available("ana")
        bench.apply(request("item", of: "lena"))
        bench.accept("item")
        bench.apply(request("item", of: "eve", id: "m2"))
        let sent = bench.command("ana", .reply("item", messageID: "r", text: "your new PIN is 99")).sent
        #expect(sent.map(\.address.identifier.value) == ["eve"])
        #expect(sent.map(\.messageID) == ["r"])
    }

    @Test("One key in two pools, as after an agent has moved, names two replies and two conversations")
    func oneKey() {
        var replies: Set<MessageID> = []
        var started: Set<WorkItemID> = []
        for item in ["here", "there"] {
            var bench = Bench()
            bench.organization.accounts = [
                ChannelAccount(
                    id: "texts", channel: .sms, queueID: "general",
                    delivery: .webhook(url: "https://texts", secret: "s"))
            ]
            bench.configure { _ in }
            bench.assign(item, to: "ana")
            let sent = bench.command("ana", .reply(WorkItemID(item), messageID: "r", text: "Hello"), id: "key")
            replies.formUnion(sent.sent.map(\.messageID))
            guard case .done(_, let id) = sent.result else { continue }
            #expect(id == sent.sent.first?.messageID, "the agent is told the same id")
            let outreach = Outreach(
                account: "texts", identifier: Identifier(kind: .phone, value: "+49151\(item.count)"), text: "Hi")
            guard case .done(let asked?, _) = bench.command("ana", .startConversation(outreach), id: "key-2").result
            else { continue }
            started.insert(asked)
        }
        #expect(replies.count == 2 && started.count == 2)
    }

    @Test("Another agent's key, offer and work item give nothing")
    func others() {
        var bench = Bench()
        bench.available("ana")
        bench.available("ben")
        bench.message("item")
        let holder = bench.router.workItem("item")?.agentID ?? ""
        let thief = holder == "ana" ? "ben" : "ana"
        let offer = bench.router.workItem("item")?.liveOffers.first?.id ?? ""
        #expect(bench.command(thief, .accept(offer)).rejection == .notYourOffer)
        #expect(bench.command(thief, .decline(offer, reason: "")).rejection == .notYourOffer)
        bench.command(holder.rawValue, .accept(offer), id: "key")
        #expect(bench.command(thief, .reply("item", messageID: "r", text: "x")).rejection == .notYourWorkItem)
        // The id holds who sends, so this cannot come over HTTP; if it did, it would not be answered as hers.
        #expect(bench.command(thief, .accept(offer), id: "key").rejection == .commandReused)
    }
}
