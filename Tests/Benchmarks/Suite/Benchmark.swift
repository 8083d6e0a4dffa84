import ArgumentParser
import Foundation

/// Measures the whole stack against the floor and writes what came out.
@main
struct Benchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures Patchbay's services on this machine, in turn with a bare librdkafka program.",
        discussion: """
            The part machine measures the router's rules alone. Each other part starts a local broker and the four services beside this executable, with nothing kept from \
            before, and writes a table (and a chart) into the output folder.
            """)

    enum PartName: String, CaseIterable, ExpressibleByArgument {
        case latency, throughput, takeover, restart, machine
    }

    @Option(help: "What to measure, separated by commas: \(PartName.allCases.map(\.rawValue).joined(separator: ", ")).")
    var parts: String = PartName.allCases.map(\.rawValue).joined(separator: ",")
    @Option(help: "Folder for the tables and the chart.") var output = "docs/benchmarks"
    @Option(help: "Messages a second of the part latency, separated by commas.") var rates = "50,200,1000"
    @Option(help: "Seconds of each measurement.") var seconds = 8
    @Option(help: "Messages of the part throughput.") var messages = 200_000
    @Option(help: "Open work items of the part restart.") var items = 100_000
    @Option(help: "Messages on their way at once in the part throughput.") var window = 1000
    @Option(help: "Partitions of each topic.") var partitions = 4
    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("A setting of the services, to try what it does.", valueName: "NAME=value"))
    var settings: [String] = []
    @Option(help: ArgumentHelp("One size of the part machine: agents, skills, waiting.", visibility: .hidden))
    var cell: String?
    @Flag(help: "Print the tables only; write no files.") var dryRun = false

    func validate() throws {
        for name in parts.split(separator: ",") where PartName(rawValue: String(name)) == nil {
            throw ValidationError("--parts: \(name) is no part; they are \(PartName.allCases.map(\.rawValue))")
        }
        for rate in rates.split(separator: ",") where !(1...100_000).contains(Int(rate) ?? 0) {
            throw ValidationError("--rates: \(rate) is no number from 1 to 100000")
        }
    }

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        if let cell { return try MachinePart.printCell(cell) }
        let pairs = settings.map { $0.split(separator: "=", maxSplits: 1).map(String.init) }.filter { $0.count == 2 }
        let given = Dictionary(pairs.map { ($0[0], $0[1]) }) { $1 }
        let executables = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        for name in parts.split(separator: ",").compactMap({ PartName(rawValue: String($0)) }) {
            let started = ContinuousClock.now
            print("== \(name.rawValue)")
            let report =
                if name == .machine {
                    try await MachinePart(executables: executables).measure()
                } else {
                    try await measure(
                        name, on: Stand(executables: executables, partitions: partitions, settings: given))
                }
            print(report.markdown)
            if !dryRun { try report.write(to: URL(filePath: output), name: name.rawValue) }
            print("== \(name.rawValue): done in \((.now - started).components.seconds) s\n")
        }
    }

    private func measure(_ name: PartName, on stand: Stand) async throws -> Report {
        do {
            let report =
                switch name {
                case .latency:
                    try await LatencyPart(rates: rates.split(separator: ",").compactMap { Int($0) }, seconds: seconds)
                        .measure(stand)
                case .throughput:
                    try await ThroughputPart(messages: messages, window: window, seconds: seconds).measure(stand)
                case .takeover: try await TakeoverPart().measure(stand)
                case .restart: try await RestartPart(items: items).measure(stand)
                case .machine: throw BenchmarkError("the part machine has no stand")
                }
            try await stand.close()
            return report
        } catch {
            try? await stand.close()
            throw error
        }
    }
}
