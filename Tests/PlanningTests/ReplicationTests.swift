import Domain
import OrderedCollections
import Testing

@testable import RouterPlanning

@Suite("A simulated day goes as its model says")
struct ReplicationTests {
    @Test("Where nobody works, nobody is answered")
    func nobodyWorks() {
        var model = Self.model
        model.staffing = []
        let report = PlanningRun.report(of: model)
        #expect(report.total.serviceLevel == nil)
        #expect(report.total.unanswered?.mean == report.total.arrived?.mean)
        #expect(report.supply.isEmpty)
    }

    @Test("What comes at night waits for the morning's shift, and the shift's end lets what is in hand be finished")
    func shifts() throws {
        var model = Self.model
        model.traffic[0].perHour = DayProfile(spans: [.init(start: 0, end: 3_600, value: 2)])
        model.traffic[0].handling = .fixed(seconds: 7_200)
        // Room for all who come in a night: a third one would wait for the next morning.
        model.configuration.profiles[ProfileID("one")]?.capacity = 10
        model.staffing = [
            Shift(agentID: AgentID("ana"), start: 8 * 3_600, end: 9 * 3_600),
            Shift(agentID: AgentID("ben"), start: 8 * 3_600, end: 9 * 3_600),
        ]
        let report = PlanningRun.report(of: model)
        let answer = try #require(report.total.answerSeconds)
        #expect(answer.mean > 7 * 3_600 && answer.mean < 8 * 3_600)
        #expect(report.total.handleSeconds?.mean == 7_200)
        #expect(report.total.unanswered?.mean == 0)
        // Whoever had a contact stayed an hour longer for it.
        let supply = try #require(report.supply.first?.supply)
        #expect(try #require(supply.present).mean > 2.0 / 24)
        #expect(try #require(supply.occupancy).mean > 0.5)
    }

    @Test("Customers who give up take no agent's time")
    func patience() throws {
        var model = Self.model
        model.traffic[0].patience = .fixed(seconds: 60)
        model.staffing = [Shift(agentID: AgentID("ana"), start: 43_200, end: 86_400)]
        let report = PlanningRun.report(of: model)
        #expect(try #require(report.total.abandonedShare).mean > 0.4)
        #expect(report.total.unanswered?.mean == 0)
        #expect(try #require(report.total.answerSeconds).mean <= 60)
        #expect(try #require(report.total.handleSeconds).mean > 200)
    }

    @Test("A language goes to those who speak it")
    func languages() throws {
        var model = Self.model
        model.traffic[0].languages = [.init(tag: "fr", share: 1)]
        model.staffing = [Shift(agentID: AgentID("ben"))]
        #expect(PlanningRun.report(of: model).total.serviceLevel == nil)
        model.staffing = [Shift(agentID: AgentID("ana"))]
        #expect(PlanningRun.report(of: model).total.serviceLevel != nil)
    }

    @Test("The same customers come whatever the staffing")
    func commonTraffic() {
        var model = Self.model
        let two = PlanningRun.report(of: model)
        model.staffing = [Shift(agentID: AgentID("ana"))]
        let one = PlanningRun.report(of: model)
        #expect(one.total.arrived == two.total.arrived)
        #expect(one.total.answerSeconds != two.total.answerSeconds)
    }

    @Test("An agent who is slow to react answers later by that much")
    func reaction() throws {
        var model = Self.model
        model.traffic[0].perHour = DayProfile(constant: 0.5)
        model.traffic[0].reaction = .fixed(seconds: 10)
        let report = PlanningRun.report(of: model)
        #expect(report.total.answerSecondsP50?.mean == 10)
        #expect(try #require(report.total.answerSeconds).mean < 60)
    }

    /// 1 - e^(-10/15) = 49 % do not wait for the reaction; more would, if these kept an agent from others.
    @Test("Who gives up between offer and accepting leaves the agent free")
    func givingUpWhileOffered() throws {
        var model = Self.model
        model.traffic[0].perHour = DayProfile(constant: 4)
        model.traffic[0].handling = .fixed(seconds: 10)
        model.traffic[0].reaction = .fixed(seconds: 10)
        model.traffic[0].patience = .exponential(meanSeconds: 15)
        let abandoned = try #require(PlanningRun.report(of: model).total.abandonedShare)
        #expect(abs(abandoned.mean - 0.49) < 0.1)
    }

    @Test("A limit turns away who comes to a full queue")
    func limit() throws {
        var model = Self.model
        model.staffing = []
        model.openContactsMax = [QueueID("care"): 3]
        model.replications = 2
        let report = PlanningRun.report(of: model)
        #expect(report.total.backlogMax?.mean == 3)
        #expect(report.total.unanswered?.mean == 3)
        #expect(try #require(report.total.blockedShare).mean > 0.8)
    }

    /// Two agents, one of whom speaks French, and twelve contacts an hour of five minutes each.
    private static var model: PlanningModel {
        var configuration = Configuration(revision: 1)
        let (pool, profile, policy) = (PoolID("support"), ProfileID("one"), PolicyID("plain"))
        configuration.pools[pool] = Pool(id: pool, name: "Support")
        configuration.profiles[profile] = RoutingProfile(id: profile, capacity: 1)
        configuration.routingPolicies[policy] = RoutingPolicy(id: policy)
        configuration.queues[QueueID("care")] = Queue(
            id: QueueID("care"), name: "Care", poolID: pool, routingPolicyID: policy, slaPolicyID: policy,
            languages: ["fr": Requirement(skill: SkillID("french"), level: 5)])
        for (name, skills) in [("ana", [Requirement(skill: SkillID("french"), level: 7)]), ("ben", [])] {
            configuration.agents[AgentID(name)] = Agent(
                id: AgentID(name), name: name, poolID: pool, profileID: profile, skills: skills)
        }
        var model = PlanningModel(configuration: configuration)
        model.traffic = [
            Traffic(
                queueID: QueueID("care"), channel: .chat, perHour: DayProfile(constant: 12),
                handling: .exponential(meanSeconds: 300))
        ]
        model.staffing = ["ana", "ben"].map { Shift(agentID: AgentID($0)) }
        model.replications = 4
        return model
    }
}
