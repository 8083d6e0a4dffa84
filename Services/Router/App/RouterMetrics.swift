import Domain
import RouterCore
import ServiceKit
import Streams

/// What the router counts, and how its stream tasks fare.
struct RouterMetrics: Sendable {
    private let events: Counter

    init(_ metrics: Metrics) {
        events = metrics.counter(
            "patchbay_router_events_total", help: "Events of work items and agents, by kind.", labels: ["event"])
    }

    /// Counts what was put out as leader; a replay after a restart is not counted again.
    func count(_ applied: AppliedRecord) {
        guard applied.isLive else { return }
        for case .send(_, let type, _, _) in applied.outputs {
            let words = type.split(separator: ".")
            if words.count > 3, words[1] == "work-events" { events.increment([String(words[2])]) }
        }
    }

    static func collect(_ host: StreamHost<RouterStreamMachine>, into samples: inout MetricSamples) {
        let status = host.status
        for partition in status.all {
            let number = partition.partition
            samples.gauge(
                "patchbay_stream_lag_records", help: "Records of the log that are known and not applied.",
                labels: ["partition": "\(number)"], value: Double(partition.lag))
            samples.gauge(
                "patchbay_stream_leading", help: "1 for a partition that this instance leads.",
                labels: ["partition": "\(number)"], value: partition.role == .leading ? 1 : 0)
            // Each partition's queues are counted by its leader.
            guard partition.role == .leading else { continue }
            for queue in (try? host.read(number) { $0.router.queueViews }) ?? [] {
                samples.gauge(
                    "patchbay_router_backlog", help: "Work items that wait.",
                    labels: ["queue": queue.queueID.rawValue, "partition": "\(number)"], value: Double(queue.backlog))
                samples.gauge(
                    "patchbay_router_open_work_items", help: "Work items that are not closed.",
                    labels: ["queue": queue.queueID.rawValue, "partition": "\(number)"], value: Double(queue.open))
            }
        }
        let counters = status.counters
        let values: [(name: String, help: String, value: Int)] = [
            ("patchbay_stream_records_total", "Records applied.", counters.records),
            ("patchbay_stream_outputs_total", "Outputs sent.", counters.outputs),
            ("patchbay_stream_ticks_total", "Ticks applied.", counters.ticks),
            (
                "patchbay_stream_repeats_total", "Repeated outputs dropped, as they should be.",
                counters.repeatsDropped
            ),
            (
                "patchbay_stream_differing_repeats_total", "Repeated outputs that differed: must stay 0.",
                counters.repeatsDiffering
            ),
            ("patchbay_stream_dead_letters_total", "Records that could not be understood.", counters.deadLetters),
            ("patchbay_stream_checkpoints_total", "Checkpoints committed.", counters.checkpoints),
            ("patchbay_stream_checkpoints_aborted_total", "Checkpoints given up.", counters.checkpointsAborted),
            ("patchbay_stream_restarts_total", "Tasks that failed and were started again.", counters.restarts),
            ("patchbay_stream_followed_total", "Records applied in silence.", counters.followed),
            ("patchbay_stream_takeovers_warm_total", "Partitions taken over from following.", counters.takeOversWarm),
            (
                "patchbay_stream_takeovers_cold_total", "Partitions taken over from a checkpoint.",
                counters.takeOversCold
            ),
        ]
        for (name, help, value) in values + counters.replacedLogs {
            samples.counter(name, help: help, value: Double(value))
        }
    }
}
