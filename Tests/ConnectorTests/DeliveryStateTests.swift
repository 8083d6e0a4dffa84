import ConnectorCore
import Domain
import Schema
import Streams
import TestSupport
import Testing

@testable import ConnectorApp

@Suite("What the connector checkpoints and asks for is read back as it was")
struct DeliveryStateTests {
    @Test("conversations in every state")
    func conversations() throws {
        let heads: [ConversationDeliveries.Head] = [
            .delivering, .waiting(until: at(5)), .waitingForAccount(until: at(6)),
        ]
        for head in heads {
            let conversation = ConversationDeliveries(
                conversationID: ConversationID("c"),
                pending: [
                    .init(message: message("m1"), tries: 3, mayHaveBeenSent: true), .init(message: message("m2")),
                ],
                head: head, remembered: [.init(messageID: MessageID("m0"), finishedAt: at(1), ordinal: 7)])
            let bytes = conversation.wire.deterministicBytes()
            #expect(try ConversationDeliveries(wire: WireConversationDeliveries(decoding: bytes)) == conversation)
        }
        let idle = ConversationDeliveries(conversationID: ConversationID("c"))
        #expect(try ConversationDeliveries(wire: idle.wire) == idle)
        var headless = WireConversationDeliveries()
        headless.conversationID = "c"
        headless.delivering = .init()
        #expect(throws: WireError.self) { try ConversationDeliveries(wire: headless) }
    }

    @Test(
        "attempts and results",
        arguments: [
            ChannelAccount.Delivery.none, webhook,
            .twilio(baseURL: "https://api.twilio.com", accountSID: "AC1", number: "+1", secret: "s"),
        ])
    func attempts(_ delivery: ChannelAccount.Delivery) throws {
        let attempt = DeliveryAttempt(message: message("m1"), number: 4, delivery: delivery, mayHaveBeenSent: true)
        #expect(try DeliveryAttempt(wire: WireDeliveryAttempt(decoding: attempt.wire.deterministicBytes())) == attempt)
        let results: [DeliveryResult] = [
            .sent(providerID: nil), .sent(providerID: "p"), .retry(reason: "r", afterSeconds: nil),
            .retry(reason: "r", afterSeconds: 5), .permanent(reason: "p"), .ambiguous(reason: "a"),
        ]
        for result in results {
            #expect(try DeliveryResult(wire: WireDeliveryResult(decoding: result.wire.deterministicBytes())) == result)
        }
        #expect(throws: WireError.self) { try DeliveryResult(wire: WireDeliveryResult()) }
    }

    @Test("the stream machine goes from a message to its delivery event, through a checkpoint")
    func streamMachine() throws {
        var machine = ConnectorStreamMachine(topicPrefix: "test")
        #expect(try machine.configure(TestConnector.accounts(), at: at(0)).isEmpty)
        let record = StreamRecord(
            topic: "test.outbound", partition: 0, offset: 0, type: message("m1").type, key: Array("c".utf8),
            value: message("m1").encoded())
        guard case .effect("m1#1", let payload) = try machine.apply(record, at: at(1)).first else {
            Issue.record("no effect")
            return
        }
        #expect(try DeliveryAttempt(wire: WireDeliveryAttempt(decoding: payload)).message == message("m1"))
        let changes = machine.changes()
        #expect(changes.map(\.key) == ["conversation/c"])

        var restored = ConnectorStreamMachine(topicPrefix: "test")
        try restored.restore(TestConnector.accounts())
        for change in changes { try restored.restore(change.key, try #require(change.value)) }
        #expect(restored.pendingMessages == 1)
        let result = DeliveryResult.sent(providerID: "p").wire.deterministicBytes()
        let outputs = try restored.complete("m1#1", result: result, at: at(2))
        #expect(outputs == (try machine.complete("m1#1", result: result, at: at(2))))
        guard case .send("test.delivery", "patchbay.delivery.sent.v1", let key, let value?) = outputs.first else {
            Issue.record("\(outputs)")
            return
        }
        #expect(key == Array("c".utf8))
        #expect(try DeliveryEvent(wire: value).kind == .sent(providerID: "p", attempts: 1))
    }

    @Test("bytes that cannot be understood are poison, and change nothing")
    func poison() throws {
        var machine = ConnectorStreamMachine(topicPrefix: "test")
        let record = StreamRecord(
            topic: "test.outbound", partition: 0, offset: 0, type: "", key: [], value: [0xff, 0xff])
        #expect(throws: PoisonRecord.self) { try machine.apply(record, at: at(0)) }
        #expect(throws: PoisonRecord.self) { try machine.complete("m1#1", result: [1], at: at(0)) }
        #expect(throws: PoisonRecord.self) { try machine.restore("other/c", []) }
        #expect(machine.changes().isEmpty && machine.pendingMessages == 0)
    }
}
