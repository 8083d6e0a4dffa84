import Domain
import OrderedCollections

/// What a new configuration changes for whom: who may take which work, how much agents carry, which queues follow
/// other rules.
struct ConfigurationEffects {
    let old: Configuration
    let new: Configuration

    /// One sentence each: queues first, then agents, in the order of their names.
    var lines: [String] { queueLines + agentLines }

    private var queueLines: [String] {
        let ids = OrderedSet(old.queues.keys).union(new.queues.keys).sorted()
        return ids.flatMap { id in
            rules(of: id) + coverage(of: id, isRelaxed: false) + coverage(of: id, isRelaxed: true)
        }
    }

    /// Policies that the queue keeps, and that say something else now.
    private func rules(of id: QueueID) -> [String] {
        guard let before = old.queues[id], let after = new.queues[id] else { return [] }
        var lines: [String] = []
        if before.routingPolicyID == after.routingPolicyID,
            old.routingPolicies[before.routingPolicyID] != new.routingPolicies[after.routingPolicyID]
        {
            lines.append("queue \(id): its routing policy \(after.routingPolicyID) changes")
        }
        if before.slaPolicyID == after.slaPolicyID,
            old.slaPolicies[before.slaPolicyID] != new.slaPolicies[after.slaPolicyID]
        {
            lines.append("queue \(id): its SLA policy \(after.slaPolicyID) changes")
        }
        return lines
    }

    /// Which agents may take the queue's work, at first or after all steps.
    private func coverage(of id: QueueID, isRelaxed: Bool) -> [String] {
        let before = served(id, in: old, isRelaxed: isRelaxed)
        let after = served(id, in: new, isRelaxed: isRelaxed)
        let languages = OrderedSet(before.keys).union(after.keys)
        return languages.compactMap { language in
            let (was, will) = (before[language] ?? [], after[language] ?? [])
            guard was != will else { return nil }
            let name = language.map { "queue \(id) in \($0)" } ?? "queue \(id)"
            let changes = [("gains", will.subtracting(was)), ("loses", was.subtracting(will))]
                .filter { !$0.1.isEmpty }.map { "\($0.0) \(Self.list($0.1.sorted()))" }
            let stage = isRelaxed ? " after all steps" : ""
            return "\(name)\(stage): \(was.count) → \(will.count) agents, \(changes.joined(separator: ", "))"
        }
    }

    private func served(
        _ id: QueueID, in configuration: Configuration, isRelaxed: Bool
    ) -> OrderedDictionary<String?, Set<AgentID>> {
        guard let queue = configuration.queues[id] else { return [:] }
        var result: OrderedDictionary<String?, Set<AgentID>> = [:]
        for demand in configuration.demands(of: queue, isRelaxed: isRelaxed) {
            let agents = configuration.agents(of: queue.poolID)
            result[demand.language] = Set(
                agents.filter { demand.isMet(by: $0, configuration.profile(of: $0)) }.map(\.id))
        }
        return result
    }

    private var agentLines: [String] {
        OrderedSet(old.agents.keys).union(new.agents.keys).sorted().compactMap { id in
            guard let before = old.agents[id] else { return "agent \(id): comes" }
            guard let after = new.agents[id] else { return "agent \(id): goes; open work waits for others" }
            let (was, will) = (old.profile(of: before), new.profile(of: after))
            var changes: [String] = []
            if was.capacity != will.capacity { changes.append("capacity \(was.capacity) → \(will.capacity)") }
            if was.mode != will.mode { changes.append("\(was.mode.rawValue) → \(will.mode.rawValue)") }
            let channels = ChannelKind.allCases.filter { Self.weight($0, was) != Self.weight($0, will) }
            changes += channels.map { "\($0.rawValue) weighs \(Self.weight($0, was)) → \(Self.weight($0, will))" }
            if changes.isEmpty, was != will { changes.append("the routing profile \(will.id) changes") }
            if before.shiftCalendarID != after.shiftCalendarID { changes.append("other shifts") }
            return changes.isEmpty ? nil : "agent \(id): \(changes.joined(separator: ", "))"
        }
    }

    private static func weight(_ channel: ChannelKind, _ profile: RoutingProfile) -> Int {
        profile.weights[channel] ?? profile.defaultWeight
    }

    /// A few names, and how many more.
    private static func list(_ ids: [AgentID]) -> String {
        let shown = ids.prefix(5).map(\.rawValue).joined(separator: ", ")
        return ids.count > 5 ? "\(shown) and \(ids.count - 5) more" : shown
    }
}
