import ArgumentParser
import Domain
import Foundation
import RouterPlanning

struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Plays modelled traffic and staffing against the router's own rules, for planning.",
        discussion: """
            The model says what customers bring and who works when; the organization's files say the rest. Nothing is \
            sent anywhere. The same seed gives the same numbers, and the same customers whatever the staffing. \
            docs/simulation.md describes the model's file.
            """)

    @Argument(help: "The model's YAML file, and the organization's; - reads standard input.") var files: [String] = []
    @Option(name: .customLong("set"), help: ArgumentHelp("Replace ${NAME} in the files.", valueName: "name=value"))
    var values: [String] = []
    @Option(help: "Instead of the model's.") var seed: UInt64?
    @Option(help: "Instead of the model's.") var replications: Int?
    @Flag(help: "Print JSON.") var json = false
    @Option(help: ArgumentHelp("Write a chart by the hour of the day.", valueName: "file.svg")) var chart: String?
    @Flag(help: "Play stations that queueing theory knows exactly, and print both as a Markdown table.") var theory =
        false
    @Option(help: "Contacts in each replication of --theory.") var contacts: Int = 5_000

    func validate() throws {
        _ = try OrganizationFiles.parse(values: values)
        if let replications, !(2...PlanningFile.replicationsMax).contains(replications) {
            throw ValidationError("--replications is \(replications): expected 2 to \(PlanningFile.replicationsMax)")
        }
        guard theory else {
            if files.count < 2 { throw ValidationError("name the model's file and at least one of the organization's") }
            return
        }
        if !files.isEmpty || json || chart != nil {
            throw ValidationError("--theory takes no files, --json or --chart")
        }
        if !(100...1_000_000).contains(contacts) {
            throw ValidationError("--contacts is \(contacts): expected 100 to 1000000")
        }
    }

    func run() throws {
        if theory { return compare() }
        let model: PlanningModel
        do {
            model = try load()
        } catch let error as ConfigurationProblems {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            throw ExitCode(2)
        }
        var line = ProgressLine()
        let report = PlanningRun.report(of: model) { line.show($0) }
        line.end()
        if json {
            print(try PlanningDocument(model, report).text())
        } else {
            for text in PlanningTable(model: model, report: report).lines { print(text) }
            let seconds = Double(line.elapsed.milliseconds) / 1_000
            print("\(report.contactsPlayed) contacts played in \(PlanningTable.decimals(seconds, digits: 1)) s.")
        }
        guard let chart else { return }
        do {
            try Data(PlanningChart(model: model, report: report).svg.utf8).write(to: URL(filePath: chart))
        } catch {
            throw ValidationError("\(chart) cannot be written: \(error.localizedDescription)")
        }
    }

    private func load() throws -> PlanningModel {
        let values = try OrganizationFiles.parse(values: values)
        let file = try OrganizationFiles.file(files[0], values: values)
        var model = try PlanningFile.read(
            file, organization: try OrganizationFiles.load(Array(files.dropFirst()), values: values))
        if let seed { model.seed = seed }
        if let replications { model.replications = replications }
        return model
    }

    private func compare() {
        var table = TheoryTable()
        var line = ProgressLine()
        for theoryCase in TheoryCase.all {
            var theoryCase = theoryCase
            theoryCase.contacts = contacts
            theoryCase.seed = seed ?? theoryCase.seed
            theoryCase.replications = replications ?? theoryCase.replications
            table.add(theoryCase, theoryCase.compare { line.show($0, of: "\(theoryCase): ") })
        }
        line.end()
        for text in table.lines { print(text) }
        print(
            "\n\(table.countWithin) of \(table.count) exact values lie within their intervals; "
                + "seed \(seed ?? TheoryCase.all[0].seed), \(contacts) contacts in each of "
                + "\(replications ?? TheoryCase.all[0].replications) replications.")
    }
}
