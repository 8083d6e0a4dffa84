import Domain
import OrderedCollections
import RouterCore

// A policy's timeline does something at each of its times, and comes to an end.
extension ConfigurationProof {
    /// Refuses steps that are never reached, that say nothing, and that lead to the wrong pool.
    mutating func proveTimelines() {
        for policy in configuration.routingPolicies.values {
            var overflow: RoutingPolicy.Step?
            for (index, step) in policy.steps.enumerated() {
                let path = ["routing-policies", policy.id.rawValue, "steps", String(index)]
                if let overflow {
                    report(
                        path, found: "a step after \(step.afterSeconds)s",
                        expected: "no step after the overflow at \(overflow.afterSeconds)s, by which the work is gone")
                }
                if RoutingPolicy.Step(afterSeconds: step.afterSeconds) == step {
                    report(path, found: "a step that does nothing", expected: "what it relaxes, raises or offers")
                }
                if step.overflowTo != nil { overflow = overflow ?? step }
            }
        }
        for queue in configuration.queues.values { proveDestinations(of: queue) }
    }

    /// Widening stays in the pool, overflow leaves it.
    private mutating func proveDestinations(of queue: Queue) {
        let policy = configuration.policy(of: queue)
        for (index, step) in policy.steps.enumerated() {
            let path = ["routing-policies", policy.id.rawValue, "steps", String(index)]
            for id in step.widenTo where configuration.queues[id]?.poolID != queue.poolID {
                report(
                    path + ["widen-to"], found: "\"\(id)\", a queue of the pool \"\(poolName(of: id))\"",
                    expected:
                        "a queue of \"\(queue.poolID)\", where \"\(queue.id)\" is: overflow-to leads to another pool")
            }
            if let id = step.overflowTo, configuration.queues[id]?.poolID == queue.poolID {
                report(
                    path + ["overflow-to"], found: "\"\(id)\", a queue of the same pool",
                    expected: "a queue of another pool than \"\(queue.poolID)\": widen-to stays in it")
            }
        }
    }

    private func poolName(of id: QueueID) -> String { configuration.queues[id]?.poolID.rawValue ?? "" }

    /// Refuses overflow that leads back to a queue that it came through.
    mutating func proveOverflowEnds() {
        var reported: Set<Set<QueueID>> = []
        for queue in configuration.queues.values {
            var way: OrderedSet<QueueID> = [queue.id]
            var current = queue
            while let next = configuration.policy(of: current).steps.compactMap(\.overflowTo).first {
                guard way.append(next).inserted else {
                    let loop = Array(way.drop { $0 != next })
                    guard reported.insert(Set(loop)).inserted else { break }
                    report(
                        ["queues", queue.id.rawValue, "routing-policy"],
                        found: "overflow in a circle: \((loop + [next]).map(\.rawValue).joined(separator: " → "))",
                        expected: "a last queue whose policy has no overflow-to")
                    break
                }
                guard let queue = configuration.queues[next] else { break }
                current = queue
            }
        }
    }
}
