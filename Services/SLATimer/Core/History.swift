import Domain

/// What happened to one work item, in the order of event time: a signal that comes late takes its place.
///
/// Signals arrive in another order than things happened, and a verdict must not depend on that. So the timer keeps
/// what happened and computes the clocks from it again, after each signal. Entries far back are settled.
package struct History: Hashable, Sendable {
    /// What the settled entries came to. A signal from before its end counts as of its end.
    package private(set) var settled: Course
    /// By event time; equal times in the order of arrival.
    /// - Bounds: `SLALimits.historyMax`.
    package private(set) var recent: [Entry]

    package init(settled: Course, recent: [Entry] = []) {
        self.settled = settled
        self.recent = recent
    }

    /// The clocks as of the last entry.
    package var course: Course {
        var course = settled
        for entry in recent { course.apply(entry) }
        return course
    }

    /// Puts an entry in its place, unless it is known already.
    /// - Returns: whether it is new.
    mutating func insert(_ entry: Entry) -> Bool {
        var entry = entry
        entry.at = max(entry.at, settled.at)
        guard !recent.contains(where: { $0.repeats(entry) }) else { return false }
        if case .customerWrote = entry.event, let reply = recent.last(where: \.isReply) {
            entry.at = max(entry.at, reply.at)
        }
        let place = recent.lastIndex { $0.at <= entry.at }.map { $0 + 1 } ?? 0
        recent.insert(entry, at: place)
        return true
    }

    /// Settles the older half of a history that has reached its limit.
    /// - Returns: ended clocks that are no longer kept.
    mutating func settle() -> [Clock] {
        guard recent.count > SLALimits.historyMax else { return [] }
        let count = recent.count / 2
        for entry in recent.prefix(count) { settled.apply(entry) }
        recent.removeFirst(count)
        return settled.forgetEnded()
    }
}

extension Entry {
    fileprivate var isReply: Bool {
        if case .agentReplied = event { true } else { false }
    }

    /// A message is the same whenever it is said to have been sent; anything else when it happened at the same time.
    fileprivate func repeats(_ other: Entry) -> Bool {
        switch (event, other.event) {
        case (.customerWrote(let id, _), .customerWrote(let otherID, _)),
            (.agentReplied(let id), .agentReplied(let otherID)):
            id == otherID
        case (.customerWrote, _), (.agentReplied, _), (.parked, _), (.resumed, _), (.priorityChanged, _), (.closed, _),
            (.termsChanged, _):
            self == other
        }
    }
}
