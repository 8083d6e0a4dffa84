import Domain
import OrderedCollections

/// What the model knows of an agent.
struct AgentBook: Hashable {
    var poolID: PoolID
    var presence: Presence = .offline
    var lastSeen: Instant
    var graceUntil: Instant?
    /// Said with the presence.
    var reason: String?
    /// Offers in a row that expired.
    var missedOffers = 0
    var shift = Shift.on
    /// Spans of work, those that are over, the latest last; counted for as long as the size of a bucket is the same.
    var worked: [Span] = []
    var workingSince: Instant?
    var bucket: Int64?
    /// Until then nothing is offered.
    var airUntil: Instant?
    /// What each offer, assignment, wrap-up, and parked work item that room is kept for takes of the capacity, in the
    /// order in which they came.
    var holds: OrderedDictionary<WorkItemID, Hold> = [:]

    enum Shift {
        case on
        /// It ended while they were there.
        case draining
        case off
    }

    struct Span: Hashable {
        var start: Instant
        var end: Instant
    }

    struct Hold: Hashable {
        enum Activity {
            /// Offered: the room is kept.
            case offered
            case active
            /// Nobody has written for a while.
            case idle
            /// Active again, and there is no room yet for more than it has.
            case returning
            case parked
        }

        /// While it is active.
        var fullWeight: Int
        var weight: Int
        /// On which it was offered or pulled.
        var channel: ChannelKind
        var activity = Activity.offered
        /// Unless somebody writes.
        var idleAt: Instant?
    }
}

/// What the model knows of a work item.
struct WorkItemBook: Hashable {
    enum Stage: Hashable {
        /// Opened in this very record; it must begin to wait.
        case opened
        case queued
        /// To as many agents as are asked at once.
        case offered([LiveOffer])
        /// Accepted in this very record; it must be assigned.
        case accepted(AgentID)
        case assigned(AgentID)
        case parked(AgentID, until: Instant)
        /// A callback, kept for an agent or for anyone.
        case scheduled(AgentID?, at: Instant)
        /// Given back, or taken over, in this very record; it must begin to wait.
        case returning
        /// Released in this very record; it must be sent to its new pool.
        case leaving(PoolID, QueueID)
        /// Turned away in this very record; it must be closed.
        case refused(Notice)
        case wrapUp(AgentID, until: Instant)
        case closed(AgentID?, at: Instant)
    }

    struct LiveOffer: Hashable {
        var id: OfferID
        var agentID: AgentID
        var expiresAt: Instant
    }

    /// What the steps that came due must still be heard of.
    struct Due: Hashable {
        var isRelaxed = false
        var widenedTo: [QueueID] = []
        var priority: Int?
        var overflowTo: QueueID?
    }

    var id: WorkItemID
    var poolID: PoolID
    var queueID: QueueID
    var conversationID: ConversationID
    var language: String?
    var priority: Int
    var acceptedAt: Instant
    var channel: ChannelKind
    var messages: [MessageID] = []
    /// When each of them was written.
    var writtenAt: [Instant] = []
    /// When an agent last replied.
    var answeredAt: Instant?
    var preferredAgentID: AgentID?
    var preferredUntil: Instant?
    /// How long whoever a callback is kept for is waited for, at least.
    var patience = 0
    var cooldowns: [AgentID: Instant] = [:]
    var waitingSince: Instant
    /// Steps of the policy that are due since `waitingSince`.
    var stepsDone = 0
    var due = Due()
    /// In force at this step.
    var requirements: [Requirement] = []
    var stage: Stage = .opened
    /// The pools that it left, in order.
    var path: [PoolID] = []
    /// Who is consulted.
    var consultedID: AgentID?
    /// The customer left, and has not written since.
    var hasLeft = false

    var liveOffers: [LiveOffer] { if case .offered(let offers) = stage { offers } else { [] } }

    var isOpen: Bool { if case .closed = stage { false } else { true } }

    /// Who works on it.
    var assigneeID: AgentID? {
        switch stage {
        case .assigned(let id), .wrapUp(let id, _): id
        case .opened, .queued, .offered, .accepted, .parked, .scheduled, .returning, .leaving, .refused, .closed: nil
        }
    }
}

/// The rules of one queue.
struct QueueRules: Hashable {
    var queue: Queue
    var policy: RoutingPolicy

    /// The queue's requirements and the language's. Where both name a skill, what must be goes before what would be
    /// nice, and then the higher level.
    func requirements(language: String?) -> [Requirement] {
        let subtag = language.map { String($0.split { "-_".contains($0) }.first ?? "").lowercased() }
        let all = queue.requirements + (subtag.flatMap { queue.languages[$0] }.map { [$0] } ?? [])
        var strictest: [SkillID: Requirement] = [:]
        for wanted in all {
            guard let other = strictest[wanted.skill] else {
                strictest[wanted.skill] = wanted
                continue
            }
            if (wanted.isNice ? 0 : 1, wanted.level) > (other.isNice ? 0 : 1, other.level) {
                strictest[wanted.skill] = wanted
            }
        }
        return strictest.keys.sorted().map { strictest[$0]! }
    }

    /// The queues whose agents may take a work item after so many steps.
    func queues(after steps: Int) -> [QueueID] {
        var all = [queue.id]
        for step in self.steps.prefix(steps) { all += step.widenTo.filter { !all.contains($0) } }
        return all
    }

    /// The policy's timeline, in the order of its times.
    var steps: [RoutingPolicy.Step] {
        var sorted: [RoutingPolicy.Step] = []
        for step in policy.steps {
            let place = sorted.firstIndex { $0.afterSeconds > step.afterSeconds } ?? sorted.endIndex
            sorted.insert(step, at: place)
        }
        return sorted
    }

    /// What a step leaves of requirements.
    static func relax(_ requirements: [Requirement], by step: RoutingPolicy.Step) -> [Requirement] {
        requirements.filter { !step.dropSkills.contains($0.skill) }.map { wanted in
            var level = max(1, wanted.level - max(0, step.lowerLevelsBy))
            if let left = step.lowerSkills[wanted.skill] { level = min(level, max(1, left)) }
            return Requirement(skill: wanted.skill, level: level, isNice: wanted.isNice)
        }
    }

    var cooldown: Duration { .seconds(max(1, policy.declineCooldownSeconds)) }
    var offerTime: Duration { .seconds(max(1, policy.offerSeconds)) }
    var wrapUpSeconds: Int { max(0, policy.wrapUpSeconds) }
}
