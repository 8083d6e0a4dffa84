/// An agent at work.
///
/// A `key` names a change: whoever does not know what became of one repeats it with the same key. A `version` is what
/// the work item must still be; when it is not, nothing is done (`version-changed`).
public struct AgentClient: Sendable {
    public let id: String
    let service: Service

    /// Sets the presence. Who makes no request for the presence lease is set offline by the router.
    public func setPresence(_ presence: Presence, key: String = PatchbayServices.newKey()) async throws {
        let _: PresenceSet = try await service.change(
            ["agents", id, "presence"], ["presence": presence.rawValue], method: "PUT", key: key)
    }

    private struct PresenceSet: Decodable {
        var presence: Presence
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

    // MARK: Offers

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

    /// One that the agent has, had, or is offered.
    public func workItem(_ id: String) async throws -> WorkItem { try await service.get(["work-items", id]) }

    /// Writes to the customer, where they last wrote from.
    @discardableResult
    public func reply(
        to workItemID: String, _ text: String, version: Int64? = nil, key: String = PatchbayServices.newKey()
    ) async throws -> CommandResult {
        try await act("reply", on: workItemID, ["text": text], version, key)
    }

    /// Leaves a note for colleagues.
    @discardableResult
    public func note(
        on workItemID: String, _ text: String, version: Int64? = nil, key: String = PatchbayServices.newKey()
    ) async throws -> CommandResult {
        try await act("note", on: workItemID, ["text": text], version, key)
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

    /// Moves it to another queue.
    @discardableResult
    public func transfer(
        _ workItemID: String, toQueue queueID: String, version: Int64? = nil, key: String = PatchbayServices.newKey()
    ) async throws -> CommandResult {
        try await act("transfer", on: workItemID, ["queue_id": queueID], version, key)
    }

    /// Ends it.
    @discardableResult
    public func complete(
        _ workItemID: String, disposition: String, version: Int64? = nil, key: String = PatchbayServices.newKey()
    ) async throws -> CommandResult {
        try await act("complete", on: workItemID, ["disposition": disposition], version, key)
    }

    private func act(
        _ word: String, on workItemID: String, _ body: some Encodable, _ version: Int64?, _ key: String
    ) async throws -> CommandResult {
        try await service.change(["work-items", workItemID, word], body, key: key, version: version)
    }

    private func body(_ name: String, _ value: String?) -> [String: String] { value.map { [name: $0] } ?? [:] }
}
