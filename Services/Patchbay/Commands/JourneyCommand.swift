import ArgumentParser
import Foundation

struct JourneyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journey",
        abstract: "Plays a customer's journey through a running stack.",
        discussion: """
            Loads the demo organization in place of the one in force. Addresses and secrets come from the environment, \
            as `patchbay up --write-environment` wrote them.
            """)

    @OptionGroup var kafka: KafkaOptions

    func run() async throws {
        let settings = try Journey.Settings(environment: ProcessInfo.processInfo.environment)
        guard await Journey.play(settings, connection: try kafka.connection()) else {
            throw ExitCode.failure
        }
    }
}
