import Domain
import OrderedCollections

// Nothing waits for ever because something else is always more urgent.
extension ConfigurationProof {
    /// Refuses pools in which some work can be passed without end, and has no maximum wait.
    mutating func proveNobodyStarves() {
        for pool in configuration.pools.values where pool.maximumWaitSeconds == nil {
            let queues = configuration.queues(of: pool.id)
            switch pool.order {
            case .priority: proveByPriority(pool, queues)
            case .slack: proveBySlack(pool, queues)
            }
        }
    }

    private mutating func proveByPriority(_ pool: Pool, _ queues: [Queue]) {
        guard let first = queues.max(by: { highest($0) < highest($1) }) else { return }
        for queue in queues where lowestAtLast(queue) < highest(first) {
            return report(
                ["pools", pool.id.rawValue],
                found:
                    "no maximum-wait, and work of \"\(queue.id)\" that never gets above priority \(lowestAtLast(queue))",
                expected:
                    "maximum-wait, such as 30m: priority \(highest(first)) of \"\(first.id)\" could pass it for ever")
        }
    }

    private mutating func proveBySlack(_ pool: Pool, _ queues: [Queue]) {
        let withTarget = queues.first { !targets(of: $0).isEmpty }
        guard let withTarget, let without = queues.first(where: { targets(of: $0).isEmpty }) else { return }
        report(
            ["pools", pool.id.rawValue], found: "no maximum-wait, and \"\(without.id)\" without a target",
            expected: "maximum-wait, such as 30m: \"\(withTarget.id)\", which has targets, could pass it for ever")
    }

    /// The priority that work of this queue begins with, by account.
    private func beginnings(of queue: Queue) -> [Int] {
        let own = configuration.accounts.values.filter { $0.queueID == queue.id }.compactMap(\.priority)
        return own + [queue.priority]
    }

    private func highest(_ queue: Queue) -> Int {
        max(beginnings(of: queue).max() ?? queue.priority, atLast(queue))
    }

    /// What the least urgent work of the queue comes to in the end.
    private func lowestAtLast(_ queue: Queue) -> Int {
        max(beginnings(of: queue).min() ?? queue.priority, atLast(queue))
    }

    /// What a breach or a step raises everything to that waits long enough.
    private func atLast(_ queue: Queue) -> Int {
        let escalation = targets(of: queue).isEmpty ? nil : configuration.slaPolicies[queue.slaPolicyID]?.escalation
        let steps = configuration.policy(of: queue).steps.compactMap(\.raisePriorityTo)
        return max(escalation?.priority ?? 0, steps.max() ?? 0)
    }

    private func targets(of queue: Queue) -> [SLAPolicy.Target] {
        configuration.slaPolicies[queue.slaPolicyID]?.targets ?? []
    }
}
