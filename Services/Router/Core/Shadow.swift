import Domain

// What a queue's shadow policy would do beside the live one.
extension RouterMachine {
    /// Says so when the shadow policy would not have asked this agent now.
    ///
    /// It looks at the same work item and the same agents at the same moment, with its own steps and its own choice. It
    /// makes no offers, so it never drifts away from what really happens. What it would have done earlier or later shows
    /// when the live policy decides: an offer that it would not have made yet asks nobody.
    mutating func compareShadow(of item: WorkItem, with choice: Choice, at now: Instant) {
        guard !choice.isPreferred, let shadow = rules(of: item.queueID)?.shadow else { return }
        var seen = item
        seen.step = shadow.steps.prefix { item.waitingSince + .seconds(max(0, $0.afterSeconds)) <= now }.count
        seen.requirements = relaxed(shadow.requirements(language: item.language), by: shadow.steps[..<seen.step])
        let key = DemandKey(
            queueID: item.queueID, widenedTo: shadow.widenedTo(after: seen.step), requirements: seen.requirements)
        let winner = contest(for: seen, key, by: shadow.policy.choice).winner
        guard winner != choice.agentID else { return }
        emit(.shadowDiffered(shadow.policy.id, wouldAsk: winner), about: item, at: now)
    }
}
