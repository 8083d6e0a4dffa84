/// What one replication counted of one kind of contact.
///
/// Contacts count where they arrive in measured time, whenever they end; times of waiting and of work count with the
/// part that lies in measured time.
struct Tally: Sendable {
    var arrived = 0
    /// Turned away by a limit, the model's or the router's own.
    var blocked = 0
    var accepted = 0
    var acceptedInTime = 0
    /// Accepted after some wait.
    var acceptedLate = 0
    var abandoned = 0
    var handled = 0
    var handleMilliseconds: Int64 = 0
    /// Of those accepted.
    var waits: [Int64] = []
    /// What those who abandoned had waited.
    var abandonedWaitMilliseconds: Int64 = 0
    /// Waiting contacts × measured milliseconds.
    var backlogMilliseconds: Int64 = 0
    var backlog = 0
    var backlogMax = 0
    /// Expected waiting times that the router stated, of contacts that were accepted.
    var expectations = 0
    /// Expected minus true, and its absolute value.
    var expectationBiasSeconds = 0.0
    var expectationErrorSeconds = 0.0
    /// Contacts that had to wait and were told how long, as they arrived; and how many of them waited no longer than
    /// what is as likely too long as too short, and than what nine of ten stay below.
    var calibrated = 0
    var withinP50 = 0
    var withinP90 = 0

    var waitMilliseconds: Int64 { waits.reduce(0, +) }

    static func + (left: Tally, right: Tally) -> Tally {
        var sum = left
        sum.arrived += right.arrived
        sum.blocked += right.blocked
        sum.accepted += right.accepted
        sum.acceptedInTime += right.acceptedInTime
        sum.acceptedLate += right.acceptedLate
        sum.abandoned += right.abandoned
        sum.handled += right.handled
        sum.handleMilliseconds += right.handleMilliseconds
        sum.waits += right.waits
        sum.abandonedWaitMilliseconds += right.abandonedWaitMilliseconds
        sum.backlogMilliseconds += right.backlogMilliseconds
        sum.backlogMax += right.backlogMax
        sum.expectations += right.expectations
        sum.expectationBiasSeconds += right.expectationBiasSeconds
        sum.expectationErrorSeconds += right.expectationErrorSeconds
        sum.calibrated += right.calibrated
        sum.withinP50 += right.withinP50
        sum.withinP90 += right.withinP90
        return sum
    }
}

/// What one replication counted of the agents of one pool, in measured time.
struct SupplyTally: Sendable {
    /// Signed in, or finishing what they have.
    var presentMilliseconds: Int64 = 0
    /// With at least one contact in hand, wrap-up included.
    var busyMilliseconds: Int64 = 0
    /// Capacity × time present.
    var capacityMilliseconds: Int64 = 0
    /// Weight of what is in hand × time.
    var loadMilliseconds: Int64 = 0
}

/// What one replication counted of one hour of the day, over all measured days.
struct HourTally: Sendable {
    var arrived = 0
    var accepted = 0
    var acceptedInTime = 0
    var abandoned = 0
    var waitMilliseconds: Int64 = 0
}
