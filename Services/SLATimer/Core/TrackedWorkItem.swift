package import Domain
import OrderedCollections

/// One work item, as far as its promises are concerned: an entity of the checkpoint.
package struct TrackedWorkItem: Hashable, Sendable {
    package var id: WorkItemID
    package var opened: OpenedWorkItem
    package var openedAt: Instant
    /// Log time of the last signal.
    package var heardAt: Instant
    /// Whether the policy named when it was opened has been seen. Until then it has no clocks.
    package var isPolicyKnown: Bool
    package var history: History
    package var clocks: [TrackedClock]
    /// Targets whose breach has raised the priority: each does so once.
    package var escalated: [TargetKind]
    /// What the router was asked for and has not yet confirmed.
    package var askedPriority: Int?
    /// When the survey is to go out.
    package var surveyAt: Instant?
    package var isSurveySent: Bool

    package init(
        id: WorkItemID, opened: OpenedWorkItem, openedAt: Instant, heardAt: Instant, isPolicyKnown: Bool = false,
        history: History, clocks: [TrackedClock] = [], escalated: [TargetKind] = [], askedPriority: Int? = nil,
        surveyAt: Instant? = nil, isSurveySent: Bool = false
    ) {
        self.id = id
        self.opened = opened
        self.openedAt = openedAt
        self.heardAt = heardAt
        self.isPolicyKnown = isPolicyKnown
        self.history = history
        self.clocks = clocks
        self.escalated = escalated
        self.askedPriority = askedPriority
        self.surveyAt = surveyAt
        self.isSurveySent = isSurveySent
    }

    /// A work item that has just been opened, before its policy is looked up.
    init(id: WorkItemID, opened: OpenedWorkItem, openedAt: Instant, heardAt: Instant) {
        let course = Course(openedAt: openedAt, terms: Terms(), priority: opened.priority)
        self.init(id: id, opened: opened, openedAt: openedAt, heardAt: heardAt, history: History(settled: course))
    }

    /// When this work item has something to do by itself: a clock, the survey, or being forgotten.
    var nextDeadline: Instant {
        clocks.compactMap(\.nextDeadline).reduce(surveyAt ?? forgottenAt, min)
    }

    /// When nothing is left to wait for.
    var forgottenAt: Instant {
        let course = history.course
        guard let closure = course.closure else { return heardAt + SLALimits.silenceMax }
        let kept = closure.at + SLALimits.closedRetention
        return surveyAt.map { max($0, kept) } ?? kept
    }

    /// Takes what the configuration says of the work item's policy.
    ///
    /// The first time, the clocks count from the opening, and the acknowledgement goes out. Later revisions hold for
    /// clocks that start after them.
    mutating func adopt(_ configuration: Configuration, at now: Instant) -> [SLAOutput] {
        guard let policy = configuration.slaPolicies[opened.policyID] else { return [] }
        let terms = Terms(policy)
        guard !isPolicyKnown else {
            let course = history.course
            if course.closure == nil, course.terms != terms { _ = insert(Entry(at: now, event: .termsChanged(terms))) }
            return []
        }
        isPolicyKnown = true
        let course = Course(openedAt: openedAt, terms: terms, priority: opened.priority)
        history = History(settled: course, recent: history.recent)
        return acknowledge(by: policy, configuration, at: now)
    }

    /// Adds what happened.
    /// - Returns: whether it is new.
    mutating func insert(_ entry: Entry) -> Bool {
        guard history.insert(entry) else { return false }
        for forgotten in history.settle() {
            clocks.removeAll { $0.clock.kind == forgotten.kind && $0.clock.startedAt == forgotten.startedAt }
        }
        return true
    }

    /// Compares what has happened, and what time it is, with what was said, and says the difference.
    mutating func settle(at now: Instant, _ configuration: Configuration) -> [SLAOutput] {
        let course = history.course
        var sayings = update(to: course.clocks, at: now, configuration)
        let escalations = escalate(course, at: now, &sayings)
        let events = sayings.map { SLAOutput.event(event($0)) }
        return events + escalations + survey(course, at: now, configuration)
    }

    /// Says of every clock that still runs that nobody waits for it.
    func forgotten(at now: Instant) -> [SLAOutput] {
        clocks.filter { $0.saidDueAt != nil && $0.saidBreachOf == nil && $0.outcome == nil }
            .map { .event(event(Saying(now, .clockCancelled($0.clock.kind)))) }
    }

    private mutating func update(
        to known: [Clock], at now: Instant, _ configuration: Configuration
    ) -> [Saying] {
        var previous = clocks
        var sayings: [Saying] = []
        clocks = []
        for clock in known {
            let isSame = { (tracked: TrackedClock) in
                tracked.clock.kind == clock.kind && tracked.clock.startedAt == clock.startedAt
            }
            var tracked = TrackedClock(clock: clock)
            if let index = previous.firstIndex(where: isSame) { tracked = previous.remove(at: index) }
            sayings += tracked.update(to: clock, at: now, in: configuration.hours(clock.calendarID))
            clocks.append(tracked)
        }
        return previous.flatMap { $0.withdrawn(at: now) } + sayings
    }

    /// On a breach the priority is raised, once for each target, while somebody still waits.
    private mutating func escalate(_ course: Course, at now: Instant, _ sayings: inout [Saying]) -> [SLAOutput] {
        guard course.closure == nil, let priority = course.terms.escalationPriority else { return [] }
        var outputs: [SLAOutput] = []
        for tracked in clocks where tracked.saidBreachOf != nil && tracked.clock.end == nil {
            let kind = tracked.clock.kind
            guard !escalated.contains(kind) else { continue }
            escalated.append(kind)
            guard priority > max(course.priority, askedPriority ?? course.priority) else { continue }
            askedPriority = priority
            sayings.append(Saying(now, .escalated(priority: priority)))
            let reason = "\(kind.rawValue) target breached"
            outputs.append(
                .escalate(Escalation(workItemID: id, poolID: opened.poolID, priority: priority, reason: reason)))
        }
        return outputs
    }

    private func event(_ saying: Saying) -> SLAEvent {
        SLAEvent(workItemID: id, at: saying.at, kind: saying.kind)
    }
}

extension TrackedWorkItem {
    /// Tells the customer that the message arrived, if it can be told in writing and nobody has answered.
    private func acknowledge(
        by policy: SLAPolicy, _ configuration: Configuration, at now: Instant
    ) -> [SLAOutput] {
        guard let acknowledgement = policy.acknowledgement, !opened.joinsOpenConversation,
            !history.course.hasReplied, history.course.closure == nil, configuration.canWrite(to: opened.address),
            now - openedAt <= SLALimits.acknowledgementDelayMax
        else { return [] }
        let wait = opened.expectedWaitSeconds
        let messageID = MessageID.derived(from: "acknowledgement", id.rawValue)
        let message = OutboundMessage(
            messageID: messageID, conversationID: opened.conversationID, customerID: opened.customerID,
            workItemID: id, author: .acknowledgement, address: opened.address,
            text: acknowledgement.text(expectedWaitSeconds: wait), createdAt: now)
        let event = SLAEvent(workItemID: id, at: now, kind: .acknowledged(messageID, expectedWaitSeconds: wait))
        return [.message(message), .event(event)]
    }

    /// Asks the customer how it went, some time after an agent ended the conversation.
    private mutating func survey(
        _ course: Course, at now: Instant, _ configuration: Configuration
    ) -> [SLAOutput] {
        surveyAt = nil
        guard !isSurveySent, let closure = course.closure, closure.agentID != nil, closure.conversationEnded,
            let address = closure.replyAddress, configuration.canWrite(to: address),
            let survey = configuration.slaPolicies[opened.policyID]?.survey
        else { return [] }
        let dueAt = closure.at + .seconds(min(max(survey.delaySeconds, 0), SLALimits.secondsMax))
        guard dueAt <= now else {
            surveyAt = dueAt
            return []
        }
        isSurveySent = true
        let surveyID = SurveyID.derived(from: "survey", id.rawValue)
        let message = OutboundMessage(
            messageID: .derived(from: "survey-message", id.rawValue), conversationID: opened.conversationID,
            customerID: opened.customerID, workItemID: id, author: .survey, address: address, text: survey.question,
            createdAt: now)
        let asked = SurveyAsked(
            surveyID: surveyID, workItemID: id, conversationID: opened.conversationID, customerID: opened.customerID,
            poolID: opened.poolID, address: address,
            expiresAt: now + .seconds(min(max(survey.expiresSeconds, 0), SLALimits.secondsMax)))
        let event = SLAEvent(workItemID: id, at: now, kind: .surveySent(surveyID, message.messageID))
        // Asked before it is sent: the answer can only come after both.
        return [.surveyAsked(asked), .message(message), .event(event)]
    }
}

extension Configuration {
    /// The hours of a clock. A calendar that is named and missing is never open: its clocks wait for it.
    package func hours(_ id: PolicyID?) -> BusinessCalendar? {
        id.map { calendars[$0] ?? BusinessCalendar(id: $0, open: []) }
    }

    /// Whether a written message can go to an address.
    fileprivate func canWrite(to address: Address) -> Bool {
        guard !address.channel.isLive, let account = accounts[address.account] else { return false }
        return account.delivery != .none
    }
}
