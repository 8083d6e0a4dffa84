import ArgumentParser
import Domain
import Foundation

struct ApplyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Checks an organization's files and makes them the configuration in force.",
        discussion: """
            All files together are the organization: what stands in none of them is removed. Business hours are \
            compiled 14 months ahead, so apply again at least once a year; applying what is in force changes nothing.
            """)

    @OptionGroup var kafka: KafkaOptions
    @Argument(help: "YAML files; - reads standard input.") var files: [String]
    @Flag(help: "Check the files and show what would change, without changing it.") var dryRun = false
    @Option(
        name: .customLong("set"), help: ArgumentHelp("Replace ${NAME} in the files.", valueName: "name=value"))
    var values: [String] = []

    func validate() throws {
        guard !files.isEmpty else { throw ValidationError("name at least one file") }
        _ = try OrganizationFiles.parse(values: values)
    }

    func run() throws {
        let organization: Organization
        do {
            organization = try OrganizationFiles.load(files, values: try OrganizationFiles.parse(values: values))
            try apply(organization)
        } catch let error as ConfigurationProblems {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            throw ExitCode(2)
        }
    }

    private func apply(_ organization: Organization) throws {
        let store = ConfigurationStore(connection: try kafka.connection())
        let entries = try organization.entries(now: .now)
        if dryRun {
            let changes = try ConfigurationChanges(from: try store.read(), to: entries)
            report(changes.isEmpty ? nil : changes, verb: "would be")
        } else {
            let written = try store.update { applied in
                let changes = try ConfigurationChanges(from: applied, to: entries)
                return changes.isEmpty ? nil : changes
            }
            report(written, verb: "is")
        }
    }

    private func report(_ changes: ConfigurationChanges?, verb: String) {
        guard let changes else {
            print("nothing differs from the configuration in force")
            return
        }
        for line in changes.summary { print(line) }
        let counts = "\(changes.added.count) added, \(changes.changed.count) changed, \(changes.removed.count) removed"
        print("revision \(changes.revision) \(verb) in force: \(counts)")
    }
}

extension Instant {
    /// This machine's clock.
    static var now: Instant { Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
}
