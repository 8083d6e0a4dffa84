import Domain
import Foundation
import RouterPlanning

/// A day as three panels: what arrives and who is there, how long customers wait, and the service level, by the hour.
/// Bands are 95 % confidence intervals.
struct PlanningChart {
    var model: PlanningModel
    var report: PlanningReport

    private static let width = 860.0
    private static let left = 62.0
    private static let right = 50.0
    private static let panelHeight = 170.0
    private static let panelGap = 62.0
    private static let top = 46.0
    /// Told apart by those who see colours differently too.
    /// - Source: Okabe, Ito: Color universal design, 2008.
    private static let colors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"]

    private typealias Hours = [PlanningReport.Hour]

    private struct Panel {
        var title: String
        var top: Double
        /// The value at the upper edge.
        var most: Double
    }

    var svg: String {
        let step = Self.panelHeight + Self.panelGap
        let height = Self.top + 3 * step + 10
        var lines = [
            #"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \#(Int(Self.width)) \#(Int(height))" "#
                + #"font-family="sans-serif" font-size="12">"#,
            #"<rect width="\#(Int(Self.width))" height="\#(Int(height))" fill="white"/>"#,
        ]
        lines += arrivalPanel(at: Self.top)
        lines += panel(
            "Mean wait until accepted (s)", at: Self.top + step, most: highest(\.answerSeconds), \.answerSeconds)
        lines += panel(
            "Service level (%)", at: Self.top + 2 * step, most: 100, \.serviceLevel, scale: 100)
        lines += legend(at: height - 14)
        return (lines + ["</svg>"]).joined(separator: "\n") + "\n"
    }

    /// The queues with most arrivals, as many as there are colours.
    private var queues: [(queueID: QueueID, hours: [PlanningReport.Hour])] {
        let sorted = report.hours.sorted { arrivals($0.hours) > arrivals($1.hours) }
        let kept = Set(sorted.prefix(Self.colors.count).map(\.queueID))
        return report.hours.filter { kept.contains($0.queueID) }
    }

    private func arrivals(_ hours: Hours) -> Double { hours.reduce(0) { $0 + ($1.arrived?.mean ?? 0) } }

    private func highest(_ value: KeyPath<PlanningReport.Hour, Estimate?>) -> Double {
        queues.flatMap(\.hours).compactMap { $0[keyPath: value] }.map { $0.mean + ($0.halfWidth ?? 0) }.max() ?? 0
    }

    // MARK: Panels

    private func arrivalPanel(at top: Double) -> [String] {
        let panel = Panel(
            title: "Arrivals an hour, and agents on shift (grey, right)", top: top, most: most(highest(\.arrived)))
        let agents = agentsByHour
        let agentsMost = most(Double(agents.max() ?? 0))
        var area = "M\(x(0)),\(round(top + Self.panelHeight))"
        for (hour, count) in agents.enumerated() {
            let y = y(count / agentsMost, top)
            area += " L\(x(Double(hour))),\(y) L\(x(Double(hour) + 1)),\(y)"
        }
        area += " L\(x(24)),\(round(top + Self.panelHeight)) Z"
        var lines = frame(panel) + [#"<path d="\#(area)" fill="gainsboro" fill-opacity="0.7"/>"#]
        for share in [0.0, 0.5, 1] {
            lines.append(
                #"<text x="\#(Self.width - Self.right + 6)" y="\#(y(share, top) + 4)" fill="gray">"#
                    + "\(label(share * agentsMost))</text>")
        }
        return lines + curves(panel, \.arrived, scale: 1)
    }

    private func panel(
        _ title: String, at top: Double, most highest: Double, _ value: KeyPath<PlanningReport.Hour, Estimate?>,
        scale: Double = 1
    ) -> [String] {
        let panel = Panel(title: title, top: top, most: most(highest))
        return frame(panel) + curves(panel, value, scale: scale)
    }

    private func frame(_ panel: Panel) -> [String] {
        var lines = [#"<text x="\#(Self.left)" y="\#(panel.top - 10)" font-size="14">\#(panel.title)</text>"#]
        for share in [0.0, 0.25, 0.5, 0.75, 1] {
            let y = y(share, panel.top)
            lines.append(
                #"<line x1="\#(Self.left)" y1="\#(y)" x2="\#(Self.width - Self.right)" y2="\#(y)" stroke="lightgray"/>"#
                    + #"<text x="\#(Self.left - 6)" y="\#(y + 4)" text-anchor="end">\#(label(share * panel.most))</text>"#
            )
        }
        for hour in stride(from: 0, through: 24, by: 3) {
            let text = (hour < 10 ? "0" : "") + "\(hour):00"
            lines.append(
                #"<text x="\#(x(Double(hour)))" y="\#(panel.top + Self.panelHeight + 18)" text-anchor="middle">"#
                    + "\(text)</text>")
        }
        return lines
    }

    /// A line and a band for each queue, broken where an hour has nothing to show.
    private func curves(
        _ panel: Panel, _ value: KeyPath<PlanningReport.Hour, Estimate?>, scale: Double
    ) -> [String] {
        queues.enumerated().flatMap { index, queue in
            runs(queue.hours.map { $0[keyPath: value] }).flatMap { run in
                let color = Self.colors[index % Self.colors.count]
                func points(_ reach: Double) -> [String] {
                    run.map { hour, estimate in
                        let value = (estimate.mean + reach * (estimate.halfWidth ?? 0)) * scale
                        return "\(x(Double(hour) + 0.5)),\(y(min(1, max(0, value / panel.most)), panel.top))"
                    }
                }
                let band = (points(1) + points(-1).reversed()).joined(separator: " ")
                return [
                    #"<polygon points="\#(band)" fill="\#(color)" fill-opacity="0.2"/>"#,
                    #"<polyline points="\#(points(0).joined(separator: " "))" fill="none" stroke="\#(color)" "#
                        + #"stroke-width="2" stroke-linecap="round"/>"#,
                ]
            }
        }
    }

    private func runs(_ values: [Estimate?]) -> [[(Int, Estimate)]] {
        var runs: [[(Int, Estimate)]] = [[]]
        for (hour, value) in values.enumerated() {
            if let value { runs[runs.count - 1].append((hour, value)) } else { runs.append([]) }
        }
        return runs.filter { !$0.isEmpty }
    }

    private func legend(at y: Double) -> [String] {
        var x = Self.left
        var lines: [String] = []
        for (index, queue) in queues.enumerated() {
            let color = Self.colors[index % Self.colors.count]
            lines.append(
                #"<rect x="\#(x)" y="\#(y - 9)" width="14" height="8" fill="\#(color)"/>"#
                    + #"<text x="\#(x + 19)" y="\#(y)">\#(queue.queueID.rawValue)</text>"#)
            x += 36 + 7 * Double(queue.queueID.rawValue.count)
        }
        let left = report.hours.count - queues.count
        if left > 0 { lines.append(#"<text x="\#(x)" y="\#(y)" fill="gray">and \#(left) more queues</text>"#) }
        return lines
    }

    // MARK: Scales

    private var agentsByHour: [Double] {
        (0..<24).map { hour in
            let span = hour * 3_600..<(hour + 1) * 3_600
            return model.staffing.reduce(0) { sum, shift in
                sum + Double((shift.start..<shift.end).clamped(to: span).count) / 3_600
            }
        }
    }

    /// The next of 1, 2, 4, 6, 8 and 10 times a power of ten: quarters of them are short numbers.
    private func most(_ value: Double) -> Double {
        guard value > 0 else { return 1 }
        let power = pow(10, log10(value).rounded(.down))
        return ([1, 2, 4, 6, 8].first { $0 * power >= value } ?? 10) * power
    }

    private func label(_ value: Double) -> String {
        PlanningTable.decimals(value, digits: value.rounded() == value ? 0 : value >= 1 ? 1 : 2)
    }

    private func x(_ hour: Double) -> Double {
        round(Self.left + hour / 24 * (Self.width - Self.left - Self.right))
    }

    private func y(_ share: Double, _ top: Double) -> Double { round(top + Self.panelHeight * (1 - share)) }

    private func round(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}
