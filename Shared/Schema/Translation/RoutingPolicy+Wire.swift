package import Domain
import OrderedCollections
import SwiftProtobuf

// What is left at its default is not written: a policy of before has the bytes that it had.

extension RoutingPolicy: WireValue {
    package var wire: WireRoutingPolicy {
        .with {
            $0.id = id.rawValue
            $0.offerSeconds = offerSeconds.wire
            $0.declineCooldownSeconds = declineCooldownSeconds.wire
            $0.wrapUpSeconds = wrapUpSeconds.wire
            $0.preferredAgentSeconds = preferredAgentSeconds.wire
            $0.expectedHandleSeconds = expectedHandleSeconds.wire
            $0.steps = steps.map(\.wire)
            if choice != .leastLoad { $0.choice = choice.wire }
            if parallelOffers != 1 { $0.parallelOffers = parallelOffers.wire }
            if let reopenSeconds { $0.reopenSeconds = reopenSeconds.wire }
        }
    }

    package init(wire: WireRoutingPolicy) throws(WireError) {
        self.init(
            id: try .required("id", wire.id), offerSeconds: Int(wire.offerSeconds),
            declineCooldownSeconds: Int(wire.declineCooldownSeconds), wrapUpSeconds: Int(wire.wrapUpSeconds),
            preferredAgentSeconds: Int(wire.preferredAgentSeconds),
            expectedHandleSeconds: Int(wire.expectedHandleSeconds),
            choice: wire.choice == .unspecified ? .leastLoad : try .required("choice", wire.choice),
            parallelOffers: max(1, Int(wire.parallelOffers)),
            reopenSeconds: wire.hasReopenSeconds ? Int(wire.reopenSeconds) : nil,
            steps: try Step.list("steps", wire.steps))
    }
}

extension RoutingPolicy.Step: WireValue {
    package var wire: WireRoutingPolicy.Step {
        .with {
            $0.afterSeconds = afterSeconds.wire
            $0.lowerLevelsBy = lowerLevelsBy.wire
            $0.lowerSkills = lowerSkills.elements.map { Requirement(skill: $0.key, level: $0.value).wire }
            $0.dropSkillIds = dropSkills.map(\.rawValue)
            $0.widenToQueueIds = widenTo.map(\.rawValue)
            if let raisePriorityTo { $0.raisePriorityTo = raisePriorityTo.wire }
            if let overflowTo { $0.overflowToQueueID = overflowTo.rawValue }
            if let callbackText { $0.callbackText = callbackText }
        }
    }

    package init(wire: WireRoutingPolicy.Step) throws(WireError) {
        var lowerSkills: OrderedDictionary<SkillID, Int> = [:]
        for lowered in try Requirement.list("lower_skills", wire.lowerSkills) {
            lowerSkills[lowered.skill] = lowered.level
        }
        self.init(
            afterSeconds: Int(wire.afterSeconds), lowerLevelsBy: Int(wire.lowerLevelsBy), lowerSkills: lowerSkills,
            dropSkills: try SkillID.list("drop_skill_ids", wire.dropSkillIds),
            widenTo: try QueueID.list("widen_to_queue_ids", wire.widenToQueueIds),
            raisePriorityTo: wire.hasRaisePriorityTo ? Int(wire.raisePriorityTo) : nil,
            overflowTo: try .optional(
                "overflow_to_queue_id", wire.hasOverflowToQueueID ? wire.overflowToQueueID : nil),
            callbackText: wire.hasCallbackText ? wire.callbackText : nil)
    }
}

extension RoutingPolicy.AgentChoice: WireEnum {
    package var wire: WireRoutingPolicy.Choice {
        switch self {
        case .leastLoad: .leastLoad
        case .longestIdle: .longestIdle
        case .bestLevel: .bestLevel
        case .closestLevel: .closestLevel
        case .roundRobin: .roundRobin
        case .seededRandom: .seededRandom
        }
    }
}
