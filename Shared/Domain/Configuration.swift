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
    package var order: Order = .priority
    /// Slack is compared in units of this length, and priority decides within one.
    package var slackUnitSeconds: Int = 60
    /// Whoever has waited for this long comes before all others, the oldest first; nil: no such bound.
    package var maximumWaitSeconds: Int?
    /// What agents may say when they go away; none: any text.
    package var breakReasons: [String] = []

    package init(
        id: PoolID, name: String, order: Order = .priority, slackUnitSeconds: Int = 60,
        maximumWaitSeconds: Int? = nil, breakReasons: [String] = []
    ) {
        self.id = id
        self.name = name
        self.order = order
        self.slackUnitSeconds = slackUnitSeconds
        self.maximumWaitSeconds = maximumWaitSeconds
        self.breakReasons = breakReasons
    }

    /// What is most urgent.
    package enum Order: String, CaseIterable, Hashable, Sendable {
        /// Priority, then age.
        case priority
        /// Slack, then priority, then age; what has no target comes last.
        case slack
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

package struct Agent: Hashable, Sendable {
    package var id: AgentID
    package var name: String
    package var poolID: PoolID
    package var profileID: ProfileID
    package var skills: [Requirement] = []
    /// The agent's shifts; nil: whenever they say that they are there.
    package var shiftCalendarID: PolicyID?

    package init(
        id: AgentID, name: String, poolID: PoolID, profileID: ProfileID, skills: [Requirement] = [],
        shiftCalendarID: PolicyID? = nil
    ) {
        self.id = id
        self.name = name
        self.poolID = poolID
        self.profileID = profileID
        self.skills = skills
        self.shiftCalendarID = shiftCalendarID
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
    /// Who is let in; nil: everybody, at any time.
    package var admission: Admission?
    /// Decides beside the policy in force, without effect.
    package var shadowPolicyID: PolicyID?

    package init(
        id: QueueID, name: String, poolID: PoolID, routingPolicyID: PolicyID, slaPolicyID: PolicyID,
        priority: Int = 5, requirements: [Requirement] = [],
        languages: OrderedDictionary<String, Requirement> = [:], admission: Admission? = nil,
        shadowPolicyID: PolicyID? = nil
    ) {
        self.id = id
        self.name = name
        self.poolID = poolID
        self.routingPolicyID = routingPolicyID
        self.slaPolicyID = slaPolicyID
        self.priority = priority
        self.requirements = requirements
        self.languages = languages
        self.admission = admission
        self.shadowPolicyID = shadowPolicyID
    }

    /// Limits beyond which a customer gets an honest answer instead of a place in the queue.
    package struct Admission: Hashable, Sendable {
        /// Work items that wait at most.
        package var waitingMax: Int?
        /// The longest expected wait.
        package var waitSecondsMax: Int?
        /// Hours in which the queue is open; nil: always.
        package var calendarID: PolicyID?
        /// Written to who is not let in; `{wait}` becomes the expected waiting time.
        package var fullText: String
        package var closedText: String

        package init(
            waitingMax: Int? = nil, waitSecondsMax: Int? = nil, calendarID: PolicyID? = nil, fullText: String,
            closedText: String
        ) {
            self.waitingMax = waitingMax
            self.waitSecondsMax = waitSecondsMax
            self.calendarID = calendarID
            self.fullText = fullText
            self.closedText = closedText
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
