import ArgumentParser
import Schema

struct TopicsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topics",
        abstract: "Compares the broker's topics with those that Patchbay needs, and creates what is missing.",
        discussion: """
            Without --apply nothing is changed, and the exit code is 1 if anything differs. What exists is never \
            altered: the settings of a topic that holds records are changed by a person who knows what it means.
            """)

    @OptionGroup var kafka: KafkaOptions
    @Flag(help: "Create the topics that are missing.") var apply = false
    @Option(help: "Partitions of each topic but the configuration. Cannot be changed later.")
    var partitions: Int32 = TopicSettings.defaultPartitions
    @Option(help: "Copies of each record; -1: the broker's default.") var replicationFactor: Int32 = -1

    func validate() throws {
        guard (1...1024).contains(partitions) else {
            throw ValidationError("--partitions is \(partitions): expected 1 to 1024")
        }
    }

    func run() throws {
        let catalogue = TopicCatalogue(
            connection: try kafka.connection(), partitions: partitions, replicationFactor: replicationFactor)
        var differences = try catalogue.differences()
        if apply {
            let created = try catalogue.create(differences)
            for name in created { print("created \(name)") }
            differences = try catalogue.differences()
        }
        for difference in differences { print(difference) }
        if differences.isEmpty {
            print("all \(Topic.allCases.count) topics are as they should be")
        } else {
            throw ExitCode.failure
        }
    }
}
