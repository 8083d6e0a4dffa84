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
            if let admission { $0.admission = admission.wire }
            if let shadowPolicyID { $0.shadowPolicyID = shadowPolicyID.rawValue }
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
            requirements: try Requirement.list("requirements", wire.requirements), languages: languages,
            admission: try .optional("admission", wire.hasAdmission ? wire.admission : nil),
            shadowPolicyID: try .optional("shadow_policy_id", wire.hasShadowPolicyID ? wire.shadowPolicyID : nil))
    }
}

extension Queue.Admission: WireValue {
    package var wire: WireQueue.Admission {
        .with {
            if let waitingMax { $0.waitingMax = waitingMax.wire }
            if let waitSecondsMax { $0.waitSecondsMax = waitSecondsMax.wire }
            if let calendarID { $0.calendarID = calendarID.rawValue }
            $0.fullText = fullText
            $0.closedText = closedText
        }
    }

    package init(wire: WireQueue.Admission) throws(WireError) {
        self.init(
            waitingMax: wire.hasWaitingMax ? Int(wire.waitingMax) : nil,
            waitSecondsMax: wire.hasWaitSecondsMax ? Int(wire.waitSecondsMax) : nil,
            calendarID: try .optional("calendar_id", wire.hasCalendarID ? wire.calendarID : nil),
            fullText: wire.fullText, closedText: wire.closedText)
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
