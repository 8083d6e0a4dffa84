import Domain
import OrderedCollections

/// A station whose answers queueing theory knows, played by the router.
package struct TheoryCase: Hashable, Sendable, CustomStringConvertible {
    package var theory: QueueingTheory
    /// The service level's time.
    package var withinSeconds: Int
    /// Measured contacts of one replication, on average.
    package var contacts: Int = 5_000
    package var replications: Int = 20
    package var seed: UInt64 = 1

    package init(_ theory: QueueingTheory, withinSeconds: Int = 20) {
        self.theory = theory
        self.withinSeconds = withinSeconds
    }

    /// In Kendall's notation.
    package var station: String {
        "M/M/\(theory.servers)" + (theory.abandonment > 0 ? "+M" : "") + (theory.places.map { "/\($0)" } ?? "")
    }

    package var description: String {
        let hundredths = Int((theory.arrivals / theory.service * 100).rounded())
        return "\(station), \(Double(hundredths) / 100) Erlang offered"
    }

    /// One KPI, exact and simulated.
    package struct Comparison: Sendable {
        package var kpi: String
        package var exact: Double
        package var simulated: Estimate
        package var isWithin: Bool { simulated.holds(exact) }
    }

    /// From light to heavy load, with and without patience and limits.
    /// - Units: seconds. Handling takes three minutes, patience two.
    package static let all: [TheoryCase] = [
        TheoryCase(station(load: 0.5, servers: 1)),
        TheoryCase(station(load: 3, servers: 4)),
        TheoryCase(station(load: 8, servers: 10)),
        TheoryCase(station(load: 27, servers: 30)),
        TheoryCase(station(load: 12, servers: 10, patience: 120)),
        TheoryCase(station(load: 18, servers: 20, patience: 120)),
        TheoryCase(station(load: 30, servers: 30, patience: 120)),
        TheoryCase(station(load: 2.4, servers: 3, places: 6)),
        TheoryCase(station(load: 11, servers: 10, places: 15)),
    ]

    /// - Parameter load: offered, in Erlang.
    package static func station(
        load: Double, servers: Int, patience: Double? = nil, places: Int? = nil
    ) -> QueueingTheory {
        let handling = 180.0
        return QueueingTheory(
            arrivals: load / handling, service: 1 / handling, servers: servers,
            abandonment: patience.map { 1 / $0 } ?? 0, places: places)
    }

    package func compare(progress: (PlanningProgress) -> Void = { _ in }) -> [Comparison] {
        let exact = theory.answer(within: Double(withinSeconds))
        let report = PlanningRun.report(of: model, progress: progress)
        var rows: [(String, Double, Estimate?)] = [
            ("waits", exact.waited, report.total.waitedShare),
            ("mean wait (s)", exact.meanWaitSeconds, report.total.waitSeconds),
            ("service level", exact.serviceLevel, report.total.serviceLevel),
            ("backlog", exact.backlog, report.total.backlog),
            ("occupancy", exact.occupancy, report.supply.first?.supply.occupancy),
        ]
        if theory.abandonment > 0 {
            rows.append(("abandonment", exact.abandoned, report.total.abandonedShare))
            rows.append(("ASA (s)", exact.meanAnswerSeconds, report.total.answerSeconds))
        }
        if theory.places != nil { rows.append(("blocked", exact.blocked, report.total.blockedShare)) }
        return rows.compactMap { kpi, value, estimate in
            estimate.map { Comparison(kpi: kpi, exact: value, simulated: $0) }
        }
    }

    /// The same station as an organization of one queue.
    package var model: PlanningModel {
        let (pool, queue) = (PoolID("station"), QueueID("line"))
        let (policy, profile) = (PolicyID("plain"), ProfileID("one-hand"))
        var configuration = Configuration(revision: 1)
        configuration.pools[pool] = Pool(id: pool, name: "Station")
        configuration.profiles[profile] = RoutingProfile(id: profile, capacity: 1)
        configuration.routingPolicies[policy] = RoutingPolicy(id: policy)
        configuration.queues[queue] = Queue(
            id: queue, name: "Line", poolID: pool, routingPolicyID: policy, slaPolicyID: policy)
        for number in 1...theory.servers {
            let id = AgentID("server-\(number)")
            configuration.agents[id] = Agent(id: id, name: id.rawValue, poolID: pool, profileID: profile)
        }
        var traffic = Traffic(
            queueID: queue, channel: .chat, perHour: DayProfile(constant: theory.arrivals * 3_600),
            handling: .exponential(meanSeconds: 1 / theory.service))
        traffic.answerWithinSeconds = withinSeconds
        if theory.abandonment > 0 { traffic.patience = .exponential(meanSeconds: 1 / theory.abandonment) }
        var model = PlanningModel(configuration: configuration)
        model.traffic = [traffic]
        model.staffing = configuration.agents.keys.map { Shift(agentID: $0) }
        model.days = Double(contacts) / theory.arrivals / 86_400
        // A fifth: far longer than any of the stations here remembers its empty beginning.
        model.warmUpSeconds = Int(model.days * 86_400 / 5)
        model.replications = replications
        model.seed = seed
        model.openContactsMax = theory.places.map { [queue: $0] } ?? [:]
        return model
    }
}
