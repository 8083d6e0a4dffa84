import ArgumentParser
import Domain
import Foundation
import OrderedCollections

struct ExplainPolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain-policy",
        abstract: "Shows what a routing policy does to a work item that waits, as one timeline.",
        discussion: """
            From an organization's files, or, without files, from what is in force. Nothing is changed. A step comes due when \
            the work item has waited for its time since it last began to wait.
            """)

    @OptionGroup var kafka: KafkaOptions
    @Argument(help: "The routing policy's name.") var name: String
    @Argument(help: "YAML files; - reads standard input. None: what is in force.") var files: [String] = []
    @Option(
        name: .customLong("set"), help: ArgumentHelp("Replace ${NAME} in the files.", valueName: "name=value"))
    var values: [String] = []

    func validate() throws {
        _ = try OrganizationFiles.parse(values: values)
    }

    func run() throws {
        do {
            for line in try Self.lines(of: PolicyID(name), in: try configuration()) { print(line) }
        } catch let error as ConfigurationProblems {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            throw ExitCode(2)
        }
    }

    private func configuration() throws -> Configuration {
        guard files.isEmpty else {
            return try OrganizationFiles.load(files, values: try OrganizationFiles.parse(values: values)).configuration
        }
        let applied = try ConfigurationStore(connection: try kafka.connection()).read()
        return Configuration(revision: applied.revision, entries: Array(applied.entries.values))
    }

    static func lines(of id: PolicyID, in configuration: Configuration) throws -> [String] {
        guard let policy = configuration.routingPolicies[id] else {
            let known = configuration.routingPolicies.keys.map(\.rawValue).sorted().joined(separator: ", ")
            throw StackError("there is no routing policy \(id); there are \(known.isEmpty ? "none" : known)")
        }
        let queues = configuration.queues.values.filter { $0.routingPolicyID == id }.map(\.id.rawValue).sorted()
        return ["routing policy \(id); queues: \(queues.isEmpty ? "none" : queues.joined(separator: ", "))", ""]
            + table(of: rows(of: policy, in: configuration))
    }

    /// One row for each thing that is done; the time stands only with the first of a step.
    private static func rows(of policy: RoutingPolicy, in configuration: Configuration) -> [(String, String)] {
        var rows = [("0s", "offered to an agent who meets all requirements, for \(time(policy.offerSeconds))")]
        if policy.parallelOffers > 1 { rows.append(("", "up to \(policy.parallelOffers) agents are asked at once")) }
        if policy.preferredAgentSeconds > 0 {
            rows.append(("", "kept for a preferred agent who is busy, for \(time(policy.preferredAgentSeconds))"))
        }
        let steps = policy.steps.enumerated()
            .sorted { ($0.element.afterSeconds, $0.offset) < ($1.element.afterSeconds, $1.offset) }
        for (_, step) in steps {
            for (index, action) in actions(of: step, in: configuration).enumerated() {
                rows.append((index == 0 ? time(step.afterSeconds) : "", action))
            }
        }
        return rows
    }

    private static func actions(of step: RoutingPolicy.Step, in configuration: Configuration) -> [String] {
        var actions: [String] = []
        if step.lowerLevelsBy > 0 { actions.append("all levels are lowered by \(step.lowerLevelsBy)") }
        for (skill, level) in step.lowerSkills { actions.append("\(skill) is lowered to \(level)") }
        if !step.dropSkills.isEmpty { actions.append("no longer asked for: \(list(step.dropSkills))") }
        if !step.widenTo.isEmpty { actions.append("agents of these queues may take it too: \(list(step.widenTo))") }
        if let priority = step.raisePriorityTo { actions.append("priority is raised to \(priority)") }
        if let text = step.callbackText { actions.append("the customer is told: \(text)") }
        if let queueID = step.overflowTo {
            let pool = configuration.queues[queueID].map { " of the pool \($0.poolID)" } ?? ""
            actions.append("goes to the queue \(queueID)\(pool), with its age")
        }
        return actions.isEmpty ? ["nothing"] : actions
    }

    private static func list<Kind>(_ ids: [ID<Kind>]) -> String { ids.map(\.rawValue).joined(separator: ", ") }

    private static func table(of rows: [(String, String)]) -> [String] {
        let all = [("AFTER", "WHAT IS DONE")] + rows
        let width = all.map { $0.0.count }.max() ?? 0
        return all.map { "\($0.0.padding(toLength: width, withPad: " ", startingAt: 0))  \($0.1)" }
    }

    /// As the files write it: 90s, 5m, 2h, 1d.
    private static func time(_ seconds: Int) -> String {
        for (unit, length) in [("d", 86_400), ("h", 3_600), ("m", 60)] where seconds > 0 && seconds % length == 0 {
            return "\(seconds / length)\(unit)"
        }
        return "\(seconds)s"
    }
}
