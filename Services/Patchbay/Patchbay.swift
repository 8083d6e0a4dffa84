import ArgumentParser
import ServiceKit

/// The command line: everything that is done to Patchbay rather than by it.
@main
struct Patchbay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "patchbay",
        abstract: "Runs and looks after a Patchbay installation.",
        discussion: """
            The broker is named by --bootstrap-servers or PATCHBAY_KAFKA_BOOTSTRAP_SERVERS; any librdkafka property can \
            be set as PATCHBAY_KAFKA_<PROPERTY>, with _ for each dot.
            """,
        version: patchbayVersion,
        subcommands: [
            UpCommand.self, ApplyCommand.self, DiffCommand.self, GetCommand.self, ExplainPolicyCommand.self,
            SkipCommand.self, RulesCommand.self, RestoredCommand.self,
            TopicsCommand.self, TailCommand.self, TokenCommand.self,
            JourneyCommand.self, SimulateCommand.self, ReplayCommand.self, ExplainCommand.self, HealthcheckCommand.self,
            DeadLettersCommand.self,
        ])
}
