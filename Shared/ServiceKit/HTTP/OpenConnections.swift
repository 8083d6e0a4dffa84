internal import Synchronization

/// Counts the connections of this process.
///
/// - Bounds: `limit` for everybody, and `spare` more: whoever gets one of those is told to come again, and probes of
///   health and metrics are answered. A service that is full is alive, and whoever watches it must be able to see that.
final class OpenConnections: Sendable {
    static let spare = 64

    let limit: Int
    let slow: Counter
    let refused: Counter
    private let count = Atomic<Int>(0)
    /// The most since memory was given back.
    private let peak = Atomic<Int>(0)
    private let gauge: Gauge

    init(limit: Int, metrics: Metrics) {
        self.limit = limit
        gauge = metrics.gauge("patchbay_http_connections_open", help: "Open HTTP connections.")
        slow = metrics.counter(
            "patchbay_http_slow_clients_total",
            help: "Connections closed because a head, a body or the reading of an answer took too long.",
            labels: ["missing"])
        refused = .refusedRequests(metrics)
    }

    /// - Returns: whether this one is beyond the limit.
    func enter() -> Bool {
        let open = count.add(1, ordering: .relaxed).newValue
        peak.max(open, ordering: .relaxed)
        gauge.add(1)
        return open > limit
    }

    func leave() {
        count.subtract(1, ordering: .relaxed)
        gauge.add(-1)
    }

    var isFull: Bool { count.load(ordering: .relaxed) > limit }

    /// Whether so many have left since the last time that their memory is worth being given back.
    func takeEbb(of number: Int) -> Bool {
        let open = count.load(ordering: .relaxed)
        guard peak.load(ordering: .relaxed) - open >= number else { return false }
        peak.store(open, ordering: .relaxed)
        return true
    }
}
