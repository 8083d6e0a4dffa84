import ConnectorCore
import Domain
import Testing

@Suite("Deliveries are in order, tried again, and end once")
struct DeliveryMachineTests {
    @Test("a message is handed over at once, and announced as sent when its provider took it")
    func sent() {
        var machine = machine()
        let attempt = attempts(machine.apply(message("m1"), at: at(0)))
        #expect(attempt.map(\.id) == ["m1#1"])
        #expect(attempt.first?.delivery == webhook)
        let outputs = machine.complete("m1#1", .sent(providerID: "p1"), at: at(5))
        #expect(outputs == [.announce(event("m1", at: 5, .sent(providerID: "p1", attempts: 1)))])
        #expect(machine.nextDeadline == nil && machine.pendingMessages == 0)
    }

    @Test("the messages of a conversation wait for the one before; other conversations do not")
    func order() {
        var machine = machine()
        #expect(attempts(machine.apply(message("m1"), at: at(0))).map(\.id) == ["m1#1"])
        #expect(machine.apply(message("m2"), at: at(1)).isEmpty)
        #expect(attempts(machine.apply(message("n1", in: "other"), at: at(2))).map(\.id) == ["n1#1"])
        #expect(machine.complete("m1#1", .retry(reason: "503", afterSeconds: nil), at: at(3)).isEmpty)
        #expect(machine.advance(to: at(3 + 4999)).isEmpty)
        #expect(attempts(machine.advance(to: at(3 + 5000))).map(\.id) == ["m1#2"])
        let outputs = machine.complete("m1#2", .sent(providerID: nil), at: at(9000))
        #expect(attempts(outputs).map(\.id) == ["m2#1"], "the next one follows at once")
    }

    @Test("tries follow the schedule, obey the provider's wish for more time, and end")
    func schedule() {
        var rules = DeliveryRules()
        rules.waits = [.seconds(5), .seconds(30)]
        rules.providerWaitMax = .seconds(3600)
        var machine = machine(rules)
        _ = machine.apply(message("m1"), at: at(0))
        _ = machine.complete("m1#1", .retry(reason: "429", afterSeconds: 100), at: at(0))
        #expect(machine.nextDeadline == at(100_000))
        _ = machine.advance(to: at(100_000))
        _ = machine.complete("m1#2", .retry(reason: "429", afterSeconds: 1_000_000_000), at: at(100_000))
        #expect(machine.nextDeadline == at(3_700_000), "no further than the limit")
        _ = machine.advance(to: at(3_700_000))
        let outputs = machine.complete("m1#3", .retry(reason: "gateway", afterSeconds: nil), at: at(3_700_001))
        #expect(outputs == [.announce(event("m1", at: 3_700_001, .failed(reason: "gateway", attempts: 3)))])
    }

    @Test("a permanent refusal ends it, and the next message goes on")
    func permanent() {
        var machine = machine()
        _ = machine.apply(message("m1"), at: at(0))
        _ = machine.apply(message("m2"), at: at(0))
        let outputs = machine.complete("m1#1", .permanent(reason: "21211"), at: at(1))
        #expect(outputs.first == .announce(event("m1", at: 1, .failed(reason: "21211", attempts: 1))))
        #expect(attempts(outputs).map(\.id) == ["m2#1"])
    }

    @Test("after an ambiguous try the next one says that the provider may have it")
    func ambiguous() {
        var machine = machine()
        _ = machine.apply(message("m1"), at: at(0))
        _ = machine.complete("m1#1", .ambiguous(reason: "timed-out"), at: at(0))
        #expect(attempts(machine.advance(to: at(5000))).map(\.mayHaveBeenSent) == [true])
    }

    @Test("repeats of a message, pending or finished, and of a result change nothing")
    func repeats() {
        var rules = DeliveryRules()
        rules.rememberedFor = .seconds(60)
        var machine = machine(rules)
        _ = machine.apply(message("m1"), at: at(0))
        #expect(machine.apply(message("m1"), at: at(1)).isEmpty)
        _ = machine.complete("m1#1", .sent(providerID: nil), at: at(2))
        #expect(machine.complete("m1#1", .sent(providerID: nil), at: at(3)).isEmpty)
        #expect(machine.apply(message("m1"), at: at(4)).isEmpty)
        _ = machine.changes()
        _ = machine.advance(to: at(60_001))
        #expect(machine.changes().isEmpty)
        _ = machine.advance(to: at(60_002))
        #expect(machine.changes().map(\.state) == [nil], "forgotten, and taken out of the checkpoint")
    }

    @Test("an account that is not known yet is waited for; one that cannot be written to is not")
    func accounts() {
        var machine = DeliveryMachine()
        #expect(machine.apply(message("m1"), at: at(0)).isEmpty)
        #expect(machine.nextDeadline == at(5000))
        #expect(attempts(machine.configure(configuration(), at: at(100))).map(\.id) == ["m1#2"])
        #expect(machine.nextDeadline == nil)
        #expect(
            machine.apply(message("v1", in: "call", account: "voice"), at: at(200)) == [
                .announce(
                    event("v1", in: "call", at: 200, .failed(reason: DeliveryFailure.nothingCanBeWritten, attempts: 0)))
            ])
        var deaf = DeliveryMachine()
        _ = deaf.apply(message("m1"), at: at(0))
        var last: [DeliveryOutput] = []
        while let next = deaf.nextDeadline { last = deaf.advance(to: next) }
        #expect(last.count == 1)
        guard case .announce(let event) = last.first, case .failed(let reason, 8) = event.kind else {
            Issue.record("\(last)")
            return
        }
        #expect(reason == DeliveryFailure.unknownAccount)
    }

    @Test("a conversation holds so many messages and no more")
    func bounded() {
        var rules = DeliveryRules()
        rules.pendingPerConversationMax = 2
        rules.rememberedMax = 1
        var machine = machine(rules)
        _ = machine.apply(message("m1"), at: at(0))
        _ = machine.apply(message("m2"), at: at(0))
        let full = DeliveryEvent.Kind.failed(reason: DeliveryFailure.queueFull, attempts: 0)
        #expect(machine.apply(message("m3"), at: at(1)) == [.announce(event("m3", at: 1, full))])
        #expect(machine.apply(message("m3"), at: at(1)).isEmpty)
        _ = machine.apply(message("m4"), at: at(1))
        #expect(
            machine.apply(message("m3"), at: at(2)) == [.announce(event("m3", at: 2, full))], "only one is remembered")
    }
}

let webhook = ChannelAccount.Delivery.webhook(url: "https://hooks.example/in", secret: "hooks")

func configuration(withPage: Bool = true) -> Configuration {
    let queue = QueueID("q")
    let voice = ChannelAccount(id: ChannelAccountID("voice"), channel: .voice, queueID: queue, delivery: .none)
    let page = ChannelAccount(id: ChannelAccountID("page"), channel: .social, queueID: queue, delivery: webhook)
    return Configuration(revision: 1, entries: withPage ? [.account(voice), .account(page)] : [.account(voice)])
}

private func machine(_ rules: DeliveryRules = DeliveryRules()) -> DeliveryMachine {
    var machine = DeliveryMachine(rules: rules)
    machine.restore(configuration())
    return machine
}

func at(_ milliseconds: Int64) -> Instant { Instant(milliseconds: 1_790_000_000_000 + milliseconds) }

func message(_ id: String, in conversation: String = "c", account: String = "page") -> OutboundMessage {
    OutboundMessage(
        messageID: MessageID(id), conversationID: ConversationID(conversation), customerID: CustomerID("lena"),
        workItemID: WorkItemID("w"), author: .agent(AgentID("ada")),
        address: Address(
            channel: .social, account: ChannelAccountID(account),
            identifier: Identifier(kind: .handle, value: "page/lena")),
        text: "Bonjour", createdAt: at(0))
}

private func event(
    _ id: String, in conversation: String = "c", at milliseconds: Int64, _ kind: DeliveryEvent.Kind
) -> DeliveryEvent {
    DeliveryEvent(
        messageID: MessageID(id), conversationID: ConversationID(conversation), at: at(milliseconds), kind: kind)
}

func attempts(_ outputs: [DeliveryOutput]) -> [DeliveryAttempt] {
    outputs.compactMap { if case .deliver(let attempt) = $0 { attempt } else { nil } }
}
