internal import Synchronization

/// What the tasks of a host have done since it started, for metrics. Every figure only grows.
package final class StreamCounters: Sendable {
    package struct Values: Hashable, Sendable {
        package var records = 0
        package var outputs = 0
        package var ticks = 0
        /// Repeated outputs that were dropped, as they should be.
        package var repeatsDropped = 0
        /// Repeated outputs that differed from their first sending. Must stay 0.
        package var repeatsDiffering = 0
        /// Outputs of a log that another one under its name has replaced, dropped. Must stay 0, but for the moment of that.
        package var outlived = 0
        /// Logs of other services that were made anew, or put back, as this service's logs tell.
        package var newIncarnations = 0
        package var deadLetters = 0
        package var checkpoints = 0
        package var checkpointsAborted = 0
        package var effectsPerformed = 0
        /// Tasks that failed and were started again.
        package var restarts = 0
        /// Records applied in silence, in partitions that others lead.
        package var followed = 0
        /// Partitions taken over with the state of a follower.
        package var takeOversWarm = 0
        /// Partitions taken over by reading a checkpoint.
        package var takeOversCold = 0
        /// Records applied between taking a partition over and leading it.
        package var replayed = 0
    }

    private let state = Mutex(Values())

    package init() {}

    package var values: Values { state.withLock { $0 } }

    /// Counts a record of a partition that others lead. The alarm about rules is everybody's.
    func countFollowed<Machine>(_ step: StreamState<Machine>.Step) {
        state.withLock { values in
            values.followed += 1
            values.count(step.admission)
        }
    }

    func count<Machine>(_ step: StreamState<Machine>.Step, isReplay: Bool) {
        state.withLock { values in
            values.records += 1
            if isReplay { values.replayed += 1 }
            if step.control == .tick { values.ticks += 1 }
            if !step.admission.isTaken { values.repeatsDropped += 1 }
            values.count(step.admission)
        }
    }

    func sent(_ outputs: Int, deadLetters: Int) {
        state.withLock { values in
            values.outputs += outputs
            values.deadLetters += deadLetters
        }
    }

    func checkpoint(succeeded: Bool) {
        state.withLock { values in
            if succeeded { values.checkpoints += 1 } else { values.checkpointsAborted += 1 }
        }
    }

    func effectPerformed() { state.withLock { $0.effectsPerformed += 1 } }

    func takenOver(warm: Bool) {
        state.withLock { values in
            if warm { values.takeOversWarm += 1 } else { values.takeOversCold += 1 }
        }
    }

    func restarted() { state.withLock { $0.restarts += 1 } }
}

extension StreamCounters.Values {
    /// What concerns everybody, followers too.
    fileprivate mutating func count(_ admission: Admission) {
        switch admission {
        case .first, .repeated: break
        case .firstOfIncarnation: newIncarnations += 1
        case .repeatedDifferently: repeatsDiffering += 1
        case .outlived: outlived += 1
        }
    }
}

extension StreamCounters.Values {
    /// What tells of logs that were replaced: the same figures from every service.
    package var replacedLogs: [(name: String, help: String, value: Int)] {
        [
            (
                "patchbay_stream_new_incarnations_total", "Logs found to have been made anew or put back.",
                newIncarnations
            ),
            (
                "patchbay_stream_outlived_total", "Outputs of replaced logs that were dropped: must stay 0.", outlived
            ),
        ]
    }
}
