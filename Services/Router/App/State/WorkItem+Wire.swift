import Domain
import OrderedCollections
package import RouterCore
package import Schema
import SwiftProtobuf

extension WorkItem: WireValue {
    package var wire: WireRouterWorkItem {
        .with {
            $0.workItemID = id.rawValue
            $0.poolID = poolID.rawValue
            $0.queueID = queueID.rawValue
            $0.conversationID = conversationID.rawValue
            $0.customerID = customerID.rawValue
            if let displayName { $0.displayName = displayName }
            if let language { $0.language = language }
            $0.priority = priority.wire
            $0.acceptedAtMs = acceptedAt.wire
            $0.openedAtMs = openedAt.wire
            $0.address = address.wire
            if let replyAddress { $0.replyAddress = replyAddress.wire }
            if let answeredAt { $0.answeredAtMs = answeredAt.wire }
            $0.messages = messages.map(\.wire)
            $0.messageCount = messageCount.wire
            $0.requirements = requirements.map(\.wire)
            $0.step = step.wire
            $0.waitingSinceMs = waitingSince.wire
            if let preferredAgentID { $0.preferredAgentID = preferredAgentID.rawValue }
            if let preferredUntil { $0.preferredUntilMs = preferredUntil.wire }
            $0.cooldowns = cooldowns.map { agentID, until in
                .with {
                    $0.agentID = agentID.rawValue
                    $0.untilMs = until.wire
                }
            }
            $0.stage = stage.wire
            $0.offersMade = offersMade.wire
            if let decision { $0.decision = decision.wire }
            $0.pastOffers = pastOffers.map(\.wire)
            $0.owners = owners.map(\.wire)
            if let successorID { $0.successorID = successorID.rawValue }
            if let score { $0.score = score.wire }
            $0.version = version
            $0.isCallbackOffered = isCallbackOffered
            $0.path = path.map(\.rawValue)
            $0.parallelOffers = parallelOffers.map(\.wire)
            if let transferNote { $0.transferNote = transferNote.wire }
            if let consultation { $0.consultation = consultation.wire }
            if let customerLeftAt { $0.customerLeftAtMs = customerLeftAt.wire }
        }
    }

    package init(wire: WireRouterWorkItem) throws(WireError) {
        var cooldowns: OrderedDictionary<AgentID, Instant> = [:]
        for cooldown in wire.cooldowns {
            cooldowns[try .required("cooldowns.agent_id", cooldown.agentID)] = try .required(
                "cooldowns.until_ms", cooldown.untilMs)
        }
        self.init(
            id: try .required("work_item_id", wire.workItemID),
            poolID: try .required("pool_id", wire.poolID),
            queueID: try .required("queue_id", wire.queueID),
            conversationID: try .required("conversation_id", wire.conversationID),
            customerID: try .required("customer_id", wire.customerID),
            displayName: wire.hasDisplayName ? wire.displayName : nil,
            language: wire.hasLanguage ? wire.language : nil,
            priority: Int(wire.priority),
            acceptedAt: try .required("accepted_at_ms", wire.acceptedAtMs),
            openedAt: try .required("opened_at_ms", wire.openedAtMs),
            address: try .required("address", wire.hasAddress ? wire.address : nil),
            replyAddress: try .optional("reply_address", wire.hasReplyAddress ? wire.replyAddress : nil),
            answeredAt: try .optional("answered_at_ms", wire.hasAnsweredAtMs ? wire.answeredAtMs : nil),
            messages: try Excerpt.list("messages", wire.messages),
            messageCount: Int(wire.messageCount),
            requirements: try Requirement.list("requirements", wire.requirements),
            step: Int(wire.step),
            waitingSince: try .required("waiting_since_ms", wire.waitingSinceMs),
            preferredAgentID: try .optional(
                "preferred_agent_id", wire.hasPreferredAgentID ? wire.preferredAgentID : nil),
            preferredUntil: try .optional(
                "preferred_until_ms", wire.hasPreferredUntilMs ? wire.preferredUntilMs : nil),
            cooldowns: cooldowns,
            stage: try Stage(wire: wire.stage),
            offersMade: Int(wire.offersMade),
            decision: try .optional("decision", wire.hasDecision ? wire.decision : nil),
            pastOffers: try PastOffer.list("past_offers", wire.pastOffers),
            owners: try Ownership.list("owners", wire.owners),
            successorID: try .optional("successor_id", wire.hasSuccessorID ? wire.successorID : nil),
            score: wire.hasScore ? Int(wire.score) : nil,
            version: wire.version)
        isCallbackOffered = wire.isCallbackOffered
        path = try PoolID.list("path", wire.path)
        parallelOffers = try Offer.list("parallel_offers", wire.parallelOffers)
        transferNote = try .optional("transfer_note", wire.hasTransferNote ? wire.transferNote : nil)
        consultation = try .optional("consultation", wire.hasConsultation ? wire.consultation : nil)
        customerLeftAt = try .optional("customer_left_at_ms", wire.hasCustomerLeftAtMs ? wire.customerLeftAtMs : nil)
    }
}

extension WorkItem.Excerpt: WireValue {
    package var wire: WireRouterWorkItem.Excerpt {
        .with {
            $0.messageID = messageID.rawValue
            $0.address = address.wire
            $0.text = text
            $0.acceptedAtMs = acceptedAt.wire
        }
    }

    package init(wire: WireRouterWorkItem.Excerpt) throws(WireError) {
        self.init(
            messageID: try .required("message_id", wire.messageID),
            address: try .required("address", wire.hasAddress ? wire.address : nil),
            text: wire.text,
            acceptedAt: try .required("accepted_at_ms", wire.acceptedAtMs))
    }
}

extension WorkItem.PastOffer: WireValue {
    package var wire: WireRouterWorkItem.PastOffer {
        .with {
            $0.offerID = id.rawValue
            $0.agentID = agentID.rawValue
            $0.end = end.wire
            $0.atMs = at.wire
        }
    }

    package init(wire: WireRouterWorkItem.PastOffer) throws(WireError) {
        self.init(
            id: try .required("offer_id", wire.offerID),
            agentID: try .required("agent_id", wire.agentID),
            end: try .required("end", wire.end),
            at: try .required("at_ms", wire.atMs))
    }
}

extension WorkItem.OfferEnd: WireEnum {
    package var wire: WireRouterWorkItem.PastOffer.End {
        switch self {
        case .accepted: .accepted
        case .declined: .declined
        case .expired: .expired
        case .revoked: .revoked
        case .taken: .taken
        }
    }
}

extension WorkItem.Ownership: WireValue {
    package var wire: WireRouterWorkItem.Ownership {
        .with {
            $0.agentID = agentID.rawValue
            $0.sinceMs = since.wire
            if let until { $0.untilMs = until.wire }
        }
    }

    package init(wire: WireRouterWorkItem.Ownership) throws(WireError) {
        self.init(
            agentID: try .required("agent_id", wire.agentID),
            since: try .required("since_ms", wire.sinceMs),
            until: try .optional("until_ms", wire.hasUntilMs ? wire.untilMs : nil))
    }
}
