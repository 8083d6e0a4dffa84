import Domain
package import RouterCore
package import Schema
import SwiftProtobuf

extension Decision: WireValue {
    package var wire: WireRouterWorkItem.Decision {
        .with {
            $0.agentID = agentID.rawValue
            $0.atMs = at.wire
            $0.preferred = isPreferred
            if let reason { $0.reason = reason }
            $0.load = load.wire
            $0.capacity = capacity.wire
            $0.idleSeconds = idleSeconds.wire
            $0.step = step.wire
            $0.eligible = eligible.wire
            $0.absent = excluded.absent.wire
            $0.unqualified = excluded.unqualified.wire
            $0.inCooldown = excluded.inCooldown.wire
            $0.atCapacity = excluded.atCapacity.wire
        }
    }

    package init(wire: WireRouterWorkItem.Decision) throws(WireError) {
        self.init(
            agentID: try .required("agent_id", wire.agentID), at: try .required("at_ms", wire.atMs),
            isPreferred: wire.preferred, reason: wire.hasReason ? wire.reason : nil, load: Int(wire.load),
            capacity: Int(wire.capacity),
            idleSeconds: Int(wire.idleSeconds), step: Int(wire.step), eligible: Int(wire.eligible),
            excluded: Exclusions(
                absent: Int(wire.absent), unqualified: Int(wire.unqualified), inCooldown: Int(wire.inCooldown),
                atCapacity: Int(wire.atCapacity)))
    }
}
