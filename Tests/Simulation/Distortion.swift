import Domain
import OrderedCollections
import RouterCore
import Testing

/// A machine that breaks a rule: a lie about what it reads, or a change in what it says.
struct Distortion: Sendable, CustomTestStringConvertible {
    var name: String
    /// Names under which the model may catch it: the first consequence that it meets depends on the world.
    var promises: Set<Promise>
    var configuration: @Sendable (Configuration) -> Configuration = { $0 }
    var command: @Sendable (WorkCommand) -> WorkCommand? = { $0 }
    var outputs: @Sendable ([RouterOutput]) -> [RouterOutput] = { $0 }
    var deadline: @Sendable (Instant?) -> Instant? = { $0 }
    var isRestored: @Sendable (RouterEntity) -> Bool = { _ in true }

    var testDescription: String { name }

    static let all: [Distortion] = lies + changes
}

// MARK: What it reads

extension Distortion {
    private static let lies: [Distortion] = [
        profiles("takes more than fits", .neverOverCapacity) { $0.capacity += 2 },
        profiles("weighs every channel alike", .neverOverCapacity) { profile in
            profile.weights = [:]
            profile.defaultWeight = 1
        },
        profiles("keeps agents who vanished", .noSilence) { $0.presenceLeaseSeconds += 1 },
        profiles("forgets the grace time", .noSilence) { $0.graceSeconds = 0 },
        profiles("waits for the gone too long", .noSilence) { $0.graceSeconds += 1 },
        policies("forgets cooldowns", .noLoops, .noSilence) { $0.declineCooldownSeconds = 0 },
        policies("lets offers live too long", .noSilence) { $0.offerSeconds += 2 },
        policies("relaxes too early", .onlyTheQualified) { policy in
            for index in policy.steps.indices { policy.steps[index].afterSeconds /= 2 }
        },
        policies("never relaxes", .noLoops, .noSilence, .onlyTheQualified) { $0.steps = [] },
        policies("skips the wrap-up", .oneOwner) { $0.wrapUpSeconds = 0 },
        policies("waits for the preferred for ever", .workConserving, .noSilence) { policy in
            if policy.preferredAgentSeconds > 0 { policy.preferredAgentSeconds = 1_000_000 }
        },
        lie("takes everybody for an expert", .onlyTheQualified) { configuration in
            for id in configuration.agents.keys {
                configuration.agents[id]!.skills = ["billing", "french"].map { Requirement(skill: $0, level: 10) }
            }
        },
        lie("keeps whoever was removed", .onlyTheQualified, .noSilence) { configuration in
            for index in 0..<7 where configuration.agents[AgentID("agent-\(index)")] == nil {
                let id = AgentID("agent-\(index)")
                configuration.agents[id] = Agent(id: id, name: "", poolID: "support", profileID: "standard")
            }
        },
        lie("asks for no language", .onlyTheQualified) { configuration in
            for id in configuration.queues.keys { configuration.queues[id]!.languages = [:] }
        },
        profiles("ignores the channels' maxima", .neverOverCapacity) { $0.channelMaxima = [:] },
        Distortion(
            name: "loses what is handed over", promises: [.oneEffect],
            command: { if case .handedOver = $0 { nil } else { $0 } }),
        policies("overflows nothing", .noLoops) { policy in
            for index in policy.steps.indices { policy.steps[index].overflowTo = nil }
        },
        lie("lets everybody in", .bounded) { configuration in
            for id in configuration.queues.keys { configuration.queues[id]!.admission = nil }
        },
        lie("lets nobody in", .noSilence) { configuration in
            configuration.queues["general"]?.admission = Queue.Admission(
                calendarID: "never", fullText: "", closedText: "")
        },
        profiles("gives no air", .neverOverCapacity) { $0.occupancyGuard = nil },
        profiles("gives air too early", .workConserving) { $0.occupancyGuard?.percentMax /= 2 },
        profiles("gives air too long", .workConserving) { $0.occupancyGuard?.airSeconds += 5 },
        lie("knows no shifts", .noSilence, .neverOverCapacity) { configuration in
            for id in configuration.agents.keys { configuration.agents[id]!.shiftCalendarID = nil }
        },
        lie("counts the night", .noOvertaking) { configuration in
            for id in configuration.slaPolicies.keys { configuration.slaPolicies[id]!.calendarID = nil }
        },
        profiles("interrupts nothing", .neverOverCapacity, .workConserving) { $0.interruptions = [:] },
        profiles("takes the idle for busy", .workConserving, .noSilence) { $0.idleAfterSeconds = nil },
        profiles("takes the quiet for nothing", .neverOverCapacity) { $0.idleWeightPercent = 0 },
        profiles("keeps no room for what is parked", .oneOwner, .neverOverCapacity) { $0.parkedWeightPercent = 0 },
        profiles("keeps all room for what is parked", .workConserving, .oneOwner) { $0.parkedWeightPercent = 100 },
        profiles("serves every queue", .onlyTheQualified) { $0.queues = [] },
        profiles("lets those who miss stay", .noSilence) { $0.missedOffersMax = nil },
        profiles("offers to those who pull", .onlyTheQualified) { $0.mode = .push },
        policies("asks one more at once", .oneOwner) { $0.parallelOffers = max(1, $0.parallelOffers) + 1 },
        policies("raises no priority", .noLoops, .noOvertaking) { policy in
            for index in policy.steps.indices { policy.steps[index].raisePriorityTo = nil }
        },
        policies("widens nothing", .noLoops, .onlyTheQualified) { policy in
            for index in policy.steps.indices { policy.steps[index].widenTo = [] }
        },
        lie("ignores what is due", .noOvertaking) { configuration in
            for id in configuration.pools.keys { configuration.pools[id]!.order = .priority }
        },
        lie("lets anybody starve", .noOvertaking) { configuration in
            for id in configuration.pools.keys { configuration.pools[id]!.maximumWaitSeconds = nil }
        },
        lie("takes wishes for musts", .onlyTheQualified, .workConserving) { configuration in
            for id in configuration.queues.keys {
                for index in configuration.queues[id]!.requirements.indices {
                    configuration.queues[id]!.requirements[index].isNice = false
                }
            }
        },
        lie("takes any break", .oneOwner, .noSilence) { configuration in
            for id in configuration.pools.keys { configuration.pools[id]!.breakReasons = [] }
        },
        Distortion(
            name: "keeps work whose customer left", promises: [.noSilence],
            command: { if case .customerGone = $0 { nil } else { $0 } }),
        Distortion(
            name: "loses heartbeats", promises: [.noSilence],
            command: { if case .agentSeen = $0 { nil } else { $0 } }),
        Distortion(
            name: "loses messages", promises: [.oneEffect],
            command: { if case .customerMessage = $0 { nil } else { $0 } }),
    ]

    private static func lie(
        _ name: String, _ promises: Promise..., tell: @escaping @Sendable (inout Configuration) -> Void
    ) -> Distortion {
        Distortion(
            name: name, promises: Set(promises),
            configuration: { configuration in
                var configuration = configuration
                tell(&configuration)
                return configuration
            })
    }

    private static func profiles(
        _ name: String, _ promises: Promise..., tell: @escaping @Sendable (inout RoutingProfile) -> Void
    ) -> Distortion {
        var distortion = lie(name) { configuration in
            for id in configuration.profiles.keys { tell(&configuration.profiles[id]!) }
        }
        distortion.promises = Set(promises)
        return distortion
    }

    private static func policies(
        _ name: String, _ promises: Promise..., tell: @escaping @Sendable (inout RoutingPolicy) -> Void
    ) -> Distortion {
        var distortion = lie(name) { configuration in
            for id in configuration.routingPolicies.keys { tell(&configuration.routingPolicies[id]!) }
        }
        distortion.promises = Set(promises)
        return distortion
    }
}

// MARK: What it says

extension Distortion {
    private static let changes: [Distortion] = [
        silent("is silent about an expired offer", .noSilence, .neverOverCapacity, .onlyTheQualified) {
            if case .offerExpired = $0 { true } else { false }
        },
        silent("is silent about a revoked offer", .noSilence, .onlyTheQualified, .oneOwner) {
            if case .offerRevoked = $0 { true } else { false }
        },
        silent("offers nothing", .workConserving) { if case .offered = $0 { true } else { false } },
        silent("loses what comes back", .oneOwner) { if case .queued = $0 { true } else { false } },
        silent("answers no command", .oneEffect) { if case .commandResult = $0 { true } else { false } },
        silent("does not say who lost", .noSilence) { kind in
            if case .offerRevoked(_, _, "another agent accepted first") = kind { true } else { false }
        },
        silent("keeps consultations", .oneOwner) { if case .consultEnded = $0 { true } else { false } },
        twice("accepts twice", .oneOwner) { if case .offerAccepted = $0 { true } else { false } },
        twice("offers twice", .oneOwner) { if case .offered = $0 { true } else { false } },
        twice("closes twice", .oneOwner) { if case .closed = $0 { true } else { false } },
        twice("takes a message twice", .oneEffect) { if case .customerMessageAdded = $0 { true } else { false } },
        Distortion(
            name: "sends a reply twice", promises: [.oneEffect],
            outputs: { $0.flatMap { if case .send = $0 { [$0, $0] } else { [$0] } } }),
        Distortion(
            name: "forgets the age", promises: [.noOvertaking],
            outputs: { outputs in
                outputs.map { output in
                    guard case .event(var event) = output,
                        case .opened(let channel, let priority, let requirements, let acceptedAt) = event.kind
                    else { return output }
                    event.kind = .opened(
                        channel: channel, priority: priority, requirements: requirements,
                        acceptedAt: acceptedAt + .milliseconds(1))
                    return .event(event)
                }
            }),
        Distortion(
            name: "forgets the age of what is handed over", promises: [.noOvertaking],
            outputs: { outputs in
                outputs.map { output in
                    guard case .command(.handedOver(var handOver), let poolID) = output else { return output }
                    handOver.acceptedAt = handOver.acceptedAt + .milliseconds(1)
                    return .command(.handedOver(handOver), poolID)
                }
            }),
        Distortion(
            name: "ignores escalations", promises: [.noOvertaking],
            command: { if case .escalate = $0 { nil } else { $0 } }),
        Distortion(
            name: "wakes a second late", promises: [.noSilence], deadline: { $0.map { $0 + .seconds(1) } }),
        Distortion(
            name: "keeps whole texts", promises: [.bounded],
            outputs: { outputs in
                outputs.map { output in
                    guard case .event(var event) = output,
                        case .customerMessageAdded(let id, let address, let excerpt) = event.kind, excerpt.count > 1
                    else { return output }
                    event.kind = .customerMessageAdded(id, address, excerpt: excerpt + excerpt)
                    return .event(event)
                }
            }),
        Distortion(
            name: "restores no agents", promises: [.theLogDecides, .workConserving],
            isRestored: { if case .agent = $0 { false } else { true } }),
        Distortion(
            name: "restores no commands", promises: [.theLogDecides, .oneEffect, .oneOwner],
            isRestored: { if case .command = $0 { false } else { true } }),
    ]

    private static func silent(
        _ name: String, _ promises: Promise..., about isLeftOut: @escaping @Sendable (WorkEvent.Kind) -> Bool
    ) -> Distortion {
        Distortion(
            name: name, promises: Set(promises),
            outputs: { $0.filter { if case .event(let event) = $0 { !isLeftOut(event.kind) } else { true } } })
    }

    private static func twice(
        _ name: String, _ promises: Promise..., says isRepeated: @escaping @Sendable (WorkEvent.Kind) -> Bool
    ) -> Distortion {
        Distortion(
            name: name, promises: Set(promises),
            outputs: {
                $0.flatMap { output in
                    if case .event(let event) = output, isRepeated(event.kind) { [output, output] } else { [output] }
                }
            })
    }
}
