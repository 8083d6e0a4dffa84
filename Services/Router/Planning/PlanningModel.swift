package import Domain

/// What a simulation plays: an organization, its traffic, who works when, and how long to look.
package struct PlanningModel: Hashable, Sendable {
    /// Pools, queues, policies, profiles and every agent who works.
    package var configuration: Configuration
    package var traffic: [Traffic] = []
    package var staffing: [Shift] = []
    /// Measured time, after the warm-up.
    package var days: Double = 1
    /// Played before, and not measured: an empty centre is no fair beginning.
    package var warmUpSeconds: Int = 0
    package var replications: Int = 20
    package var seed: UInt64 = 1
    /// Contacts of the queue that are open at once; one more is turned away before it reaches the router.
    package var openContactsMax: [QueueID: Int] = [:]

    /// When the virtual time begins: a Monday at midnight.
    package static let start = Instant(milliseconds: 1_767_571_200_000)

    package init(configuration: Configuration) {
        self.configuration = configuration
    }

    /// What a replication takes at most, in contacts, for its memory.
    package static let contactsMax = 5_000_000

    /// The contacts to be expected in one replication, warm-up included.
    package var contactsExpected: Double {
        traffic.reduce(0) { $0 + $1.perHour.perDay } * (days + Double(warmUpSeconds) / 86_400)
    }
}

/// Contacts of one kind: what customers bring to one queue on one channel.
package struct Traffic: Hashable, Sendable {
    package var queueID: QueueID
    package var channel: ChannelKind
    /// Arrivals an hour by the time of day: a Poisson process.
    package var perHour: DayProfile
    /// From accepting to completing, whatever else the agent has in hand.
    package var handling: TimeDistribution
    /// How long a customer waits for an agent to accept; nil: as long as it takes.
    package var patience: TimeDistribution?
    /// From offer to accepting.
    package var reaction: TimeDistribution = .fixed(seconds: 0)
    /// Languages of customers; the rest names none.
    package var languages: [LanguageShare] = []
    /// Nil: the queue's.
    package var priority: Int?
    /// The service level asks for an agent within this time.
    package var answerWithinSeconds: Int = 20

    package struct LanguageShare: Hashable, Sendable {
        /// BCP 47, as `fr`.
        package var tag: String
        /// Of 1.
        package var share: Double

        package init(tag: String, share: Double) {
            self.tag = tag
            self.share = share
        }
    }

    package init(queueID: QueueID, channel: ChannelKind, perHour: DayProfile, handling: TimeDistribution) {
        self.queueID = queueID
        self.channel = channel
        self.perHour = perHour
        self.handling = handling
    }
}

/// When an agent works, every day. At its end the agent goes away: takes nothing new and finishes what they have.
package struct Shift: Hashable, Sendable {
    package var agentID: AgentID
    /// Seconds since midnight; a shift beyond midnight is two.
    package var start: Int
    /// Up to 86,400.
    package var end: Int

    package init(agentID: AgentID, start: Int = 0, end: Int = 86_400) {
        self.agentID = agentID
        self.start = start
        self.end = end
    }
}
