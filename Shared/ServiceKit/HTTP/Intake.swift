internal import Synchronization

/// Lets in as much work as the service can do, and tells the rest at once to come again.
///
/// What is let in is counted by whom it is for (a channel account, say). Nobody may hold more places than are left for
/// all others, so one that floods still leaves room: alone it gets half of the places, two get a third each.
/// ```swift
/// try intake.check(account)                      // before anything is read or verified: refusing costs nothing
/// try await intake.admitted(account) { … }       // around the work itself
/// ```
/// - Bounds: `limit` at a time.
package final class Intake: Sendable {
    private struct State {
        var held: [String: Int] = [:]
        var total = 0

        func refusal(of key: String, limit: Int) -> Refusal? {
            if total >= limit { return .full }
            return held[key, default: 0] >= limit - total ? .share : nil
        }
    }

    private enum Refusal: String {
        /// All places are taken.
        case full
        /// Whom it is for has as many as all others together could still get.
        case share
    }

    package let limit: Int
    private let kind: String
    private let refused: Counter
    private let state = Mutex(State())

    /// - Parameter kind: the value of the label `kind` in `patchbay_http_admitted` and `patchbay_http_refused_total`.
    package init(_ kind: String, limit: Int, metrics: Metrics) {
        self.kind = kind
        self.limit = limit
        refused = .refusedRequests(metrics)
        metrics.collect { [weak self] samples in
            guard let self else { return }
            samples.gauge(
                "patchbay_http_admitted", help: "Requests that are being worked on.", labels: ["kind": kind],
                value: Double(self.total))
        }
    }

    /// How many are let in now.
    package var total: Int { state.withLock { $0.total } }

    /// - Throws: `Problem` 503 when all places are taken, 429 when this one's share is.
    package func check(_ key: String) throws(Problem) {
        try pass(state.withLock { $0.refusal(of: key, limit: limit) })
    }

    /// Does the work while holding a place.
    /// - Throws: as `check`, and what `work` throws.
    package func admitted<Result>(
        _ key: String, _ work: () async throws -> Result
    ) async throws -> Result {
        try enter(key)
        defer { leave(key) }
        return try await work()
    }

    func enter(_ key: String) throws(Problem) {
        let refusal = state.withLock { state -> Refusal? in
            if let refusal = state.refusal(of: key, limit: limit) { return refusal }
            state.total += 1
            state.held[key, default: 0] += 1
            return nil
        }
        try pass(refusal)
    }

    func leave(_ key: String) {
        state.withLock { state in
            state.total -= 1
            let held = state.held[key, default: 0] - 1
            state.held[key] = held > 0 ? held : nil
        }
    }

    private func pass(_ refusal: Refusal?) throws(Problem) {
        guard let refusal else { return }
        refused.increment([kind, refusal.rawValue])
        switch refusal {
        case .full: throw .overloaded("At most \(limit) requests are worked on here at a time.")
        case .share: throw .tooManyRequests("Too many requests of this kind are being worked on: send fewer at a time.")
        }
    }
}

extension Counter {
    static func refusedRequests(_ metrics: Metrics) -> Counter {
        metrics.counter(
            "patchbay_http_refused_total", help: "Requests refused because a limit was reached.",
            labels: ["kind", "limit"])
    }
}
