package import OrderedCollections

/// How much an agent carries at once, how they get their work, and how long they may be silent.
package struct RoutingProfile: Hashable, Sendable {
    package var id: ProfileID
    /// In units of weight.
    package var capacity: Int
    /// Weight of one active work item by channel; a channel that is missing weighs `defaultWeight`.
    package var weights: OrderedDictionary<ChannelKind, Int> = [:]
    package var defaultWeight: Int = 1
    /// Work items of a channel that the agent holds at most; a channel that is missing has no limit of its own.
    package var channelMaxima: OrderedDictionary<ChannelKind, Int> = [:]
    /// By channel: the channels whose work stands still, and weighs nothing, while the agent holds an item of it.
    package var interruptions: OrderedDictionary<ChannelKind, [ChannelKind]> = [:]
    /// An assigned work item that neither side has written to for this long is idle; nil: never.
    package var idleAfterSeconds: Int?
    /// What an idle work item weighs, in hundredths of its full weight, rounded up.
    package var idleWeightPercent: Int = 100
    /// What a parked work item weighs: the room that is kept for its return.
    package var parkedWeightPercent: Int = 0
    package var occupancyGuard: OccupancyGuard?
    /// Offers missed in a row after which the agent is set to away; nil: however many.
    package var missedOffersMax: Int?
    package var mode: Mode = .push
    /// The queues that the agent serves; none: all of the pool.
    package var queues: [QueueID] = []
    /// An agent who makes no request for this long counts as vanished: offline, offers revoked.
    package var presenceLeaseSeconds: Int = 120
    /// How long after that the agent's assignments are requeued.
    package var graceSeconds: Int = 60

    package init(
        id: ProfileID, capacity: Int, weights: OrderedDictionary<ChannelKind, Int> = [:], defaultWeight: Int = 1,
        channelMaxima: OrderedDictionary<ChannelKind, Int> = [:],
        interruptions: OrderedDictionary<ChannelKind, [ChannelKind]> = [:], idleAfterSeconds: Int? = nil,
        idleWeightPercent: Int = 100, parkedWeightPercent: Int = 0, occupancyGuard: OccupancyGuard? = nil,
        missedOffersMax: Int? = nil, mode: Mode = .push, queues: [QueueID] = [], presenceLeaseSeconds: Int = 120,
        graceSeconds: Int = 60
    ) {
        self.id = id
        self.capacity = capacity
        self.weights = weights
        self.defaultWeight = defaultWeight
        self.channelMaxima = channelMaxima
        self.interruptions = interruptions
        self.idleAfterSeconds = idleAfterSeconds
        self.idleWeightPercent = idleWeightPercent
        self.parkedWeightPercent = parkedWeightPercent
        self.occupancyGuard = occupancyGuard
        self.missedOffersMax = missedOffersMax
        self.mode = mode
        self.queues = queues
        self.presenceLeaseSeconds = presenceLeaseSeconds
        self.graceSeconds = graceSeconds
    }

    /// How work comes to the agent.
    package enum Mode: String, CaseIterable, Hashable, Sendable {
        /// It is offered.
        case push
        /// The agent asks for the most urgent.
        case pull
    }

    /// Gives an overloaded agent air before it gives work.
    package struct OccupancyGuard: Hashable, Sendable {
        /// Share of the window that may be spent in work, in hundredths: whoever came a short while ago is not overloaded.
        package var percentMax: Int
        package var windowSeconds: Int = 3_600
        /// How long nothing is offered once the share is reached.
        package var airSeconds: Int = 120

        package init(percentMax: Int, windowSeconds: Int = 3_600, airSeconds: Int = 120) {
            self.percentMax = percentMax
            self.windowSeconds = windowSeconds
            self.airSeconds = airSeconds
        }
    }
}
