import Domain
import Foundation
import RouterCore

/// The router's machine alone, without a broker: how many work items a second, and what each waiting one takes.
///
/// Each size runs in a process of its own, so that the memory of one does not hide in that of another.
struct MachinePart {
    var executables: URL

    /// What the targets speak of, and the grid around it.
    static let target = MachineLoad.Size(agents: 1_000, skills: 50, waiting: 10_000)
    private static let grid: [MachineLoad.Size] = [100, 1_000, 10_000].flatMap { agents in
        [10, 200].flatMap { skills in
            [1_000, 10_000, 100_000].map { MachineLoad.Size(agents: agents, skills: skills, waiting: $0) }
        }
    }

    func measure() async throws -> Report {
        var report = Report(title: "The router's machine alone")
        var rows: [[String]] = []
        for size in [Self.target] + Self.grid {
            let cell = "\(size.agents),\(size.skills),\(size.waiting)"
            let line = try await Program.output(
                of: executables.appending(path: "benchmark"), ["--cell", cell],
                environment: ["MALLOC_ARENA_MAX": "1"])
            print(cell, line.trimmingCharacters(in: .whitespacesAndNewlines))
            rows.append(
                ["\(size.agents)", "\(size.skills)", "\(size.waiting)"]
                    + line.split(whereSeparator: \.isWhitespace).map(String.init))
        }
        report.text(
            "One core. Every agent is full. A life cycle is: a work item comes in and waits, an agent completes another, "
                + "is offered the best-ranked that they may take, and accepts. The first row is the size that the targets "
                + "speak of.")
        report.table(
            ["agents", "skills", "waiting", "life cycles/s", "apply p50 µs", "p99 µs", "max µs", "bytes per waiting"],
            rows)
        let (changes, restore) = Self.checkpoint()
        report.text(
            "Taking 100,000 changed entities out for a checkpoint takes \(Report.seconds(changes)) s; putting 1,000,000 "
                + "work items back after a restart takes \(Report.seconds(restore)) s. Neither counts bytes and Kafka.")
        report.text("## What a team would build instead\n")
        report.text(try await PostgresPart().table())
        return report
    }

    /// Measures one size in this process and prints its figures, in the order of the table.
    static func printCell(_ cell: String) throws {
        let numbers = cell.split(separator: ",").compactMap { Int($0) }
        guard numbers.count == 3 else { throw BenchmarkError("--cell: three numbers are expected") }
        var load = MachineLoad(MachineLoad.Size(agents: numbers[0], skills: numbers[1], waiting: numbers[2]))
        load.occupy()
        _ = load.changes()
        let before = try ProcessUsage(pid: getpid()).bytes
        load.fill()
        _ = load.changes()
        let bytes = (try ProcessUsage(pid: getpid()).bytes - before) / load.size.waiting
        let count = 50_000
        for _ in 0..<count / 10 { load.lifecycle { $1() } }
        var times: [UInt64] = []
        times.reserveCapacity(3 * count)
        for number in 0..<count {
            load.lifecycle { _, apply in
                let start = Clock.nanoseconds
                apply()
                times.append(Clock.nanoseconds - start)
            }
            if number % 1_000 == 0 { _ = load.changes() }
        }
        let seconds = Double(times.reduce(0, +)) / 1e9
        let quantiles = Quantiles(nanoseconds: times.map { $0 * 1_000 })
        let microseconds = [quantiles.p50, quantiles.p99, quantiles.max].map {
            Report.fixed($0, digits: 1, unit: 1_000)
        }
        print(Int(Double(count) / seconds), microseconds.joined(separator: " "), bytes)
    }

    private static func checkpoint() -> (changes: Duration, restore: Duration) {
        var load = MachineLoad(MachineLoad.Size(agents: 1_000, skills: 50, waiting: 90_000))
        load.occupy()
        load.fill()
        let start = ContinuousClock.now
        let changes = load.changes()
        let taken = ContinuousClock.now - start
        var router = RouterMachine()
        router.restore(load.configuration)
        let entities = changes.prefix(100_000).compactMap(\.entity)
        var restored = Duration.zero
        for copy in 0..<10 {
            let copies = entities.map { $0.renamed(copy) }
            let start = ContinuousClock.now
            for entity in copies { router.restore(entity) }
            restored += ContinuousClock.now - start
        }
        return (taken, restored)
    }
}

extension RouterEntity {
    /// Another one like it.
    fileprivate func renamed(_ copy: Int) -> RouterEntity {
        switch self {
        case .workItem(var item):
            item.id = .derived(from: item.id.rawValue, String(copy))
            item.conversationID = .derived(from: item.conversationID.rawValue, String(copy))
            return .workItem(item)
        case .command(var command):
            command.result.commandID = .derived(from: command.result.commandID.rawValue, String(copy))
            return .command(command)
        case .agent, .queue, .forwarding: return self
        }
    }
}
