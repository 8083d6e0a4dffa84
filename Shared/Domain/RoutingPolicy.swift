package import OrderedCollections

/// How the items of a queue find an agent.
package struct RoutingPolicy: Hashable, Sendable {
    package var id: PolicyID
    package var offerSeconds: Int = 30
    package var declineCooldownSeconds: Int = 60
    /// The longest that wrap-up lasts.
    package var wrapUpSeconds: Int = 0
    /// How long a preferred agent who is present but busy is waited for.
    package var preferredAgentSeconds: Int = 0
    /// For the expected waiting time, until the queue has its own figures.
    package var expectedHandleSeconds: Int = 300
    package var choice: AgentChoice = .leastLoad
    /// Agents who are asked at the same time at most; the first to accept has it.
    package var parallelOffers: Int = 1
    /// How long after it was closed a message reopens a work item to the same agent; nil: as long as it is remembered.
    package var reopenSeconds: Int?
    /// One timeline, in the order of its times: what is relaxed after how long.
    package var steps: [Step] = []

    package init(
        id: PolicyID, offerSeconds: Int = 30, declineCooldownSeconds: Int = 60, wrapUpSeconds: Int = 0,
        preferredAgentSeconds: Int = 0, expectedHandleSeconds: Int = 300, choice: AgentChoice = .leastLoad,
        parallelOffers: Int = 1, reopenSeconds: Int? = nil, steps: [Step] = []
    ) {
        self.id = id
        self.offerSeconds = offerSeconds
        self.declineCooldownSeconds = declineCooldownSeconds
        self.wrapUpSeconds = wrapUpSeconds
        self.preferredAgentSeconds = preferredAgentSeconds
        self.expectedHandleSeconds = expectedHandleSeconds
        self.choice = choice
        self.parallelOffers = parallelOffers
        self.reopenSeconds = reopenSeconds
        self.steps = steps
    }

    /// Which of the agents who could take it gets a work item. Ties go on to the least load, then the longest idle.
    package enum AgentChoice: String, CaseIterable, Hashable, Sendable {
        case leastLoad = "least-load"
        case longestIdle = "longest-idle"
        case bestLevel = "best-level"
        /// The least above what is asked for, so that experts stay free.
        case closestLevel = "closest-level"
        case roundRobin = "round-robin"
        /// By a hash of offer and agent: as good as random, and the same for whoever reads the log.
        case seededRandom = "seeded-random"
    }

    /// What is done to a work item that has waited for the given time.
    package struct Step: Hashable, Sendable {
        package var afterSeconds: Int
        /// All levels.
        package var lowerLevelsBy: Int = 0
        /// Levels of single skills, to what is left.
        package var lowerSkills: OrderedDictionary<SkillID, Int> = [:]
        package var dropSkills: [SkillID] = []
        /// Queues of the pool whose agents may take it too.
        package var widenTo: [QueueID] = []
        /// Unless it is higher already.
        package var raisePriorityTo: Int?
        /// A queue of another pool, to which it goes with its age.
        package var overflowTo: QueueID?
        /// Written to the customer: a callback is offered.
        package var callbackText: String?

        package init(
            afterSeconds: Int, lowerLevelsBy: Int = 0, lowerSkills: OrderedDictionary<SkillID, Int> = [:],
            dropSkills: [SkillID] = [], widenTo: [QueueID] = [], raisePriorityTo: Int? = nil,
            overflowTo: QueueID? = nil, callbackText: String? = nil
        ) {
            self.afterSeconds = afterSeconds
            self.lowerLevelsBy = lowerLevelsBy
            self.lowerSkills = lowerSkills
            self.dropSkills = dropSkills
            self.widenTo = widenTo
            self.raisePriorityTo = raisePriorityTo
            self.overflowTo = overflowTo
            self.callbackText = callbackText
        }
    }
}
