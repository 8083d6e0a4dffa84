internal import HTTPTypes
internal import Hummingbird
internal import Synchronization

/// The routes by path, to tell a path that does not exist (404) from a method that it does not take (405).
final class RouteTable: Sendable {
    private struct Route {
        let path: [Substring]
        let method: HTTPRequest.Method
    }

    /// What Hummingbird calls the endpoint of a request that no route fits.
    static let unmatched = "NotFound"

    private let routes = Mutex<[Route]>([])

    /// Called once, when all routes are known.
    func fill(from router: Router<HTTPContext>) {
        let all = router.routes.map { Route(path: segments($0.path.description), method: $0.method) }
        routes.withLock { $0 = all }
    }

    func problem(for request: Request) -> Problem {
        let path = segments(request.uri.path)
        let methods = routes.withLock { $0.filter { fits($0.path, path) }.map(\.method) }
        guard !methods.isEmpty else { return .notFound("There is nothing at \(request.uri.path).") }
        let allowed = Set(methods.map(\.rawValue)).sorted().joined(separator: ", ")
        return Problem(
            .methodNotAllowed, "method-not-allowed", "This path takes \(allowed).", headers: [.allow: allowed])
    }

    private func fits(_ route: [Substring], _ path: [Substring]) -> Bool {
        guard route.last == "**" || route.count == path.count else { return false }
        return zip(route, path).allSatisfy { $0 == $1 || $0.contains("{") || $0.contains("*") }
    }
}

private func segments(_ path: String) -> [Substring] {
    path.split(separator: "/")
}
