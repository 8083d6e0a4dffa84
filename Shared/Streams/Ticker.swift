internal import Domain

/// Decides when the leader shows the time to its log.
///
/// One tick is outstanding at a time. When a tick comes back and its deadline is still ahead (the broker's clock
/// went back), the next one waits longer, so a wrong clock makes no storm.
struct Ticker {
    private static let shortest: Duration = .milliseconds(5)
    private static let longest: Duration = .seconds(1)

    private var deadline: Instant?
    private var backOff = shortest
    private var notBefore: ContinuousClock.Instant?
    private var isOutstanding = false

    mutating func shouldTick(deadline: Instant?, now: Instant, at time: ContinuousClock.Instant) -> Bool {
        guard let deadline, deadline <= now else { return false }
        if deadline != self.deadline {
            self.deadline = deadline
            backOff = Self.shortest
            notBefore = nil
        }
        if isOutstanding, let notBefore, time < notBefore + Self.longest { return false }
        if let notBefore, time < notBefore { return false }
        isOutstanding = true
        notBefore = time + backOff
        backOff = min(backOff * 2, Self.longest)
        return true
    }

    mutating func returned() {
        isOutstanding = false
    }
}
