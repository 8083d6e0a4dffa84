internal import Synchronization

/// What a family of series measures.
enum MetricKind: Hashable, Sendable {
    case counter, gauge
    case histogram([Double])

    var name: String {
        switch self {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        }
    }
}

/// All series of one name.
final class MetricFamily: Sendable {
    struct Series: Sendable {
        /// The value; of a histogram, how many were observed.
        var value = 0.0
        var sum = 0.0
        /// Counts of each bucket alone; added up when they are written.
        var buckets: [Double] = []
    }

    let name: String
    let kind: MetricKind
    let help: String
    let labels: [String]
    private let series: Mutex<[[String]: Series]>

    init(name: String, kind: MetricKind, help: String, labels: [String]) {
        self.name = name
        self.kind = kind
        self.help = help
        self.labels = labels
        // Without labels there is one series, and it is shown from the start: an absent one cannot be told from none.
        self.series = Mutex(labels.isEmpty ? [[]: MetricFamily.empty(kind)] : [:])
    }

    private static func empty(_ kind: MetricKind) -> Series {
        guard case .histogram(let bounds) = kind else { return Series() }
        return Series(buckets: Array(repeating: 0, count: bounds.count))
    }

    func update(_ values: [String], _ change: (inout Series) -> Void) {
        precondition(values.count == labels.count, "\(name) has the labels \(labels)")
        series.withLock { series in
            let isNew = series[values] == nil
            let key = isNew && series.count >= Metrics.seriesMax ? labels.map { _ in "other" } : values
            change(&series[key, default: MetricFamily.empty(kind)])
        }
    }

    func observe(_ value: Double, _ values: [String]) {
        guard case .histogram(let bounds) = kind else { return }
        update(values) { series in
            series.value += 1
            series.sum += value
            if let bucket = bounds.firstIndex(where: { value <= $0 }) { series.buckets[bucket] += 1 }
        }
    }

    func value(_ values: [String]) -> Double {
        series.withLock { $0[values]?.value ?? 0 }
    }

    func snapshot() -> MetricSnapshot {
        let sorted = series.withLock { $0.map { ($0.key, $0.value) } }
            .sorted { $0.0.lexicographicallyPrecedes($1.0) }
        return MetricSnapshot(name: name, kind: kind, help: help, labels: labels, series: sorted)
    }
}

/// A family at one moment.
struct MetricSnapshot {
    var name: String
    var kind: MetricKind
    var help: String
    var labels: [String]
    var series: [([String], MetricFamily.Series)]
}

/// Takes the values that a collector finds at the moment of reading.
package struct MetricSamples {
    private(set) var snapshots: [MetricSnapshot] = []

    /// - Parameter labels: names and values.
    package mutating func counter(
        _ name: String, help: String, labels: KeyValuePairs<String, String> = [:], value: Double
    ) {
        add(name, .counter, help, labels, value)
    }

    package mutating func gauge(
        _ name: String, help: String, labels: KeyValuePairs<String, String> = [:], value: Double
    ) {
        add(name, .gauge, help, labels, value)
    }

    private mutating func add(
        _ name: String, _ kind: MetricKind, _ help: String, _ labels: KeyValuePairs<String, String>, _ value: Double
    ) {
        let series = (labels.map(\.value), MetricFamily.Series(value: value))
        if let index = snapshots.firstIndex(where: { $0.name == name }) {
            if snapshots[index].series.count < Metrics.seriesMax { snapshots[index].series.append(series) }
        } else {
            let names = labels.map(\.key)
            snapshots.append(MetricSnapshot(name: name, kind: kind, help: help, labels: names, series: [series]))
        }
    }
}
