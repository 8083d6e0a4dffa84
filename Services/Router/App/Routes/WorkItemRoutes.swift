import Domain
import Hummingbird
import RouterCore
import ServiceKit

/// One work item: what is known of it, and what its agent does with it.
struct WorkItemRoutes: Sendable {
    let desk: Desk

    func add(to routes: RouterGroup<HTTPContext>) {
        routes.get("/v1/work-items/{id}") { request, context in
            let id = try context.pathID("id", WorkItemID.self)
            let principal = try context.requirePrincipal()
            let found = try desk.find { machine in
                machine.router.workItem(id).map { WorkItemPage($0, of: machine.router, for: principal) }
            }
            guard let found else { throw Rejection.unknown(id).problem }
            try found.requireSight(of: principal)
            let json = found.json
            let tag = ETag("\(found.item.version).\(String(json.fingerprint, radix: 16))")
            return Response.json(json, version: tag, for: request)
        }
        change(routes, "reply") { id, commandID, body in
            .reply(
                id, messageID: .derived(from: "reply", commandID.rawValue),
                text: body.string("text", bytes: 1...RouterLimits.replyBytesMax))
        }
        change(routes, "note") { id, _, body in
            .note(
                id, text: body.string("text", bytes: 1...RouterLimits.noteBytesMax),
                mentions: body.strings("mentions", count: 0...RouterLimits.mentionsPerNoteMax, bytes: 1...128)
                    .map { AgentID($0) })
        }
        change(routes, "park") { id, _, body in
            .park(id, seconds: body.integer("seconds", in: 1...RouterLimits.parkSecondsMax))
        }
        change(routes, "requeue") { id, _, body in
            .requeue(id, reason: body.optionalString("reason", bytes: 1...RouterLimits.reasonBytesMax) ?? "")
        }
        change(routes, "transfer") { id, _, body in
            let note = body.optionalString("note", bytes: 1...RouterLimits.noteBytesMax)
            let agentID: AgentID? = body.optionalID("agent_id")
            // One of the two says where to.
            return agentID.map { .transferToAgent(id, $0, note: note) }
                ?? .transfer(id, body.id("queue_id"), note: note)
        }
        act(routes, "resume") { .resume($0) }
        change(routes, "schedule") { id, _, body in
            .schedule(
                id,
                at: body.required(
                    "at", expected: "a date and time as in RFC 3339", placeholder: Instant(milliseconds: 0)
                ) { $0.string.flatMap { Instant(rfc3339: $0) } },
                keepsAgent: body.optionalBoolean("keep_agent") ?? false)
        }
        change(routes, "consult") { id, _, body in
            .consult(
                id, body.id("agent_id"),
                question: body.optionalString("question", bytes: 1...RouterLimits.noteBytesMax) ?? "")
        }
        act(routes, "end-consult") { .endConsult($0) }
        change(routes, "escalate") { id, _, body in
            .escalate(
                id, priority: body.integer("priority", in: 1...RouterLimits.priorityMax),
                reason: body.string("reason", bytes: 1...RouterLimits.reasonBytesMax))
        }
        act(routes, "end-wrap-up") { .endWrapUp($0) }
        change(routes, "complete") { id, _, body in
            .complete(id, disposition: body.string("disposition", bytes: 1...RouterLimits.reasonBytesMax))
        }
    }

    /// A route that turns its body into an action.
    private func change(
        _ routes: RouterGroup<HTTPContext>, _ word: String,
        _ action: @escaping @Sendable (WorkItemID, CommandID, InputFields) -> AgentCommand.Action
    ) {
        add(routes, word) { request, id, commandID in
            try await request.readJSON { body in action(id, commandID, body) }
        }
    }

    /// A route whose path says it all.
    private func act(
        _ routes: RouterGroup<HTTPContext>, _ word: String,
        _ action: @escaping @Sendable (WorkItemID) -> AgentCommand.Action
    ) {
        add(routes, word) { request, id, _ in
            try await request.readNothing()
            return action(id)
        }
    }

    private func add(
        _ routes: RouterGroup<HTTPContext>, _ word: String,
        _ read: @escaping @Sendable (Request, WorkItemID, CommandID) async throws -> AgentCommand.Action
    ) {
        routes.post("/v1/work-items/{id}/\(word)") { request, context in
            let id = try context.pathID("id", WorkItemID.self)
            let caller = try Caller(request, context) {
                try desk.find { machine in machine.router.workItem(id)?.agentID }
            }
            let action = try await read(request, id, caller.commandID)
            let result = try await desk.perform(
                action, id: caller.commandID, by: try desk.seat(of: caller.agentID), on: try request.wantedVersion(),
                trace: context.trace)
            return Response.json(result)
        }
    }
}

/// What supervisors do: look for work items, and move them.
struct SupervisorRoutes: Sendable {
    let desk: Desk

    func add(to routes: RouterGroup<HTTPContext>) {
        routes.get("/v1/work-items") { request, _ in
            let (filter, page) = try request.readQuery { query in (WorkItemFilter(query), query.page()) }
            let place = try page.cursor.map { cursor throws(Problem) in try WorkItemPlace(cursor) }
            let found = try desk.workItems(filter, after: place, limit: page.limit)
            return Response.list("work_items", found.items.map(\.summaryJSON), next: found.next?.cursor, of: request)
        }
        routes.post("/v1/work-items/{id}/reassign") { request, context in
            let id = try context.pathID("id", WorkItemID.self)
            let principal = try context.requirePrincipal()
            // A name that no record can carry must not get into the log.
            guard let name = AgentID(checking: principal.subject) else {
                throw Problem.forbidden("The sub of this token is no name of 1 to 128 printable ASCII characters.")
            }
            let key = try IdempotencyKey(of: request)
            let version = try request.wantedVersion()
            let action = try await request.readJSON { body in
                let agentID: AgentID? = body.optionalID("agent_id")
                let queueID: QueueID? = body.optionalID("queue_id")
                let reason = body.optionalString("reason", bytes: 1...RouterLimits.reasonBytesMax) ?? ""
                if (agentID == nil) == (queueID == nil) {
                    body.reject("agent_id", expected: "either agent_id or queue_id")
                }
                let destination = agentID.map(AgentCommand.Destination.agent) ?? .queue(queueID ?? QueueID(""))
                return AgentCommand.Action.reassign(id, to: destination, reason: reason)
            }
            let result = try await desk.supervise(
                action, id, id: key.commandID(of: principal), by: name, on: version,
                trace: context.trace)
            return Response.json(result)
        }
    }
}

extension WorkItemFilter {
    fileprivate init(_ query: InputFields) {
        self.init(
            state: query.optionalChoice("state", of: WorkItemState.self)?.rawValue,
            queueID: query.optionalID("queue_id"), agentID: query.optionalID("agent_id"),
            customerID: query.optionalID("customer_id"), channel: query.optionalChoice("channel"))
    }

    /// As `WorkItem.Stage.name` says them.
    private enum WorkItemState: String, CaseIterable {
        case queued, offered, assigned, parked, scheduled, closed
        case wrapUp = "wrap-up"
    }
}

extension WorkItemPlace {
    fileprivate var cursor: Cursor { Cursor([String(acceptedAt.milliseconds), id.rawValue]) }

    /// - Throws: `Problem` 422 for another list's cursor.
    fileprivate init(_ cursor: Cursor) throws(Problem) {
        guard cursor.parts.count == 2, let milliseconds = Int64(cursor.parts[0]),
            let id = WorkItemID(checking: cursor.parts[1])
        else { throw .foreignCursor }
        self.init(acceptedAt: Instant(milliseconds: milliseconds), id: id)
    }
}

/// How much waits in the queues.
struct QueueRoutes: Sendable {
    let desk: Desk
    let watch: QueueWatch

    func add(to routes: RouterGroup<HTTPContext>) {
        routes.get("/v1/queues") { request, context in
            let (wait, cursor) = try request.readQuery { query in
                (query.optionalInteger("wait", in: 0...AgentRoutes.waitSecondsMax) ?? 0, query.cursor())
            }
            return try await watch.polls.respond(over: context.connection, on: .all, within: .seconds(wait)) {
                try watch.answer(from: desk, after: cursor)
            }
        }
        routes.get("/v1/queues/{id}") { _, context in
            let id = try context.pathID("id", QueueID.self)
            guard let view = try desk.queue(id) else { throw Rejection.unknown(id).problem }
            return Response.json(view)
        }
    }
}

extension Rejection {
    static func unknown(_ id: WorkItemID) -> Rejection {
        Rejection(code: .unknownWorkItem, detail: "No work item \(id), or it was closed long ago.")
    }

    fileprivate static func unknown(_ id: QueueID) -> Rejection {
        Rejection(code: .unknownQueue, detail: "The configuration has no queue \(id).")
    }
}
