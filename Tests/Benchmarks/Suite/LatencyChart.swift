import Foundation

/// Floor and ours at each rate, from p50 to the longest, on a logarithmic scale of milliseconds.
struct LatencyChart {
    var rows: [LatencyPart.Row]

    private let left = 60.0
    private let top = 40.0
    private let width = 640.0
    private let height = 280.0
    /// Powers of ten of a microsecond: 0.1 ms to 10 s.
    private let lowest = 2.0
    private let highest = 7.0

    var svg: String {
        var lines = [
            #"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 380" font-family="sans-serif" font-size="12">"#,
            #"<rect width="720" height="380" fill="white"/>"#,
            #"<text x="60" y="22" font-size="15">POST to the agent's long poll: p50, p90, p99, longest (ms)</text>"#,
        ]
        for power in Int(lowest)...Int(highest) {
            let y = place(pow(10, Double(power)))
            lines.append(
                #"<line x1="\#(left)" y1="\#(y)" x2="\#(left + width)" y2="\#(y)" stroke="gainsboro"/>"#
                    + #"<text x="\#(left - 6)" y="\#(y + 4)" text-anchor="end">\#(label(power))</text>"#)
        }
        let step = width / Double(max(1, rows.count))
        for (index, row) in rows.enumerated() {
            let x = left + step * (Double(index) + 0.5)
            lines += column(row.floor, x: x - 24, color: "gray") + column(row.ours, x: x + 24, color: "steelblue")
            lines.append(#"<text x="\#(x)" y="\#(top + height + 20)" text-anchor="middle">\#(row.name)</text>"#)
        }
        lines.append(
            #"<text x="60" y="368" fill="gray">grey: bare librdkafka</text>"#
                + #"<text x="220" y="368" fill="steelblue">blue: Patchbay</text></svg>"#)
        return lines.joined(separator: "\n") + "\n"
    }

    /// A box from p50 to p99, with p90 in it and a line to the longest.
    private func column(_ times: Quantiles, x: Double, color: String) -> [String] {
        let (p50, p90, p99, longest) = (place(times.p50), place(times.p90), place(times.p99), place(times.max))
        return [
            #"<line x1="\#(x)" y1="\#(p99)" x2="\#(x)" y2="\#(longest)" stroke="\#(color)"/>"#,
            #"<rect x="\#(x - 14)" y="\#(p99)" width="28" height="\#(max(1, p50 - p99))" fill="\#(color)"/>"#,
            #"<line x1="\#(x - 14)" y1="\#(p90)" x2="\#(x + 14)" y2="\#(p90)" stroke="white" stroke-width="2"/>"#,
            #"<text x="\#(x)" y="\#(p50 + 13)" text-anchor="middle" font-size="10">\#(milliseconds(times.p50))</text>"#,
            #"<text x="\#(x)" y="\#(longest - 4)" text-anchor="middle" font-size="10">\#(milliseconds(times.max))</text>"#,
        ]
    }

    private func place(_ microseconds: Int) -> Double { place(Double(max(1, microseconds))) }

    private func place(_ microseconds: Double) -> Double {
        let share = (log10(microseconds) - lowest) / (highest - lowest)
        return ((top + height * (1 - min(1, max(0, share)))) * 10).rounded() / 10
    }

    private func label(_ power: Int) -> String {
        let milliseconds = pow(10, Double(power - 3))
        return milliseconds < 1 ? "\(milliseconds)" : "\(Int(milliseconds))"
    }

    private func milliseconds(_ microseconds: Int) -> String {
        Report.fixed(microseconds, digits: microseconds < 100_000 ? 1 : 0, unit: 1000)
    }
}
