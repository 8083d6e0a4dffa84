import Domain
import OrderedCollections
import SLATimerCore

/// Feeds a timer as the host does: deadlines that are due come before each record.
struct TimerDriver {
    var timer = SLATimer()
    var outputs: [SLAOutput] = []

    init(_ configuration: Configuration? = .standard) {
        if let configuration { outputs += timer.configure(configuration, at: .s(0)) }
    }

    /// A signal about something that happened at `at` and is appended to the log at `arriving`.
    mutating func signal(_ kind: ClockSignal.Kind, at: Int, arriving: Int? = nil, item: WorkItemID = .item) {
        let now = Instant.s(arriving ?? at)
        outputs += timer.advance(to: now)
        outputs += timer.apply(ClockSignal(workItemID: item, at: .s(at), kind: kind), at: now)
    }

    mutating func tick(_ seconds: Int) {
        outputs += timer.advance(to: .s(seconds))
    }

    mutating func configure(_ configuration: Configuration, at seconds: Int) {
        outputs += timer.advance(to: .s(seconds))
        outputs += timer.configure(configuration, at: .s(seconds))
    }

    /// What was said since the last call, without acknowledgements.
    mutating func said() -> [SLAEvent.Kind] {
        defer { outputs = [] }
        return outputs.compactMap { if case .event(let event) = $0 { event.kind } else { nil } }
    }

    var escalations: [Escalation] {
        outputs.compactMap { if case .escalate(let escalation) = $0 { escalation } else { nil } }
    }

    var messages: [OutboundMessage] {
        outputs.compactMap { if case .message(let message) = $0 { message } else { nil } }
    }

    var surveys: [SurveyAsked] {
        outputs.compactMap { if case .surveyAsked(let asked) = $0 { asked } else { nil } }
    }

    func state(_ kind: TargetKind, item: WorkItemID = .item) -> TrackedClock.State? {
        timer.workItem(item)?.clocks.last { $0.clock.kind == kind }?.state
    }
}

extension Instant {
    /// Seconds after a quiet moment in 2026.
    static func s(_ seconds: Int) -> Instant {
        Instant(milliseconds: 1_780_000_000_000 + Int64(seconds) * 1000)
    }
}

extension WorkItemID {
    static let item = WorkItemID("item-1")
}

extension PolicyID {
    static let standard = PolicyID("standard")
}

extension Address {
    static let sms = Address(
        channel: .sms, account: .init("sms-fr"), identifier: .init(kind: .phone, value: "+33612345678"))
    static let call = Address(
        channel: .voice, account: .init("voice-fr"), identifier: .init(kind: .phone, value: "+33612345678"))
    /// Of an account that nothing can be written to.
    static let mute = Address(
        channel: .social, account: .init("mute"), identifier: .init(kind: .handle, value: "mute/lena"))
    static let unknown = Address(
        channel: .chat, account: .init("gone"), identifier: .init(kind: .visitor, value: "gone/lena"))
}

extension SLAPolicy {
    /// First response in 100 s, next in 60 s, resolution in 1,000 s; warnings at 80 %; priority 9 on a breach.
    static let standard = SLAPolicy(
        id: .standard,
        targets: [
            .init(kind: .firstResponse, seconds: 100), .init(kind: .nextResponse, seconds: 60),
            .init(kind: .resolution, seconds: 1000),
        ],
        escalation: .init(priority: 9))
}

extension Configuration {
    static let standard = Configuration.with(.standard)

    static func with(
        _ policy: SLAPolicy, calendars: [BusinessCalendar] = [], revision: Int64 = 1
    ) -> Configuration {
        var configuration = Configuration(revision: revision)
        configuration.slaPolicies[policy.id] = policy
        for calendar in calendars { configuration.calendars[calendar.id] = calendar }
        let accounts: [(Address, ChannelAccount.Delivery)] = [
            (.sms, .webhook(url: "http://localhost/", secret: "s")), (.call, .none), (.mute, .none),
        ]
        for (address, delivery) in accounts {
            configuration.accounts[address.account] = ChannelAccount(
                id: address.account, channel: address.channel, queueID: .init("q"), delivery: delivery)
        }
        return configuration
    }
}

extension ClockSignal.Kind {
    static func opened(
        from address: Address = .sms, priority: Int = 5, wait: Int? = 150, joins: Bool = false
    ) -> Self {
        .opened(
            OpenedWorkItem(
                conversationID: .init("conversation"), customerID: .init("customer"), poolID: .init("pool"),
                queueID: .init("q"), policyID: .standard, priority: priority, address: address,
                expectedWaitSeconds: wait, joinsOpenConversation: joins))
    }

    static func customer(_ id: String) -> Self { .customerMessage(.init(id), .sms) }

    static func reply(_ id: String) -> Self { .agentReplied(.init(id)) }

    static func closed(
        by agent: String? = "ines", ended: Bool = true, replyTo: Address? = .sms
    ) -> Self {
        .closed(
            agentID: agent.map { .init($0) }, disposition: "solved", conversationEnded: ended, replyAddress: replyTo)
    }
}
