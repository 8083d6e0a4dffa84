internal import Domain
internal import HTTPTypes
internal import Hummingbird
internal import Synchronization

/// How many requests each principal may make in a window of time.
///
/// A window begins with a principal's first request and is told in every answer, so that a client can pace itself.
/// - Bounds: `principalsMax` windows; beyond them the one that ends first is forgotten.
/// - Source: draft-ietf-httpapi-ratelimit-headers-10.
package final class RateLimiter: Sendable {
    static let principalsMax = 16_384

    struct Verdict: Equatable {
        var isAllowed: Bool
        var remaining: Int
        /// Until the window ends and the quota is whole again.
        var resetSeconds: Int
    }

    private struct Window {
        var used = 0
        var endsAt: ContinuousClock.Instant
    }

    let quota: Int
    let windowSeconds: Int
    private let refused: Counter
    private let windows = Mutex<[String: Window]>([:])

    /// - Parameter quota: requests a window; 0: no limit, and no word of one.
    package init(quota: Int, windowSeconds: Int, metrics: Metrics) {
        self.quota = quota
        self.windowSeconds = windowSeconds
        refused = .refusedRequests(metrics)
    }

    func take(_ principal: String, at now: ContinuousClock.Instant) -> Verdict {
        windows.withLock { windows in
            var window = windows[principal] ?? Window(endsAt: now)
            if window.endsAt <= now {
                if windows[principal] == nil { Self.makeRoom(in: &windows, at: now) }
                window = Window(endsAt: now + .seconds(windowSeconds))
            }
            let isAllowed = window.used < quota
            if isAllowed { window.used += 1 }
            windows[principal] = window
            let left = (window.endsAt - now).components
            return Verdict(
                isAllowed: isAllowed, remaining: quota - window.used,
                resetSeconds: Int(left.seconds) + (left.attoseconds > 0 ? 1 : 0))
        }
    }

    /// How many principals are remembered now.
    var count: Int { windows.withLock { $0.count } }

    private static func makeRoom(in windows: inout [String: Window], at now: ContinuousClock.Instant) {
        guard windows.count >= principalsMax else { return }
        windows = windows.filter { $0.value.endsAt > now }
        guard windows.count >= principalsMax, let first = windows.min(by: { $0.value.endsAt < $1.value.endsAt })
        else { return }
        windows[first.key] = nil
    }

    fileprivate var policy: String { "\"default\";q=\(quota);w=\(windowSeconds)" }

    fileprivate func refuse(_ verdict: Verdict) -> Problem {
        refused.increment(["rate", "share"])
        let detail = "At most \(quota) requests in \(windowSeconds) s from one principal. Nothing was done."
        return Problem(
            .tooManyRequests, "rate-limited", detail, headers: [.retryAfter: "\(max(1, verdict.resetSeconds))"])
    }
}

/// Counts the requests of whoever a token names, and says in each answer how many are left.
struct RateGuard: RouterMiddleware {
    typealias Context = HTTPContext

    let limiter: RateLimiter

    @concurrent func handle(
        _ request: Request, context: HTTPContext, next: @concurrent (Request, HTTPContext) async throws -> Response
    ) async throws -> Response {
        guard limiter.quota > 0, let principal = context.principal else { return try await next(request, context) }
        let verdict = limiter.take(principal.subject, at: .now)
        do {
            guard verdict.isAllowed else { throw limiter.refuse(verdict) }
            var response = try await next(request, context)
            tell(verdict, in: &response.headers)
            return response
        } catch var problem as Problem {
            tell(verdict, in: &problem.headers)
            throw problem
        }
    }

    private func tell(_ verdict: RateLimiter.Verdict, in headers: inout HTTPFields) {
        headers[.rateLimitPolicy] = limiter.policy
        headers[.rateLimit] = "\"default\";r=\(verdict.remaining);t=\(verdict.resetSeconds)"
    }
}

extension HTTPField.Name {
    static let rateLimit = HTTPField.Name("RateLimit")!
    static let rateLimitPolicy = HTTPField.Name("RateLimit-Policy")!
}
