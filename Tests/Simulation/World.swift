import Domain
import OrderedCollections
import TestSupport

/// A support centre gone mad, from one seed: customers, agents who vanish, commands that come late or twice,
/// configurations in flight, and routers that die or lead two at a time.
///
/// What it does next depends on the model's books, and on what the machine sends from one pool to another.
struct World {
    static let start = Instant(milliseconds: 1_700_000_000_000)

    let seed: UInt64
    private(set) var history: [Moment] = []
    private(set) var trial: Trial
    private var generator: SeededGenerator
    private var now = World.start
    private var organization: Organization
    private var count = 0
    private var sent: [AgentCommand] = []
    private var vanished: [AgentID: Instant] = [:]
    /// Where each work item was opened.
    private var homes: [WorkItemID: PoolID] = [:]
    /// From one pool's log to another's, in its order.
    private var underWay: [WorkCommand] = []
    private var arrived: [WorkCommand] = []

    init(seed: UInt64, _ distortion: Distortion? = nil) {
        self.seed = seed
        generator = SeededGenerator(seed: seed)
        trial = Trial(distortion)
        organization = Organization(using: &generator)
    }

    /// Runs so many steps, and then lets everybody work until nothing is open.
    mutating func run(steps: Int) -> Failure? {
        do {
            try perform(.configuration(organization.configuration))
            for _ in 0..<steps {
                pass()
                try perform(next())
            }
            try drain()
            return nil
        } catch {
            let broken = error as? BrokenPromise ?? BrokenPromise(.theLogDecides, "\(error)")
            return Failure(seed: seed, broken: broken, history: history)
        }
    }

    private mutating func perform(_ step: Step) throws {
        history.append(Moment(at: now, step: step))
        underWay += try trial.perform(history[history.count - 1])
    }

    private mutating func arrival() -> Step {
        let command = underWay.removeFirst()
        arrived = arrived.suffix(5) + [command]
        return .command(command)
    }

    private mutating func pass() {
        switch below(40) {
        case 0..<16: break
        case 16..<31: now = now + .milliseconds(below(4_000))
        case 31..<35: now = now + .milliseconds(below(30_000))
        case 35: now = now + .milliseconds(below(300_000))
        default:
            // Exactly when something is due, or just before.
            guard let due = trial.nextDeadline, due > now, due - now < .seconds(600) else { return }
            now = max(now, due - .milliseconds(below(2)))
        }
    }

    // MARK: What happens

    private mutating func next() -> Step {
        if !underWay.isEmpty, below(3) == 0 { return arrival() }
        // Once more.
        if !arrived.isEmpty, below(40) == 0 { return .command(pick(arrived)) }
        switch below(100) {
        case 0..<3:
            organization.change(using: &generator)
            var configuration = organization.configuration
            // An older revision that comes late is ignored.
            if below(8) == 0 { configuration.revision = max(0, configuration.revision - 2) }
            return .configuration(configuration)
        case 3..<5: return .tick
        case 5..<9: return .checkpoint
        case 9..<11: return .restart
        case 11..<13: return .secondLeader
        case 13..<15: return .depose
        case 15..<33: return .command(.customerMessage(message()))
        case 33..<35:
            return .command(
                .escalate(
                    Escalation(workItemID: anyItem(), poolID: "support", priority: 1 + below(10), reason: longText(600))
                ))
        case 35:
            return .command(
                .surveyAnswered(
                    SurveyAnswer(
                        surveyID: "s", workItemID: anyItem(), conversationID: "c", customerID: "x", poolID: "support",
                        messageID: "m", score: 5)))
        case 36..<40: return .command(.agentSeen(anyAgent()))
        case 40..<42: return .command(.customerGone(departure()))
        case 42..<44: return .command(.agent(reassignment()))
        default: return .command(.agent(command()))
        }
    }

    private mutating func message() -> WorkRequest {
        count += 1
        let item = below(3) > 0 ? WorkItemID("item-\(count)") : anyItem()
        let conversation = trial.model.items[item]?.conversationID ?? ConversationID("c-\(below(25))")
        // Context sends what belongs to a work item to the pool in which it was opened, wherever that is now.
        let home = homes[item]
        let queue = pick(organization.queueNames.filter { home == nil || home == pool(of: $0) })
        homes[item] = pool(of: queue)
        let channel = pick(ChannelKind.allCases)
        let number = below(15) == 0 ? max(1, count - below(5)) : count
        return WorkRequest(
            workItemID: item, conversationID: conversation, customerID: "x", messageID: MessageID("m-\(number)"),
            poolID: pool(of: queue), queueID: QueueID(queue),
            address: address(channel), priority: 1 + below(3), language: pick([nil, nil, "fr", "fr-CA", "de"]),
            preferredAgentID: below(3) == 0 ? anyAgent() : nil, excerpt: longText(3_000),
            acceptedAt: now - .milliseconds(below(6_000) - 500))
    }

    private func pool(of queue: String) -> PoolID { queue == "sales" ? "sales" : "support" }

    private mutating func departure() -> CustomerGone {
        let assigned = trial.model.items.values.filter { $0.assigneeID != nil }.map(\.id).sorted()
        let id = assigned.isEmpty || below(2) == 0 ? anyItem() : pick(assigned)
        let item = trial.model.items[id]
        let channel = below(4) == 0 ? pick(ChannelKind.allCases) : item?.channel ?? .chat
        return CustomerGone(
            workItemID: id, poolID: item?.poolID ?? "support", address: address(channel), reason: longText(600))
    }

    private mutating func reassignment() -> AgentCommand {
        count += 1
        let destination: AgentCommand.Destination =
            below(2) == 0 ? .agent(anyAgent()) : .queue(QueueID(pick(organization.queueNames)))
        let id = anyItem()
        return AgentCommand(
            commandID: CommandID("k-\(count)"), agentID: "mia", poolID: trial.model.items[id]?.poolID ?? "support",
            action: .reassign(id, to: destination, reason: longText(600)))
    }

    private func address(_ channel: ChannelKind) -> Address {
        Address(channel: channel, account: "a", identifier: Identifier(kind: .handle, value: "x"))
    }

    /// Something that an agent asks for: mostly what makes sense, sometimes late, twice or in another's name.
    private mutating func command() -> AgentCommand {
        if !sent.isEmpty, below(12) == 0 {
            var again = pick(sent)
            if below(4) == 0 { again.action = .setPresence(.away, reason: "tea") }
            return again
        }
        count += 1
        let (agent, action) = intention()
        let name = below(15) == 0 ? anyAgent() : agent
        let pool = trial.model.configuration.agents[name]?.poolID ?? "support"
        let command = AgentCommand(
            commandID: CommandID("k-\(count)"), agentID: name, poolID: below(40) == 0 ? "sales" : pool, action: action,
            supervisor: below(25) == 0 ? "mia" : nil)
        sent = sent.suffix(20) + [command]
        return command
    }

    private mutating func intention() -> (AgentID, AgentCommand.Action) {
        vanished = vanished.filter { $0.value > now }
        let held = trial.model.items.values.filter { $0.isOpen && holder(of: $0) != nil }.sorted { $0.id < $1.id }
        let item = held.isEmpty || below(4) == 0 ? nil : pick(held)
        guard let item, let agent = holder(of: item), vanished[agent] == nil else {
            let agent = anyAgent()
            if below(12) == 0 { vanished[agent] = now + .seconds(below(400)) }
            if below(4) == 0 { return (agent, action(on: anyItem())) }
            if below(6) == 0 { return (agent, .pull) }
            let reason = below(3) == 0 ? pick(["lunch", "tea", longText(600)]) : nil
            let presence: Presence = pick([.available, .available, .available, .available, .away, .offline])
            return (agent, .setPresence(presence, reason: reason))
        }
        guard !item.liveOffers.isEmpty else { return (agent, action(on: item.id)) }
        let offer = pick(item.liveOffers)
        return (offer.agentID, below(6) > 0 ? .accept(offer.id) : .decline(offer.id, reason: longText(600)))
    }

    private mutating func action(on id: WorkItemID) -> AgentCommand.Action {
        switch below(27) {
        case 0, 1: .reply(id, messageID: MessageID("r-\(count)"), text: "hi")
        case 2: .note(id, text: longText(17_000), mentions: below(2) == 0 ? [] : [anyAgent(), anyAgent()])
        case 3, 4: .park(id, seconds: below(200))
        case 5: .requeue(id, reason: longText(600))
        case 6: .transfer(id, QueueID(pick(organization.queueNames + ["nowhere"])), note: below(2) == 0 ? "look" : nil)
        case 7: pastOffer().map { .accept($0) } ?? .note(id, text: "")
        case 8, 9, 20...22: .transferToAgent(id, anyColleague(), note: below(2) == 0 ? longText(17_000) : nil)
        case 10, 11, 23...25: .consult(id, anyColleague(), question: longText(17_000))
        case 12: .endConsult(id)
        case 13: .escalate(id, priority: below(12), reason: longText(600))
        case 14: .resume(id)
        case 16, 17: .schedule(id, at: now + .seconds(below(300) - 10), keepsAgent: below(2) == 0)
        case 15: .endWrapUp(id)
        default: .complete(id, disposition: "solved")
        }
    }

    private func holder(of item: WorkItemBook) -> AgentID? {
        item.liveOffers.first?.agentID ?? item.assigneeID
            ?? {
                switch item.stage {
                case .parked(let id, _): id
                case .scheduled(let id, _): id
                default: nil
                }
            }()
    }

    private mutating func pastOffer() -> OfferID? {
        let offers = trial.model.offers.sorted()
        return offers.isEmpty ? nil : pick(offers)
    }

    private mutating func anyItem() -> WorkItemID {
        let ids = trial.model.items.keys.sorted().suffix(25)
        return ids.isEmpty ? "none" : pick(Array(ids))
    }

    /// Mostly one who is there.
    private mutating func anyColleague() -> AgentID {
        let present = trial.model.agents.filter { $0.value.presence == .available }.keys.sorted()
        return present.isEmpty || below(4) == 0 ? anyAgent() : pick(present)
    }

    private mutating func anyAgent() -> AgentID { pick(organization.agentIDs) }

    private mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }

    private mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    /// Mostly short, sometimes longer than anybody may write.
    private mutating func longText(_ length: Int) -> String {
        below(25) == 0 ? String(repeating: "x", count: length) : "y"
    }

    // MARK: The end

    /// Everybody learns everything and works: whatever is open must come to an end.
    private mutating func drain() throws {
        organization.makeEverybodyAble()
        try perform(.configuration(organization.configuration))
        for id in organization.agentIDs { try ask(id, .setPresence(.available)) }
        for _ in 0..<400 {
            if !underWay.isEmpty {
                try perform(arrival())
                continue
            }
            var isBusy = false
            for item in trial.model.items.values.filter(\.isOpen).sorted(by: { $0.id < $1.id }) {
                switch item.stage {
                case .offered(let offers): try ask(offers[0].agentID, .accept(offers[0].id))
                case .assigned(let agentID): try ask(agentID, .complete(item.id, disposition: "solved"))
                case .opened, .queued, .accepted, .parked, .scheduled, .returning, .leaving, .refused, .wrapUp, .closed:
                    continue
                }
                isBusy = true
            }
            if trial.model.items.values.allSatisfy({ !$0.isOpen }), trial.model.underWay.isEmpty { return }
            if isBusy { continue }
            guard let due = trial.nextDeadline else { break }
            now = max(now, due)
            try perform(.tick)
        }
        let left = trial.model.items.values.filter(\.isOpen).map { "\($0.id) \($0.stage)" }.sorted()
        throw BrokenPromise(.noLoops, "a dead end, these never close: \(left)")
    }

    private mutating func ask(_ id: AgentID, _ action: AgentCommand.Action) throws {
        count += 1
        let pool = trial.model.configuration.agents[id]?.poolID ?? "support"
        try perform(
            .command(
                .agent(AgentCommand(commandID: CommandID("k-\(count)"), agentID: id, poolID: pool, action: action))))
    }
}
