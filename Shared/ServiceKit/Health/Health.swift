internal import Synchronization

/// Whether this process is fit to be sent requests, asked of all its parts.
///
/// `/livez` says that the process answers and nothing more: a broker that is away must not restart it. `/readyz` asks
/// every check, and says no from the moment that the service is told to stop.
package final class Health: Sendable {
    /// What a part answers.
    package enum Readiness: Hashable, Sendable {
        case ready
        /// Not yet or no more, and why, in words for operators.
        case notReady(String)
    }

    private struct State {
        var checks: [(name: String, check: @Sendable () -> Readiness)] = []
        var isStopping = false
    }

    private let state = Mutex(State())

    package init() {}

    /// Adds a part. The check is asked at every request, so it answers from memory.
    package func check(_ name: String, _ check: @escaping @Sendable () -> Readiness) {
        state.withLock { $0.checks.append((name, check)) }
    }

    /// From now on not ready.
    func stop() { state.withLock { $0.isStopping = true } }

    /// What each part answers, in the order in which they were added.
    package func readiness() -> [(name: String, readiness: Readiness)] {
        let (checks, isStopping) = state.withLock { ($0.checks, $0.isStopping) }
        let running: Readiness = isStopping ? .notReady("the service is stopping") : .ready
        return [("running", running)] + checks.map { ($0.name, $0.check()) }
    }

    package var isReady: Bool { readiness().allSatisfy { $0.readiness == .ready } }

    /// The page that Kubernetes users know: `[+]name ok`, `[-]name failed: reason`.
    static func page(_ parts: [(name: String, readiness: Readiness)], verbose: Bool) -> (isReady: Bool, text: String) {
        let isReady = parts.allSatisfy { $0.readiness == .ready }
        guard verbose || !isReady else { return (true, "ok\n") }
        var lines = parts.map { name, readiness in
            switch readiness {
            case .ready: "[+]\(name) ok"
            case .notReady(let reason): "[-]\(name) failed: \(reason)"
            }
        }
        lines.append("readyz check \(isReady ? "passed" : "failed")")
        return (isReady, lines.joined(separator: "\n") + "\n")
    }
}
