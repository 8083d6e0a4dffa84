import Domain
import OrderedCollections

/// What an organization's files promise without being able to keep it, found before they are applied.
///
/// Each proof looks at the configuration as a whole: names are known to be right.
struct ConfigurationProof {
    let configuration: Configuration
    let agents: [PoolID: [Agent]]
    private(set) var findings: [Finding] = []

    /// Something that cannot work, at the entry that has to change.
    struct Finding: Hashable {
        /// Keys from the top of the files: section, entry, field.
        var path: [String]
        var found: String
        var expected: String
    }

    init(of configuration: Configuration) {
        self.configuration = configuration
        agents = Dictionary(grouping: configuration.agents.values, by: \.poolID)
        proveTimelines()
        proveOverflowEnds()
        proveRequirementsCanBeMet()
        proveWeightsFit()
        proveNobodyStarves()
    }

    mutating func report(_ path: [String], found: String, expected: String) {
        findings.append(Finding(path: path, found: found, expected: expected))
    }
}

extension Configuration {
    func policy(of queue: Queue) -> RoutingPolicy {
        routingPolicies[queue.routingPolicyID] ?? RoutingPolicy(id: queue.routingPolicyID)
    }

    func queues(of poolID: PoolID) -> [Queue] { queues.values.filter { $0.poolID == poolID } }

    func agents(of poolID: PoolID) -> [Agent] { agents.values.filter { $0.poolID == poolID } }

    func profile(of agent: Agent) -> RoutingProfile {
        profiles[agent.profileID] ?? RoutingProfile(id: agent.profileID, capacity: 0)
    }
}
