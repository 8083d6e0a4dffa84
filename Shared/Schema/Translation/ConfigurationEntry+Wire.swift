package import Domain
import SwiftProtobuf

extension ConfigurationEntry: WireRecord {
    package static var topic: Topic { .config }

    package var kindName: String { kind.rawValue }

    package var wire: WireConfigurationRecord {
        .with {
            $0.kind =
                switch self {
                case .pool(let pool): .pool(pool.wire)
                case .skill(let skill): .skill(skill.wire)
                case .profile(let profile): .profile(profile.wire)
                case .agent(let agent): .agent(agent.wire)
                case .queue(let queue): .queue(queue.wire)
                case .routingPolicy(let policy): .routingPolicy(policy.wire)
                case .slaPolicy(let policy): .slaPolicy(policy.wire)
                case .calendar(let calendar): .calendar(calendar.wire)
                case .account(let account): .account(account.wire)
                }
        }
    }

    package init(wire: WireConfigurationRecord) throws(WireError) {
        switch wire.kind {
        case nil: throw .unknownKind()
        case .pool(let pool): self = .pool(try .required("pool", pool))
        case .skill(let skill): self = .skill(try .required("skill", skill))
        case .profile(let profile): self = .profile(try .required("profile", profile))
        case .agent(let agent): self = .agent(try .required("agent", agent))
        case .queue(let queue): self = .queue(try .required("queue", queue))
        case .routingPolicy(let policy): self = .routingPolicy(try .required("routing_policy", policy))
        case .slaPolicy(let policy): self = .slaPolicy(try .required("sla_policy", policy))
        case .calendar(let calendar): self = .calendar(try .required("calendar", calendar))
        case .account(let account): self = .account(try .required("account", account))
        }
    }
}
