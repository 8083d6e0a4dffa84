import Domain
import HTTPTypes
import Hummingbird
import RouterCore
import ServiceKit
import ServiceLifecycle

/// An agent's own desk: presence, and the work that is offered and assigned.
struct AgentRoutes: Sendable {
    /// The longest that a poll waits; proxies close idle connections at 30 s or later.
    static let waitSecondsMax = 25
    /// An event stream in which nothing happened says so this often.
    static let heartbeatTime = Duration.seconds(15)

    let desk: Desk
    let news: AgentNews

    func add(to routes: RouterGroup<HTTPContext>) {
        routes.put("/v1/agents/{id}/presence") { request, context in
            let principal = try context.requirePrincipal()
            let agentID = try context.pathID("id", AgentID.self)
            // A supervisor may set it too, and is named then.
            try principal.requireSight(of: agentID)
            let supervisor = principal.subject == agentID.rawValue ? nil : principal.subject
            let key = try IdempotencyKey(of: request)
            let (presence, reason) = try await request.readJSON {
                (
                    $0.choice("presence", of: Presence.self),
                    $0.optionalString("reason", bytes: 1...RouterLimits.reasonBytesMax)
                )
            }
            let seat = try desk.seat(of: agentID)
            _ = try await desk.perform(
                .setPresence(presence, reason: reason), id: key.commandID(of: principal), by: seat,
                supervisor: supervisor, trace: context.trace)
            return Response.json(
                JSONValue.object([
                    "agent_id": agentID.rawValue, "presence": presence.rawValue, "reason": reason,
                    "supervisor": supervisor,
                ]))
        }
        routes.post("/v1/agents/{id}/pull") { request, context in
            let principal = try context.requirePrincipal()
            let agentID = try context.pathID("id", AgentID.self)
            try principal.requireAgent(agentID)
            let key = try IdempotencyKey(of: request)
            try await request.readNothing()
            let seat = try desk.seat(of: agentID)
            let result = try await desk.perform(
                .pull, id: key.commandID(of: principal), by: seat, trace: context.trace)
            guard case .done(_?, _) = result.outcome else { return Response(status: .noContent) }
            return Response.json(result)
        }
        routes.post("/v1/agents/{id}/conversations") { request, context in
            let principal = try context.requirePrincipal()
            let agentID = try context.pathID("id", AgentID.self)
            try principal.requireAgent(agentID)
            let key = try IdempotencyKey(of: request)
            let outreach = try await request.readJSON { Outreach($0) }
            let seat = try desk.seat(of: agentID)
            let result = try await desk.perform(
                .startConversation(outreach), id: key.commandID(of: principal), by: seat, trace: context.trace)
            return Response.json(result, status: .accepted)
        }
        routes.get("/v1/agents/{id}/work") { request, context in
            let seat = try await enter(context)
            let (wait, cursor) = try request.readQuery { query in
                (query.optionalInteger("wait", in: 0...AgentRoutes.waitSecondsMax) ?? 0, query.cursor())
            }
            // No longer than the lease allows between two signs of life.
            let time = Duration.seconds(min(wait, max(1, seat.leaseSeconds / 3)))
            return try await news.polls.respond(over: context.connection, on: seat.agentID, within: time) {
                try desk.view(seat, after: cursor).map { .json($0) }
            }
        }
        routes.get("/v1/agents/{id}/events") { request, context in
            let seat = try await enter(context)
            let last = request.headers[HTTPField.Name("Last-Event-ID")!].flatMap(Cursor.init(text:))
            return try events(of: seat, after: last, trace: context.trace)
        }
    }

    /// Checks who asks, and notes that the agent is there; a supervisor's look is no sign of the agent's life.
    private func enter(_ context: HTTPContext) async throws -> Desk.Seat {
        let principal = try context.requirePrincipal()
        let agentID = try context.pathID("id", AgentID.self)
        try principal.requireSight(of: agentID)
        let seat = try desk.seat(of: agentID)
        try desk.check(seat)
        if principal.subject == agentID.rawValue { await desk.note(seat, trace: context.trace) }
        return seat
    }

    /// Server-sent events over the same cursor as the long poll.
    /// - Source: WHATWG HTML, section 9.2.
    private func events(of seat: Desk.Seat, after last: Cursor?, trace: TraceContext) throws -> Response {
        // Fails now rather than in the middle of an answer.
        try desk.check(seat)
        let subscription = try news.subscribe(seat.agentID)
        let body = ResponseBody { writer in
            defer { subscription.end() }
            var cursor = last
            var written = ContinuousClock.now - AgentRoutes.heartbeatTime
            try await writer.write(ByteBuffer(string: "retry: 2000\n\n"))
            for await _ in subscription.stream.cancelOnGracefulShutdown() {
                // Leadership that is lost ends the stream; the client comes again and finds the leader.
                guard let view = try? desk.view(seat) else { break }
                if view.cursor != cursor {
                    cursor = view.cursor
                    written = .now
                    try await writer.write(event(view))
                } else if ContinuousClock.now - written >= AgentRoutes.heartbeatTime {
                    written = .now
                    try await writer.write(ByteBuffer(string: ": heartbeat\n\n"))
                }
                await desk.note(seat, trace: nil)
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/event-stream", .cacheControl: "no-store",
                HTTPField.Name("X-Accel-Buffering")!: "no",
            ], body: body)
    }
}

/// One event. Of a client who does not read nothing else is kept meanwhile.
private func event(_ view: AgentView) -> ByteBuffer {
    let (head, data, tail) = ("id: \(view.cursor.text)\nevent: work\ndata: ", view.json.bytes, "\n\n")
    var buffer = ByteBuffer()
    buffer.reserveCapacity(head.utf8.count + data.count + tail.utf8.count)
    buffer.writeString(head)
    buffer.writeBytes(data)
    buffer.writeString(tail)
    return buffer
}

extension Outreach {
    /// The body of `POST /v1/agents/{id}/conversations`.
    fileprivate init(_ body: InputFields) {
        let account: ChannelAccountID = body.id("account")
        let identifier = body.optionalObject("to") { to -> Identifier? in
            let kind: IdentifierKind = to.choice("kind")
            return to.required("value", expected: IdentifierForm.expected(kind), placeholder: nil as Identifier?) {
                $0.string.flatMap { IdentifierForm.identifier(kind, $0, account: account) }.map { .some($0) }
            }
        }
        if identifier == nil, !body.has("to") { body.reject("to", expected: "an object with kind and value") }
        self.init(
            account: account, identifier: (identifier ?? nil) ?? Identifier(kind: .handle, value: ""),
            queueID: body.optionalID("queue_id"), text: body.string("text", bytes: 1...RouterLimits.replyBytesMax))
    }
}
