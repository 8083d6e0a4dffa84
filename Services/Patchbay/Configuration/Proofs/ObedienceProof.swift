import Domain
import OrderedCollections

// What the configuration can say and no rule of the router obeys yet is refused rather than silently without effect.
// A rule that comes takes its lines out of here.
extension ConfigurationProof {
    mutating func refuseWhatNoRuleObeys() {
        for pool in configuration.pools.values where !pool.breakReasons.isEmpty {
            refuse(["pools", pool.id.rawValue, "break-reasons"])
        }
        for agent in configuration.agents.values where agent.shiftCalendarID != nil {
            refuse(["agents", agent.id.rawValue, "shifts"])
        }
        for profile in configuration.profiles.values { refuse(profile) }
        for policy in configuration.routingPolicies.values { refuse(policy) }
        for queue in configuration.queues.values {
            if queue.admission != nil { refuse(["queues", queue.id.rawValue, "admission"]) }
            if queue.shadowPolicyID != nil { refuse(["queues", queue.id.rawValue, "shadow-policy"]) }
        }
    }

    private mutating func refuse(_ profile: RoutingProfile) {
        let path = ["profiles", profile.id.rawValue]
        if !profile.channelMaxima.isEmpty { refuse(path + ["maxima"]) }
        if !profile.interruptions.isEmpty { refuse(path + ["interrupts"]) }
        if profile.idleAfterSeconds != nil { refuse(path + ["idle-after"]) }
        if profile.idleWeightPercent != 100 { refuse(path + ["idle-weight"]) }
        if profile.parkedWeightPercent != 0 { refuse(path + ["parked-weight"]) }
        if profile.occupancyGuard != nil { refuse(path + ["occupancy"]) }
        if profile.missedOffersMax != nil { refuse(path + ["missed-offers"]) }
        if profile.mode != .push { refuse(path + ["mode"]) }
    }

    private mutating func refuse(_ policy: RoutingPolicy) {
        let path = ["routing-policies", policy.id.rawValue]
        if policy.parallelOffers != 1 { refuse(path + ["parallel-offers"]) }
        if policy.reopenSeconds != nil { refuse(path + ["reopen-within"]) }
        for (index, step) in policy.steps.enumerated() {
            if step.overflowTo != nil { refuse(path + ["steps", String(index), "overflow-to"]) }
            if step.callbackText != nil { refuse(path + ["steps", String(index), "offer-callback"]) }
        }
    }

    private mutating func refuse(_ path: [String]) {
        report(path, found: "a setting that the router does not obey yet", expected: "nothing here in this release")
    }
}
