import Foundation

/// Time from POST to the agent's long poll at given rates, floor and ours in turn, and what it costs.
struct LatencyPart {
    var rates: [Int]
    var seconds: Int

    struct Row {
        var name: String
        var floor: Quantiles
        var ours: Quantiles
        var cost: Cost
        var refusals: Int
    }

    func measure(_ stand: Stand) async throws -> Report {
        var rows: [Row] = []
        let crowd = Crowd(stand, run: "latency", messagesPerConversation: 10)
        try crowd.enter()
        for rate in rates {
            let floor = try await stand.floor(on: stand.broker, rate: rate, seconds: seconds, window: 0)
            rows.append(try row("\(rate)/s", rate, floor, crowd, stand))
            print("\(rate)/s: p50 \(rows.last!.ours.p50) µs, floor \(floor.p50) µs")
        }
        var report = Report(title: "Time from POST to the agent's long poll")
        report.table(
            ["", "floor p50", "p90", "p99", "max", "ours p50", "p90", "p99", "max", "p50 ratio", "p99 ratio"],
            rows.map { row in
                [row.name] + row.floor.cells + row.ours.cells + [
                    Report.ratio(row.ours.p50, row.floor.p50), Report.ratio(row.ours.p99, row.floor.p99),
                ]
            })
        report.text("Milliseconds. CPU seconds for 1,000 messages, by process:")
        report.table(
            [""] + Cost.names + ["all", "refused"],
            rows.map { [$0.name] + $0.cost.cells + ["\($0.refusals)"] })
        report.charts["latency"] = LatencyChart(rows: rows).svg
        return report
    }

    private func row(_ name: String, _ rate: Int, _ floor: FloorResult, _ crowd: Crowd, _ stand: Stand) throws -> Row {
        var before: [String: ProcessUsage] = [:]
        let result = try crowd.write(at: .rate(rate), seconds: Double(seconds)) { before = try stand.usage() }
        let cost = Cost(before, try stand.usage(), messages: result.count)
        return Row(name: name, floor: floor.quantiles, ours: result.times, cost: cost, refusals: result.refusals)
    }
}

/// CPU time for 1,000 messages, by process.
struct Cost {
    static let names = ["connector", "context", "router", "sla-timer", "broker"]

    /// In milliseconds, as `names`.
    var milliseconds: [Int]

    init(_ before: [String: ProcessUsage], _ after: [String: ProcessUsage], messages: Int) {
        milliseconds = Self.names.map { name in
            guard let start = before[name], let end = after[name], messages > 0 else { return 0 }
            let spent = end.cpu - start.cpu
            let milliseconds = spent.components.seconds * 1000 + spent.components.attoseconds / 1_000_000_000_000_000
            return Int(milliseconds) * 1000 / messages
        }
    }

    var cells: [String] { (milliseconds + [milliseconds.reduce(0, +)]).map { Report.fixed($0, digits: 2, unit: 1000) } }
}
