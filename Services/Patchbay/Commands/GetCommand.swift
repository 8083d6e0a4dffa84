import ArgumentParser
import Domain
import Schema

struct GetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Shows the configuration in force.",
        discussion: """
            Without an argument: the revision, and the name of each entry. With a kind, as queue, or an entry, as \
            queue/sales: what is in force, as JSON, one entry a line.
            """)

    @OptionGroup var kafka: KafkaOptions
    @Argument(help: ArgumentHelp("What to show.", valueName: "kind or kind/name")) var entry: String?

    func run() throws {
        for line in try lines(ConfigurationStore(connection: try kafka.connection()).read()) { print(line) }
    }

    func lines(_ applied: ConfigurationStore.Applied) throws -> [String] {
        let keys = applied.entries.keys.sorted()
        guard let entry else { return ["revision \(applied.revision)"] + keys }
        let wanted = keys.filter { $0 == entry || $0.hasPrefix(entry + "/") }
        guard !wanted.isEmpty else {
            let kinds = Set(keys.compactMap { $0.split(separator: "/").first }).sorted().joined(separator: ", ")
            throw StackError("nothing in force is named \(entry); there are \(kinds.isEmpty ? "no entries" : kinds)")
        }
        return try wanted.compactMap { key in try applied.entries[key].map { try $0.json(key: key) } }
    }
}

extension ConfigurationEntry {
    func json(key: String) throws -> String {
        try WireJSON.string(.config, key: Array(key.utf8), value: encoded())
    }
}
