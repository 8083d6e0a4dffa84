internal import DequeModule
package import Domain
internal import HeapModule
internal import OrderedCollections

/// The connector's rules over one partition of `outbound`: every message is handed to its provider, in order within its
/// conversation, one at a time, until it is sent or given up.
///
/// Each message goes through
/// ```
///  apply ──▶ pending ──(first of its conversation)──▶ delivering ──sent──────────▶ remembered ──▶ forgotten
///     │                                                │      ▲                       ▲
///     │                              retry, ambiguous  │      │ advance               │
///     │                                                ▼      │                       │
///     │                                               waiting ┘                       │
///     │                                                │                              │
///     └─(too many)──────── failed ◀────────────────────┴──(no tries left, permanent)──┘
/// ```
/// and leaves exactly one `sent` or `failed`.
///
/// - Bounds: `DeliveryRules`.
package struct DeliveryMachine: Sendable {
    private let rules: DeliveryRules
    /// The version of the rules that holds.
    package private(set) var rulesVersion: Int
    private var accounts: [ChannelAccountID: ChannelAccount] = [:]
    private var conversations: [ConversationID: ConversationDeliveries] = [:]

    // What follows is derived from `conversations`, and restored with them.
    private var attempts: [String: ConversationID] = [:]
    private var timers = Heap<Timer>()
    private var memory: Deque<Memory> = []
    private var waitingForAccount: Set<ConversationID> = []
    private var pendingCount = 0
    private var nextOrdinal: Int64 = 0

    private var changed: Set<ConversationID> = []

    package init(rules: DeliveryRules = DeliveryRules(), rulesVersion: Int = RulesVersion.newest) {
        self.rules = rules
        self.rulesVersion = rulesVersion
    }

    /// From here on the rules of this version hold.
    package mutating func adopt(rules version: Int) {
        rulesVersion = version
    }

    /// When a try is due next.
    package var nextDeadline: Instant? { timers.min?.at }

    /// Messages that wait or are being delivered.
    package var pendingMessages: Int { pendingCount }

    // MARK: - Inputs

    package mutating func advance(to now: Instant) -> [DeliveryOutput] {
        forget(before: now)
        var outputs: [DeliveryOutput] = []
        while let timer = timers.min, timer.at <= now {
            timers.removeMin()
            deliverHead(of: timer.conversationID, at: now, into: &outputs)
            dropStaleTimers()
        }
        return outputs
    }

    /// Takes a message; a repeat of one that is pending or remembered changes nothing.
    package mutating func apply(_ message: OutboundMessage, at now: Instant) -> [DeliveryOutput] {
        let id = message.conversationID
        var conversation = conversations[id] ?? ConversationDeliveries(conversationID: id)
        guard !conversation.knows(message.messageID) else { return [] }
        var outputs: [DeliveryOutput] = []
        guard conversation.pending.count < rules.pendingPerConversationMax, pendingCount < rules.pendingMax else {
            conversations[id] = conversation
            remember(message.messageID, of: id, at: now)
            outputs.append(.announce(failure(of: message, DeliveryFailure.queueFull, tries: 0, at: now)))
            return outputs
        }
        conversation.pending.append(.init(message: message))
        pendingCount += 1
        changed.insert(id)
        conversations[id] = conversation
        if conversation.head == .idle { deliverHead(of: id, at: now, into: &outputs) }
        return outputs
    }

    /// Takes the result of a try. One that is not under way (any more) changes nothing.
    package mutating func complete(_ attempt: String, _ result: DeliveryResult, at now: Instant) -> [DeliveryOutput] {
        guard let id = attempts.removeValue(forKey: attempt) else { return [] }
        conversations[id]!.pending[0].tries += 1
        changed.insert(id)
        var outputs: [DeliveryOutput] = []
        switch result {
        case .sent(let providerID):
            let sent = conversations[id]!.pending[0]
            finishHead(of: id, .sent(providerID: providerID, attempts: sent.tries), at: now, into: &outputs)
        case .permanent(let reason):
            failHead(of: id, reason, at: now, into: &outputs)
        case .retry(let reason, let seconds):
            retryHead(of: id, reason, askedSeconds: seconds, at: now, into: &outputs)
        case .ambiguous(let reason):
            conversations[id]!.pending[0].mayHaveBeenSent = true
            retryHead(of: id, reason, askedSeconds: nil, at: now, into: &outputs)
        }
        return outputs
    }

    /// Takes the channel accounts; a message that waits for one that is known now goes out at once.
    package mutating func configure(_ configuration: Configuration, at now: Instant) -> [DeliveryOutput] {
        restore(configuration)
        var outputs: [DeliveryOutput] = []
        for id in waitingForAccount.sorted() {
            guard let head = conversations[id]?.pending.first, accounts[head.message.address.account] != nil
            else { continue }
            deliverHead(of: id, at: now, into: &outputs)
        }
        dropStaleTimers()
        return outputs
    }

    // MARK: - Checkpoints

    /// The conversations that changed since the last call, in order of their ids; nil for one that is forgotten.
    package mutating func changes() -> [(id: ConversationID, state: ConversationDeliveries?)] {
        defer { changed.removeAll(keepingCapacity: true) }
        return changed.sorted().map { ($0, conversations[$0]) }
    }

    /// Puts back a conversation from a checkpoint, once each, before any input.
    package mutating func restore(_ conversation: ConversationDeliveries) {
        let id = conversation.conversationID
        conversations[id] = conversation
        pendingCount += conversation.pending.count
        if let head = conversation.pending.first, conversation.head == .delivering {
            attempts[DeliveryAttempt.id(head.message.messageID, head.tries + 1)] = id
        }
        if case .waitingForAccount = conversation.head { waitingForAccount.insert(id) }
        if let deadline = conversation.deadline { timers.insert(Timer(at: deadline, conversationID: id)) }
        for item in conversation.remembered {
            memory.append(Memory(conversationID: id, finishedAt: item.finishedAt, ordinal: item.ordinal))
            nextOrdinal = max(nextOrdinal, item.ordinal + 1)
        }
        isMemorySorted = false
    }

    package mutating func restore(_ configuration: Configuration) {
        accounts = [:]
        for account in configuration.accounts.values { accounts[account.id] = account }
    }

    /// Restored conversations come in any order.
    private var isMemorySorted = true

    // MARK: - The first message of a conversation

    private mutating func deliverHead(of id: ConversationID, at now: Instant, into outputs: inout [DeliveryOutput]) {
        guard let head = conversations[id]?.pending.first else { return }
        changed.insert(id)
        waitingForAccount.remove(id)
        guard let account = accounts[head.message.address.account] else {
            conversations[id]!.pending[0].tries += 1
            return retryHead(
                of: id, DeliveryFailure.unknownAccount, askedSeconds: nil, isAccountMissing: true, at: now,
                into: &outputs)
        }
        if account.delivery == .none {
            return failHead(of: id, DeliveryFailure.nothingCanBeWritten, at: now, into: &outputs)
        }
        let attempt = DeliveryAttempt(
            message: head.message, number: head.tries + 1, delivery: account.delivery,
            mayHaveBeenSent: head.mayHaveBeenSent)
        conversations[id]!.head = .delivering
        attempts[attempt.id] = id
        outputs.append(.deliver(attempt))
    }

    private mutating func retryHead(
        of id: ConversationID, _ reason: String, askedSeconds: Int?, isAccountMissing: Bool = false, at now: Instant,
        into outputs: inout [DeliveryOutput]
    ) {
        let tries = conversations[id]!.pending[0].tries
        guard let wait = rules.wait(afterTries: tries, providerAsksSeconds: askedSeconds) else {
            return failHead(of: id, reason, at: now, into: &outputs)
        }
        let until = now + wait
        conversations[id]!.head = isAccountMissing ? .waitingForAccount(until: until) : .waiting(until: until)
        if isAccountMissing { waitingForAccount.insert(id) }
        timers.insert(Timer(at: until, conversationID: id))
    }

    private mutating func failHead(
        of id: ConversationID, _ reason: String, at now: Instant, into outputs: inout [DeliveryOutput]
    ) {
        let tries = conversations[id]!.pending[0].tries
        finishHead(of: id, .failed(reason: reason, attempts: tries), at: now, into: &outputs)
    }

    private mutating func finishHead(
        of id: ConversationID, _ kind: DeliveryEvent.Kind, at now: Instant, into outputs: inout [DeliveryOutput]
    ) {
        let finished = conversations[id]!.pending.removeFirst()
        conversations[id]!.head = .idle
        pendingCount -= 1
        outputs.append(
            .announce(
                DeliveryEvent(messageID: finished.message.messageID, conversationID: id, at: now, kind: kind)))
        remember(finished.message.messageID, of: id, at: now)
        deliverHead(of: id, at: now, into: &outputs)
    }

    private func failure(
        of message: OutboundMessage, _ reason: String, tries: Int, at now: Instant
    ) -> DeliveryEvent {
        DeliveryEvent(
            messageID: message.messageID, conversationID: message.conversationID, at: now,
            kind: .failed(reason: reason, attempts: tries))
    }

    // MARK: - Timers and memory

    /// Keeps the least timer one that is still meant.
    private mutating func dropStaleTimers() {
        while let timer = timers.min, conversations[timer.conversationID]?.deadline != timer.at { timers.removeMin() }
    }

    private mutating func remember(_ message: MessageID, of id: ConversationID, at now: Instant) {
        sortMemory()
        let item = ConversationDeliveries.Remembered(messageID: message, finishedAt: now, ordinal: nextOrdinal)
        nextOrdinal += 1
        conversations[id]!.remembered.append(item)
        changed.insert(id)
        memory.append(Memory(conversationID: id, finishedAt: now, ordinal: item.ordinal))
        if memory.count > rules.rememberedMax { forgetOldest() }
    }

    private mutating func forget(before now: Instant) {
        sortMemory()
        while let oldest = memory.first, oldest.finishedAt + rules.rememberedFor <= now { forgetOldest() }
    }

    private mutating func forgetOldest() {
        let oldest = memory.removeFirst()
        let id = oldest.conversationID
        conversations[id]!.remembered.removeFirst()
        if conversations[id]!.isEmpty { conversations[id] = nil }
        changed.insert(id)
    }

    private mutating func sortMemory() {
        guard !isMemorySorted else { return }
        memory.sort { $0.ordinal < $1.ordinal }
        isMemorySorted = true
    }

    private struct Timer: Comparable {
        var at: Instant
        var conversationID: ConversationID

        static func < (left: Timer, right: Timer) -> Bool {
            (left.at, left.conversationID) < (right.at, right.conversationID)
        }
    }

    private struct Memory {
        var conversationID: ConversationID
        var finishedAt: Instant
        var ordinal: Int64
    }
}
