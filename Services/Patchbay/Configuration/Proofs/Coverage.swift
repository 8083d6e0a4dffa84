import Domain
import OrderedCollections
import RouterCore

/// One kind of work that a queue gets: what it asks for, in one of its languages or in none of them.
struct Demand: Hashable {
    var queueID: QueueID
    /// Nil: any that the queue has no requirement for.
    var language: String?
    /// Without wishes.
    var requirements: [Requirement]
    /// The queues whose agents may take it.
    var servedBy: [QueueID]

    /// As it is asked for first.
    /// - Parameter isRelaxed: after all steps of the policy.
    init(_ queue: Queue, language: String?, policy: RoutingPolicy, isRelaxed: Bool) {
        queueID = queue.id
        self.language = language
        var wanted = RouterCore.requirements(of: queue, language: language)
        servedBy = [queue.id]
        if isRelaxed {
            wanted = relaxed(wanted, by: policy.steps[...])
            for step in policy.steps { servedBy += step.widenTo }
        }
        requirements = wanted.filter { !$0.isNice }
    }

    /// Whether the agent may ever take it.
    func isMet(by agent: Agent, _ profile: RoutingProfile) -> Bool {
        guard profile.capacity > 0, profile.queues.isEmpty || profile.queues.contains(where: servedBy.contains)
        else { return false }
        return requirements.allSatisfy { wanted in
            agent.skills.contains { $0.skill == wanted.skill && $0.level >= wanted.level }
        }
    }

    /// `french 6, billing 3`.
    var words: String {
        requirements.isEmpty
            ? "no skill" : requirements.map { "\($0.skill) \($0.level)" }.joined(separator: ", ")
    }
}

extension Configuration {
    /// The queue's work without a language of its own, and in each of its languages.
    func demands(of queue: Queue, isRelaxed: Bool) -> [Demand] {
        let languages: [String?] = [nil] + queue.languages.keys.map { $0 }
        return languages.map { Demand(queue, language: $0, policy: policy(of: queue), isRelaxed: isRelaxed) }
    }
}
