internal import Synchronization

/// The bytes of request bodies that this process holds while they come in: many slow senders at once must not fill the
/// memory.
///
/// - Bounds: `bytesMax` for all requests of the process together; whoever would go beyond is refused with 503.
package final class BodyBudget: Sendable {
    /// The process has one memory, so it has one budget.
    package static let shared = BodyBudget(bytesMax: 64 << 20)

    private struct State {
        var bytes = 0
        var refused = 0
    }

    private let bytesMax: Int
    private let state = Mutex(State())

    init(bytesMax: Int) {
        self.bytesMax = bytesMax
    }

    package var bytes: Int { state.withLock { $0.bytes } }
    var refused: Int { state.withLock { $0.refused } }

    /// - Throws: `Problem` 503 when all bodies together would be too much.
    func take(_ count: Int) throws(Problem) {
        let isTaken = state.withLock { state in
            guard state.bytes + count <= bytesMax else {
                state.refused += 1
                return false
            }
            state.bytes += count
            return true
        }
        guard isTaken else { throw .overloaded("The bodies that are being sent here fill \(bytesMax) bytes.") }
    }

    func giveBack(_ count: Int) { state.withLock { $0.bytes -= count } }

    static func collect(into samples: inout MetricSamples) {
        samples.gauge(
            "patchbay_http_body_bytes", help: "Bytes of request bodies that are coming in.",
            value: Double(shared.bytes))
        samples.counter(
            "patchbay_http_bodies_refused_total", help: "Bodies refused because all together were too much.",
            value: Double(shared.refused))
    }
}
