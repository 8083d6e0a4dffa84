package import Domain
import SwiftProtobuf

extension AgentCommand: WireValue {
    package var wire: WireAgentCommand {
        .with {
            $0.commandID = commandID.rawValue
            $0.agentID = agentID.rawValue
            $0.poolID = poolID.rawValue
            $0.action = action.wire
            if let supervisor { $0.supervisor = supervisor }
            if case .setPresence(_, let reason?) = action { $0.presenceReason = reason }
            if let version { $0.version = version }
        }
    }

    package init(wire: WireAgentCommand) throws(WireError) {
        self.init(
            commandID: try .required("command_id", wire.commandID),
            agentID: try .required("agent_id", wire.agentID),
            poolID: try .required("pool_id", wire.poolID),
            action: try Action(wire: wire.action), supervisor: wire.hasSupervisor ? wire.supervisor : nil,
            version: wire.hasVersion ? wire.version : nil)
        if case .setPresence(let presence, _) = action, wire.hasPresenceReason {
            action = .setPresence(presence, reason: wire.presenceReason)
        }
    }
}

extension AgentCommand.Action {
    fileprivate var wire: WireAgentCommand.OneOf_Action {
        switch self {
        case .setPresence(let presence, _): .setPresence(presence.wire)
        case .accept(let offerID): .accept(.with { $0.offerID = offerID.rawValue })
        case .decline(let offerID, let reason):
            .decline(
                .with {
                    $0.offerID = offerID.rawValue
                    $0.reason = reason
                })
        case .reply(let workItemID, let messageID, let text):
            .reply(
                .with {
                    $0.workItemID = workItemID.rawValue
                    $0.messageID = messageID.rawValue
                    $0.text = text
                })
        case .note(let workItemID, let text):
            .note(
                .with {
                    $0.workItemID = workItemID.rawValue
                    $0.text = text
                })
        case .park(let workItemID, let seconds):
            .park(
                .with {
                    $0.workItemID = workItemID.rawValue
                    $0.seconds = seconds.wire
                })
        case .requeue(let workItemID, let reason):
            .requeue(
                .with {
                    $0.workItemID = workItemID.rawValue
                    $0.reason = reason
                })
        case .transfer(let workItemID, let queueID):
            .transfer(
                .with {
                    $0.workItemID = workItemID.rawValue
                    $0.queueID = queueID.rawValue
                })
        case .complete(let workItemID, let disposition):
            .complete(
                .with {
                    $0.workItemID = workItemID.rawValue
                    $0.disposition = disposition
                })
        case .reassign(let workItemID, let destination, let reason):
            .reassign(
                .with {
                    $0.workItemID = workItemID.rawValue
                    switch destination {
                    case .agent(let id): $0.toAgentID = id.rawValue
                    case .queue(let id): $0.toQueueID = id.rawValue
                    }
                    $0.reason = reason
                })
        }
    }

    fileprivate init(wire: WireAgentCommand.OneOf_Action?) throws(WireError) {
        switch wire {
        case nil: throw .unknownKind("action")
        case .setPresence(let presence): self = .setPresence(try .required("set_presence", presence))
        case .accept(let wire): self = .accept(try .required("accept.offer_id", wire.offerID))
        case .decline(let wire):
            self = .decline(try .required("decline.offer_id", wire.offerID), reason: wire.reason)
        case .reply(let wire):
            self = .reply(
                try .required("reply.work_item_id", wire.workItemID),
                messageID: try .required("reply.message_id", wire.messageID), text: wire.text)
        case .note(let wire): self = .note(try .required("note.work_item_id", wire.workItemID), text: wire.text)
        case .park(let wire):
            self = .park(try .required("park.work_item_id", wire.workItemID), seconds: Int(wire.seconds))
        case .requeue(let wire):
            self = .requeue(try .required("requeue.work_item_id", wire.workItemID), reason: wire.reason)
        case .transfer(let wire):
            self = .transfer(
                try .required("transfer.work_item_id", wire.workItemID),
                try .required("transfer.queue_id", wire.queueID))
        case .complete(let wire):
            self = .complete(
                try .required("complete.work_item_id", wire.workItemID), disposition: wire.disposition)
        case .reassign(let wire):
            let destination: AgentCommand.Destination =
                switch wire.destination {
                case .toAgentID(let id): .agent(try .required("reassign.to_agent_id", id))
                case .toQueueID(let id): .queue(try .required("reassign.to_queue_id", id))
                case nil: throw .unknownKind("reassign.destination")
                }
            self = .reassign(
                try .required("reassign.work_item_id", wire.workItemID), to: destination, reason: wire.reason)
        }
    }
}
