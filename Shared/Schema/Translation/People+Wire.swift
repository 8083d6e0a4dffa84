package import Domain
import SwiftProtobuf

// Supply, as the configuration knows it.

extension Pool: WireValue {
    package var wire: WirePool {
        .with {
            $0.id = id.rawValue
            $0.name = name
            if order != .priority { $0.order = order.wire }
            if slackUnitSeconds != 60 { $0.slackUnitSeconds = slackUnitSeconds.wire }
            if let maximumWaitSeconds { $0.maximumWaitSeconds = maximumWaitSeconds.wire }
            $0.breakReasons = breakReasons
        }
    }

    package init(wire: WirePool) throws(WireError) {
        self.init(
            id: try .required("id", wire.id), name: wire.name,
            order: wire.order == .unspecified ? .priority : try .required("order", wire.order),
            slackUnitSeconds: wire.slackUnitSeconds == 0 ? 60 : Int(wire.slackUnitSeconds),
            maximumWaitSeconds: wire.hasMaximumWaitSeconds ? Int(wire.maximumWaitSeconds) : nil,
            breakReasons: wire.breakReasons)
    }
}

extension Pool.Order: WireEnum {
    package var wire: WirePool.Order {
        switch self {
        case .priority: .priority
        case .slack: .slack
        }
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

extension Agent: WireValue {
    package var wire: WireAgent {
        .with {
            $0.id = id.rawValue
            $0.name = name
            $0.poolID = poolID.rawValue
            $0.profileID = profileID.rawValue
            $0.skills = skills.map(\.wire)
            if let shiftCalendarID { $0.shiftCalendarID = shiftCalendarID.rawValue }
        }
    }

    package init(wire: WireAgent) throws(WireError) {
        self.init(
            id: try .required("id", wire.id), name: wire.name, poolID: try .required("pool_id", wire.poolID),
            profileID: try .required("profile_id", wire.profileID),
            skills: try Requirement.list("skills", wire.skills),
            shiftCalendarID: try .optional("shift_calendar_id", wire.hasShiftCalendarID ? wire.shiftCalendarID : nil))
    }
}
