import PatchbayClient
import ServiceKit
import TestSupport
import Testing

@testable import PatchbayCLI

extension WholeStack {
    @Suite("Several instances of a service share the work, and take it over", .serialized)
    struct InstancesTests {
        @Test(
            "Of two routers one is killed: the other leads within the session time-out and 2 s; either answers any agent",
            .timeLimit(.minutes(5)))
        func routers() async throws {
            try await Trial.run("two routers", on: .shared(), [.router: 2]) { trial in
                let routers = trial.stack.instances(of: .router)
                try await trial.stack.waitUntilShared(.router)
                try await Self.expectAnswers(trial, from: routers)
                try await trial.crowd.serving {
                    async let posting: Void = trial.crowd.post(400, aSecond: 25)
                    try await Self.killAndMeasure(routers[0], survivor: routers[1], trial)
                    try trial.stack.restart(routers[0])
                    try await trial.stack.waitUntilShared(.router)
                    try await posting
                    try await trial.settle()
                }
                try await Self.expectAnswers(trial, from: routers)
            }
        }

        /// Each router shows every agent's desk and takes every agent's commands, whoever leads the agent's pool.
        private static func expectAnswers(_ trial: Trial, from routers: [TestStack.Instance]) async throws {
            for agent in Crowd.agents {
                for router in routers {
                    var api = trial.crowd.api
                    api.settings.router = trial.stack.url(router)
                    try await api.agent(agent).setPresence(.available)
                }
                // What one has decided the other has heard of some milliseconds later: the same desk, the same cursor.
                try await eventually("every router shows the same desk of \(agent)") {
                    var desks: Set<AgentWork> = []
                    for router in routers {
                        var api = trial.crowd.api
                        api.settings.router = trial.stack.url(router)
                        desks.insert(try await api.agent(agent).work())
                    }
                    return desks.count == 1
                }
            }
        }

        private static func killAndMeasure(
            _ victim: TestStack.Instance, survivor: TestStack.Instance, _ trial: Trial
        ) async throws {
            try await trial.stack.kill(victim)
            let death = ContinuousClock.now
            try await trial.stack.evict(victim)
            try await trial.stack.waitUntilAlone(survivor)
            let time = ContinuousClock.now - death
            print("two routers: \(survivor) leads everything \(time) after the death of \(victim)")
            #expect(time < LocalBroker.sessionTimeout + .seconds(2))
        }

        @Test(
            "Two or three of each service, of which members come and go all the time while messages flow",
            .timeLimit(.minutes(6)))
        func comingAndGoing() async throws {
            try await Self.comeAndGo(messages: 600, aSecond: 25, on: .shared())
        }

        @Test("Members that come and go, round after round", .enabled(if: soakTime != nil), .timeLimit(.minutes(1_000)))
        func soak() async throws {
            let end = ContinuousClock.now + (soakTime ?? .zero)
            repeat {
                try await LocalBroker.with { try await Self.comeAndGo(messages: 5_000, aSecond: 50, on: $0) }
            } while ContinuousClock.now < end
        }

        private static func comeAndGo(messages: Int, aSecond rate: Int, on broker: LocalBroker) async throws {
            let counts: [Stack.Service: Int] = [.connector: 2, .router: 2, .context: 3, .slaTimer: 2]
            try await Trial.run("coming and going", on: broker, counts, patience: .seconds(120)) { trial in
                for service in Stack.Service.allCases { try await trial.stack.waitUntilShared(service) }
                try await trial.crowd.serving {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask { try await trial.crowd.post(messages, aSecond: rate) }
                        group.addTask {
                            var random = SeededGenerator(seed: trial.seed)
                            var others: [TestStack.Instance] = []
                            while trial.crowd.seen.accepted.count < messages {
                                if others.isEmpty { others = trial.stack.instances.shuffled(using: &random) }
                                guard let instance = others.popLast() else { continue }
                                try await leaveAndReturn(instance, isKilled: random.chance(30), trial.stack)
                            }
                        }
                        try await group.waitForAll()
                    }
                    for service in Stack.Service.allCases { try await trial.stack.waitUntilShared(service) }
                    try await trial.settle()
                }
            }
        }

        private static func leaveAndReturn(
            _ instance: TestStack.Instance, isKilled: Bool, _ stack: TestStack
        ) async throws {
            print("coming and going: \(instance) \(isKilled ? "is killed" : "leaves")")
            if isKilled {
                try await stack.kill(instance)
                try await stack.evict(instance)
            } else {
                try await stack.stop(instance)
            }
            try stack.restart(instance)
            try await stack.waitUntilReady(instance, within: .seconds(120))
        }
    }
}
