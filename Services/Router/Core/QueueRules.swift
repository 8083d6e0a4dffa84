import Domain
import OrderedCollections

/// What a revision of the configuration comes to for one queue: worked out once, and looked up by each decision.
final class QueueRules: Sendable {
    let queue: Queue
    let policy: RoutingPolicy
    /// In the order in which they come due.
    let steps: [RoutingPolicy.Step]
    /// What a work item without a language asks for, or with one that the queue does not name.
    private let plain: [Requirement]
    private let byLanguage: [String: [Requirement]]

    /// How urgency is counted; nil in a pool that orders by priority.
    let slack: Slack?
    /// What decides beside the policy, without effect.
    let shadow: QueueRules?
    /// By the number of steps done, where some widen.
    private let widened: [[QueueID]]

    init(queue: Queue, policy: RoutingPolicy, slack: Slack? = nil, shadow: RoutingPolicy? = nil) {
        self.queue = queue
        self.policy = policy
        self.slack = slack
        self.shadow = shadow.map { QueueRules(queue: queue, policy: $0) }
        steps = policy.stepsInOrder
        widened = RouterCore.widened(by: steps)
        plain = RouterCore.requirements(of: queue, language: nil)
        byLanguage = Dictionary(
            queue.languages.keys.map { ($0, RouterCore.requirements(of: queue, language: $0)) },
            uniquingKeysWith: { first, _ in first })
    }

    func requirements(language: String?) -> [Requirement] {
        guard let language else { return plain }
        return byLanguage[primarySubtag(of: language)] ?? plain
    }
}

extension QueueRules {
    /// Queues whose agents may take a work item after so many steps, besides its own.
    func widenedTo(after step: Int) -> [QueueID] {
        widened.isEmpty ? [] : widened[min(max(0, step), widened.count - 1)]
    }
}

extension RouterMachine {
    /// The queue's rules: the configuration's, or the last known ones of a queue that was removed.
    func rules(of id: QueueID) -> QueueRules? { rules[id] }

    func queue(_ id: QueueID) -> Queue? { rules[id]?.queue }

    func policy(of id: QueueID) -> RoutingPolicy { rules[id]?.policy ?? .unknown }

    /// Works the rules out again, after the configuration or a queue's state changed.
    mutating func installRules() {
        rules = [:]
        for id in queues.keys { installRetiredRules(of: id) }
        for queue in configuration.queues.values {
            let policy =
                configuration.routingPolicies[queue.routingPolicyID] ?? RoutingPolicy(id: queue.routingPolicyID)
            rules[queue.id] = QueueRules(
                queue: queue, policy: policy, slack: Slack(of: queue, in: configuration),
                shadow: queue.shadowPolicyID.flatMap { configuration.routingPolicies[$0] })
        }
    }

    mutating func installRetiredRules(of id: QueueID) {
        guard configuration.queues[id] == nil, let retired = queues[id]?.retired else { return }
        rules[id] = QueueRules(
            queue: retired.queue, policy: retired.policy, slack: Slack(of: retired.queue, in: configuration))
    }
}

extension RoutingPolicy {
    /// Of a queue that no revision of the configuration names.
    static let unknown = RoutingPolicy(id: PolicyID("unknown"))
}
