package import Domain
internal import Glibc
internal import Synchronization

/// What time it is, for all that no log decides: tokens, links, claims, the signatures of webhooks.
///
/// Services on many machines share one clock, and that is the brokers': each record shows it. Between two records the
/// monotonic clock counts on, which nobody can set. The machine's own wall clock counts only until the first record is
/// seen; how far it is off is a metric.
///
/// A record is seen some time after it was written, never before, so of what was seen lately the latest time is the
/// best. It is forgotten after a minute, because two clocks that are not set still drift apart.
package final class LogClock: Sendable {
    private struct State {
        /// Log time less monotonic time.
        var offset: Duration?
        var seenAt = Duration.zero
    }

    private static let keptFor = Duration.seconds(60)

    private let state = Mutex(State())
    private let wall: @Sendable () -> Instant
    private let monotonic: @Sendable () -> Duration

    package convenience init() {
        self.init(wall: { .wallClock }, monotonic: { .sinceBoot })
    }

    init(wall: @escaping @Sendable () -> Instant, monotonic: @escaping @Sendable () -> Duration) {
        self.wall = wall
        self.monotonic = monotonic
    }

    /// Takes the log time of a record that has just been read at the end of its log. Cheap, from any thread.
    package func see(_ at: Instant) {
        let now = monotonic()
        let offset = Duration.milliseconds(at.milliseconds) - now
        state.withLock { state in
            if let known = state.offset, known > offset, now - state.seenAt < Self.keptFor { return }
            state.offset = offset
            state.seenAt = now
        }
    }

    package var now: Instant {
        guard let offset = state.withLock({ $0.offset }) else { return wall() }
        return Instant(milliseconds: 0) + (offset + monotonic())
    }

    /// How far the machine's wall clock is ahead of the brokers'; negative when it is behind, zero until a record is
    /// seen.
    package var wallAhead: Duration { wall() - now }
}

extension Instant {
    /// What the machine's wall clock shows, which anybody may set at any time.
    static var wallClock: Instant { Instant(milliseconds: clockMilliseconds(CLOCK_REALTIME)) }
}

extension Duration {
    fileprivate static var sinceBoot: Duration { .milliseconds(clockMilliseconds(CLOCK_BOOTTIME)) }
}

private func clockMilliseconds(_ clock: clockid_t) -> Int64 {
    // As two integers: in a clean build the compiler takes the members of `timespec` for CoreFoundation's.
    var time = (seconds: 0, nanoseconds: 0)
    withUnsafeMutableBytes(of: &time) { bytes in
        _ = bytes.baseAddress.map { clock_gettime(clock, $0.assumingMemoryBound(to: timespec.self)) }
    }
    return Int64(time.seconds) * 1_000 + Int64(time.nanoseconds) / 1_000_000
}
