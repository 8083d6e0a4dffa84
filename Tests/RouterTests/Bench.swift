import Domain
import OrderedCollections

@testable import RouterCore

/// A router on the bench: a clock moved by hand, and short words for what happens to it.
struct Bench {
    var router = RouterMachine()
    var now = Instant(milliseconds: 1_700_000_000_000)
    var organization: Organization
    private var count = 0

    init(_ organization: Organization = Organization()) {
        self.organization = organization
        _ = router.configure(organization.configuration, at: now)
    }

    // MARK: Time and configuration

    /// Lets the time pass and fires what is due.
    @discardableResult
    mutating func wait(_ seconds: Int) -> [RouterOutput] {
        now = now + .seconds(seconds)
        return router.advance(to: now)
    }

    @discardableResult
    mutating func configure(_ change: (inout Organization) -> Void) -> [RouterOutput] {
        change(&organization)
        organization.revision += 1
        return router.advance(to: now) + router.configure(organization.configuration, at: now)
    }

    @discardableResult
    mutating func apply(_ command: WorkCommand) -> [RouterOutput] {
        router.advance(to: now) + router.apply(command, at: now)
    }

    // MARK: Customers

    /// A message that opens the work item of this name, or adds to it.
    @discardableResult
    mutating func message(
        _ item: String, id: String? = nil, queue: String = "general", channel: ChannelKind = .chat,
        conversation: String? = nil, priority: Int = 5, language: String? = nil, preferred: String? = nil,
        age: Int = 0
    ) -> [RouterOutput] {
        count += 1
        let address = Address(
            channel: channel, account: ChannelAccountID("account-\(channel.rawValue)"),
            identifier: Identifier(kind: .handle, value: "lena"))
        return apply(
            .customerMessage(
                WorkRequest(
                    workItemID: WorkItemID(item), conversationID: ConversationID(conversation ?? "c-\(item)"),
                    customerID: CustomerID("lena"), messageID: MessageID(id ?? "message-\(count)"),
                    poolID: organization.queues.first { $0.id.rawValue == queue }?.poolID ?? "support",
                    queueID: QueueID(queue), address: address, priority: priority, language: language,
                    preferredAgentID: preferred.map { AgentID($0) }, excerpt: "hello",
                    acceptedAt: now - .seconds(age))))
    }

    // MARK: Agents

    @discardableResult
    mutating func command(
        _ agent: String, _ action: AgentCommand.Action, id: String? = nil, supervisor: String? = nil,
        on version: Int64? = nil
    ) -> [RouterOutput] {
        count += 1
        let poolID = organization.agents.first { $0.id.rawValue == agent }?.poolID ?? "support"
        return apply(
            .agent(
                AgentCommand(
                    commandID: CommandID(id ?? "command-\(count)"), agentID: AgentID(agent), poolID: poolID,
                    action: action, supervisor: supervisor, version: version)))
    }

    /// By a supervisor, whom the configuration does not know.
    mutating func reassign(_ item: String, to destination: AgentCommand.Destination) -> [RouterOutput] {
        command("supervisor", .reassign(WorkItemID(item), to: destination, reason: "by hand"))
    }

    mutating func available(_ agents: String...) {
        for agent in agents { command(agent, .setPresence(.available)) }
    }

    /// Accepts the live offer of the work item in the name of the agent it was made to.
    @discardableResult
    mutating func accept(_ item: String) -> [RouterOutput] {
        guard let offer = offer(of: item) else { return [] }
        return command(offer.agentID.rawValue, .accept(offer.id))
    }

    /// Brings a work item to the state assigned, with this agent available.
    mutating func assign(_ item: String, to agent: String) {
        available(agent)
        message(item)
        accept(item)
    }

    // MARK: What is

    func item(_ id: String) -> WorkItem? { router.workItem(WorkItemID(id)) }

    func stage(_ id: String) -> String? { item(id)?.stage.name }

    func offer(of id: String) -> WorkItem.Offer? {
        if case .offered(let offer) = item(id)?.stage { offer } else { nil }
    }

    /// Who has it offered or assigned.
    func holder(of id: String) -> String? { item(id)?.stage.holderID?.rawValue }

    func load(_ agent: String) -> Int { router.agentState(AgentID(agent))?.load ?? 0 }
}

/// A small organization that tests change as they like.
struct Organization {
    var revision: Int64 = 1
    var agents: [Agent] = [
        Organization.agent("ana", ["french": 7, "billing": 3]), Organization.agent("ben", ["billing": 8]),
    ]
    var profiles = [
        RoutingProfile(
            id: "standard", capacity: 3, weights: [.voice: 3, .email: 1], presenceLeaseSeconds: 120, graceSeconds: 60)
    ]
    var queues = [
        Queue(
            id: "general", name: "General", poolID: "support", routingPolicyID: "standard", slaPolicyID: "gold",
            languages: ["fr": Requirement(skill: "french", level: 5)]),
        Queue(
            id: "billing", name: "Billing", poolID: "support", routingPolicyID: "standard", slaPolicyID: "gold",
            requirements: [Requirement(skill: "billing", level: 5)]),
        Queue(id: "sales", name: "Sales", poolID: "sales", routingPolicyID: "standard", slaPolicyID: "gold"),
    ]
    var calendars: [BusinessCalendar] = []
    /// Of agents whose calendar is "shifts".
    var shifts: [BusinessCalendar.Interval] = []
    var breakReasons: [String] = []
    var policy = RoutingPolicy(id: "standard", offerSeconds: 30, declineCooldownSeconds: 60)
    var supportPool = Pool(id: "support", name: "support")
    var slaPolicies: [SLAPolicy] = []
    var accounts: [ChannelAccount] = []
    /// A second policy.
    var shadow: RoutingPolicy?

    var configuration: Configuration {
        var result = Configuration(revision: revision)
        for pool in ["support", "sales"] {
            result.pools[PoolID(pool)] = Pool(id: PoolID(pool), name: pool, breakReasons: breakReasons)
        }
        result.calendars["shifts"] = BusinessCalendar(id: "shifts", open: shifts)
        result.pools[supportPool.id] = supportPool
        result.pools[supportPool.id]?.breakReasons += breakReasons
        for policy in slaPolicies { result.slaPolicies[policy.id] = policy }
        for calendar in calendars { result.calendars[calendar.id] = calendar }
        for profile in profiles { result.profiles[profile.id] = profile }
        for agent in agents { result.agents[agent.id] = agent }
        for queue in queues { result.queues[queue.id] = queue }
        result.routingPolicies[policy.id] = policy
        if let shadow { result.routingPolicies[shadow.id] = shadow }
        for account in accounts { result.accounts[account.id] = account }
        return result
    }

    static func agent(
        _ name: String, _ skills: KeyValuePairs<String, Int> = [:], pool: String = "support",
        profile: String = "standard"
    ) -> Agent {
        Agent(
            id: AgentID(name), name: name, poolID: PoolID(pool), profileID: ProfileID(profile),
            skills: skills.map { Requirement(skill: SkillID($0.key), level: $0.value) })
    }
}

extension ID: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) { self.init(value) }
}

extension [RouterOutput] {
    var events: [WorkEvent.Kind] {
        compactMap { if case .event(let event) = $0 { event.kind } else { nil } }
    }

    var signals: [ClockSignal.Kind] {
        compactMap { if case .clock(let signal) = $0 { signal.kind } else { nil } }
    }

    var sent: [OutboundMessage] {
        compactMap { if case .send(let message) = $0 { message } else { nil } }
    }

    var informed: [InboundRecord] {
        compactMap { if case .inform(let record) = $0 { record } else { nil } }
    }

    /// For other pools.
    var commands: [WorkCommand] {
        compactMap { if case .command(let command, _) = $0 { command } else { nil } }
    }

    /// What the command came to.
    var result: CommandResult.Outcome? {
        for case .commandResult(let result) in events { return result.outcome }
        return nil
    }

    var rejection: RejectionCode? {
        if case .rejected(let rejection) = result { rejection.code } else { nil }
    }

    var offered: [String] {
        events.compactMap { if case .offered(_, let agent, _, _) = $0 { agent.rawValue } else { nil } }
    }
}

/// What a test needs to go on did not happen.
struct Broken: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}
