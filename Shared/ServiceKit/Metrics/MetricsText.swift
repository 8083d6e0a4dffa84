/// Writes metrics in one of the two formats that Prometheus asks for.
struct MetricsText {
    let openMetrics: Bool

    static let plainType = "text/plain; version=0.0.4; charset=utf-8"
    static let openType = "application/openmetrics-text; version=1.0.0; charset=utf-8"

    func text(of families: [MetricSnapshot]) -> String {
        var text = ""
        for family in families.sorted(by: { $0.name < $1.name }) where !family.series.isEmpty {
            // OpenMetrics names a family of counters without the suffix that its samples carry.
            let isCounter = family.kind == .counter && family.name.hasSuffix("_total")
            let title = openMetrics && isCounter ? String(family.name.dropLast("_total".count)) : family.name
            text += "# HELP \(title) \(escaped(family.help, quotes: openMetrics))\n"
            text += "# TYPE \(title) \(family.kind.name)\n"
            for (values, series) in family.series { write(family, values, series, to: &text) }
        }
        return openMetrics ? text + "# EOF\n" : text
    }

    private func write(
        _ family: MetricSnapshot, _ values: [String], _ series: MetricFamily.Series, to text: inout String
    ) {
        let labels = Array(zip(family.labels, values))
        guard case .histogram(let bounds) = family.kind else {
            text += "\(family.name)\(labelText(labels)) \(number(series.value))\n"
            return
        }
        var below = 0.0
        for (bound, count) in zip(bounds, series.buckets) {
            below += count
            text += "\(family.name)_bucket\(labelText(labels + [("le", number(bound))])) \(number(below))\n"
        }
        text += "\(family.name)_bucket\(labelText(labels + [("le", "+Inf")])) \(number(series.value))\n"
        text += "\(family.name)_sum\(labelText(labels)) \(number(series.sum))\n"
        text += "\(family.name)_count\(labelText(labels)) \(number(series.value))\n"
    }

    private func labelText(_ labels: [(String, String)]) -> String {
        guard !labels.isEmpty else { return "" }
        return "{" + labels.map { "\($0)=\"\(escaped($1, quotes: true))\"" }.joined(separator: ",") + "}"
    }

    private func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }

    private func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : value.description
    }
}
