import ArgumentParser
import Domain
import Foundation
import Schema
import ServiceKit

struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Compares an organization's files with the configuration in force, field by field.",
        discussion: """
            Nothing is changed. The exit code is 1 if anything differs. Lines with ! say what that means for queues and \
            agents: who may take which work, at first and after all steps. Business hours are compared as they are compiled: \
            they differ as soon as the files' hours reach further than those in force.
            """)

    @OptionGroup var kafka: KafkaOptions
    @Argument(help: "YAML files; - reads standard input.") var files: [String]
    @Option(
        name: .customLong("set"), help: ArgumentHelp("Replace ${NAME} in the files.", valueName: "name=value"))
    var values: [String] = []

    func validate() throws {
        guard !files.isEmpty else { throw ValidationError("name at least one file") }
        _ = try OrganizationFiles.parse(values: values)
    }

    func run() throws {
        do {
            let organization = try OrganizationFiles.load(files, values: try OrganizationFiles.parse(values: values))
            let applied = try ConfigurationStore(connection: try kafka.connection()).read()
            let entries = try organization.entries(now: .now)
            let lines = try Self.lines(from: applied, to: entries)
            for line in lines { print(line) }
            let effects = ConfigurationEffects(
                old: Configuration(revision: 0, entries: Array(applied.entries.values)),
                new: Configuration(revision: 0, entries: entries))
            for line in effects.lines { print("! \(line)") }
            guard lines.isEmpty else { throw ExitCode.failure }
            print("nothing differs from revision \(applied.revision), which is in force")
        } catch let error as ConfigurationProblems {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            throw ExitCode(2)
        }
    }

    /// `+` and `-` for entries that only one side has; `~` for those that differ, with each field below it.
    static func lines(from applied: ConfigurationStore.Applied, to entries: [ConfigurationEntry]) throws -> [String] {
        let changes = try ConfigurationChanges(from: applied, to: entries)
        var lines = changes.added.map { "+ \($0.key)" }
        for entry in changes.changed {
            lines.append("~ \(entry.key)")
            guard let old = applied.entries[entry.key] else { continue }
            lines += try fields(of: old).differences(to: try fields(of: entry)).map { "    \($0)" }
        }
        return lines + changes.removed.map { "- \($0)" }
    }

    private static func fields(of entry: ConfigurationEntry) throws -> Fields {
        var limits = JSONLimits()
        limits.valuesMax = 1_000_000
        return Fields(try JSONValue(parsing: entry.json(key: entry.key).utf8, limits: limits))
    }
}

/// A JSON document, flat: each value under its path.
private struct Fields {
    private var values: [String: String] = [:]

    init(_ value: JSONValue) { add(value, "") }

    private mutating func add(_ value: JSONValue, _ path: String) {
        switch value {
        case .object(let members):
            for (name, member) in members { add(member, path.isEmpty ? name : "\(path).\(name)") }
        case .array(let elements):
            for (index, element) in elements.enumerated() { add(element, "\(path)[\(index)]") }
        case .null, .boolean, .integer, .decimal, .string: values[path] = value.text
        }
    }

    /// In the order of their paths.
    func differences(to new: Fields) -> [String] {
        Set(values.keys).union(new.values.keys).sorted().compactMap { path in
            let (old, new) = (values[path], new.values[path])
            guard old != new else { return nil }
            return "\(path): \(old ?? "nothing") → \(new ?? "nothing")"
        }
    }
}
