package import OrderedCollections

/// One applied revision of an organization's configuration: what `patchbay apply` wrote.
package struct Configuration: Hashable, Sendable {
    package var revision: Int64
    package var pools: OrderedDictionary<PoolID, Pool> = [:]
    package var skills: OrderedDictionary<SkillID, Skill> = [:]
    package var profiles: OrderedDictionary<ProfileID, RoutingProfile> = [:]
    package var agents: OrderedDictionary<AgentID, Agent> = [:]
    package var queues: OrderedDictionary<QueueID, Queue> = [:]
    package var routingPolicies: OrderedDictionary<PolicyID, RoutingPolicy> = [:]
    package var slaPolicies: OrderedDictionary<PolicyID, SLAPolicy> = [:]
    package var calendars: OrderedDictionary<PolicyID, BusinessCalendar> = [:]
    package var accounts: OrderedDictionary<ChannelAccountID, ChannelAccount> = [:]

    package init(revision: Int64) {
        self.revision = revision
    }
}

/// A set of agents and queues that share one ordering: the unit of partitioning.
package struct Pool: Hashable, Sendable {
    package var id: PoolID
    package var name: String

    package init(id: PoolID, name: String) {
        self.id = id
        self.name = name
    }
}

package struct Skill: Hashable, Sendable {
    package var id: SkillID
    package var name: String

    package init(id: SkillID, name: String) {
        self.id = id
        self.name = name
    }
}

/// How much an agent carries at once, and how long they may be silent.
package struct RoutingProfile: Hashable, Sendable {
    package var id: ProfileID
    /// In units of weight.
    package var capacity: Int
    /// Weight of one work item by channel; a channel that is missing weighs `defaultWeight`.
    package var weights: OrderedDictionary<ChannelKind, Int> = [:]
    package var defaultWeight: Int = 1
    /// An agent who makes no request for this long counts as vanished: offline, offers revoked.
    package var presenceLeaseSeconds: Int = 120
    /// How long after that the agent's assignments are requeued.
    package var graceSeconds: Int = 60

    package init(
        id: ProfileID, capacity: Int, weights: OrderedDictionary<ChannelKind, Int> = [:], defaultWeight: Int = 1,
        presenceLeaseSeconds: Int = 120, graceSeconds: Int = 60
    ) {
        self.id = id
        self.capacity = capacity
        self.weights = weights
        self.defaultWeight = defaultWeight
        self.presenceLeaseSeconds = presenceLeaseSeconds
        self.graceSeconds = graceSeconds
    }
}

package struct Agent: Hashable, Sendable {
    package var id: AgentID
    package var name: String
    package var poolID: PoolID
    package var profileID: ProfileID
    package var skills: [Requirement] = []

    package init(id: AgentID, name: String, poolID: PoolID, profileID: ProfileID, skills: [Requirement] = []) {
        self.id = id
        self.name = name
        self.poolID = poolID
        self.profileID = profileID
        self.skills = skills
    }
}

package struct Queue: Hashable, Sendable {
    package var id: QueueID
    package var name: String
    package var poolID: PoolID
    package var routingPolicyID: PolicyID
    package var slaPolicyID: PolicyID
    package var priority: Int = 5
    package var requirements: [Requirement] = []
    /// What a customer's language (BCP 47 primary subtag) asks for in addition.
    package var languages: OrderedDictionary<String, Requirement> = [:]

    package init(
        id: QueueID, name: String, poolID: PoolID, routingPolicyID: PolicyID, slaPolicyID: PolicyID,
        priority: Int = 5, requirements: [Requirement] = [],
        languages: OrderedDictionary<String, Requirement> = [:]
    ) {
        self.id = id
        self.name = name
        self.poolID = poolID
        self.routingPolicyID = routingPolicyID
        self.slaPolicyID = slaPolicyID
        self.priority = priority
        self.requirements = requirements
        self.languages = languages
    }
}

/// How the items of a queue find an agent.
package struct RoutingPolicy: Hashable, Sendable {
    package var id: PolicyID
    package var offerSeconds: Int = 30
    package var declineCooldownSeconds: Int = 60
    package var wrapUpSeconds: Int = 0
    /// How long a preferred agent who is present but busy is waited for.
    package var preferredAgentSeconds: Int = 0
    /// For the expected waiting time, until the queue has its own figures.
    package var expectedHandleSeconds: Int = 300
    package var steps: [Step] = []

    package init(
        id: PolicyID, offerSeconds: Int = 30, declineCooldownSeconds: Int = 60, wrapUpSeconds: Int = 0,
        preferredAgentSeconds: Int = 0, expectedHandleSeconds: Int = 300, steps: [Step] = []
    ) {
        self.id = id
        self.offerSeconds = offerSeconds
        self.declineCooldownSeconds = declineCooldownSeconds
        self.wrapUpSeconds = wrapUpSeconds
        self.preferredAgentSeconds = preferredAgentSeconds
        self.expectedHandleSeconds = expectedHandleSeconds
        self.steps = steps
    }

    /// After the given wait, levels are lowered and skills dropped.
    package struct Step: Hashable, Sendable {
        package var afterSeconds: Int
        package var lowerLevelsBy: Int = 0
        package var dropSkills: [SkillID] = []

        package init(afterSeconds: Int, lowerLevelsBy: Int = 0, dropSkills: [SkillID] = []) {
            self.afterSeconds = afterSeconds
            self.lowerLevelsBy = lowerLevelsBy
            self.dropSkills = dropSkills
        }
    }
}

package struct SLAPolicy: Hashable, Sendable {
    package var id: PolicyID
    package var targets: [Target] = []
    /// Business hours in which the clocks run; nil: always.
    package var calendarID: PolicyID?
    package var acknowledgement: Acknowledgement?
    package var escalation: Escalation?
    package var survey: Survey?

    package init(
        id: PolicyID, targets: [Target] = [], calendarID: PolicyID? = nil, acknowledgement: Acknowledgement? = nil,
        escalation: Escalation? = nil, survey: Survey? = nil
    ) {
        self.id = id
        self.targets = targets
        self.calendarID = calendarID
        self.acknowledgement = acknowledgement
        self.escalation = escalation
        self.survey = survey
    }

    package struct Target: Hashable, Sendable {
        package var kind: TargetKind
        /// Business time.
        package var seconds: Int
        /// When to warn, as a share of the target, 1 to 99.
        package var warningPercent: Int = 80

        package init(kind: TargetKind, seconds: Int, warningPercent: Int = 80) {
            self.kind = kind
            self.seconds = seconds
            self.warningPercent = warningPercent
        }
    }

    /// `{wait}` in the text becomes the expected waiting time.
    package struct Acknowledgement: Hashable, Sendable {
        package var text: String
        /// Used where no waiting time can be estimated.
        package var textWithoutWait: String

        package init(text: String, textWithoutWait: String) {
            self.text = text
            self.textWithoutWait = textWithoutWait
        }
    }

    /// On a breach the priority becomes this, if that is higher.
    package struct Escalation: Hashable, Sendable {
        package var priority: Int

        package init(priority: Int) {
            self.priority = priority
        }
    }

    package struct Survey: Hashable, Sendable {
        package var question: String
        package var delaySeconds: Int = 0
        package var expiresSeconds: Int = 86_400

        package init(question: String, delaySeconds: Int = 0, expiresSeconds: Int = 86_400) {
            self.question = question
            self.delaySeconds = delaySeconds
            self.expiresSeconds = expiresSeconds
        }
    }
}

/// One configured mailbox, number or page.
package struct ChannelAccount: Hashable, Sendable {
    package var id: ChannelAccountID
    package var channel: ChannelKind
    package var queueID: QueueID
    /// Overrides the queue's.
    package var priority: Int?
    package var delivery: Delivery
    /// Name of the secret that verifies what this account receives (Twilio's auth token, a site's claim key).
    package var inboundSecret: String?

    package init(
        id: ChannelAccountID, channel: ChannelKind, queueID: QueueID, priority: Int? = nil, delivery: Delivery,
        inboundSecret: String? = nil
    ) {
        self.id = id
        self.channel = channel
        self.queueID = queueID
        self.priority = priority
        self.delivery = delivery
        self.inboundSecret = inboundSecret
    }

    package enum Delivery: Hashable, Sendable {
        /// Nothing can be written to it (a voice number).
        case none
        /// Standard Webhooks to this URL, signed with the named secret.
        case webhook(url: String, secret: String)
        /// Twilio's REST interface; `baseURL` is its own unless a test or proxy stands in.
        case twilio(baseURL: String, accountSID: String, number: String, secret: String)
    }
}
