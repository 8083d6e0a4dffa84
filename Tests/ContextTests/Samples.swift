import ContextCore
import Domain
import OrderedCollections

/// An organization with two pools, and a customer's identifiers.
enum Samples {
    static let phone = Identifier(kind: .phone, value: "+33612345678")
    static let email = Identifier(kind: .email, value: "lena@example.org")
    static let handle = Identifier(kind: .handle, value: "social/lena")
    static let visitor = Identifier(kind: .visitor, value: "chat/v-1")

    static let start = Instant(milliseconds: 1_800_000_000_000)

    static func configuration(revision: Int64 = 1, accounts: [ChannelAccount] = accounts) -> Configuration {
        var configuration = Configuration(revision: revision)
        for pool in ["support", "calls"] {
            configuration.pools[PoolID(pool)] = Pool(id: PoolID(pool), name: pool)
        }
        for (queue, pool) in [("general", "support"), ("phone", "calls")] {
            configuration.queues[QueueID(queue)] = Queue(
                id: QueueID(queue), name: queue, poolID: PoolID(pool), routingPolicyID: PolicyID("standard"),
                slaPolicyID: PolicyID("standard"), priority: 4)
        }
        for account in accounts { configuration.accounts[account.id] = account }
        return configuration
    }

    static let accounts = [
        account("social", .social), account("chat", .chat), account("sms", .sms), account("mail", .email),
        account("voice", .voice, queue: "phone", priority: 9),
    ]

    static func account(
        _ id: String, _ channel: ChannelKind, queue: String = "general", priority: Int? = nil
    ) -> ChannelAccount {
        ChannelAccount(
            id: ChannelAccountID(id), channel: channel, queueID: QueueID(queue), priority: priority, delivery: .none)
    }

    static func message(
        _ id: String, from identifier: Identifier, by account: String = "social", _ channel: ChannelKind = .social,
        text: String = "Bonjour", language: String? = nil, name: String? = nil, evidence: [Evidence] = []
    ) -> InboundMessage {
        InboundMessage(
            messageID: MessageID(id), customerID: identifier.customerID,
            address: Address(channel: channel, account: ChannelAccountID(account), identifier: identifier),
            text: text, language: language, displayName: name, providerID: id, evidence: evidence)
    }

    static func call(_ id: String, from identifier: Identifier) -> InboundMessage {
        message(id, from: identifier, by: "voice", .voice, text: "")
    }

    static func continueLink(to customer: CustomerID) -> Evidence {
        Evidence(kind: .continueLink, customerID: customer, conversationID: ConversationID("c"))
    }

    static func claim(_ identifier: Identifier) -> Evidence {
        Evidence(kind: .signedClaim, identifier: identifier)
    }
}

/// One core that stands for every partition at once: what it writes to `inbound` it reads back, in order.
struct Desk {
    var core: ContextCore
    var now = Samples.start
    var requests: [WorkRequest] = []
    var answers: [SurveyAnswer] = []
    var filed: [MessageFiled] = []
    var forwards: [InboundMessage] = []
    var identity: [Identifier: CustomerID] = [:]

    init(
        limits: ContextLimits = ContextLimits(), configuration: Configuration? = Samples.configuration(),
        rulesVersion: Int = RulesVersion.newest
    ) {
        core = ContextCore(limits: limits, rulesVersion: rulesVersion)
        if let configuration { configure(configuration) }
    }

    mutating func configure(_ configuration: Configuration) {
        settle(core.configure(configuration, at: now))
    }

    mutating func send(_ messages: InboundMessage...) throws {
        for message in messages { try write(.messageReceived(message), to: message.customerID) }
    }

    mutating func write(_ record: InboundRecord, to customer: CustomerID) throws {
        core.advance(to: now)
        settle(try core.apply(record, key: customer, at: now))
    }

    mutating func wait(_ duration: Duration) {
        now = now + duration
        core.advance(to: now)
    }

    mutating func close(_ item: WorkItemID, of customer: CustomerID, by agent: String? = "ada", ended: Bool = true)
        throws
    {
        let closed = ClosedWorkItem(
            workItemID: item, conversationID: ConversationID("c"), customerID: customer, disposition: "solved",
            agentID: agent.map { AgentID($0) }, conversationEnded: ended)
        try write(.workItemClosed(closed), to: customer)
    }

    private mutating func settle(_ outputs: [ContextOutput]) {
        for output in outputs {
            switch output {
            case .work(.customerMessage(let request), _): requests.append(request)
            case .work(.surveyAnswered(let answer), _): answers.append(answer)
            case .work: break
            case .identity(let entry): identity[entry.identifier] = entry.customerID
            case .identityRemoved(let identifier): identity[identifier] = nil
            case .inbound(let record, let customer):
                if case .messageFiled(let record) = record { filed.append(record) }
                if case .messageReceived(let message) = record { forwards.append(message) }
                if let more = try? core.apply(record, key: customer, at: now) { settle(more) }
            }
        }
    }
}
