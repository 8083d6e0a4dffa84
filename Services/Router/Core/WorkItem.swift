package import Domain
package import OrderedCollections

/// One piece of work for one agent, from a customer's message until it is closed.
///
/// ```
///            opened
///              │
///              ▼    matched            accepted              completed
///        ┌─► queued ────────► offered ────────► assigned ───────────────► wrapUp
///        │     ▲  ▲              │               │  │  ▲                   │  │
///        │     │  └──────────────┘   requeued,   │  │  └───────────────────┘  │ time is up
///        │     │  declined, expired, transferred,│  │    customer's message   │ (at once, if none
///        │     │  revoked            agent gone  │  │                         ▼  was configured)
///        │     └─────────────────────────────────┘  │ parked               closed
///        │                                          ▼
///        └──────────────────────────────────────  parked
///              customer's message, time-out
/// ```
/// A callback is parked until a time, and then need not come back to the agent: scheduled.
///
/// Offered, assigned and wrapUp hold the agent's capacity; queued, scheduled and closed hold none, and parked only what
/// the profile keeps for its return. Every stage but closed ends by itself: queued waits for supply (and for its
/// cooldowns, steps and preference to run out), offered expires, assigned ends with its agent's presence lease, parked,
/// scheduled and wrapUp have a time.
package struct WorkItem: Hashable, Identifiable, Sendable {
    package var id: WorkItemID
    package var poolID: PoolID
    package var queueID: QueueID
    package var conversationID: ConversationID
    package var customerID: CustomerID
    package var displayName: String?
    package var language: String?
    package var priority: Int
    /// The age counts from here, whatever happens on the way.
    package var acceptedAt: Instant
    package var openedAt: Instant
    /// Of the latest message.
    package var address: Address
    /// The latest address in this conversation that something can be written to.
    package var replyAddress: Address?
    /// When an agent last replied.
    package var answeredAt: Instant?
    /// - Bounds: `RouterLimits.messagesPerWorkItemMax`, the latest.
    package var messages: [Excerpt] = []
    package var messageCount: Int = 0
    /// In force now: the queue's and the language's, relaxed by the steps done; sorted by skill.
    package var requirements: [Requirement] = []
    /// The pools that handed it over, in order.
    /// - Bounds: `RouterLimits.handOversPerWorkItemMax`.
    package var path: [PoolID] = []
    /// Whether the customer was told, by a step, that a callback can be had: each is told once.
    package var isCallbackOffered = false
    /// Steps of the routing policy done since `waitingSince`.
    package var step: Int = 0
    /// When it last began to wait; steps and preference count from here.
    package var waitingSince: Instant
    package var preferredAgentID: AgentID?
    /// Until when it waits for its preferred agent while they are busy.
    package var preferredUntil: Instant?
    /// Who is not asked again before when.
    package var cooldowns: OrderedDictionary<AgentID, Instant> = [:]
    package var stage: Stage = .queued
    package var offersMade: Int = 0
    /// Behind the latest offer.
    @Rare package var decision: Decision?
    package var pastOffers: [PastOffer] = []
    package var owners: [Ownership] = []
    /// Which work item went on after this one was closed.
    package var successorID: WorkItemID?
    /// The survey's score.
    package var score: Int?
    /// Grows with every change.
    package var version: Int64 = 0
    /// Made to others at the same time as the offer of the stage; the first to accept has it.
    /// - Bounds: `RouterLimits.parallelOffersMax`, with the stage's own.
    package var parallelOffers: [Offer] = []
    /// What the last transfer said.
    @Rare package var transferNote: TransferNote?
    @Rare package var consultation: Consultation?
    /// When the customer left; nil when they have written since.
    package var customerLeftAt: Instant?

    package init(
        id: WorkItemID, poolID: PoolID, queueID: QueueID, conversationID: ConversationID, customerID: CustomerID,
        displayName: String? = nil, language: String? = nil, priority: Int, acceptedAt: Instant, openedAt: Instant,
        address: Address, replyAddress: Address? = nil, answeredAt: Instant? = nil, messages: [Excerpt] = [],
        messageCount: Int = 0,
        requirements: [Requirement] = [], step: Int = 0, waitingSince: Instant, preferredAgentID: AgentID? = nil,
        preferredUntil: Instant? = nil, cooldowns: OrderedDictionary<AgentID, Instant> = [:],
        stage: Stage = .queued, offersMade: Int = 0, decision: Decision? = nil, pastOffers: [PastOffer] = [],
        owners: [Ownership] = [],
        successorID: WorkItemID? = nil, score: Int? = nil, version: Int64 = 0
    ) {
        self.id = id
        self.poolID = poolID
        self.queueID = queueID
        self.conversationID = conversationID
        self.customerID = customerID
        self.displayName = displayName
        self.language = language
        self.priority = priority
        self.acceptedAt = acceptedAt
        self.openedAt = openedAt
        self.address = address
        self.replyAddress = replyAddress
        self.answeredAt = answeredAt
        self.messages = messages
        self.messageCount = messageCount
        self.requirements = requirements
        self.step = step
        self.waitingSince = waitingSince
        self.preferredAgentID = preferredAgentID
        self.preferredUntil = preferredUntil
        self.cooldowns = cooldowns
        self.stage = stage
        self.offersMade = offersMade
        _decision = Rare(wrappedValue: decision)
        self.pastOffers = pastOffers
        self.owners = owners
        self.successorID = successorID
        self.score = score
        self.version = version
    }

    package enum Stage: Hashable, Sendable {
        case queued
        case offered(Offer)
        case assigned(AgentID, since: Instant)
        case parked(AgentID, until: Instant)
        /// A callback: comes back at its time.
        case scheduled(Callback)
        case wrapUp(WrapUp)
        case closed(AgentID?, disposition: String, at: Instant)
    }

    /// Waits for a time, and takes nobody's capacity.
    package struct Callback: Hashable, Sendable {
        package var at: Instant
        /// Who is asked first then; nil: anyone.
        package var agentID: AgentID?

        package init(at: Instant, agentID: AgentID?) {
            self.at = at
            self.agentID = agentID
        }
    }

    /// One agent is asked; their capacity is reserved.
    package struct Offer: Hashable, Sendable {
        package var id: OfferID
        package var agentID: AgentID
        package var expiresAt: Instant
        /// Why this agent.
        package var explanation: String

        package init(id: OfferID, agentID: AgentID, expiresAt: Instant, explanation: String) {
            self.id = id
            self.agentID = agentID
            self.expiresAt = expiresAt
            self.explanation = explanation
        }
    }

    /// The customer is served; the agent finishes up, and still holds the capacity.
    package struct WrapUp: Hashable, Sendable {
        package var agentID: AgentID
        package var disposition: String
        package var completedAt: Instant
        package var until: Instant
        /// When the assignment began, for the handling time.
        package var assignedAt: Instant

        package init(
            agentID: AgentID, disposition: String, completedAt: Instant, until: Instant, assignedAt: Instant
        ) {
            self.agentID = agentID
            self.disposition = disposition
            self.completedAt = completedAt
            self.until = until
            self.assignedAt = assignedAt
        }
    }

    /// One message, shortened.
    package struct Excerpt: Hashable, Sendable {
        package var messageID: MessageID
        package var address: Address
        package var text: String
        package var acceptedAt: Instant

        package init(messageID: MessageID, address: Address, text: String, acceptedAt: Instant) {
            self.messageID = messageID
            self.address = address
            self.text = text
            self.acceptedAt = acceptedAt
        }
    }

    /// An offer that is over, so that a late answer gets the right reason.
    package struct PastOffer: Hashable, Sendable {
        package var id: OfferID
        package var agentID: AgentID
        package var end: OfferEnd
        package var at: Instant

        package init(id: OfferID, agentID: AgentID, end: OfferEnd, at: Instant) {
            self.id = id
            self.agentID = agentID
            self.end = end
            self.at = at
        }
    }

    package enum OfferEnd: String, CaseIterable, Hashable, Sendable {
        case accepted, declined, expired, revoked
        /// Another agent accepted first.
        case taken
    }

    /// What an agent says to whoever has it next.
    package struct TransferNote: Hashable, Sendable {
        package var agentID: AgentID
        package var text: String
        package var at: Instant

        package init(agentID: AgentID, text: String, at: Instant) {
            self.agentID = agentID
            self.text = text
            self.at = at
        }
    }

    /// A second agent who sees the work item and may note; it stays its owner's, and weighs nothing on the second.
    package struct Consultation: Hashable, Sendable {
        package var agentID: AgentID
        package var question: String
        package var since: Instant

        package init(agentID: AgentID, question: String, since: Instant) {
            self.agentID = agentID
            self.question = question
            self.since = since
        }
    }

    /// Who had it, from when until when.
    package struct Ownership: Hashable, Sendable {
        package var agentID: AgentID
        package var since: Instant
        package var until: Instant?

        package init(agentID: AgentID, since: Instant, until: Instant? = nil) {
            self.agentID = agentID
            self.since = since
            self.until = until
        }
    }
}

extension WorkItem {
    /// Who has it, had it last or waits for it to come back.
    package var agentID: AgentID? {
        switch stage {
        case .queued: nil
        case .offered, .assigned, .wrapUp: stage.holderID
        case .parked(let agentID, _): agentID
        case .scheduled(let callback): callback.agentID
        case .closed(let agentID, _, _): agentID
        }
    }

    /// In the order in which they were made.
    package var liveOffers: [Offer] {
        if case .offered(let offer) = stage { [offer] + parallelOffers } else { [] }
    }

    /// Whose capacity it takes; of parallel offers, the first.
    package var holderIDs: [AgentID] {
        (stage.holderID.map { [$0] } ?? []) + parallelOffers.map(\.agentID)
    }

    var subject: WorkEvent.Subject {
        WorkEvent.Subject(
            workItemID: id, conversationID: conversationID, customerID: customerID, queueID: queueID)
    }
}

extension WorkItem.Stage {
    /// Whose capacity it takes.
    package var holderID: AgentID? {
        switch self {
        case .offered(let offer): offer.agentID
        case .assigned(let agentID, _): agentID
        case .wrapUp(let wrapUp): wrapUp.agentID
        case .queued, .parked, .scheduled, .closed: nil
        }
    }

    /// Who works on it.
    package var assigneeID: AgentID? {
        switch self {
        case .assigned(let agentID, _): agentID
        case .wrapUp(let wrapUp): wrapUp.agentID
        case .queued, .offered, .parked, .scheduled, .closed: nil
        }
    }

    package var isQueued: Bool { self == .queued }

    package var isClosed: Bool {
        if case .closed = self { true } else { false }
    }

    /// As the API and explanations name it.
    package var name: String {
        switch self {
        case .queued: "queued"
        case .offered: "offered"
        case .assigned: "assigned"
        case .parked: "parked"
        case .scheduled: "scheduled"
        case .wrapUp: "wrap-up"
        case .closed: "closed"
        }
    }
}
