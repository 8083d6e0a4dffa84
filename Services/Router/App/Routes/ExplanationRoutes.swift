import Domain
import Hummingbird
import RouterCore
import ServiceKit

/// Why this agent, and why a work item still waits.
struct ExplanationRoutes: Sendable {
    let desk: Desk

    func add(to routes: RouterGroup<HTTPContext>) {
        routes.get("/v1/work-items/{id}/explain") { _, context in
            let id = try context.pathID("id", WorkItemID.self)
            let principal = try context.requirePrincipal()
            let found = try desk.find { machine in
                machine.router.workItem(id).map { item in
                    ExplanationPage(
                        page: WorkItemPage(item, of: machine.router, for: principal),
                        candidates: item.stage.isQueued ? machine.router.candidates(for: id) : nil)
                }
            }
            guard let found else { throw Rejection.unknown(id).problem }
            try found.page.requireSight(of: principal)
            return Response.json(found)
        }
    }
}

/// A decision, in words and in data.
private struct ExplanationPage: JSONRepresentable {
    let page: WorkItemPage
    /// Nil: it does not wait.
    let candidates: (shown: [Candidate], count: Int)?

    var json: JSONValue {
        .object([
            "work_item_id": page.item.id.rawValue, "state": page.item.stage.name,
            "agent_id": page.item.agentID?.rawValue,
            "why_this_agent": page.item.decision?.json, "why_still_waiting": page.waiting.map(\.json),
            "candidates": candidates?.shown.map(\.json), "candidate_count": candidates?.count,
        ])
    }
}

extension Decision {
    fileprivate var json: JSONValue {
        .object([
            "agent_id": agentID.rawValue, "decided_at": at.rfc3339, "detail": words, "preferred": isPreferred,
            "load": load, "capacity": capacity, "idle_seconds": idleSeconds, "relaxed_steps": step,
            "eligible": eligible,
            "excluded": JSONValue.object([
                "absent": excluded.absent, "unqualified": excluded.unqualified, "cooldown": excluded.inCooldown,
                "at_capacity": excluded.atCapacity,
            ]),
        ])
    }
}

extension Candidate {
    fileprivate var json: JSONValue {
        .object(["agent_id": agentID.rawValue, "code": verdict.code, "detail": verdict.detail])
    }
}
