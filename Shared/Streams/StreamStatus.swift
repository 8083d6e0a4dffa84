internal import Synchronization

/// What a host does at this moment, for readiness and metrics.
package struct StreamStatus: Hashable, Sendable {
    package enum Role: String, Sendable {
        case starting, restoring, replaying, following, leading, stopping, stopped, failed
    }

    package struct Partition: Hashable, Sendable {
        package var partition: Int32
        /// The group has given it to this instance.
        package var isPromoted: Bool
        package var role: Role
        /// The next offset to be applied.
        package var position: Int64
        /// The offset after the last known record.
        package var end: Int64

        /// Records that are known and not applied.
        package var lag: Int64 { max(0, end - position) }
    }

    /// The assignment is known and every partition in it is led. What is followed makes no difference.
    package var isReady: Bool { reasons.isEmpty }
    /// Why it is not ready.
    package var reasons: [String]
    /// Those that the group has given to this instance, by number.
    package var partitions: [Partition]
    /// Those that others lead and this instance follows, by number.
    package var following: [Partition]
    /// Both, by number.
    package var all: [Partition] { (partitions + following).sorted { $0.partition < $1.partition } }
    package var counters: StreamCounters.Values
}

extension StreamTask {
    var status: StreamStatus.Partition {
        shared.withLock { shared in
            StreamStatus.Partition(
                partition: partition, isPromoted: shared.isPromoted, role: shared.phase.role,
                position: shared.state.nextOffset, end: shared.logEnd)
        }
    }

    /// Nil unless the task failed.
    var failure: StreamError? {
        shared.withLock { shared in
            if case .failed(let error) = shared.phase { return error }
            return nil
        }
    }

    /// Whether the task's thread has finished a turn lately, or is still busy recovering.
    func makesProgress(within limit: Duration, at now: ContinuousClock.Instant) -> Bool {
        shared.withLock { shared in
            if case .leading = shared.phase { return now - shared.lastProgress < limit }
            return true
        }
    }
}

extension StreamTask.Phase {
    /// The machine is as it should be, or on its way to be the leader's.
    var isLive: Bool {
        switch self {
        case .restoring, .replaying, .following, .leading: true
        case .starting, .stopping, .stopped, .failed: false
        }
    }

    fileprivate var role: StreamStatus.Role {
        switch self {
        case .starting: .starting
        case .restoring: .restoring
        case .replaying: .replaying
        case .following: .following
        case .leading: .leading
        case .stopping: .stopping
        case .stopped: .stopped
        case .failed: .failed
        }
    }
}
