import ServiceKit
import Streams

/// How the stream tasks fare.
enum StreamMetrics {
    static func collect(_ status: StreamStatus, into samples: inout MetricSamples) {
        for partition in status.all {
            samples.gauge(
                "patchbay_stream_lag_records", help: "Records of the log that are known and not applied.",
                labels: ["partition": "\(partition.partition)"], value: Double(partition.lag))
            samples.gauge(
                "patchbay_stream_leading", help: "1 for a partition that this instance leads.",
                labels: ["partition": "\(partition.partition)"], value: partition.role == .leading ? 1 : 0)
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
