import Domain
import OrderedCollections
import RouterPlanning

/// Courses of one history, side by side, as text.
struct ReplayTable {
    /// Each with a title, the first as it was recorded.
    var courses: [(title: String, course: Course)]
    /// How many differing work items are shown.
    var itemsMax = 20

    var lines: [String] {
        [""] + queueLines + [""] + differenceLines
    }

    private var queueLines: [String] {
        var rows = [["queue", "rules", "opened", "never reached", "mean wait (s)", "p50 (s)", "p90 (s)", "breached"]]
        let all = courses.map { ($0.title, ReplayReport.rows($0.course)) }
        for queueID in Set(all.flatMap { $0.1.map(\.queueID) }).sorted() {
            for (title, found) in all {
                guard let row = found.first(where: { $0.queueID == queueID }) else { continue }
                rows.append([
                    queueID.rawValue, title, String(row.opened), String(row.unreached), seconds(row.waitSecondsMean),
                    seconds(row.waitSecondsP50), seconds(row.waitSecondsP90), String(row.breached),
                ])
            }
        }
        return PlanningTable.aligned(rows, leading: 2)
    }

    private var differenceLines: [String] {
        guard courses.count > 1, let last = courses.last else { return [] }
        let base = courses[courses.count - 2]
        let differences = ReplayReport.differences(base.course, last.course)
        let total = base.course.fates.count
        var lines = [
            "\(differences.count) of \(total) work items fare otherwise under \(last.title) than under \(base.title)."
        ]
        let shown = differences.prefix(itemsMax).map { difference in
            "\(difference.workItemID)  \(text(difference.before)) → \(text(difference.after))"
        }
        lines += shown
        if differences.count > shown.count { lines.append("and \(differences.count - shown.count) more") }
        return lines
    }

    private func text(_ fate: Course.Fate) -> String {
        let wait = fate.waitMilliseconds.map { seconds(Double($0) / 1_000) + " s" } ?? "never"
        let breaches = fate.breached.map(\.rawValue).sorted()
        return (["\(fate.agentID?.rawValue ?? "nobody") after \(wait)"] + breaches.map { "breached \($0)" })
            .joined(separator: ", ")
    }

    private func seconds(_ value: Double?) -> String { value.map { PlanningTable.decimals($0, digits: 1) } ?? "-" }
}
