import Domain
import Hummingbird
import RouterCore
import ServiceKit

/// An agent's answer to an offer.
struct OfferRoutes: Sendable {
    let desk: Desk

    func add(to routes: RouterGroup<HTTPContext>) {
        routes.post("/v1/offers/{id}/accept") { request, context in
            let offerID = try context.pathID("id", OfferID.self)
            try await request.readNothing()
            return try await answer(offerID, .accept(offerID), request, context)
        }
        routes.post("/v1/offers/{id}/decline") { request, context in
            let offerID = try context.pathID("id", OfferID.self)
            let reason = try await request.readJSON { body in
                body.optionalString("reason", bytes: 1...RouterLimits.reasonBytesMax)
            }
            return try await answer(offerID, .decline(offerID, reason: reason ?? ""), request, context)
        }
    }

    private func answer(
        _ offerID: OfferID, _ action: AgentCommand.Action, _ request: Request, _ context: HTTPContext
    ) async throws -> Response {
        let caller = try Caller(request, context) {
            try desk.find { machine in machine.router.offeredAgent(offerID) }
        }
        let result = try await desk.perform(
            action, id: caller.commandID, by: try desk.seat(of: caller.agentID), on: try request.wantedVersion(),
            trace: context.trace)
        return Response.json(result)
    }
}

/// Who changes something, and under which name.
struct Caller: Sendable {
    var agentID: AgentID
    var commandID: CommandID

    /// - Parameter holder: whose work it is: for an admin, who acts for whoever that is.
    init(_ request: Request, _ context: HTTPContext, holder: () throws -> AgentID?) throws {
        let principal = try context.requirePrincipal()
        let key = try IdempotencyKey(of: request)
        commandID = key.commandID(of: principal)
        agentID = AgentID(principal.subject)
        if principal.roles.contains(.admin) {
            agentID = try holder() ?? agentID
        } else {
            try principal.require(.agent)
        }
    }
}

extension Request {
    /// The version of the work item that the change is meant for, as `If-Match` names it; nil: any.
    ///
    /// The tag of a work item is its version and a digest of what else is shown with it, such as why it waits. What a
    /// change depends on is the version, so it may be named alone too.
    /// - Throws: `Problem` 400 for what is no such tag.
    func wantedVersion() throws(Problem) -> Int64? {
        let tags = headers[values: .ifMatch]
        guard let tag = tags.first, tag != "*" else { return nil }
        let digits = tag.dropFirst().prefix { $0 != "." && $0 != "\"" }
        guard tags.count == 1, tag.hasPrefix("\""), tag.hasSuffix("\""), let version = Int64(digits), version >= 0
        else {
            throw Problem(.badRequest, "invalid-if-match", "If-Match is the ETag of a work item, its version, or *.")
        }
        return version
    }

    /// A body that may be missing, and has no fields.
    func readNothing() async throws {
        if headers[.contentLength] ?? "0" == "0", headers[.transferEncoding] == nil { return }
        try await readJSON { _ in }
    }
}
