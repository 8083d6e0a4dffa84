import Domain
import Testing

@testable import RouterCore

@Suite("Conversations that agents start")
struct OutreachTests {
    private static let lena = Identifier(kind: .phone, value: "+4915100000")

    private static func bench() -> Bench {
        var bench = Bench()
        bench.organization.accounts = [
            ChannelAccount(
                id: "texts", channel: .sms, queueID: "general", delivery: .webhook(url: "https://texts", secret: "s")),
            ChannelAccount(id: "calls", channel: .voice, queueID: "general", delivery: .none),
        ]
        bench.configure { _ in }
        return bench
    }

    private static func start(
        _ bench: inout Bench, account: ChannelAccountID = "texts", queue: QueueID? = nil
    ) -> [RouterOutput] {
        let outreach = Outreach(account: account, identifier: lena, queueID: queue, text: "Your parcel is here.")
        return bench.command("ana", .startConversation(outreach), id: "start")
    }

    private static func answer(_ outputs: [RouterOutput], _ refusal: ConversationStarted.Refusal? = nil) throws
        -> WorkCommand
    {
        guard case .conversationAsked(let asked)? = outputs.informed.first else {
            throw Broken("nothing was asked")
        }
        return .conversationStarted(
            ConversationStarted(
                asked: asked, conversationID: "c-1", customerID: "lena", displayName: "Lena", refusal: refusal))
    }

    @Test("Context is asked; with its answer the work item is the agent's, and the text goes out once")
    func started() throws {
        var bench = Self.bench()
        bench.available("ana")
        let asked = Self.start(&bench)
        guard case .done(let id?, _?) = asked.result else { throw Broken("it is not done") }
        #expect(bench.router.workItem(id) == nil, "nothing yet")
        let outputs = bench.apply(try Self.answer(asked))
        #expect(bench.router.workItem(id)?.stage.assigneeID == "ana")
        #expect(outputs.sent.map(\.text) == ["Your parcel is here."])
        #expect(outputs.sent.first?.author == .agent("ana"))
        guard case .opened(let opened)? = outputs.signals.first else { throw Broken("no clock starts") }
        #expect(opened.joinsOpenConversation, "nobody acknowledges what the customer did not write")
        #expect(bench.apply(try Self.answer(asked)).events.isEmpty, "a repeat is nothing")
        #expect(Self.start(&bench).result == asked.result, "and so is a repeated command")
    }

    @Test(
        "Without consent it is closed at once, with the reason; nothing is sent, no clock starts, context hears nothing"
    )
    func refused() throws {
        var bench = Self.bench()
        bench.available("ana")
        let asked = Self.start(&bench)
        let outputs = bench.apply(try Self.answer(asked, .noConsent))
        #expect(outputs.sent.isEmpty && outputs.signals.isEmpty && outputs.informed.isEmpty)
        #expect(outputs.events.last == .closed("ana", disposition: "no-consent"))
        guard case .done(let id?, _) = asked.result else { throw Broken("it is not done") }
        #expect(bench.router.workItem(id)?.stage.isClosed == true)
        #expect(bench.load("ana") == 0)
    }

    @Test("An agent who has no room when the answer comes has written all the same: the work item waits")
    func noRoomLeft() throws {
        var bench = Self.bench()
        bench.organization.profiles[0].capacity = 1
        bench.configure { _ in }
        bench.available("ana")
        let asked = Self.start(&bench)
        bench.message("first")
        bench.accept("first")
        #expect(bench.apply(try Self.answer(asked)).sent.count == 1)
        guard case .done(let id?, _) = asked.result else { throw Broken("it is not done") }
        #expect(bench.router.workItem(id)?.stage == .queued)
        bench.command("ana", .complete("first", disposition: "solved"))
        #expect(bench.router.workItem(id)?.stage.holderID == "ana")
    }

    @Test("Refused: an offline agent, an unknown account, a call, another pool's queue, no room")
    func refusals() {
        var bench = Self.bench()
        #expect(Self.start(&bench).rejection == .agentUnavailable)
        bench = Self.bench()
        bench.available("ana")
        #expect(Self.start(&bench, account: "nothing").rejection == .unknownAccount)
        bench = Self.bench()
        bench.available("ana")
        #expect(Self.start(&bench, account: "calls").rejection == .noReplyAddress)
        bench = Self.bench()
        bench.available("ana")
        #expect(Self.start(&bench, queue: "sales").rejection == .unknownQueue)
        bench = Self.bench()
        bench.organization.profiles[0].capacity = 1
        bench.configure { _ in }
        bench.assign("item", to: "ana")
        #expect(Self.start(&bench).rejection == .overCapacity)
    }
}
