import Domain
import OrderedCollections

/// What happens to a router: records of its log, and what becomes of the processes that read it.
enum Step: Hashable {
    case tick
    case command(WorkCommand)
    case configuration(Configuration)
    case checkpoint
    /// The leader dies; another one restores the checkpoint and reads the log since, saying everything again.
    case restart
    /// A second one leads too, from the checkpoint on: what both say must be equal.
    case secondLeader
    /// The first of two is deposed.
    case depose
}

/// One step at its log time.
struct Moment: Hashable, CustomStringConvertible {
    var at: Instant
    var step: Step

    var description: String {
        let seconds = at.milliseconds - World.start.milliseconds
        return "\(Double(seconds) / 1_000) s  \(text)"
    }

    private var text: String {
        switch step {
        case .tick: "tick"
        case .checkpoint: "checkpoint"
        case .restart: "restart from the checkpoint"
        case .secondLeader: "a second leader"
        case .depose: "the first leader is deposed"
        case .configuration(let configuration): "configuration \(configuration.revision): \(summary(of: configuration))"
        case .command(.agentSeen(let id)): "\(id) is seen"
        case .command(.agent(let command)):
            "\(command.agentID) (\(command.commandID)): \(String(describing: command.action).prefix(200))"
        case .command(.customerMessage(let message)):
            "message \(message.messageID) for \(message.workItemID) of \(message.conversationID) in \(message.queueID), "
                + "\(message.address.channel), priority \(message.priority), \(message.language ?? "no language"), "
                + "prefers \(message.preferredAgentID?.rawValue ?? "nobody"), \(at - message.acceptedAt) old"
        case .command(.escalate(let escalation)): "escalate \(escalation.workItemID) to \(escalation.priority)"
        case .command(.surveyAnswered(let answer)): "survey of \(answer.workItemID) answered"
        case .command(.customerGone(let gone)): "the customer of \(gone.workItemID) leaves \(gone.address.channel)"
        case .command(.handedOver(let handOver)): "\(handOver.workItemID) comes from another pool"
        case .command(.conversationStarted(let started)): "\(started.asked.workItemID) is started by an agent"
        }
    }

    private func summary(of configuration: Configuration) -> String {
        let agents = configuration.agents.values.map { agent in
            "\(agent.id) in \(agent.poolID) as \(agent.profileID), "
                + agent.skills.map { "\($0.skill) \($0.level)" }.joined(separator: " ")
        }
        let profiles = configuration.profiles.values.map {
            "\($0.id) carries \($0.capacity), lease \($0.presenceLeaseSeconds), grace \($0.graceSeconds)"
        }
        return (agents + profiles + configuration.routingPolicies.values.map { "\($0)" }).joined(separator: "; ")
    }
}
