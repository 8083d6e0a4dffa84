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
            let found = try desk.find { machine in
                machine.router.workItem(id).map { WorkItemPage($0, waiting: machine.router.reasonsForWaiting(id)) }
            }
            guard let found else { throw Rejection.unknown(id).problem }
            try found.requireSight(of: try context.requirePrincipal())
            let json = found.json
            return Response.json(json, version: ETag(version: json.fingerprint), for: request)
        }
        change(routes, "reply") { id, commandID, body in
            .reply(
                id, messageID: .derived(from: "reply", commandID.rawValue),
                text: body.string("text", bytes: 1...RouterLimits.replyBytesMax))
        }
        change(routes, "note") { id, _, body in
            .note(id, text: body.string("text", bytes: 1...RouterLimits.noteBytesMax))
        }
        change(routes, "park") { id, _, body in
            .park(id, seconds: body.integer("seconds", in: 1...RouterLimits.parkSecondsMax))
        }
        change(routes, "requeue") { id, _, body in
            .requeue(id, reason: body.optionalString("reason", bytes: 1...RouterLimits.reasonBytesMax) ?? "")
        }
        change(routes, "transfer") { id, _, body in .transfer(id, body.id("queue_id")) }
        change(routes, "complete") { id, _, body in
            .complete(id, disposition: body.string("disposition", bytes: 1...RouterLimits.reasonBytesMax))
        }
    }

    /// A route that turns its body into an action.
    private func change(
        _ routes: RouterGroup<HTTPContext>, _ word: String,
        _ action: @escaping @Sendable (WorkItemID, CommandID, InputFields) -> AgentCommand.Action
    ) {
        routes.post("/v1/work-items/{id}/\(word)") { request, context in
            let id = try context.pathID("id", WorkItemID.self)
            let caller = try Caller(request, context) {
                try desk.find { machine in machine.router.workItem(id)?.agentID }
            }
            let action = try await request.readJSON { body in action(id, caller.commandID, body) }
            let result = try await desk.perform(
                action, id: caller.commandID, by: try desk.seat(of: caller.agentID), trace: context.trace)
            return Response.json(result)
        }
    }
}

/// How much waits in a queue.
struct QueueRoutes: Sendable {
    let desk: Desk

    func add(to routes: RouterGroup<HTTPContext>) {
        routes.get("/v1/queues/{id}") { _, context in
            let id = try context.pathID("id", QueueID.self)
            guard let view = try desk.queue(id) else { throw Rejection.unknown(id).problem }
            return Response.json(view)
        }
    }
}

extension Rejection {
    fileprivate static func unknown(_ id: WorkItemID) -> Rejection {
        Rejection(code: .unknownWorkItem, detail: "No work item \(id), or it was closed long ago.")
    }

    fileprivate static func unknown(_ id: QueueID) -> Rejection {
        Rejection(code: .unknownQueue, detail: "The configuration has no queue \(id).")
    }
}
