package import Domain
import OrderedCollections

/// What a queue asks of an agent for a customer's language: the queue's own requirements and the language's, the
/// higher level where both name a skill, and `must` before `nice`; sorted by skill, so that equal sets are equal.
package func requirements(of queue: Queue, language: String?) -> [Requirement] {
    var all = queue.requirements
    if let language, let spoken = queue.languages[primarySubtag(of: language)] { all.append(spoken) }
    return normalised(all)
}

/// What is left of them after the first steps of a policy. Each step relaxes what the earlier ones left: levels are
/// lowered, but not below 1; skills go only where a step drops them.
package func relaxed(_ requirements: [Requirement], by steps: ArraySlice<RoutingPolicy.Step>) -> [Requirement] {
    var left = requirements
    for step in steps {
        left.removeAll { step.dropSkills.contains($0.skill) }
        for index in left.indices {
            left[index].level = max(1, left[index].level - max(0, step.lowerLevelsBy))
            if let level = step.lowerSkills[left[index].skill] {
                left[index].level = min(left[index].level, max(1, level))
            }
        }
    }
    return left
}

/// The queues to which the steps have widened, by the number of steps done; empty when none does.
func widened(by steps: [RoutingPolicy.Step]) -> [[QueueID]] {
    guard steps.contains(where: { !$0.widenTo.isEmpty }) else { return [] }
    var result: [[QueueID]] = [[]]
    for step in steps {
        let before = result[result.count - 1]
        result.append(before + step.widenTo.filter { !before.contains($0) })
    }
    return result
}

/// `fr` of `fr-CA` or `fr_CA`.
/// - Source: RFC 5646, section 2.2.1.
func primarySubtag(of language: String) -> String {
    let end = language.firstIndex { $0 == "-" || $0 == "_" } ?? language.endIndex
    return language[..<end].lowercased()
}

private func normalised(_ requirements: [Requirement]) -> [Requirement] {
    var result: [Requirement] = []
    // Of those for one skill the last stays: what must be rather than what would be nice, the highest level.
    let sorted = requirements.sorted {
        if $0.skill != $1.skill { return $0.skill < $1.skill }
        return $0.isNice != $1.isNice ? $0.isNice : $0.level < $1.level
    }
    for requirement in sorted {
        if result.last?.skill == requirement.skill { result.removeLast() }
        result.append(requirement)
    }
    return result
}

extension RoutingPolicy {
    /// In the order in which they come due.
    var stepsInOrder: [Step] {
        steps.enumerated().sorted { ($0.element.afterSeconds, $0.offset) < ($1.element.afterSeconds, $1.offset) }
            .map(\.element)
    }
}
