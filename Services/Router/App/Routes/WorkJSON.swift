package import Domain
import HTTPTypes
import OrderedCollections
package import RouterCore
package import ServiceKit

// How the router's values look over HTTP.

extension AgentView {
    /// Changes with whatever the agent sees.
    var cursor: Cursor { Cursor(version: version) }
}

extension Cursor {
    init(version: Int64) { self.init([String(version)]) }
}

extension AgentView: JSONRepresentable {
    package var json: JSONValue {
        .object([
            "agent_id": agentID.rawValue, "presence": presence.rawValue, "reason": reason, "supervisor": supervisor,
            "shift": shift.rawValue, "air_until": airUntil?.rfc3339, "load": load, "capacity": capacity,
            "offers": offers.compactMap { $0.offerJSON(to: agentID) },
            "assignments": assignments.map { $0.assignmentJSON(holds[$0.id]) },
            "parked": parked.map { $0.assignmentJSON(holds[$0.id]) },
            "consultations": consultations.compactMap(\.consultationJSON), "mentions": mentions.map(\.json),
            "cursor": cursor,
        ])
    }
}

extension WorkItem {
    fileprivate func offerJSON(to agentID: AgentID) -> JSONValue? {
        guard let offer = liveOffers.first(where: { $0.agentID == agentID }) else { return nil }
        return .object([
            "offer_id": offer.id.rawValue, "expires_at": offer.expiresAt.rfc3339, "explanation": offer.explanation,
            "work_item_id": id.rawValue, "conversation_id": conversationID.rawValue,
            "customer_id": customerID.rawValue, "queue_id": queueID.rawValue, "priority": priority,
            "channel": address.channel.rawValue, "language": language, "display_name": displayName,
            "accepted_at": acceptedAt.rfc3339, "excerpt": messages.last?.text,
            "transfer_note": transferNote?.json, "version": version,
        ])
    }

    fileprivate var consultationJSON: JSONValue? {
        guard let consultation else { return nil }
        return .object([
            "work_item_id": id.rawValue, "conversation_id": conversationID.rawValue,
            "customer_id": customerID.rawValue, "agent_id": stage.assigneeID?.rawValue,
            "question": consultation.question, "since": consultation.since.rfc3339,
        ])
    }

    /// As lists of all work items show it: without its messages.
    var summaryJSON: JSONValue {
        .object([
            "work_item_id": id.rawValue, "state": stage.name, "agent_id": agentID?.rawValue,
            "conversation_id": conversationID.rawValue, "customer_id": customerID.rawValue,
            "pool_id": poolID.rawValue, "queue_id": queueID.rawValue, "priority": priority,
            "channel": address.channel.rawValue, "language": language, "display_name": displayName,
            "accepted_at": acceptedAt.rfc3339, "opened_at": openedAt.rfc3339, "message_count": messageCount,
            "waiting_since": stage.isQueued ? waitingSince.rfc3339 : nil, "version": version,
        ])
    }

    fileprivate func assignmentJSON(_ hold: Hold?) -> JSONValue {
        .object([
            "work_item_id": id.rawValue, "state": stage.name, "conversation_id": conversationID.rawValue,
            "customer_id": customerID.rawValue, "queue_id": queueID.rawValue, "priority": priority,
            "channel": address.channel.rawValue, "language": language, "display_name": displayName,
            "accepted_at": acceptedAt.rfc3339, "message_count": messageCount, "excerpt": messages.last?.text,
            "activity": hold?.activity.rawValue, "stands_still": hold?.standsStill, "weight": hold?.weight,
            "customer_left_at": customerLeftAt?.rfc3339, "version": version,
        ])
    }
}

/// Everything about one work item.
struct WorkItemPage: Sendable {
    let item: WorkItem
    let waiting: [WaitingReason]
    let place: WaitingPlace?
    let widenedTo: [QueueID]
    /// Whether it concerns the agent who asks.
    let isShared: Bool

    init(_ item: WorkItem, of router: RouterMachine, for principal: Principal) {
        self.item = item
        waiting = router.reasonsForWaiting(item.id)
        place = router.place(of: item.id)
        widenedTo = router.queuesWidenedTo(item.id)
        isShared = router.maySee(item.id, AgentID(principal.subject))
    }

    /// Supervisors see everything; agents what they have, had, are offered, consulted on or named in.
    /// - Throws: `Problem` 403.
    func requireSight(of principal: Principal) throws(Problem) {
        guard principal.roles.isDisjoint(with: [.supervisor, .admin]) else { return }
        guard isShared || item.agentID == AgentID(principal.subject) else {
            throw Problem(
                .forbidden, RejectionCode.notYourWorkItem.rawValue, "The work item is not assigned to this agent.")
        }
    }
}

extension WorkItemPage: JSONRepresentable {
    var json: JSONValue {
        var members: [(String, JSONValue)] = []
        guard case .object(let common) = common, case .object(let more) = more else { return .null }
        members = common + more
        return .object(members)
    }

    private var common: JSONValue {
        .object([
            "work_item_id": item.id.rawValue, "state": item.stage.name, "agent_id": item.agentID?.rawValue,
            "conversation_id": item.conversationID.rawValue, "customer_id": item.customerID.rawValue,
            "pool_id": item.poolID.rawValue, "queue_id": item.queueID.rawValue, "priority": item.priority,
            "language": item.language, "display_name": item.displayName, "channel": item.address.channel.rawValue,
            "reply_channel": item.replyAddress?.channel.rawValue, "accepted_at": item.acceptedAt.rfc3339,
            "opened_at": item.openedAt.rfc3339, "requirements": item.requirements.map(\.json),
            "relaxed_steps": item.step,
            "widened_to": widenedTo.map { JSONValue.string($0.rawValue) }, "message_count": item.messageCount,
            "messages": item.messages.map { message -> JSONValue in
                .object([
                    "message_id": message.messageID.rawValue, "channel": message.address.channel.rawValue,
                    "text": message.text, "accepted_at": message.acceptedAt.rfc3339,
                ])
            },
            "owners": item.owners.map { owner -> JSONValue in
                .object([
                    "agent_id": owner.agentID.rawValue, "since": owner.since.rfc3339, "until": owner.until?.rfc3339,
                ])
            },
        ])
    }

    private var more: JSONValue {
        var offer: WorkItem.Offer?
        var (until, closedAt): (Instant?, Instant?)
        var disposition: String?
        switch item.stage {
        case .queued, .assigned: break
        case .offered(let live): offer = live
        case .parked(_, let end): until = end
        case .scheduled(let callback): until = callback.at
        case .wrapUp(let wrapUp):
            until = wrapUp.until
            disposition = wrapUp.disposition
        case .closed(_, let word, let at):
            disposition = word
            closedAt = at
        }
        return .object([
            "offer_id": offer?.id.rawValue, "offer_expires_at": offer?.expiresAt.rfc3339,
            "explanation": offer?.explanation, "until": until?.rfc3339, "disposition": disposition,
            "closed_at": closedAt?.rfc3339, "waiting_since": item.stage.isQueued ? item.waitingSince.rfc3339 : nil,
            "waiting_for": waiting.map(\.json), "position": place?.position,
            "expected_wait": place?.expectedWait?.json, "survey_score": item.score,
            "successor_id": item.successorID?.rawValue, "transfer_note": item.transferNote?.json,
            "consulted_agent_id": item.consultation?.agentID.rawValue,
            "customer_left_at": item.customerLeftAt?.rfc3339, "version": item.version,
        ])
    }
}

extension WorkItem.TransferNote {
    fileprivate var json: JSONValue {
        .object(["agent_id": agentID.rawValue, "text": text, "at": at.rfc3339])
    }
}

extension AgentState.Mention {
    fileprivate var json: JSONValue {
        .object([
            "work_item_id": workItemID.rawValue, "by_agent_id": byAgentID.rawValue, "text": text, "at": at.rfc3339,
        ])
    }
}

extension Requirement {
    fileprivate var json: JSONValue { .object(["skill": skill.rawValue, "level": level]) }
}

extension WaitingReason {
    var json: JSONValue {
        var (agentID, until): (AgentID?, Instant?)
        switch self {
        case .cooldown(let id, let end), .preferredAgentBusy(let id, let end), .air(let id, let end):
            (agentID, until) = (id, end)
        case .queueUnknown, .nobodyPresent, .skillMissing, .nobodyHasAllSkills, .atCapacity, .channelMaximum,
            .interrupted, .outsideShift, .draining, .behindOthers, .toBePulled:
            break
        }
        return .object(["code": code, "detail": detail, "agent_id": agentID?.rawValue, "until": until?.rfc3339])
    }
}

extension QueueView: JSONRepresentable {
    package var json: JSONValue {
        .object([
            "queue_id": queueID.rawValue, "backlog": backlog, "open": open,
            "oldest_accepted_at": oldestAcceptedAt?.rfc3339, "average_handle_seconds": averageHandleSeconds,
            "expected_wait": expectedWait?.json, "waiting": places.map(\.json),
        ])
    }
}

extension WaitingPlace {
    fileprivate var json: JSONValue {
        .object([
            "work_item_id": workItemID.rawValue, "position": position, "expected_wait": expectedWait?.json,
        ])
    }
}

extension ExpectedWait {
    fileprivate var json: JSONValue { .object(["p50_seconds": p50Seconds, "p90_seconds": p90Seconds]) }
}

extension CommandResult: JSONRepresentable {
    package var json: JSONValue {
        guard case .done(let workItemID, let messageID) = outcome else { return .object([:]) }
        return .object([
            "command_id": commandID.rawValue, "work_item_id": workItemID?.rawValue,
            "message_id": messageID?.rawValue,
        ])
    }
}

extension JSONValue {
    /// Tells documents apart: FNV-1a, 64 bits.
    var fingerprint: UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
    }
}
