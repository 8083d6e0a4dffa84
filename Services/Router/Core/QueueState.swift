package import Domain

/// What the router knows of a queue beyond the configuration.
///
/// A queue that leaves the configuration while work items wait in it keeps its last known rules until the last of
/// them is closed. A queue that was never in the configuration (the message was faster than the revision) holds its
/// work items back until a revision names it.
package struct QueueState: Hashable, Sendable {
    package var id: QueueID
    /// Moving average over the work items closed here.
    package var averageHandleMilliseconds: Int64?
    /// How long the work items closed here were handled.
    package var handle: HandleDigest
    /// The rules of a queue that is no longer in the configuration.
    package var retired: Retired?
    /// Who was asked last, where agents take turns.
    package var lastAgentID: AgentID?

    package init(
        id: QueueID, averageHandleMilliseconds: Int64? = nil, handle: HandleDigest = HandleDigest(),
        retired: Retired? = nil, lastAgentID: AgentID? = nil
    ) {
        self.id = id
        self.handle = handle
        self.averageHandleMilliseconds = averageHandleMilliseconds
        self.retired = retired
        self.lastAgentID = lastAgentID
    }

    package struct Retired: Hashable, Sendable {
        package var queue: Queue
        package var policy: RoutingPolicy

        package init(queue: Queue, policy: RoutingPolicy) {
            self.queue = queue
            self.policy = policy
        }
    }

    /// Each work item moves the average by an eighth of the difference.
    mutating func record(handle: Duration) {
        let value = max(0, handle.milliseconds)
        self.handle.record(tenths: Int(value / 100))
        guard let average = averageHandleMilliseconds else {
            averageHandleMilliseconds = value
            return
        }
        averageHandleMilliseconds = average + (value - average) / 8
    }
}
