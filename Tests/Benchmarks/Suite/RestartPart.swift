import Foundation

/// A full stop and start of all services, with nothing open and with many open work items.
struct RestartPart {
    var items: Int

    func measure(_ stand: Stand) async throws -> Report {
        try await stand.stop()
        let empty = try await stand.start()
        let filling = ContinuousClock.now
        let run = "restart"
        try await Backlog(stand, run: run).fill(items)
        print("\(items) work items are open after \(Report.seconds(.now - filling)) s")
        let before = try Inventory(stand, run: run, items: items)
        let stopping = ContinuousClock.now
        try await stand.stop()
        let stop = ContinuousClock.now - stopping
        let full = try await stand.start()
        let after = try Inventory(stand, run: run, items: items)
        try await stand.stop()
        let settled = try await stand.start()
        let later = try Inventory(stand, run: run, items: items)

        var report = Report(title: "Stop and start of everything")
        report.text("Seconds from the start of the processes until each says that it is ready.")
        let names = Stand.Service.allCases
        report.table(
            ["open work items"] + names.map(\.rawValue),
            [
                ["0"] + names.map { Report.seconds(empty[$0] ?? .zero) },
                ["\(before.open), just opened"] + names.map { Report.seconds(full[$0] ?? .zero) },
                ["\(before.open), once more"] + names.map { Report.seconds(settled[$0] ?? .zero) },
            ])
        report.text(
            "When the work items have just been opened, context still writes to the timeline what it had not before the "
                + "stop; what it says of customers is as old as it was then, and it is ready all the same. The stop took \(Report.seconds(stop)) s. What the services say of work items "
                + "and clocks over HTTP is the same before and after.")
        for found in [after, later] where found != before {
            throw BenchmarkError("the stop changed something: \(before) and \(found)")
        }
        return report
    }
}
