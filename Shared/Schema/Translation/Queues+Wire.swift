package import Domain
import OrderedCollections
import SwiftProtobuf

// How work finds its agent, as the configuration knows it.

extension Queue: WireValue {
    package var wire: WireQueue {
        .with {
            $0.id = id.rawValue
            $0.name = name
            $0.poolID = poolID.rawValue
            $0.routingPolicyID = routingPolicyID.rawValue
            $0.slaPolicyID = slaPolicyID.rawValue
            $0.priority = priority.wire
            $0.requirements = requirements.map(\.wire)
            $0.languages = languages.elements.map { language, requirement in
                .with {
                    $0.language = language
                    $0.requirement = requirement.wire
                }
            }
        }
    }

    package init(wire: WireQueue) throws(WireError) {
        var languages: OrderedDictionary<String, Requirement> = [:]
        for (index, language) in wire.languages.enumerated() {
            languages[language.language] = try .required(
                "languages[\(index)].requirement", language.hasRequirement ? language.requirement : nil)
        }
        self.init(
            id: try .required("id", wire.id), name: wire.name, poolID: try .required("pool_id", wire.poolID),
            routingPolicyID: try .required("routing_policy_id", wire.routingPolicyID),
            slaPolicyID: try .required("sla_policy_id", wire.slaPolicyID), priority: Int(wire.priority),
            requirements: try Requirement.list("requirements", wire.requirements), languages: languages)
    }
}

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
        }
    }

    package init(wire: WireRoutingPolicy) throws(WireError) {
        self.init(
            id: try .required("id", wire.id), offerSeconds: Int(wire.offerSeconds),
            declineCooldownSeconds: Int(wire.declineCooldownSeconds), wrapUpSeconds: Int(wire.wrapUpSeconds),
            preferredAgentSeconds: Int(wire.preferredAgentSeconds),
            expectedHandleSeconds: Int(wire.expectedHandleSeconds), steps: try Step.list("steps", wire.steps))
    }
}

extension RoutingPolicy.Step: WireValue {
    package var wire: WireRoutingPolicy.Step {
        .with {
            $0.afterSeconds = afterSeconds.wire
            $0.lowerLevelsBy = lowerLevelsBy.wire
            $0.dropSkillIds = dropSkills.map(\.rawValue)
        }
    }

    package init(wire: WireRoutingPolicy.Step) throws(WireError) {
        var dropSkills: [SkillID] = []
        for (index, skill) in wire.dropSkillIds.enumerated() {
            dropSkills.append(try .required("drop_skill_ids[\(index)]", skill))
        }
        self.init(
            afterSeconds: Int(wire.afterSeconds), lowerLevelsBy: Int(wire.lowerLevelsBy), dropSkills: dropSkills)
    }
}

extension ChannelAccount: WireValue {
    package var wire: WireChannelAccount {
        .with {
            $0.id = id.rawValue
            $0.channel = channel.wire
            $0.queueID = queueID.rawValue
            if let priority { $0.priority = priority.wire }
            $0.delivery = delivery.wire
            if let inboundSecret { $0.inboundSecret = inboundSecret }
        }
    }

    package init(wire: WireChannelAccount) throws(WireError) {
        self.init(
            id: try .required("id", wire.id), channel: try .required("channel", wire.channel),
            queueID: try .required("queue_id", wire.queueID), priority: wire.hasPriority ? Int(wire.priority) : nil,
            delivery: try Delivery(wire: wire.delivery),
            inboundSecret: wire.hasInboundSecret ? wire.inboundSecret : nil)
    }
}

extension ChannelAccount.Delivery {
    fileprivate var wire: WireChannelAccount.OneOf_Delivery {
        switch self {
        case .none: .none(.init())
        case .webhook(let url, let secret):
            .webhook(
                .with {
                    $0.url = url
                    $0.secret = secret
                })
        case .twilio(let baseURL, let accountSID, let number, let secret):
            .twilio(
                .with {
                    $0.baseURL = baseURL
                    $0.accountSid = accountSID
                    $0.number = number
                    $0.secret = secret
                })
        }
    }

    fileprivate init(wire: WireChannelAccount.OneOf_Delivery?) throws(WireError) {
        switch wire {
        case nil: throw .unknownKind("delivery")
        case .some(.none): self = .none
        case .webhook(let webhook): self = .webhook(url: webhook.url, secret: webhook.secret)
        case .twilio(let twilio):
            self = .twilio(
                baseURL: twilio.baseURL, accountSID: twilio.accountSid, number: twilio.number, secret: twilio.secret)
        }
    }
}
