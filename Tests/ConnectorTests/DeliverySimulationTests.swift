import ConnectorCore
import Domain
import TestSupport
import Testing

/// Random histories. A failure prints the seed; seeds that once failed stay in the list.
@Suite("Deliveries survive any crash")
struct DeliverySimulationTests {
    static let seeds: [UInt64] = Array(1...40) + [UInt64.random(in: 1000...UInt64.max)]

    @Test("a machine restored from its checkpoint at any step goes on as if nothing had happened", arguments: seeds)
    func crashes(_ seed: UInt64) {
        let history = History(seed: seed)
        var expected: [[DeliveryOutput]] = []
        var machine = DeliveryMachine(rules: history.rules)
        var open: [DeliveryAttempt] = []
        var steps: [Step] = []
        var random = SeededGenerator(seed: seed)
        for number in 0..<history.stepCount {
            let step = history.step(number, &random, open: &open)
            steps.append(step)
            let outputs = step.run(&machine)
            expected.append(outputs)
            open.append(contentsOf: attempts(outputs))
        }
        history.check(expected, seed: seed)

        var checkpoint: [ConversationID: ConversationDeliveries] = [:]
        var configuration: Configuration?
        var restored = DeliveryMachine(rules: history.rules)
        for (number, step) in steps.enumerated() {
            if random.next() % 3 == 0 {
                // The uncommitted steps are gone and come again; here none are, since the checkpoint is whole.
                restored = DeliveryMachine(rules: history.rules)
                if let configuration { restored.restore(configuration) }
                for id in checkpoint.keys { restored.restore(checkpoint[id]!) }
            }
            let outputs = step.run(&restored)
            if case .configure(let value, _) = step { configuration = value }
            for (id, state) in restored.changes() { checkpoint[id] = state }
            #expect(outputs == expected[number], "seed \(seed), step \(number)")
        }
    }
}

private enum Step {
    case message(OutboundMessage, Instant)
    case result(String, DeliveryResult, Instant)
    case configure(Configuration, Instant)
    case tick(Instant)

    func run(_ machine: inout DeliveryMachine) -> [DeliveryOutput] {
        switch self {
        case .message(let message, let at): machine.advance(to: at) + machine.apply(message, at: at)
        case .result(let attempt, let result, let at):
            machine.advance(to: at) + machine.complete(attempt, result, at: at)
        case .configure(let configuration, let at): machine.advance(to: at) + machine.configure(configuration, at: at)
        case .tick(let at): machine.advance(to: at)
        }
    }
}

private final class History {
    let rules: DeliveryRules
    let stepCount = 400
    private var now: Int64 = 0
    private var sent: [OutboundMessage] = []

    init(seed: UInt64) {
        var rules = DeliveryRules()
        rules.waits = [.seconds(1), .seconds(5), .seconds(20)]
        rules.rememberedFor = .seconds(seed % 2 == 0 ? 40 : 1_000_000)
        rules.rememberedMax = seed % 3 == 0 ? 10 : 1000
        rules.pendingPerConversationMax = 5
        self.rules = rules
    }

    func step(_ number: Int, _ random: inout SeededGenerator, open: inout [DeliveryAttempt]) -> Step {
        now += Int64(random.next() % 3 == 0 ? 0 : random.next() % 2000)
        switch random.next() % 10 {
        case 0 where number > 20 || number == 10:
            return .configure(configuration(withPage: random.next() % 3 != 0), at(now))
        case 1...3:
            let account = random.next() % 12 == 0 ? "voice" : "page"
            sent.append(message("m\(number)", in: "c\(random.next() % 6)", account: account))
            return .message(sent[sent.count - 1], at(now))
        case 4 where !sent.isEmpty:
            return .message(sent[Int(random.next() % UInt64(sent.count))], at(now))
        case 5...7 where !open.isEmpty:
            let attempt = open.remove(at: Int(random.next() % UInt64(open.count)))
            return .result(attempt.id, result(&random), at(now))
        default:
            return .tick(at(now))
        }
    }

    private func result(_ random: inout SeededGenerator) -> DeliveryResult {
        switch random.next() % 6 {
        case 0: .retry(reason: "503", afterSeconds: random.next() % 2 == 0 ? 7 : nil)
        case 1: .ambiguous(reason: "timed-out")
        case 2: .permanent(reason: "400")
        default: .sent(providerID: "p")
        }
    }

    /// What must hold whatever happened.
    func check(_ outputs: [[DeliveryOutput]], seed: UInt64) {
        let conversations = Dictionary(sent.map { ($0.messageID, $0.conversationID) }) { first, _ in first }
        var underWay: [ConversationID: MessageID] = [:]
        var seen: Set<String> = []
        var ended: [MessageID: Int] = [:]
        var endedInOrder: [ConversationID: [Int]] = [:]
        for output in outputs.joined() {
            switch output {
            case .deliver(let attempt):
                let id = attempt.message.messageID
                let before = underWay.updateValue(id, forKey: conversations[id]!)
                #expect(before == nil || before == id, "two under way in one conversation, seed \(seed)")
                #expect(seen.insert("\(attempt.id) \(ended[id] ?? 0)").inserted, "a try twice, seed \(seed)")
            case .announce(let event):
                underWay[event.conversationID] = nil
                ended[event.messageID, default: 0] += 1
                if event.kind != .failed(reason: DeliveryFailure.queueFull, attempts: 0) {
                    endedInOrder[event.conversationID, default: []].append(Int(event.messageID.rawValue.dropFirst())!)
                }
            }
        }
        guard rules.rememberedMax == 1000, rules.rememberedFor > .seconds(1000) else { return }
        #expect(ended.values.allSatisfy { $0 == 1 }, "a message ended twice, seed \(seed)")
        for (id, order) in endedInOrder { #expect(order == order.sorted(), "conversation \(id), seed \(seed)") }
    }
}
