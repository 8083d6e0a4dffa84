import ContextCore
import ServiceKit
import Streams

/// What `/metrics` shows of this service.
struct ContextMetrics: Sendable {
    let host: StreamHost<ContextStreamMachine>
    let store: TimelineStore

    func collect(in metrics: Metrics) {
        metrics.collect { samples in
            let status = host.status
            collectStream(status, &samples)
            collectRules(status, &samples)
            samples.counter(
                "patchbay_context_timeline_skipped_total", help: "Records that the timeline could not understand.",
                value: Double(store.skipped))
            samples.counter(
                "patchbay_context_timeline_rebuilds_total", help: "Times that the timeline's file was thrown away.",
                value: Double(store.rebuilds))
        }
    }

    private func collectStream(_ status: StreamStatus, _ samples: inout MetricSamples) {
        for partition in status.all {
            samples.gauge(
                "patchbay_stream_lag_records", help: "Records of the log that are not applied yet.",
                labels: ["partition": "\(partition.partition)"], value: Double(partition.lag))
            samples.gauge(
                "patchbay_stream_leading", help: "1 for a partition that this instance leads.",
                labels: ["partition": "\(partition.partition)"], value: partition.role == .leading ? 1 : 0)
        }
        let counters = status.counters
        let totals: [(String, String, Int)] = [
            ("patchbay_stream_records_total", "Records applied.", counters.records),
            ("patchbay_stream_outputs_total", "Outputs sent.", counters.outputs),
            ("patchbay_stream_checkpoints_total", "Checkpoints committed.", counters.checkpoints),
            ("patchbay_stream_repeats_total", "Repeated outputs dropped.", counters.repeatsDropped),
            (
                "patchbay_stream_differing_repeats_total", "Repeats that differ; must stay 0.",
                counters.repeatsDiffering
            ),
            ("patchbay_stream_dead_letters_total", "Records nobody understood.", counters.deadLetters),
            ("patchbay_stream_restarts_total", "Tasks started again.", counters.restarts),
            ("patchbay_stream_followed_total", "Records applied in silence.", counters.followed),
            ("patchbay_stream_takeovers_warm_total", "Partitions taken over from following.", counters.takeOversWarm),
            (
                "patchbay_stream_takeovers_cold_total", "Partitions taken over from a checkpoint.",
                counters.takeOversCold
            ),
        ]
        for (name, help, value) in totals + counters.replacedLogs {
            samples.counter(name, help: help, value: Double(value))
        }
    }

    private func collectRules(_ status: StreamStatus, _ samples: inout MetricSamples) {
        var counters = ContextCounters()
        for partition in status.partitions {
            guard let (sizes, counted) = try? host.read(partition.partition, { ($0.core.sizes, $0.core.counters) })
            else { continue }
            counters = counters + counted
            let held = [("customers", sizes.customers), ("message-ids", sizes.messages), ("waiting", sizes.waiting)]
            for (kind, count) in held {
                samples.gauge(
                    "patchbay_context_state_entities", help: "What the rules hold in memory.",
                    labels: ["kind": kind, "partition": "\(partition.partition)"], value: Double(count))
            }
        }
        let filed = [
            ("opened", counters.opened), ("continued", counters.continued), ("survey-answer", counters.surveyAnswers),
        ]
        for (role, count) in filed {
            samples.counter(
                "patchbay_context_messages_filed_total", help: "Messages filed, by role.", labels: ["role": role],
                value: Double(count))
        }
        let totals: [(String, String, Int)] = [
            ("patchbay_context_messages_forwarded_total", "Messages of linked identifiers.", counters.forwarded),
            ("patchbay_context_messages_repeated_total", "Providers' repeats dropped.", counters.repeatsDropped),
            (
                "patchbay_context_messages_waited_total", "Messages that waited for their account's configuration.",
                counters.waited
            ),
            (
                "patchbay_context_message_ids_forgotten_early_total", "Beyond the limit of remembered ids.",
                counters.forgottenEarly
            ),
            ("patchbay_context_links_total", "Identifiers linked.", counters.linked),
            ("patchbay_context_unlinks_total", "Identifiers unlinked.", counters.unlinked),
            (
                "patchbay_context_link_conflicts_total", "Evidence for another customer than the linked one.",
                counters.linkConflicts
            ),
            ("patchbay_context_link_cycles_total", "Links cut because they formed a ring.", counters.linkCycles),
            (
                "patchbay_context_identifiers_refused_total", "Identifiers beyond a limit.",
                counters.identifiersRefused
            ),
        ]
        for (name, help, value) in totals { samples.counter(name, help: help, value: Double(value)) }
    }
}
