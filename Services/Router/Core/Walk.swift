import Domain

/// Visits, in the order of their ranks, the work items that fresh agents may be able to take, and the fresh ones.
struct Walk {
    struct Line: Hashable {
        enum Kind: Hashable {
            case demand(Int)
            case reserved(AgentID, QueueID)
        }

        var kind: Kind
        var channel: Int
    }

    struct Candidate {
        /// As it stands in its line.
        var rank: Rank
        /// As it compares with those of other lines.
        var seen: Rank
        /// Nil: a fresh work item, wherever it stands.
        var line: Line?
    }

    private let now: Instant
    /// The agent asks: it is for them alone, free in the matching's sense or not.
    private let isPull: Bool
    private let overdueSince: Instant?
    /// Fresh work items, last first.
    private var items: [Rank] = []
    /// Fresh agents who were free when last looked at.
    private var agents: [AgentID]
    private var demands = Bits()
    /// How far a line was gone down without success; nil: to its end.
    private var passed: [Line: Rank?] = [:]
    /// Where open time stands in each queue.
    private var bands: [QueueID: Int64] = [:]

    init(now: Instant, overdueSince: Instant?, agents: [AgentID], in pool: PoolIndex, isPull: Bool = false) {
        self.now = now
        self.isPull = isPull
        self.overdueSince = overdueSince
        self.agents = agents
        for id in agents { if let group = pool.group(of: id) { demands.formUnion(group.demands) } }
    }

    /// Adds a fresh work item; `begin` follows the last.
    mutating func add(_ rank: Rank, _ rules: QueueRules?) {
        if let overdueSince, rank.acceptedAt <= overdueSince {
            items.append(.overdue(rank.acceptedAt, rank.id))
        } else {
            items.append(seen(rank, rules))
        }
    }

    mutating func begin() {
        if items.count > 1 { items.sort(by: >) }
    }

    mutating func next(in pool: PoolIndex, _ rules: [QueueID: QueueRules]) -> Candidate? {
        while !isPull, let last = agents.last, !pool.isFree(last) { agents.removeLast() }
        var best: Candidate?
        if !agents.isEmpty {
            for slot in pool.waiting.common(with: demands) {
                let demand = pool.demands[slot]
                consider(demand.lines, .demand(slot), rules[demand.key.queueID], &best)
            }
            for id in agents where !pool.reserved.isEmpty {
                for (queueID, lines) in pool.reserved[id] ?? [:] {
                    consider(lines, .reserved(id, queueID), rules[queueID], &best)
                }
            }
        }
        while let first = items.last {
            if let best, best.seen < first { break }
            items.removeLast()
            // Twice fresh, or fresh and first in a line that is looked at.
            if items.last == first { continue }
            if let best, best.seen == first { return best }
            return Candidate(rank: first, seen: first, line: nil)
        }
        return best
    }

    /// Nobody could take it.
    mutating func pass(_ candidate: Candidate, isForThisOne: Bool) {
        guard let line = candidate.line else { return }
        // Who has no room for the first that is kept for them has none for the others.
        if case .demand = line.kind, isForThisOne {
            passed[line] = .some(candidate.rank)
        } else {
            passed[line] = .some(nil)
        }
    }

    private mutating func consider(
        _ lines: [WaitingLine], _ kind: Line.Kind, _ rules: QueueRules?, _ best: inout Candidate?
    ) {
        for channel in lines.indices where !lines[channel].isEmpty {
            let line = Line(kind: kind, channel: channel)
            var last: Rank?
            if !passed.isEmpty, let behind = passed[line] {
                guard let behind else { continue }
                last = behind
            }
            guard let first = lines[channel].first(after: last, overdueSince: overdueSince) else { continue }
            let seen = seen(first, rules)
            if best.map({ seen < $0.seen }) ?? true { best = Candidate(rank: first, seen: seen, line: line) }
        }
    }

    private mutating func seen(_ rank: Rank, _ rules: QueueRules?) -> Rank {
        guard let rules, let slack = rules.slack else { return rank }
        if let band = bands[rules.queue.id] { return rank.seen(from: band) }
        let band = slack.band(at: now)
        bands[rules.queue.id] = band
        return rank.seen(from: band)
    }
}
