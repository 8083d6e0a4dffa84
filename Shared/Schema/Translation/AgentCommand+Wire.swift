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
        case .note(let workItemID, let text, let mentions):
            .note(
                .with {
                    $0.workItemID = workItemID.rawValue
                    $0.text = text
                    $0.mentions = mentions.map(\.rawValue)
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
        case .transfer(let workItemID, let queueID, let note):
            .transfer(
                .with {
                    $0.workItemID = workItemID.rawValue
                    $0.queueID = queueID.rawValue
                    if let note { $0.note = note }
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
        case .pull: .pull(.init())
        case .transferToAgent(let workItemID, let agentID, let note):
            .transferToAgent(
                .with {
                    $0.workItemID = workItemID.rawValue
                    $0.agentID = agentID.rawValue
                    if let note { $0.note = note }
                })
        case .resume(let workItemID): .resume(.with { $0.workItemID = workItemID.rawValue })
        case .consult(let workItemID, let agentID, let question):
            .consult(
                .with {
                    $0.workItemID = workItemID.rawValue
                    $0.agentID = agentID.rawValue
                    $0.question = question
                })
        case .endConsult(let workItemID): .endConsult(.with { $0.workItemID = workItemID.rawValue })
        case .escalate(let workItemID, let priority, let reason):
            .escalate(
                .with {
                    $0.workItemID = workItemID.rawValue
                    $0.priority = priority.wire
                    $0.reason = reason
                })
        case .endWrapUp(let workItemID): .endWrapUp(.with { $0.workItemID = workItemID.rawValue })
        case .schedule(let workItemID, let at, let keepsAgent):
            .schedule(
                .with {
                    $0.workItemID = workItemID.rawValue
                    $0.atMs = at.wire
                    $0.keepsAgent = keepsAgent
                })
        case .startConversation(let outreach):
            .startConversation(
                .with {
                    $0.accountID = outreach.account.rawValue
                    $0.identifier = outreach.identifier.wire
                    if let queueID = outreach.queueID { $0.queueID = queueID.rawValue }
                    $0.text = outreach.text
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
        case .note(let wire):
            self = .note(
                try .required("note.work_item_id", wire.workItemID), text: wire.text,
                mentions: try AgentID.list("note.mentions", wire.mentions))
        case .park(let wire):
            self = .park(try .required("park.work_item_id", wire.workItemID), seconds: Int(wire.seconds))
        case .requeue(let wire):
            self = .requeue(try .required("requeue.work_item_id", wire.workItemID), reason: wire.reason)
        case .transfer(let wire):
            self = .transfer(
                try .required("transfer.work_item_id", wire.workItemID),
                try .required("transfer.queue_id", wire.queueID), note: wire.hasNote ? wire.note : nil)
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
        case .pull: self = .pull
        case .transferToAgent(let wire):
            self = .transferToAgent(
                try .required("transfer_to_agent.work_item_id", wire.workItemID),
                try .required("transfer_to_agent.agent_id", wire.agentID), note: wire.hasNote ? wire.note : nil)
        case .resume(let wire): self = .resume(try .required("resume.work_item_id", wire.workItemID))
        case .consult(let wire):
            self = .consult(
                try .required("consult.work_item_id", wire.workItemID),
                try .required("consult.agent_id", wire.agentID), question: wire.question)
        case .endConsult(let wire): self = .endConsult(try .required("end_consult.work_item_id", wire.workItemID))
        case .escalate(let wire):
            self = .escalate(
                try .required("escalate.work_item_id", wire.workItemID), priority: Int(wire.priority),
                reason: wire.reason)
        case .endWrapUp(let wire): self = .endWrapUp(try .required("end_wrap_up.work_item_id", wire.workItemID))
        case .schedule(let wire):
            self = .schedule(
                try .required("schedule.work_item_id", wire.workItemID), at: try .required("schedule.at_ms", wire.atMs),
                keepsAgent: wire.keepsAgent)
        case .startConversation(let wire):
            self = .startConversation(
                Outreach(
                    account: try .required("start_conversation.account_id", wire.accountID),
                    identifier: try .required(
                        "start_conversation.identifier", wire.hasIdentifier ? wire.identifier : nil),
                    queueID: try .optional("start_conversation.queue_id", wire.hasQueueID ? wire.queueID : nil),
                    text: wire.text))
        }
    }
}
