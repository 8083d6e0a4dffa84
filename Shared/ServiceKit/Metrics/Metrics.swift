internal import Synchronization

/// The metrics of one process, in the form that Prometheus reads.
///
/// Counters, gauges and histograms are made once, at start, and kept by whoever counts; what lives elsewhere (the
/// state of a stream host, of the process) is asked for when somebody reads `/metrics`.
/// ```swift
/// let posts = metrics.counter("patchbay_connector_posts_total", help: "Messages posted.", labels: ["channel"])
/// posts.increment(["sms"])
/// metrics.collect { samples in samples.gauge("patchbay_lag_records", help: "…", value: host.status.lag) }
/// ```
/// - Bounds: `seriesMax` label sets a family; further ones are counted together with the label value `other`.
/// - Source: Prometheus text format 0.0.4; OpenMetrics 1.0.0.
package final class Metrics: Sendable {
    private struct State {
        var families: [MetricFamily] = []
        var collectors: [@Sendable (inout MetricSamples) -> Void] = []
    }

    /// Label sets that one family keeps apart.
    package static let seriesMax = 1_000

    private let state = Mutex(State())

    package init() {}

    /// What only grows. Names end in `_total`.
    package func counter(_ name: String, help: String, labels: [String] = []) -> Counter {
        precondition(name.hasSuffix("_total"), "a counter's name ends in _total")
        return Counter(family: family(name, .counter, help, labels))
    }

    /// What goes up and down.
    package func gauge(_ name: String, help: String, labels: [String] = []) -> Gauge {
        Gauge(family: family(name, .gauge, help, labels))
    }

    /// How values spread: counts below each bound, their sum and number.
    /// - Parameter buckets: upper bounds, ascending, without infinity.
    package func histogram(
        _ name: String, help: String, labels: [String] = [], buckets: [Double] = Histogram.seconds
    ) -> Histogram {
        precondition(buckets == buckets.sorted() && Set(buckets).count == buckets.count, "buckets ascend")
        return Histogram(family: family(name, .histogram(buckets), help, labels))
    }

    /// Asks for values whenever the metrics are read.
    package func collect(_ collector: @escaping @Sendable (inout MetricSamples) -> Void) {
        state.withLock { $0.collectors.append(collector) }
    }

    /// All metrics as text.
    package func text(openMetrics: Bool = false) -> String {
        let (families, collectors) = state.withLock { ($0.families, $0.collectors) }
        var samples = MetricSamples()
        for collector in collectors { collector(&samples) }
        let snapshots = families.map { $0.snapshot() } + samples.snapshots
        return MetricsText(openMetrics: openMetrics).text(of: snapshots)
    }

    /// The same name gives the same family, so parts of a service may share one.
    private func family(
        _ name: String, _ kind: MetricKind, _ help: String, _ labels: [String]
    ) -> MetricFamily {
        state.withLock { state in
            if let family = state.families.first(where: { $0.name == name }) {
                precondition(family.kind == kind && family.labels == labels, "\(name) was made differently before")
                return family
            }
            let family = MetricFamily(name: name, kind: kind, help: help, labels: labels)
            state.families.append(family)
            return family
        }
    }
}

/// What only grows.
package struct Counter: Sendable {
    let family: MetricFamily

    /// - Parameter labels: the values, in the order of the names.
    package func increment(_ labels: [String] = [], by amount: Double = 1) {
        precondition(amount >= 0, "a counter only grows")
        family.update(labels) { $0.value += amount }
    }

    /// The count so far, for tests and status pages.
    package func value(_ labels: [String] = []) -> Double { family.value(labels) }
}

/// What goes up and down.
package struct Gauge: Sendable {
    let family: MetricFamily

    package func set(_ value: Double, _ labels: [String] = []) {
        family.update(labels) { $0.value = value }
    }

    package func add(_ amount: Double, _ labels: [String] = []) {
        family.update(labels) { $0.value += amount }
    }

    package func value(_ labels: [String] = []) -> Double { family.value(labels) }
}

/// How values spread.
package struct Histogram: Sendable {
    /// From a millisecond to ten seconds.
    package static let seconds: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    let family: MetricFamily

    package func observe(_ value: Double, _ labels: [String] = []) {
        family.observe(value, labels)
    }

    package func observe(_ duration: Duration, _ labels: [String] = []) {
        let (seconds, attoseconds) = duration.components
        observe(Double(seconds) + Double(attoseconds) / 1e18, labels)
    }

    /// How many values there were.
    package func count(_ labels: [String] = []) -> Double { family.value(labels) }
}
