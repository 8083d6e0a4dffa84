import Domain

/// A work item's place among those that wait: less slack first, then more urgent, then older, then by id.
struct Rank: Hashable, Comparable, Sendable {
    /// Of slack, in units of the pool: where open time will stand at the due instant. Zero in a pool that orders by
    /// priority; the greatest for what has no target.
    var band: Int64 = 0
    var priority: Int
    var acceptedAt: Instant
    var id: WorkItemID

    static func < (left: Rank, right: Rank) -> Bool {
        if left.band != right.band { return left.band < right.band }
        if left.priority != right.priority { return left.priority > right.priority }
        if left.acceptedAt != right.acceptedAt { return left.acceptedAt < right.acceptedAt }
        return left.id < right.id
    }

    /// Who has waited for as long as the pool allows comes before all others, the oldest first.
    static func overdue(_ acceptedAt: Instant, _ id: WorkItemID) -> Rank {
        Rank(band: .min, priority: 0, acceptedAt: acceptedAt, id: id)
    }

    var isOverdue: Bool { band == .min }

    /// Compared over all lines it counts how much open time is left.
    func seen(from band: Int64) -> Rank {
        guard self.band != .max, !isOverdue else { return self }
        var rank = self
        rank.band -= band
        return rank
    }
}

/// Those that ask for the same: whoever qualifies for one of them qualifies for all.
struct DemandKey: Hashable, Sendable {
    var queueID: QueueID
    /// Queues whose agents may take it too.
    var widenedTo: [QueueID] = []
    var requirements: [Requirement]

    /// The queue all but decides: its demands differ by languages and steps, which are few.
    func hash(into hasher: inout Hasher) { hasher.combine(queueID) }
    func _rawHashValue(seed: Int) -> Int { queueID._rawHashValue(seed: seed) }
}

/// Where a work item stands: with which demand, in which of its lines, at which place.
struct Standing: Hashable, Sendable {
    var poolID: PoolID
    var demand: DemandKey
    var channel: ChannelKind
    var rank: Rank
    /// It may be kept for its preferred agent until then.
    var preferredUntil: Instant?
}

/// The work items that wait with one demand on one channel, in order.
///
/// What keeps an agent from the first of a line, their skills or their room for the channel, keeps them from all of
/// it, and only a cooldown makes them look at the second.
struct WaitingLine: Sendable {
    private(set) var ranks = SortedList<Rank>()
    /// The same by age; empty where the pool has no maximum wait.
    private var ages = SortedList<Rank>()

    var isEmpty: Bool { ranks.isEmpty }

    mutating func insert(_ rank: Rank, keepsAges: Bool) {
        ranks.insert(rank)
        if keepsAges { ages.insert(.overdue(rank.acceptedAt, rank.id)) }
    }

    /// - Returns: whether it was there.
    mutating func remove(_ rank: Rank) -> Bool {
        if !ages.isEmpty { ages.remove(.overdue(rank.acceptedAt, rank.id)) }
        return ranks.remove(rank)
    }

    /// The first: of those that were accepted at or before an instant the oldest, else the best-ranked.
    /// - Parameter last: look behind this one only.
    func first(after last: Rank?, overdueSince: Instant?) -> Rank? {
        if let overdueSince, last.map(\.isOverdue) ?? true {
            let oldest = last.map { ages.next(after: $0) } ?? ages.first
            if let oldest, oldest.acceptedAt <= overdueSince { return oldest }
        }
        if let last, !last.isOverdue { return ranks.next(after: last) }
        return ranks.first
    }
}

/// The work items that wait with one demand: a line for each channel.
struct Demand: Sendable {
    let key: DemandKey
    /// The groups of agents who qualify.
    var groups: Bits
    private(set) var lines = ChannelKind.allCases.map { _ in WaitingLine() }
    private(set) var count = 0
    /// Kept by `PoolIndex.places`: for each channel, and as of which change of who is present.
    var places: [(asOf: Int, count: Int)] = ChannelKind.allCases.map { _ in (-1, 0) }
    /// Kept by `PoolIndex.qualifiedCount`.
    var qualified: (asOf: Int, count: Int) = (-1, 0)

    init(key: DemandKey, groups: Bits) {
        self.key = key
        self.groups = groups
    }

    mutating func insert(_ rank: Rank, on channel: ChannelKind, keepsAges: Bool) {
        lines[channel.ordinal].insert(rank, keepsAges: keepsAges)
        count += 1
    }

    mutating func remove(_ rank: Rank, from channel: ChannelKind) {
        let isThere = lines[channel.ordinal].remove(rank)
        precondition(isThere, "a work item that waits is in its line")
        count -= 1
    }

    /// How many come before it, whatever their channel.
    func position(of rank: Rank) -> Int { lines.reduce(0) { $0 + $1.ranks.position(of: rank) } }
}

extension ChannelKind {
    /// Its place among all kinds.
    var ordinal: Int {
        switch self {
        case .email: 0
        case .chat: 1
        case .sms: 2
        case .whatsapp: 3
        case .social: 4
        case .voice: 5
        case .forum: 6
        }
    }
}
