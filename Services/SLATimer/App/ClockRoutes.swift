import Domain
import Hummingbird
import SLATimerCore
import ServiceKit

/// What agents, supervisors and their tools can ask about clocks. Everything is read only.
struct ClockRoutes: Sendable {
    let clocks: ClockReader
    /// Only to say how much time is left: it decides nothing.
    let clock: LogClock

    func add(to routes: RouterGroup<HTTPContext>) {
        routes.get("/v1/work-items/{id}/clocks") { _, context in
            let id = try context.pathID("id", WorkItemID.self)
            guard let reading = try clocks.workItem(id, at: clock.now) else {
                throw Problem.notFound(
                    "No work item \(id) has clocks here. They are kept for a day after the work item is closed.")
            }
            return Response.json(reading)
        }
        routes.get("/v1/clocks") { request, _ in
            let (states, page) = try request.readQuery { query in
                (query.optionalChoice("state", of: TrackedClock.State.self), query.page())
            }
            let listing = try clocks.workItems(
                after: page.cursor?.parts.first.map { WorkItemID($0) },
                with: states.map { [$0] } ?? Set(TrackedClock.State.allCases), limit: page.limit, at: clock.now)
            let isFull = listing.readings.count == page.limit
            let next = isFull ? listing.readings.last.map { Cursor([$0.item.id.rawValue]) } : nil
            return Response.json(
                JSONValue.object([
                    "work_items": listing.readings, "next_cursor": next?.json ?? .null,
                    "complete": listing.isComplete,
                ]))
        }
    }
}
