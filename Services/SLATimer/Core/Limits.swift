/// What the timer holds at most, and how long.
package enum SLALimits {
    /// Signals of one work item that can still be put into another order; older ones are settled.
    package static let historyMax = 200
    /// Ended clocks of one work item that are kept when its history is settled.
    package static let endedClocksMax = 20
    /// Pauses of one clock. Parking again after that does not stop the clock.
    package static let pausesMax = 500
    /// How long a closed work item is kept, for signals that come late and for readers.
    package static let closedRetention = Duration.seconds(24 * 3600)
    /// After this long without a signal an open work item counts as forgotten by everybody.
    package static let silenceMax = Duration.seconds(90 * 24 * 3600)
    /// An acknowledgement that could not be sent within this time (the policy was not known) is not sent any more.
    package static let acknowledgementDelayMax = Duration.seconds(600)
    /// The longest promise and the longest delay of a survey; what a policy asks beyond that counts as this.
    package static let secondsMax = 10 * 366 * 86_400
}
