import Domain
import OrderedCollections

// Whatever a queue asks for, somebody can have it in the end.
extension ConfigurationProof {
    /// Refuses requirement sets that no agent can meet even after all steps, unless the work goes to another pool then.
    mutating func proveRequirementsCanBeMet() {
        for queue in configuration.queues.values {
            let candidates = agents[queue.poolID] ?? []
            if configuration.policy(of: queue).steps.contains(where: { $0.overflowTo != nil }) { continue }
            for demand in configuration.demands(of: queue, isRelaxed: true) {
                // A pool that nobody has joined yet is not refused for it.
                if candidates.isEmpty && demand.requirements.isEmpty { continue }
                guard !candidates.contains(where: { demand.isMet(by: $0, configuration.profile(of: $0)) }) else {
                    continue
                }
                var path = ["queues", queue.id.rawValue]
                if let language = demand.language {
                    path += ["languages", language]
                } else if !queue.requirements.isEmpty {
                    path.append("requirements")
                }
                report(
                    path, found: "\(demand.words) asked for after all steps of \"\(queue.routingPolicyID)\"",
                    expected:
                        "what some agent of the pool \"\(queue.poolID)\" has: \(nearest(to: demand, in: candidates))")
            }
        }
    }

    /// What keeps the agent out who comes closest.
    private func nearest(to demand: Demand, in agents: [Agent]) -> String {
        let candidates = agents.map { agent in
            let missing = demand.requirements.filter { wanted in
                !agent.skills.contains { $0.skill == wanted.skill && $0.level >= wanted.level }
            }
            return (agent, missing)
        }
        guard let (agent, missing) = candidates.min(by: { ($0.1.count, $0.0.id) < ($1.1.count, $1.0.id) }) else {
            return "it has no agents"
        }
        guard let first = missing.first else { return "\"\(agent.id)\" has the skills, but does not serve this queue" }
        let level = agent.skills.first { $0.skill == first.skill }?.level
        return "\"\(agent.id)\" comes closest, with \(first.skill) \(level.map(String.init) ?? "missing")"
    }
}
