import Domain
import OrderedCollections
import TestSupport

/// Whom a world's configuration names, and how it changes while work is under way.
struct Organization {
    let queueNames = ["general", "billing", "sales"]
    private(set) var configuration = Configuration(revision: 1)
    private let agentCount: Int

    var agentIDs: [AgentID] { (0..<agentCount).map { AgentID("agent-\($0)") } }

    init(using generator: inout SeededGenerator) {
        agentCount = Int.random(in: 2...6, using: &generator)
        for id in agentIDs { configuration.agents[id] = agent(id, using: &generator) }
        changeRules(using: &generator)
    }

    mutating func change(using generator: inout SeededGenerator) {
        configuration.revision += 1
        if generator.chance(70) { changeRules(using: &generator) }
        let id = agentIDs.randomElement(using: &generator)!
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: configuration.agents[id] = nil
        case 1...3: configuration.agents[id] = agent(id, using: &generator)
        default: break
        }
    }

    mutating func makeEverybodyAble() {
        configuration.revision += 1
        for id in configuration.pools.keys { configuration.pools[id]!.breakReasons = [] }
        for name in queueNames { configuration.queues[QueueID(name)] = queue(name, level: 5) }
        configuration.routingPolicies["standard"]!.wrapUpSeconds = 0
        configuration.profiles = [:]
        for name in ["standard", "wide"] {
            let id = ProfileID(name)
            configuration.profiles[id] = RoutingProfile(id: id, capacity: 5, presenceLeaseSeconds: 100_000)
        }
        for (index, id) in agentIDs.enumerated() {
            configuration.agents[id] = Agent(
                id: id, name: id.rawValue, poolID: index == 0 ? "sales" : "support", profileID: "standard",
                skills: ["french", "billing"].map { Requirement(skill: $0, level: 10) })
        }
    }

    private func agent(_ id: AgentID, using generator: inout SeededGenerator) -> Agent {
        var agent = Agent(
            id: id, name: id.rawValue, poolID: generator.chance(20) ? "sales" : "support",
            profileID: generator.chance(50) ? "standard" : generator.chance(90) ? "wide" : "missing")
        if generator.chance(30) { agent.shiftCalendarID = generator.chance(50) ? "early" : "late" }
        for skill in ["billing", "french"] where generator.chance(66) {
            agent.skills.append(Requirement(skill: SkillID(skill), level: Int.random(in: 1...10, using: &generator)))
        }
        return agent
    }

    private func queue(_ name: String, level: Int) -> Queue {
        var queue = Queue(
            id: QueueID(name), name: name, poolID: name == "sales" ? "sales" : "support", routingPolicyID: "standard",
            slaPolicyID: name == "billing" ? "silver" : "gold",
            languages: ["fr": Requirement(skill: "french", level: level)])
        if name == "billing" { queue.requirements = [Requirement(skill: "billing", level: 5)] }
        if name == "general" { queue.requirements = [Requirement(skill: "billing", level: 3, isNice: true)] }
        return queue
    }

    /// Hours around the world's time.
    private mutating func changeCalendar(_ name: String, using generator: inout SeededGenerator) {
        var time = World.start
        let open = (0..<30).map { _ in
            let start = time + .milliseconds(Int.random(in: 0...200_000, using: &generator))
            time = start + .milliseconds(Int.random(in: 1...400_000, using: &generator))
            return BusinessCalendar.Interval(start: start, end: time)
        }
        configuration.calendars[PolicyID(name)] = BusinessCalendar(id: PolicyID(name), open: open)
    }

    private mutating func changeRules(using generator: inout SeededGenerator) {
        func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
        configuration.profiles["standard"] = RoutingProfile(
            id: "standard", capacity: number(1...4), weights: [.voice: number(1...4)],
            idleAfterSeconds: number(0...1) == 0 ? nil : number(0...30), idleWeightPercent: number(0...110),
            parkedWeightPercent: number(0...1) * number(0...100),
            missedOffersMax: number(0...1) == 0 ? nil : number(1...3), presenceLeaseSeconds: number(20...120),
            graceSeconds: number(0...60))
        configuration.profiles["wide"] = RoutingProfile(
            id: "wide", capacity: number(2...8), weights: [.email: 2], defaultWeight: number(0...2),
            channelMaxima: number(0...1) == 0 ? [:] : [.chat: 1, .email: number(1...3)],
            interruptions: number(0...1) == 0
                ? [:] : [.voice: [.voice, .email, .chat, .sms], .chat: [.email, .social], .sms: [.chat]],
            idleAfterSeconds: number(0...2) == 0 ? nil : number(1...20), idleWeightPercent: number(0...1) * 50,
            parkedWeightPercent: number(0...1) * 50,
            occupancyGuard: number(0...1) == 0
                ? nil
                : RoutingProfile.OccupancyGuard(
                    percentMax: number(5...60), windowSeconds: number(1...2) * 300, airSeconds: number(1...60)),
            mode: number(0...3) == 0 ? .pull : .push, queues: number(0...2) > 0 ? [] : ["general", "sales"],
            presenceLeaseSeconds: 60, graceSeconds: number(0...10))
        for pool in ["support", "sales"] {
            configuration.pools[PoolID(pool)] = Pool(
                id: PoolID(pool), name: pool, order: number(0...1) == 0 ? .slack : .priority,
                slackUnitSeconds: number(1...60), maximumWaitSeconds: number(0...1) == 0 ? nil : number(0...120),
                breakReasons: number(0...3) == 0 ? ["lunch", "tea"] : [])
        }
        let steps = [
            RoutingPolicy.Step(
                afterSeconds: 60, dropSkills: ["french"], raisePriorityTo: number(0...1) == 0 ? nil : number(1...4)),
            RoutingPolicy.Step(
                afterSeconds: number(0...30), lowerLevelsBy: number(0...5), lowerSkills: ["billing": number(0...6)]),
            RoutingPolicy.Step(afterSeconds: number(0...90), widenTo: ["general"]),
            RoutingPolicy.Step(afterSeconds: number(60...150), overflowTo: number(0...1) == 0 ? "sales" : "general"),
        ]
        configuration.routingPolicies["standard"] = RoutingPolicy(
            id: "standard", offerSeconds: number(0...40), declineCooldownSeconds: number(0...60),
            wrapUpSeconds: number(0...1) * number(0...60), preferredAgentSeconds: number(0...1) * 20,
            choice: RoutingPolicy.AgentChoice.allCases[number(0...5)], parallelOffers: number(0...3),
            reopenSeconds: number(0...1) == 0 ? nil : number(0...300), steps: number(0...1) == 0 ? [] : steps)
        for policy in ["gold", "silver"] {
            let kinds = TargetKind.allCases.filter { _ in number(0...2) > 0 }
            configuration.slaPolicies[PolicyID(policy)] = SLAPolicy(
                id: PolicyID(policy), targets: kinds.map { SLAPolicy.Target(kind: $0, seconds: number(1...300)) },
                calendarID: [nil, "business", "early"][number(0...2)])
        }
        let level = number(1...9)
        for name in ["early", "late", "business"] { changeCalendar(name, using: &generator) }
        let hasBilling = number(0...3) > 0
        for name in queueNames { configuration.queues[QueueID(name)] = queue(name, level: level) }
        if number(0...2) == 0 {
            configuration.queues["general"]!.admission = Queue.Admission(
                waitingMax: number(0...1) == 0 ? nil : number(0...3), calendarID: number(0...1) == 0 ? nil : "late",
                fullText: "Too many are waiting.", closedText: "We are closed.")
        }
        if !hasBilling { configuration.queues["billing"] = nil }
    }
}
