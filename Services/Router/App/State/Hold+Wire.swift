import Domain
package import RouterCore
package import Schema
import SwiftProtobuf

extension Hold: WireValue {
    package var wire: WireRouterAgent.Hold {
        .with {
            $0.weight = weight.wire
            if let channel { $0.channel = channel.wire }
            $0.activity = activity.wire
            $0.fullWeight = fullWeight.wire
            if let idleAt { $0.idleAtMs = idleAt.wire }
            $0.standsStill = standsStill
        }
    }

    /// A state from before activities says the weight only.
    package init(wire: WireRouterAgent.Hold) throws(WireError) {
        self.init(
            weight: Int(wire.weight), fullWeight: Int(wire.hasFullWeight ? wire.fullWeight : wire.weight),
            channel: wire.hasChannel ? try .required("channel", wire.channel) : nil,
            activity: wire.activity == .unspecified ? .active : try .required("activity", wire.activity),
            idleAt: try .optional("idle_at_ms", wire.hasIdleAtMs ? wire.idleAtMs : nil),
            standsStill: wire.standsStill)
    }
}

extension Hold.Activity: WireEnum {
    package var wire: WireRouterAgent.Hold.Activity {
        switch self {
        case .offered: .offered
        case .active: .active
        case .idle: .idle
        case .returning: .returning
        case .parked: .parked
        }
    }
}

extension AgentState.Shift: WireEnum {
    package var wire: WireRouterAgent.Shift {
        switch self {
        case .on: .on
        case .draining: .draining
        case .off: .off
        }
    }
}

extension Occupancy: WireValue {
    package var wire: WireRouterAgent.Occupancy {
        .with {
            $0.bucketMs = bucketMilliseconds
            $0.latest = latest
            $0.workedMs = worked
            if let workingSince { $0.workingSinceMs = workingSince.wire }
        }
    }

    package init(wire: WireRouterAgent.Occupancy) throws(WireError) {
        self.init(
            bucketMilliseconds: wire.bucketMs, latest: wire.latest, worked: wire.workedMs,
            workingSince: try .optional("working_since_ms", wire.hasWorkingSinceMs ? wire.workingSinceMs : nil))
    }
}
