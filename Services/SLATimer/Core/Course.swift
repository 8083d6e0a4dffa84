package import Domain

/// What an SLA policy promises, as far as clocks need it.
package struct Terms: Hashable, Sendable {
    package var targets: [SLAPolicy.Target]
    package var calendarID: PolicyID?
    package var escalationPriority: Int?

    package init(targets: [SLAPolicy.Target] = [], calendarID: PolicyID? = nil, escalationPriority: Int? = nil) {
        self.targets = targets
        self.calendarID = calendarID
        self.escalationPriority = escalationPriority
    }

    init(_ policy: SLAPolicy) {
        self.init(
            targets: policy.targets, calendarID: policy.calendarID, escalationPriority: policy.escalation?.priority)
    }
}

/// Something that happened to a work item, by event time.
package struct Entry: Hashable, Sendable {
    package var at: Instant
    package var event: Event

    package init(at: Instant, event: Event) {
        self.at = at
        self.event = event
    }

    package enum Event: Hashable, Sendable {
        /// Its place is after the replies that were known before it, for nobody can answer what they have not been
        /// shown; the customer waits since it was written.
        case customerWrote(MessageID, at: Instant)
        case agentReplied(MessageID)
        case parked
        case resumed
        case priorityChanged(Int)
        case closed(Closure)
        /// A configuration revision changed the policy: clocks that start from here on have these terms.
        case termsChanged(Terms)
    }
}

/// How a work item ended, as far as a survey needs it.
package struct Closure: Hashable, Sendable {
    package var at: Instant
    package var agentID: AgentID?
    package var conversationEnded: Bool
    package var replyAddress: Address?

    package init(at: Instant, agentID: AgentID?, conversationEnded: Bool, replyAddress: Address?) {
        self.at = at
        self.agentID = agentID
        self.conversationEnded = conversationEnded
        self.replyAddress = replyAddress
    }
}

/// A work item's clocks as they follow from what happened, in the order of event time.
///
/// ```
///            opened                 customer writes after a reply
///              │                                │
///              ▼                                ▼
///   first-response, resolution            next-response
///              │                                │
///      ┌───────┴─────── running ◄───────────────┘
///      │                │    ▲
///      │         parked │    │ resumed, or the customer writes
///      │                ▼    │
///      │                paused
///      ▼
///   agent replies: first-response and next-response are done
///   closed: resolution is done, the others are withdrawn; nothing happens after it
/// ```
package struct Course: Hashable, Sendable {
    /// Event time of the last entry.
    package var at: Instant
    package var terms: Terms
    package var priority: Int
    package var hasReplied: Bool
    package var isParked: Bool
    package var closure: Closure?
    /// In the order in which they started.
    package var clocks: [Clock]

    package init(
        at: Instant, terms: Terms, priority: Int, hasReplied: Bool, isParked: Bool, closure: Closure?, clocks: [Clock]
    ) {
        self.at = at
        self.terms = terms
        self.priority = priority
        self.hasReplied = hasReplied
        self.isParked = isParked
        self.closure = closure
        self.clocks = clocks
    }

    /// A work item that was opened under these terms.
    package init(openedAt: Instant, terms: Terms, priority: Int) {
        self.init(
            at: openedAt, terms: terms, priority: priority, hasReplied: false, isParked: false, closure: nil, clocks: []
        )
        start(.firstResponse, at: openedAt)
        start(.resolution, at: openedAt)
    }

    /// - Precondition: not earlier than the last entry.
    mutating func apply(_ entry: Entry) {
        at = entry.at
        guard closure == nil else { return }
        switch entry.event {
        case .customerWrote(_, let writtenAt):
            resume()
            if hasReplied, !clocks.contains(where: { $0.kind == .nextResponse && $0.end == nil }) {
                start(.nextResponse, at: writtenAt)
            }
        case .agentReplied:
            hasReplied = true
            finish(.firstResponse, .done)
            finish(.nextResponse, .done)
        case .parked:
            isParked = true
            for index in clocks.indices { clocks[index].pause(at: at) }
        case .resumed:
            resume()
        case .priorityChanged(let priority):
            self.priority = priority
        case .closed(var closure):
            closure.at = at
            self.closure = closure
            finish(.firstResponse, .withdrawn)
            finish(.nextResponse, .withdrawn)
            finish(.resolution, .done)
        case .termsChanged(let terms):
            self.terms = terms
        }
    }

    /// Drops the oldest ended clocks beyond the limit, and returns them.
    mutating func forgetEnded() -> [Clock] {
        var surplus = clocks.count { $0.end != nil } - SLALimits.endedClocksMax
        var forgotten: [Clock] = []
        clocks.removeAll { clock in
            guard surplus > 0, clock.end != nil else { return false }
            surplus -= 1
            forgotten.append(clock)
            return true
        }
        return forgotten
    }

    private mutating func start(_ kind: TargetKind, at instant: Instant) {
        guard let target = terms.targets.first(where: { $0.kind == kind }) else { return }
        clocks.append(
            Clock(
                kind: kind, startedAt: instant, targetSeconds: min(max(target.seconds, 0), SLALimits.secondsMax),
                warningPercent: min(max(target.warningPercent, 1), 99), calendarID: terms.calendarID))
    }

    private mutating func resume() {
        isParked = false
        for index in clocks.indices { clocks[index].resume(at: at) }
    }

    private mutating func finish(_ kind: TargetKind, _ reason: Clock.End.Reason) {
        for index in clocks.indices where clocks[index].kind == kind { clocks[index].finish(reason, at: at) }
    }
}
