public import FoundationEssentials

/// An agent at work.
///
/// A `key` names a change: whoever does not know what became of one repeats it with the same key. A `version` is what
/// the work item must still be; when it is not, nothing is done (`version-changed`).
public struct AgentClient: Sendable {
    public let id: String
    let service: Service

    /// Sets the presence. Who makes no request for the presence lease is set offline by the router.
    /// - Parameter reason: needed for `away` in a pool that declares its reasons for breaks.
    /// - Throws: `unknown-break-reason` (422), which names them.
    public func setPresence(
        _ presence: Presence, reason: String? = nil, key: String = PatchbayServices.newKey()
    ) async throws {
        try await service.setPresence(of: id, presence, reason, key)
    }

    /// What the agent has now.
    public func work() async throws -> AgentWork {
        try await service.get(["agents", id, "work"])
    }

    /// What the agent has once it differs from what `cursor` stands for, by long poll; without a cursor, at once.
    /// - Returns: nil when nothing has changed in that time.
    public func work(after cursor: String?, within seconds: Int = 20) async throws -> AgentWork? {
        try await service.poll(
            ["agents", id, "work"], [("wait", String(seconds)), ("cursor", cursor)], waiting: .seconds(seconds))
    }

    /// What the agent has, now and after each change, for as long as somebody listens.
    ///
    /// Connections that break are made again. Who reads slowly gets the latest and misses what was before.
    /// - Throws: `PatchbayError` that is not retriable.
    public func events(after cursor: String? = nil) -> AsyncThrowingStream<AgentWork, any Error> {
        EventStream.events(of: service, ["agents", id, "events"], after: cursor)
    }

    // MARK: Offers and pulling

    /// Takes the most urgent work item that this agent may have; it is assigned at once.
    /// - Returns: nil when there is none.
    /// - Throws: `agent-unavailable`, `over-capacity` (409).
    public func pull(key: String = PatchbayServices.newKey()) async throws -> CommandResult? {
        try await service.changeIfAny(["agents", id, "pull"], key: key)
    }

    /// - Throws: `offer-taken` (409), `offer-expired` or `offer-revoked` (410), `version-changed` (412).
    @discardableResult
    public func accept(
        _ offerID: String, version: Int64? = nil, key: String = PatchbayServices.newKey()
    ) async throws -> CommandResult {
        try await service.change(["offers", offerID, "accept"], key: key, version: version)
    }

    /// - Throws: as `accept`.
    @discardableResult
    public func decline(
        _ offerID: String, reason: String? = nil, version: Int64? = nil, key: String = PatchbayServices.newKey()
    ) async throws -> CommandResult {
        try await service.change(["offers", offerID, "decline"], body("reason", reason), key: key, version: version)
    }

    // MARK: Work items

    /// One that the agent has, had, is offered, consulted on or named in.
    public func workItem(_ id: String) async throws -> WorkItem { try await service.get(["work-items", id]) }

    /// Why it is with this agent, or why it still waits.
    public func explain(_ workItemID: String) async throws -> Explanation {
        try await service.get(["work-items", workItemID, "explain"])
    }

    /// Writes to the customer, where they last wrote from.
    @discardableResult
    public func reply(
        to workItemID: String, _ text: String, version: Int64? = nil, key: String = PatchbayServices.newKey()
    ) async throws -> CommandResult {
        try await act("reply", on: workItemID, ["text": text], version, key)
    }

    /// Leaves a note for colleagues. Who is mentioned sees it at their desk.
    /// - Bounds: 8 mentions.
    @discardableResult
    public func note(
        on workItemID: String, _ text: String, mentioning mentions: [String] = [], version: Int64? = nil,
        key: String = PatchbayServices.newKey()
    ) async throws -> CommandResult {
        try await act("note", on: workItemID, Note(text: text, mentions: mentions), version, key)
    }

    private struct Note: Encodable {
        var text: String
        var mentions: [String]
    }

    /// Waits for the customer, at most so long.
    @discardableResult
    public func park(
        _ workItemID: String, seconds: Int, version: Int64? = nil, key: String = PatchbayServices.newKey()
    ) async throws -> CommandResult {
        try await act("park", on: workItemID, ["seconds": seconds], version, key)
    }

    /// Gives it back to its queue, with its age.
    @discardableResult
    public func requeue(
        _ workItemID: String, reason: String? = nil, version: Int64? = nil, key: String = PatchbayServices.newKey()
    ) async throws -> CommandResult {
        try await act("requeue", on: workItemID, body("reason", reason), version, key)
    }

    /// Takes up again what this agent parked.
    /// - Throws: `over-capacity` (409) when there is no room for it.
    @discardableResult
    public func resume(
        _ workItemID: String, version: Int64? = nil, key: String = PatchbayServices.newKey()
    ) async throws -> CommandResult {
        try await act("resume", on: workItemID, [String: String](), version, key)
    }

    /// Schedules a callback: until then nobody has it, and the customer's message brings it back early.
    /// - Parameters:
    ///   - time: within 30 days; whole milliseconds.
    ///   - keepsAgent: it comes back to this agent first.
    @discardableResult
    public func schedule(
        _ workItemID: String, at time: Date, keepsAgent: Bool = false, version: Int64? = nil,
        key: String = PatchbayServices.newKey()
    ) async throws -> CommandResult {
        let text = time.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        return try await act("schedule", on: workItemID, Callback(at: text, keepAgent: keepsAgent), version, key)
    }

    private struct Callback: Encodable {
        var at: String
        var keepAgent: Bool
    }

    /// Writes to a customer first, who agreed to that on the account's channel.
    ///
    /// The work item comes to be a moment after the answer: with this agent, or closed with the disposition `no-consent`
    /// or `already-open`.
    /// - Parameters:
    ///   - queueID: nil: the account's.
    /// - Throws: `unknown-account`, `unknown-queue` (404); `no-reply-address`, `over-capacity`, `agent-unavailable` (409).
    @discardableResult
    public func startConversation(
        with customer: CustomerMessage.Sender, account: String, _ text: String, queueID: String? = nil,
        key: String = PatchbayServices.newKey()
    ) async throws -> CommandResult {
        try await service.change(
            ["agents", id, "conversations"],
            Outreach(account: account, to: customer, queueID: queueID, text: text), key: key)
    }

    private struct Outreach: Encodable {
        var account: String
        var to: CustomerMessage.Sender
        var queueID: String?
        var text: String
    }

    /// Moves it to another queue, of its pool or of another.
    /// - Parameter note: for whoever has it next.
    @discardableResult
    public func transfer(
        _ workItemID: String, toQueue queueID: String, note: String? = nil, version: Int64? = nil,
        key: String = PatchbayServices.newKey()
    ) async throws -> CommandResult {
        try await act("transfer", on: workItemID, body("queue_id", queueID, "note", note), version, key)
    }

    /// Hands it to another agent of the pool, who is offered it at once and may decline.
    /// - Throws: `agent-unavailable`, `not-qualified`, `over-capacity` (409); then nothing is done.
    @discardableResult
    public func transfer(
        _ workItemID: String, toAgent agentID: String, note: String? = nil, version: Int64? = nil,
        key: String = PatchbayServices.newKey()
    ) async throws -> CommandResult {
        try await act("transfer", on: workItemID, body("agent_id", agentID, "note", note), version, key)
    }

    /// Lets a second agent see it and note.
    @discardableResult
    public func consult(
        _ agentID: String, on workItemID: String, question: String? = nil, version: Int64? = nil,
        key: String = PatchbayServices.newKey()
    ) async throws -> CommandResult {
        try await act("consult", on: workItemID, body("agent_id", agentID, "question", question), version, key)
    }

    /// Ends a consultation, as the one who asked or the one who was asked.
    @discardableResult
    public func endConsult(
        on workItemID: String, version: Int64? = nil, key: String = PatchbayServices.newKey()
    ) async throws -> CommandResult {
        try await act("end-consult", on: workItemID, [String: String](), version, key)
    }

    /// Raises its priority.
    /// - Parameter priority: up to 10, and higher than it is: else `priority-not-raised` (409).
    @discardableResult
    public func escalate(
        _ workItemID: String, to priority: Int, reason: String, version: Int64? = nil,
        key: String = PatchbayServices.newKey()
    ) async throws -> CommandResult {
        try await act("escalate", on: workItemID, Escalation(priority: priority, reason: reason), version, key)
    }

    private struct Escalation: Encodable {
        var priority: Int
        var reason: String
    }

    /// Ends it.
    @discardableResult
    public func complete(
        _ workItemID: String, disposition: String, version: Int64? = nil, key: String = PatchbayServices.newKey()
    ) async throws -> CommandResult {
        try await act("complete", on: workItemID, ["disposition": disposition], version, key)
    }

    /// Ends the wrap-up before its time.
    @discardableResult
    public func endWrapUp(
        of workItemID: String, version: Int64? = nil, key: String = PatchbayServices.newKey()
    ) async throws -> CommandResult {
        try await act("end-wrap-up", on: workItemID, [String: String](), version, key)
    }

    private func act(
        _ word: String, on workItemID: String, _ body: some Encodable, _ version: Int64?, _ key: String
    ) async throws -> CommandResult {
        try await service.change(["work-items", workItemID, word], body, key: key, version: version)
    }

    private func body(_ name: String, _ value: String?) -> [String: String] { value.map { [name: $0] } ?? [:] }

    private func body(_ name: String, _ value: String, _ more: String, _ text: String?) -> [String: String] {
        body(more, text).merging([name: value]) { $1 }
    }
}
