import ArgumentParser
import Domain
import Foundation
import Kafka
import OrderedCollections
import RouterPlanning
import Schema
import Streams

struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Plays a recorded partition of the router again, under its own and under other rules.",
        discussion: """
            Reads the log of a pool from Kafka, or from a file that --save wrote, and runs the router's and the SLA timer's \
            own rules over it: once as it was recorded, once with agents modelled by what they did, and once more so under \
            the organization's files, or under the configuration in force where none are named. It prints waits and \
            breaches of each, and what became of whom. Nothing is sent anywhere. docs/simulation.md says what the model \
            leaves out.
            """)

    @OptionGroup var source: HistoryOptions
    @Argument(help: "The organization's YAML files: the other rules.") var files: [String] = []
    @Option(name: .customLong("set"), help: ArgumentHelp("Replace ${NAME} in the files.", valueName: "name=value"))
    var values: [String] = []
    @Option(help: ArgumentHelp("Write the log here, one record a line, and stop.", valueName: "file")) var save: String?
    @Option(help: "Differing work items shown.") var items = 20

    func validate() throws {
        _ = try OrganizationFiles.parse(values: values)
        if save != nil, source.history != nil || !files.isEmpty {
            throw ValidationError("--save takes --pool and nothing else")
        }
        guard (0...100_000).contains(items) else {
            throw ValidationError("--items is \(items): expected 0 to 100000")
        }
    }

    func run() throws {
        let records = try source.read()
        if let save {
            try write(records.map(RecordedPartition.line).joined(separator: "\n") + "\n", to: save)
            print("\(records.count) records written to \(save)")
            return
        }
        var reader = HistoryReader()
        for record in records { try reader.read(record) }
        let other: Configuration?
        do {
            other = try rules()
        } catch let error as ConfigurationProblems {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            throw ExitCode(2)
        }
        for line in Self.lines(reader, under: other, itemsMax: items) { print(line) }
    }

    static func lines(_ reader: HistoryReader, under other: Configuration?, itemsMax: Int) -> [String] {
        let history = reader.history
        let recorded = Replay.recorded(history)
        var courses = [
            ("as recorded", recorded), ("the same rules, modelled", Replay.modelled(history, after: recorded)),
        ]
        if let other {
            courses.append(("the other rules, modelled", Replay.modelled(history, after: recorded, under: other)))
        }
        let poison = reader.poisonCount == 0 ? "" : ", \(reader.poisonCount) of them not understood"
        let first = "\(reader.recordCount) records\(poison), \(recorded.fates.count) work items."
        return [first] + ReplayTable(courses: courses, itemsMax: itemsMax).lines
    }

    /// The files', or what is in force; nil where there is neither.
    private func rules() throws -> Configuration? {
        if !files.isEmpty {
            let organization = try OrganizationFiles.load(files, values: try OrganizationFiles.parse(values: values))
            return Configuration(revision: 1, entries: try organization.entries(now: .now))
        }
        guard source.pool != nil else { return nil }
        let applied = try ConfigurationStore(connection: try source.kafka.connection()).read()
        return Configuration(revision: applied.revision, entries: Array(applied.entries.values))
    }

    private func write(_ text: String, to path: String) throws {
        do {
            try Data(text.utf8).write(to: URL(filePath: path))
        } catch {
            throw ValidationError("\(path) cannot be written: \(error.localizedDescription)")
        }
    }
}
