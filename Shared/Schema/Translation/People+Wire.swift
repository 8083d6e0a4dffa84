package import Domain
import OrderedCollections
import SwiftProtobuf

// Supply, as the configuration knows it.

extension Pool: WireValue {
    package var wire: WirePool {
        .with {
            $0.id = id.rawValue
            $0.name = name
        }
    }

    package init(wire: WirePool) throws(WireError) {
        self.init(id: try .required("id", wire.id), name: wire.name)
    }
}

extension Skill: WireValue {
    package var wire: WireSkill {
        .with {
            $0.id = id.rawValue
            $0.name = name
        }
    }

    package init(wire: WireSkill) throws(WireError) {
        self.init(id: try .required("id", wire.id), name: wire.name)
    }
}

extension RoutingProfile: WireValue {
    package var wire: WireRoutingProfile {
        .with {
            $0.id = id.rawValue
            $0.capacity = capacity.wire
            $0.weights = weights.elements.map { channel, weight in
                .with {
                    $0.channel = channel.wire
                    $0.weight = weight.wire
                }
            }
            $0.defaultWeight = defaultWeight.wire
            $0.presenceLeaseSeconds = presenceLeaseSeconds.wire
            $0.graceSeconds = graceSeconds.wire
        }
    }

    package init(wire: WireRoutingProfile) throws(WireError) {
        var weights: OrderedDictionary<ChannelKind, Int> = [:]
        for (index, weight) in wire.weights.enumerated() {
            let channel = try ChannelKind.required("weights[\(index)].channel", weight.channel)
            weights[channel] = Int(weight.weight)
        }
        self.init(
            id: try .required("id", wire.id), capacity: Int(wire.capacity), weights: weights,
            defaultWeight: Int(wire.defaultWeight), presenceLeaseSeconds: Int(wire.presenceLeaseSeconds),
            graceSeconds: Int(wire.graceSeconds))
    }
}

extension Agent: WireValue {
    package var wire: WireAgent {
        .with {
            $0.id = id.rawValue
            $0.name = name
            $0.poolID = poolID.rawValue
            $0.profileID = profileID.rawValue
            $0.skills = skills.map(\.wire)
        }
    }

    package init(wire: WireAgent) throws(WireError) {
        self.init(
            id: try .required("id", wire.id), name: wire.name, poolID: try .required("pool_id", wire.poolID),
            profileID: try .required("profile_id", wire.profileID),
            skills: try Requirement.list("skills", wire.skills))
    }
}
