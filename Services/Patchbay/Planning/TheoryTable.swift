import RouterPlanning

/// What queueing theory says exactly beside what was simulated, as a Markdown table.
struct TheoryTable {
    private(set) var lines = [
        "| station | KPI | exact | simulated | 95 % interval | within |", "| --- | --- | --- | --- | --- | --- |",
    ]
    private(set) var count = 0
    private(set) var countWithin = 0

    mutating func add(_ theoryCase: TheoryCase, _ comparisons: [TheoryCase.Comparison]) {
        for comparison in comparisons {
            let (mean, width) = (comparison.simulated.mean, comparison.simulated.halfWidth ?? 0)
            let cells = [
                "\(theoryCase)", comparison.kpi, number(comparison.exact), number(mean),
                "\(number(mean - width)) – \(number(mean + width))", comparison.isWithin ? "yes" : "**no**",
            ]
            lines.append("| \(cells.joined(separator: " | ")) |")
            count += 1
            if comparison.isWithin { countWithin += 1 }
        }
    }

    private func number(_ value: Double) -> String {
        PlanningTable.decimals(value, digits: abs(value) < 10 ? 4 : 2)
    }
}
