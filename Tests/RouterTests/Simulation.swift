import Domain
import OrderedCollections

@testable import RouterCore

/// A support centre gone mad: random customers, agents, times, configurations and crashes, from one seed.
///
/// After each step the invariants are checked from outside; every so often the router "crashes" and is built again
/// from its last checkpoint and the log since, which must repeat every output.
struct Simulation {
    enum Step: Hashable {
        case record(WorkCommand)
        case configuration(Configuration)
        case tick
    }

    let seed: UInt64
    var random: SplitMix
    var router = RouterMachine()
    var now = Instant(milliseconds: 1_700_000_000_000)
    var organization = Organization()
    var sequence = 0

    /// What a checkpoint holds, and the log since with what it led to.
    private var stored: OrderedDictionary<RouterEntityKey, RouterEntity> = [:]
    private var storedConfiguration = Configuration(revision: 0)
    private var logSince: [(step: Step, at: Instant, outputs: [RouterOutput])] = []
    /// Nil: there is a new revision, which may leave agents with more than they would get now.
    private var peaksBefore: [AgentID: Int]? = [:]
    private var closedOnce: Set<WorkItemID> = []
    private var usedCommands: [AgentCommand] = []
    private(set) var offersSeen = 0
    /// What is on its way from one pool to another, in order.
    private var underWay: [WorkCommand] = []
    /// The queue in which each work item was opened: what is written for it goes there.
    private var homes: [WorkItemID: String] = [:]

    init(seed: UInt64) {
        self.seed = seed
        random = SplitMix(state: seed)
        organization.agents = (0..<(2 + random.below(5))).map { _ in Organization.agent("") }
        for index in organization.agents.indices {
            organization.agents[index].id = AgentID("agent-\(index)")
            shuffleAgent(index)
        }
        shuffleRules()
    }

    /// Runs the simulation and then lets everybody work until nothing is open.
    mutating func run(steps: Int) throws {
        try perform(.configuration(organization.configuration))
        for _ in 0..<steps {
            now = now + .milliseconds(random.below(20) == 0 ? random.below(300_000) : random.below(9_000))
            try perform(nextStep())
            if random.below(12) == 0 { checkpoint() }
            if random.below(25) == 0 { try crash() }
        }
        try drain()
    }

    // MARK: Steps

    private mutating func perform(_ step: Step) throws {
        let due = router.advance(to: now)
        try check(due)
        if case .configuration = step { peaksBefore = nil }
        let outputs = due + Self.follow(step, on: &router, at: now)
        logSince.append((step, now, outputs))
        for case .command(let command, _) in outputs { underWay.append(command) }
        try check(Array(outputs[due.count...]))
    }

    private static func perform(_ step: Step, on router: inout RouterMachine, at now: Instant) -> [RouterOutput] {
        router.advance(to: now) + follow(step, on: &router, at: now)
    }

    private static func follow(_ step: Step, on router: inout RouterMachine, at now: Instant) -> [RouterOutput] {
        switch step {
        case .record(let command): router.apply(command, at: now)
        case .configuration(let configuration): router.configure(configuration, at: now)
        case .tick: []
        }
    }

    private mutating func checkpoint() {
        for change in router.changes() { stored[change.key] = change.entity }
        storedConfiguration = router.configuration
        logSince.removeAll()
    }

    /// The process dies; another one restores and replays.
    private mutating func crash() throws {
        var twin = RouterMachine()
        twin.restore(storedConfiguration)
        for entity in stored.values.shuffled(using: &random) { twin.restore(entity) }
        for (step, at, outputs) in logSince {
            let again = Self.perform(step, on: &twin, at: at)
            guard again == outputs else { throw Broken("the replay said \(again), first it was \(outputs)") }
        }
        guard twin.nextDeadline == router.nextDeadline else { throw Broken("the twin wakes at another time") }
        guard twin.items == router.items, twin.agents == router.agents, twin.queues == router.queues,
            twin.commands == router.commands, twin.forwardings == router.forwardings
        else { throw Broken("the twin's state differs") }
        router = twin
    }

    private mutating func nextStep() -> Step {
        if !underWay.isEmpty, random.below(3) > 0 { return .record(underWay.removeFirst()) }
        switch random.below(100) {
        case 0..<3:
            shuffleRules()
            if random.below(2) == 0 { shuffleAgent(random.below(organization.agents.count)) }
            organization.revision += 1
            return .configuration(organization.configuration)
        case 3..<8: return .tick
        case 8..<35: return .record(.customerMessage(nextMessage()))
        case 35..<39:
            return .record(
                .escalate(
                    Escalation(
                        workItemID: anyItem(), poolID: "support", priority: 1 + random.below(10), reason: "breach")))
        case 39..<41:
            return .record(
                .surveyAnswered(
                    SurveyAnswer(
                        surveyID: "s", workItemID: anyItem(), conversationID: "c", customerID: "x",
                        poolID: "support", messageID: "m", score: 5)))
        case 41..<43: return .record(.customerGone(nextDeparture()))
        case 43..<48: return .record(.agentSeen(anyAgent().id))
        default: return .record(.agent(nextCommand()))
        }
    }

    private mutating func nextMessage() -> WorkRequest {
        sequence += 1
        let isNew = random.below(3) > 0
        let item = isNew ? WorkItemID("item-\(sequence)") : anyItem()
        let conversation = router.workItem(item)?.conversationID ?? ConversationID("c-\(random.below(30))")
        let queue = homes[item] ?? ["general", "billing", "sales"][random.below(3)]
        homes[item] = queue
        let channel = ChannelKind.allCases[random.below(ChannelKind.allCases.count)]
        let isRepeat = random.below(20) == 0
        return WorkRequest(
            workItemID: item, conversationID: conversation, customerID: "x",
            messageID: MessageID("m-\(isRepeat ? max(1, sequence - random.below(5)) : sequence)"),
            poolID: queue == "sales" ? "sales" : "support", queueID: QueueID(queue),
            address: Address(
                channel: channel, account: "a", identifier: Identifier(kind: .handle, value: "x")),
            priority: 1 + random.below(3), language: [nil, "fr", "fr-CA", "de"][random.below(4)],
            preferredAgentID: random.below(3) == 0 ? anyAgent().id : nil, excerpt: "hello",
            acceptedAt: now - .milliseconds(random.below(5_000)))
    }

    private mutating func nextCommand() -> AgentCommand {
        if !usedCommands.isEmpty, random.below(25) == 0 { return usedCommands[random.below(usedCommands.count)] }
        sequence += 1
        var agent = anyAgent()
        let open = router.items.values.filter { !$0.stage.isClosed }.sorted { $0.id < $1.id }
        let held = open.filter { $0.stage.holderID != nil }
        let item = held.isEmpty ? nil : held[random.below(held.count)]
        // Mostly the one who may, sometimes another.
        let holders = item?.holderIDs ?? []
        let holderID = holders.isEmpty ? nil : holders[random.below(holders.count)]
        if let holderID, random.below(10) > 0,
            let holder = organization.agents.first(where: { $0.id == holderID })
        {
            agent = holder
        }
        let action: AgentCommand.Action
        if let item, random.below(4) > 0 {
            switch item.stage {
            case .offered:
                let offer = item.liveOffers[random.below(item.liveOffers.count)]
                if let maker = organization.agents.first(where: { $0.id == offer.agentID }), random.below(10) > 0 {
                    agent = maker
                }
                action = random.below(4) > 0 ? .accept(offer.id) : .decline(offer.id, reason: "no")
            case .queued, .assigned, .parked, .scheduled, .wrapUp, .closed: action = nextAction(on: item.id)
            }
        } else {
            let presences: [Presence] = [.available, .available, .available, .away, .offline]
            let reason = random.below(4) == 0 ? ["lunch", "nothing"][random.below(2)] : nil
            switch random.below(8) {
            case 0..<5: action = .setPresence(presences[random.below(5)], reason: reason)
            case 5: action = .pull
            default: action = nextAction(on: anyItem())
            }
        }
        let command = AgentCommand(
            commandID: CommandID("k-\(sequence)"), agentID: agent.id, poolID: agent.poolID, action: action,
            supervisor: random.below(20) == 0 ? "mia" : nil)
        usedCommands = usedCommands.suffix(20) + [command]
        return command
    }

    private mutating func nextAction(on item: WorkItemID) -> AgentCommand.Action {
        switch random.below(17) {
        case 10: .note(item, text: "note", mentions: [anyAgent().id, anyAgent().id])
        case 11: .transferToAgent(item, anyAgent().id, note: random.below(2) == 0 ? "take it" : nil)
        case 12: .resume(item)
        case 13: .consult(item, anyAgent().id, question: "?")
        case 14: .endConsult(item)
        case 15: .escalate(item, priority: random.below(12), reason: "urgent")
        case 16: .endWrapUp(item)
        case 0, 1: .reply(item, messageID: MessageID("r-\(sequence)"), text: "hi")
        case 2: .note(item, text: "note")
        case 3: .park(item, seconds: random.below(200))
        case 4: .requeue(item, reason: "not mine")
        case 5: .transfer(item, ["general", "billing", "sales", "nowhere"][random.below(4)])
        default: .complete(item, disposition: "solved")
        }
    }

    private mutating func nextDeparture() -> CustomerGone {
        let item = anyItem()
        let other = Address(channel: .sms, account: "b", identifier: Identifier(kind: .handle, value: "x"))
        let address = random.below(4) == 0 ? other : router.workItem(item)?.address ?? other
        return CustomerGone(workItemID: item, poolID: "support", address: address, reason: "hung up")
    }

    private mutating func anyItem() -> WorkItemID {
        let ids = router.items.keys.sorted()
        return ids.isEmpty ? "none" : ids[random.below(ids.count)]
    }

    private mutating func anyAgent() -> Agent { organization.agents[random.below(organization.agents.count)] }

    // MARK: Configuration

    private mutating func shuffleAgent(_ index: Int) {
        organization.agents[index].poolID = random.below(5) == 0 ? "sales" : "support"
        organization.agents[index].skills = ["french", "billing"].filter { _ in random.below(3) > 0 }
            .map { Requirement(skill: SkillID($0), level: 1 + random.below(10)) }
        organization.agents[index].profileID = ["standard", "wide"][random.below(2)]
        organization.agents[index].shiftCalendarID = random.below(3) == 0 ? "shifts" : nil
    }

    private mutating func shuffleRules() {
        organization.profiles = [
            RoutingProfile(
                id: "standard", capacity: 1 + random.below(4), weights: [.voice: 1 + random.below(4)],
                presenceLeaseSeconds: 20 + random.below(100), graceSeconds: random.below(60)),
            RoutingProfile(
                id: "wide", capacity: 2 + random.below(6), weights: [.email: 2],
                mode: random.below(3) == 0 ? .pull : .push, presenceLeaseSeconds: 60),
        ]
        let profiles = organization.profiles
        organization.profiles = profiles.map { withShuffledLoad($0) }
        organization.shifts = shuffledShifts()
        organization.breakReasons = random.below(3) == 0 ? ["lunch"] : []
        organization.policy = RoutingPolicy(
            id: "standard", offerSeconds: 1 + random.below(40), declineCooldownSeconds: random.below(60),
            wrapUpSeconds: random.below(2) * random.below(30), preferredAgentSeconds: random.below(2) * 20,
            parallelOffers: 1 + random.below(3), reopenSeconds: random.below(2) == 0 ? nil : random.below(90),
            steps: random.below(2) == 0
                ? []
                : [
                    RoutingPolicy.Step(
                        afterSeconds: random.below(30), lowerLevelsBy: random.below(5),
                        lowerSkills: ["billing": 1 + random.below(10)], widenTo: ["general"],
                        callbackText: random.below(2) == 0 ? "call?" : nil),
                    RoutingPolicy.Step(
                        afterSeconds: 60, dropSkills: ["french"], raisePriorityTo: random.below(2) == 0 ? 4 : nil,
                        overflowTo: random.below(3) == 0 ? ["general", "sales"][random.below(2)] : nil),
                ])
        let all = Organization()
        organization.queues = all.queues.filter { $0.id != "billing" || random.below(4) > 0 }
        organization.queues[0].admission =
            random.below(3) == 0 ? .init(waitingMax: 1 + random.below(4), fullText: "{wait}", closedText: "") : nil
        organization.queues[0].languages["fr"] = Requirement(skill: "french", level: 1 + random.below(9))
    }

    private mutating func withShuffledLoad(_ profile: RoutingProfile) -> RoutingProfile {
        var profile = profile
        let kinds = ChannelKind.allCases
        if random.below(2) == 0 { profile.channelMaxima = [kinds[random.below(7)]: 1 + random.below(2)] }
        if random.below(2) == 0 {
            profile.interruptions[kinds[random.below(7)]] = [kinds[random.below(7)]]
            profile.interruptions[.voice] = [.email, .chat, .sms]
        }
        if random.below(2) == 0 {
            profile.idleAfterSeconds = 1 + random.below(60)
            profile.idleWeightPercent = random.below(101)
        }
        profile.parkedWeightPercent = random.below(2) * random.below(101)
        if random.below(3) == 0 {
            profile.occupancyGuard = RoutingProfile.OccupancyGuard(
                percentMax: 10 + random.below(90), windowSeconds: 60 + random.below(300),
                airSeconds: 1 + random.below(60))
        }
        profile.missedOffersMax = random.below(2) == 0 ? nil : 1 + random.below(3)
        return profile
    }

    private mutating func shuffledShifts() -> [BusinessCalendar.Interval] {
        var at = now
        return (0..<12).map { _ in
            at = at + .seconds(1 + random.below(120))
            let start = at
            at = at + .seconds(1 + random.below(300))
            return BusinessCalendar.Interval(start: start, end: at)
        }
    }

    /// Everybody learns everything and works: whatever is open must come to an end.
    private mutating func drain() throws {
        organization.queues = Organization().queues
        organization.policy.wrapUpSeconds = 0
        organization.profiles[0].presenceLeaseSeconds = 100_000
        organization.profiles[1].presenceLeaseSeconds = 100_000
        for index in organization.profiles.indices {
            organization.profiles[index].occupancyGuard = nil
            organization.profiles[index].missedOffersMax = nil
        }
        organization.profiles[1].mode = .push
        for index in organization.agents.indices {
            organization.agents[index].shiftCalendarID = nil
            organization.agents[index].poolID = index == 0 ? "sales" : "support"
            organization.agents[index].skills = ["french", "billing"].map { Requirement(skill: $0, level: 10) }
        }
        organization.revision += 1
        try perform(.configuration(organization.configuration))
        for agent in organization.agents { try perform(command(by: agent.id, .setPresence(.available))) }
        for _ in 0..<400 {
            if !underWay.isEmpty {
                try perform(.record(underWay.removeFirst()))
                continue
            }
            let held = router.items.values.filter { $0.stage.holderID != nil }.sorted { $0.id < $1.id }
            for item in held {
                switch item.stage {
                case .offered(let offer): try perform(command(by: offer.agentID, .accept(offer.id)))
                case .assigned(let agentID, _):
                    try perform(command(by: agentID, .complete(item.id, disposition: "solved")))
                case .queued, .parked, .scheduled, .wrapUp, .closed: break
                }
            }
            if router.items.values.allSatisfy({ $0.stage.isClosed }) { return }
            if !held.contains(where: { !$0.stage.isWrapUp }) {
                guard let next = router.nextDeadline else { break }
                now = max(now, next)
                try perform(.tick)
            }
        }
        let left = router.items.values.filter { !$0.stage.isClosed }.sorted { $0.id < $1.id }.map { item in
            "\(item.id) \(item.stage.name) \(router.reasonsForWaiting(item.id))"
        }
        throw Broken("a dead end: \(left) never close")
    }

    private mutating func command(by agentID: AgentID, _ action: AgentCommand.Action) -> Step {
        sequence += 1
        let poolID = organization.agents.first { $0.id == agentID }?.poolID ?? "support"
        return .record(
            .agent(
                AgentCommand(commandID: CommandID("k-\(sequence)"), agentID: agentID, poolID: poolID, action: action)))
    }
}

// MARK: - Invariants

extension Simulation {
    private mutating func check(_ outputs: [RouterOutput]) throws {
        try checkCapacity()
        try checkOwners()
        try checkWorkConserving()
        try checkOffers(outputs)
        try checkNoSilence()
        for case .handedOver(let handOver) in underWay where router.items[handOver.workItemID] != nil {
            throw Broken("\(handOver.workItemID) is in two pools")
        }
        for case .event(let event) in outputs {
            guard case .closed = event.kind, let id = event.subject?.workItemID else { continue }
            guard closedOnce.insert(id).inserted else { throw Broken("\(id) was closed twice") }
        }
    }

    private mutating func checkCapacity() throws {
        var peaks: [AgentID: Int] = [:]
        for (id, agent) in router.agents {
            guard let profile = router.configuration.agents[id].flatMap({ router.configuration.profiles[$0.profileID] })
            else { continue }
            let model = LoadModel(profile)
            let load = model.load(of: Array(agent.holds.values))
            guard agent.load == load else { throw Broken("\(id) says load \(agent.load), it is \(load)") }
            let peak = model.peak(of: agent.holds.values)
            peaks[id] = peak
            let before = peaksBefore.map { $0[id] ?? 0 } ?? Int.max
            guard peak <= max(profile.capacity, before) else {
                throw Broken("\(id) may come to carry \(peak) of \(profile.capacity)")
            }
        }
        peaksBefore = peaks
    }

    private func checkOwners() throws {
        var held: [AgentID: Set<WorkItemID>] = [:]
        var waiting: Set<WorkItemID> = []
        for item in router.items.values {
            let parked: [AgentID] = item.holderIDs.isEmpty ? router.holder(of: item).map { [$0] } ?? [] : []
            for holderID in item.holderIDs + parked {
                guard held[holderID, default: []].insert(item.id).inserted else { throw Broken("asked twice") }
            }
            guard item.parallelOffers.isEmpty || !item.liveOffers.isEmpty else { throw Broken("offers beside none") }
            if let consultation = item.consultation {
                guard item.stage.assigneeID != nil, consultation.agentID != item.stage.assigneeID,
                    router.agents[consultation.agentID]?.presence != .offline,
                    router.consulted[consultation.agentID]?.contains(item.id) ?? false
                else { throw Broken("\(item.id) consults who cannot be") }
            }
            if item.stage.isQueued { waiting.insert(item.id) }
        }
        for (id, agent) in router.agents where Set(agent.holds.keys) != held[id] ?? [] {
            throw Broken("\(id) holds \(agent.holds.keys), the work items say \(held[id] ?? [])")
        }
        guard held.keys.allSatisfy({ router.agents[$0] != nil }) else { throw Broken("held by nobody") }
        let inLines = router.pools.values.flatMap { pool in
            (pool.demands.flatMap { $0.lines.flatMap(\.ranks.elements) } + pool.reservedRanks).map(\.id)
        }
        guard inLines.count == waiting.count, Set(inLines) == waiting else {
            throw Broken("lines and work items differ")
        }
        let open = router.items.values.count { !$0.stage.isClosed }
        guard router.pools.values.reduce(0, { $0 + $1.openCount }) == open,
            router.openPerQueue.values.reduce(0, +) == open,
            router.conversations.values.reduce(0, { $0 + $1.count }) == open
        else { throw Broken("the counts of open work items differ") }
    }

    private func couldTake(_ item: WorkItem, _ agent: AgentState) -> Bool {
        guard let configured = router.configuration.agents[agent.id], configured.poolID == item.poolID,
            agent.poolID == item.poolID, agent.presence == .available, isOnShift(agent),
            agent.airUntil == nil, item.cooldowns[agent.id] == nil,
            router.queue(item.queueID) != nil
        else { return false }
        return item.requirements.allSatisfy { wanted in
            configured.skills.contains { $0.skill == wanted.skill && $0.level >= wanted.level }
        }
    }

    private func isOnShift(_ agent: AgentState) -> Bool {
        guard let id = router.configuration.agents[agent.id]?.shiftCalendarID else { return true }
        return router.configuration.calendars[id]?.isOpen(at: now) ?? true
    }

    /// Whether the agent, but for one work item, has room for another.
    private func hasRoom(_ item: WorkItem, _ agent: AgentState, without other: WorkItemID? = nil) -> Bool {
        guard let entry = router.roster[agent.id] else { return false }
        var holds = agent.holds
        if let other { holds[other] = nil }
        let weight = entry.weight(of: item.address.channel)
        return LoadModel(entry.profile).mayTake(item.address.channel, weighing: weight, beside: Array(holds.values))
    }

    private func isPull(_ agent: AgentState) -> Bool { router.roster[agent.id]?.profile.mode == .pull }

    /// Whether it waits for a preferred agent who is there, but busy.
    private func waitsForPreferred(_ item: WorkItem) -> Bool {
        guard let until = item.preferredUntil, until > now, let id = router.preferredAgent(of: item),
            let preferred = router.agents[id]
        else { return false }
        return couldTake(item, preferred) && (!hasRoom(item, preferred) || isPull(preferred))
    }

    private func checkWorkConserving() throws {
        for item in router.items.values where item.stage.isQueued && !waitsForPreferred(item) {
            for agent in router.agents.values
            where !isPull(agent) && couldTake(item, agent) && hasRoom(item, agent) {
                throw Broken("\(item.id) waits while \(agent.id) is free")
            }
        }
    }

    private mutating func checkOffers(_ outputs: [RouterOutput]) throws {
        for case .event(let event) in outputs {
            guard case .offered(let offerID, let agentID, _, _) = event.kind, let id = event.subject?.workItemID,
                let item = router.items[id], let offer = item.liveOffers.first(where: { $0.id == offerID }),
                let agent = router.agents[agentID]
            else { continue }
            offersSeen += 1
            guard couldTake(item, agent) else { throw Broken("\(id) was offered to \(agentID), who does not qualify") }
            guard offer.expiresAt > now else { throw Broken("\(offerID) was dead on arrival") }
            // What somebody hands over is for this agent only, and asks nobody else to wait.
            if item.decision?.reason != nil { continue }
            guard !isPull(agent) else { throw Broken("\(id) was offered to \(agentID), who pulls") }
            for other in router.items.values
            where other.stage.isQueued && router.demandKey(of: other) == router.demandKey(of: item)
                && other.poolID == item.poolID
                && router.rank(of: other) < router.rank(of: item) && !waitsForPreferred(other)
            {
                guard couldTake(other, agent), hasRoom(other, agent, without: id) else { continue }
                throw Broken("\(id) overtook \(other.id)")
            }
        }
    }

    private func checkNoSilence() throws {
        var first: Instant?
        for item in router.items.values where !item.stage.isClosed {
            let deadline = router.nextDeadline(of: item)
            if let deadline { first = min(first ?? deadline, deadline) }
            switch item.stage {
            case .offered, .parked, .scheduled, .wrapUp:
                guard let deadline, deadline > now else { throw Broken("\(item.id) is \(item.stage.name) for ever") }
            case .assigned(let agentID, _):
                guard let agent = router.agents[agentID], router.nextDeadline(of: agent) != nil else {
                    throw Broken("\(item.id) is with \(agentID), who is not watched")
                }
            case .queued, .closed: break
            }
        }
        for agent in router.agents.values {
            guard let deadline = router.nextDeadline(of: agent) else { continue }
            first = min(first ?? deadline, deadline)
        }
        guard router.nextDeadline == first else {
            throw Broken("next deadline \(String(describing: router.nextDeadline)), due \(String(describing: first))")
        }
        if let first, first <= now { throw Broken("something due was not done") }
    }
}

extension WorkItem.Stage {
    fileprivate var isWrapUp: Bool { if case .wrapUp = self { true } else { false } }
}

struct Broken: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}
