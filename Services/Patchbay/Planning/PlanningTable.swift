import Domain
import Foundation
import RouterPlanning

/// A report as lines of text: each KPI with the half-width of its interval.
struct PlanningTable {
    var model: PlanningModel
    var report: PlanningReport

    private struct Column {
        var title: String
        var text: (PlanningReport.Demand) -> String
    }

    var lines: [String] {
        demandLines + [""] + supplyLines + [""] + legend
    }

    private var columns: [Column] {
        var columns = [
            Column(title: "arrived") { Self.number($0.arrived, digits: 0) },
            Column(title: "service level") { Self.percent($0.serviceLevel) },
            Column(title: "abandonment") { Self.percent($0.abandonedShare) },
            Column(title: "ASA (s)") { Self.number($0.answerSeconds, digits: 1) },
            Column(title: "FRT p50 (s)") { Self.number($0.answerSecondsP50, digits: 1) },
            Column(title: "FRT p90 (s)") { Self.number($0.answerSecondsP90, digits: 1) },
            Column(title: "AHT (s)") { Self.number($0.handleSeconds, digits: 1) },
            Column(title: "backlog") { Self.number($0.backlog, digits: 2) },
            Column(title: "backlog max") { Self.number($0.backlogMax, digits: 1) },
            Column(title: "EWT bias (s)") { Self.number($0.expectationBiasSeconds, digits: 1) },
            Column(title: "EWT error (s)") { Self.number($0.expectationErrorSeconds, digits: 1) },
            Column(title: "within p50") { Self.percent($0.withinP50) },
            Column(title: "within p90") { Self.percent($0.withinP90) },
        ]
        if (report.total.blockedShare?.mean ?? 0) > 0 {
            columns.append(Column(title: "turned away") { Self.percent($0.blockedShare) })
        }
        if (report.total.unanswered?.mean ?? 0) > 0 {
            columns.append(Column(title: "unanswered") { Self.number($0.unanswered, digits: 1) })
        }
        return columns
    }

    private var demandLines: [String] {
        var rows = [["queue", "channel"] + columns.map(\.title)]
        for row in report.rows {
            rows.append([row.queueID.rawValue, row.channel?.rawValue ?? "all"] + columns.map { $0.text(row.demand) })
        }
        if report.hours.count > 1 { rows.append(["all", "all"] + columns.map { $0.text(report.total) }) }
        return Self.aligned(rows, leading: 2)
    }

    private var supplyLines: [String] {
        Self.aligned(
            [["pool", "agents present", "occupancy", "utilisation"]]
                + report.supply.map { poolID, supply in
                    [
                        poolID.rawValue, Self.number(supply.present, digits: 2), Self.percent(supply.occupancy),
                        Self.percent(supply.utilisation),
                    ]
                }, leading: 1)
    }

    private var legend: [String] {
        let times = Set(model.traffic.map(\.answerWithinSeconds)).sorted().map { "\($0) s" }
        return [
            "\(model.replications) replications of \(Self.decimals(model.days, digits: 2)) days, seed \(model.seed); "
                + "± is half of a 95 % confidence interval (Student's t over replications).",
            "service level: accepted within \(times.joined(separator: ", ")) ÷ (accepted + abandoned); "
                + "abandonment: abandoned ÷ (accepted + abandoned).",
            "ASA: mean time from arrival to accepting; FRT: quantiles of that time, with which the answer begins; "
                + "AHT: from accepting to closed, wrap-up included.",
            "occupancy: time with work in hand ÷ time present; utilisation: weight in hand ÷ capacity; "
                + "EWT: the router's estimate minus the true wait, with its sign and without.",
            "within p50, p90: share of those who had to wait that waited no longer than they were told on arrival; "
                + "well calibrated are 50 % and 90 %.",
        ]
    }

    // MARK: Numbers

    static func percent(_ estimate: Estimate?) -> String {
        guard let estimate else { return "-" }
        let width = estimate.halfWidth.map { " ± " + decimals($0 * 100, digits: 1) } ?? ""
        return decimals(estimate.mean * 100, digits: 1) + width + " %"
    }

    static func number(_ estimate: Estimate?, digits: Int) -> String {
        guard let estimate else { return "-" }
        return decimals(estimate.mean, digits: digits)
            + (estimate.halfWidth.map { " ± " + decimals($0, digits: digits) } ?? "")
    }

    static func decimals(_ value: Double, digits: Int) -> String {
        // No minus before a zero.
        let text = String(format: "%.\(digits)f", value)
        return text.allSatisfy({ "-0.".contains($0) }) ? text.replacing("-", with: "") : text
    }

    /// Columns as wide as their widest cell: the leading ones are texts, the others numbers, which stand to the right.
    static func aligned(_ rows: [[String]], leading: Int) -> [String] {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).enumerated().map { index, cell in
                let pad = String(repeating: " ", count: cell.1 - cell.0.count)
                return index < leading ? cell.0 + pad : pad + cell.0
            }.joined(separator: "  ")
        }
    }
}
