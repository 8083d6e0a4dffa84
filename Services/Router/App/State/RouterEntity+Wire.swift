import Domain
import OrderedCollections
package import RouterCore
package import Schema
import SwiftProtobuf

extension RouterEntity: WireValue {
    package var wire: WireRouterEntity {
        .with {
            switch self {
            case .workItem(let item): $0.workItem = item.wire
            case .agent(let agent): $0.agent = agent.wire
            case .queue(let queue): $0.queue = queue.wire
            case .command(let command): $0.command = command.wire
            case .forwarding(let forwarding): $0.forwarding = forwarding.wire
            }
        }
    }

    package init(wire: WireRouterEntity) throws(WireError) {
        switch wire.kind {
        case .workItem(let item): self = .workItem(try .required("work_item", item))
        case .agent(let agent): self = .agent(try .required("agent", agent))
        case .queue(let queue): self = .queue(try .required("queue", queue))
        case .command(let command): self = .command(try .required("command", command))
        case .forwarding(let forwarding): self = .forwarding(try .required("forwarding", forwarding))
        case nil: throw .unknownKind()
        }
    }
}

extension AgentState: WireValue {
    package var wire: WireRouterAgent {
        .with {
            $0.agentID = id.rawValue
            $0.poolID = poolID.rawValue
            $0.presence = presence.wire
            $0.lastSeenMs = lastSeen.wire
            $0.idleSinceMs = idleSince.wire
            $0.holds = holds.map { itemID, hold in
                var wire = hold.wire
                wire.workItemID = itemID.rawValue
                return wire
            }
            if let graceUntil { $0.graceUntilMs = graceUntil.wire }
            $0.version = version
            if let reason { $0.reason = reason }
            if let supervisor { $0.supervisor = supervisor }
            $0.missedOffers = missedOffers.wire
            $0.shift = shift.wire
            if let shiftChangesAt { $0.shiftChangesAtMs = shiftChangesAt.wire }
            if let occupancy { $0.occupancy = occupancy.wire }
            if let airDueAt { $0.airDueAtMs = airDueAt.wire }
            if let airUntil { $0.airUntilMs = airUntil.wire }
            $0.mentions = mentions.map(\.wire)
        }
    }

    package init(wire: WireRouterAgent) throws(WireError) {
        var holds: Holds = [:]
        for hold in wire.holds {
            holds[try .required("holds.work_item_id", hold.workItemID)] = try .required("holds", hold)
        }
        self.init(
            id: try .required("agent_id", wire.agentID),
            poolID: try .required("pool_id", wire.poolID),
            presence: try .required("presence", wire.presence),
            lastSeen: try .required("last_seen_ms", wire.lastSeenMs),
            idleSince: try .required("idle_since_ms", wire.idleSinceMs),
            holds: holds,
            graceUntil: try .optional("grace_until_ms", wire.hasGraceUntilMs ? wire.graceUntilMs : nil),
            version: wire.version)
        reason = wire.hasReason ? wire.reason : nil
        supervisor = wire.hasSupervisor ? wire.supervisor : nil
        missedOffers = Int(wire.missedOffers)
        if wire.shift != .unspecified { shift = try .required("shift", wire.shift) }
        shiftChangesAt = try .optional("shift_changes_at_ms", wire.hasShiftChangesAtMs ? wire.shiftChangesAtMs : nil)
        occupancy = try .optional("occupancy", wire.hasOccupancy ? wire.occupancy : nil)
        airDueAt = try .optional("air_due_at_ms", wire.hasAirDueAtMs ? wire.airDueAtMs : nil)
        airUntil = try .optional("air_until_ms", wire.hasAirUntilMs ? wire.airUntilMs : nil)
        mentions = try Mention.list("mentions", wire.mentions)
    }
}

extension AgentState.Mention: WireValue {
    package var wire: WireRouterAgent.Mention {
        .with {
            $0.workItemID = workItemID.rawValue
            $0.byAgentID = byAgentID.rawValue
            $0.text = text
            $0.atMs = at.wire
        }
    }

    package init(wire: WireRouterAgent.Mention) throws(WireError) {
        self.init(
            workItemID: try .required("work_item_id", wire.workItemID),
            byAgentID: try .required("by_agent_id", wire.byAgentID), text: wire.text,
            at: try .required("at_ms", wire.atMs))
    }
}

extension QueueState: WireValue {
    package var wire: WireRouterQueue {
        .with {
            $0.queueID = id.rawValue
            if let lastAgentID { $0.lastAgentID = lastAgentID.rawValue }
            if let averageHandleMilliseconds { $0.averageHandleMs = averageHandleMilliseconds }
            $0.handleCounts = handle.counts.map(\.wire)
            if let retired {
                $0.retired = .with {
                    $0.queue = retired.queue.wire
                    $0.policy = retired.policy.wire
                }
            }
        }
    }

    package init(wire: WireRouterQueue) throws(WireError) {
        var retired: Retired?
        if wire.hasRetired {
            retired = Retired(
                queue: try .required("retired.queue", wire.retired.hasQueue ? wire.retired.queue : nil),
                policy: try .required("retired.policy", wire.retired.hasPolicy ? wire.retired.policy : nil))
        }
        self.init(
            id: try .required("queue_id", wire.queueID),
            averageHandleMilliseconds: wire.hasAverageHandleMs ? wire.averageHandleMs : nil,
            handle: HandleDigest(counts: wire.handleCounts.map { Int($0) }), retired: retired,
            lastAgentID: try .optional("last_agent_id", wire.hasLastAgentID ? wire.lastAgentID : nil))
    }
}

extension CommandRecord: WireValue {
    package var wire: WireRouterCommand {
        .with {
            $0.result = result.wire
            $0.fingerprint = fingerprint.rawValue
            $0.atMs = at.wire
        }
    }

    package init(wire: WireRouterCommand) throws(WireError) {
        self.init(
            result: try .required("result", wire.hasResult ? wire.result : nil),
            fingerprint: ID(wire.fingerprint),
            at: try .required("at_ms", wire.atMs))
    }
}

extension Forwarding: WireValue {
    package var wire: WireRouterForwarding {
        .with {
            $0.poolID = key.poolID.rawValue
            $0.workItemID = key.workItemID.rawValue
            $0.toPoolID = toPoolID.rawValue
            $0.toQueueID = toQueueID.rawValue
            $0.handOvers = handOvers.wire
            $0.atMs = at.wire
        }
    }

    package init(wire: WireRouterForwarding) throws(WireError) {
        self.init(
            key: Key(
                poolID: try .required("pool_id", wire.poolID),
                workItemID: try .required("work_item_id", wire.workItemID)),
            toPoolID: try .required("to_pool_id", wire.toPoolID),
            toQueueID: try .required("to_queue_id", wire.toQueueID), handOvers: Int(wire.handOvers),
            at: try .required("at_ms", wire.atMs))
    }
}
