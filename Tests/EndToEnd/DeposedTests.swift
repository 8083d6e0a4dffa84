import Domain
import Kafka
import PatchbayClient
import Schema
import ServiceKit
import Synchronization
import TestSupport
import Testing

@testable import PatchbayCLI

extension WholeStack {
    @Suite("Who slept past its session changes nothing", .serialized)
    struct DeposedTests {
        @Test(
            "A context, a router and an SLA timer sleep past their sessions, wake, change nothing and join again",
            .timeLimit(.minutes(5)))
        func sleepers() async throws {
            let services: [Stack.Service] = [.context, .router, .slaTimer]
            let counts = Dictionary(uniqueKeysWithValues: services.map { ($0, 2) })
            try await Trial.run("sleepers", on: .shared(), counts) { trial in
                let stack = trial.stack
                for service in services { try await stack.waitUntilShared(service) }
                try await trial.crowd.serving {
                    async let posting: Void = trial.crowd.post(400, aSecond: 25)
                    var random = SeededGenerator(seed: trial.seed)
                    for service in services {
                        try await Task.sleep(for: .milliseconds(Int.random(in: 100...900, using: &random)))
                        try stack.pause(stack.instances(of: service)[0])
                    }
                    for service in services {
                        try await stack.evict(stack.instances(of: service)[0])
                        try await stack.waitUntilAlone(stack.instances(of: service)[1])
                    }
                    // Awake again they have outputs, checkpoints and requests in hand that are not theirs any more.
                    for service in services { stack.resume(stack.instances(of: service)[0]) }
                    for service in services { try await stack.waitUntilShared(service) }
                    try await posting
                    try await trial.settle()
                }
                for state in [Topic.contextState, .routerState, .slaTimerState] {
                    for (partition, positions) in try await stack.checkpoints(state) {
                        #expect(positions == positions.sorted(), "\(state.rawValue)/\(partition) went back")
                    }
                }
            }
        }

        @Test(
            "A connector sleeps while its deliveries are under way: only what has no result is delivered again",
            .timeLimit(.minutes(5)))
        func deliveries() async throws {
            let gate = Gate()
            let server = gate.server()
            defer {
                gate.open()
                server.stop()
            }
            try await TestStack.with(.shared(), [.connector: 2]) { stack in
                try await stack.apply(Trial.organization, values: ["receiver": server.url("")])
                try await stack.waitUntilShared(.connector)
                let connectors = stack.instances(of: .connector)
                let crowd = Crowd(stack)
                try await crowd.enter()
                let ownedBefore = await stack.led(by: connectors[0])
                try await crowd.serving {
                    try await crowd.post(40, aSecond: 40)
                    try await eventually("every first delivery is under way") {
                        let sent = try await Self.messages(stack)
                        let isIdle = try await Self.openWork(crowd) == 0
                        return isIdle && !sent.isEmpty && Set(gate.requests) == Set(sent.keys)
                    }
                    try stack.pause(connectors[0])
                    gate.open()
                    try await stack.evict(connectors[0])
                    try await stack.waitUntilAlone(connectors[1])
                    try await eventually("every message has its result") { try await Self.haveResults(stack) }
                    stack.resume(connectors[0])
                    try await stack.waitUntilShared(.connector)
                    // Both work on.
                    try await crowd.post(20, aSecond: 20)
                    try await eventually("every message has its result") {
                        let isIdle = try await Self.openWork(crowd) == 0
                        let haveResults = try await Self.haveResults(stack)
                        return isIdle && haveResults
                    }
                }
                let tries = Dictionary(grouping: gate.requests, by: \.self).mapValues(\.count)
                let held = gate.heldBack
                for (message, partition) in try await Self.messages(stack) {
                    let wasCutOff = held.contains(message) && ownedBefore.contains(partition)
                    #expect(tries[message] == (wasCutOff ? 2 : 1), "\(message) in partition \(partition)")
                }
                let outcomes = try await Self.outcomes(stack)
                #expect(outcomes.count == tries.count, "one outcome each")
            }
        }

        /// The ids of what was sent, and the partition of its log.
        private static func messages(_ stack: TestStack) async throws -> [String: Int32] {
            var messages: [String: Int32] = [:]
            for record in try await stack.records(.outbound) {
                guard let output = Output(.outbound, record) else { continue }
                messages[try output.decoded(OutboundMessage.self).messageID.rawValue] = record.partition
            }
            return messages
        }

        /// The messages that were said to be sent, each as often as it was said first.
        private static func outcomes(_ stack: TestStack) async throws -> [String] {
            var violations: [Violation] = []
            let outputs = try await stack.records(.delivery).compactMap { Output(.delivery, $0) }
            return try Repeats.check(outputs, &violations).map {
                try $0.decoded(DeliveryEvent.self).messageID.rawValue
            }
        }

        private static func haveResults(_ stack: TestStack) async throws -> Bool {
            let outcomes = try await outcomes(stack)
            return try await Set(messages(stack).keys) == Set(outcomes)
        }

        private static func openWork(_ crowd: Crowd) async throws -> Int {
            var open = 0
            for agent in Crowd.agents {
                let desk = try await crowd.api.agent(agent).work()
                open += desk.offers.count + desk.assignments.count
            }
            return open
        }
    }
}

/// A webhook receiver that answers nobody until it is opened.
private final class Gate: Sendable {
    private struct State {
        var isOpen = false
        /// Idempotency keys in the order of the requests.
        var requests: [String] = []
        var heldBack: Set<String> = []
    }

    private let state = Mutex(State())

    var requests: [String] { state.withLock { $0.requests } }
    var heldBack: Set<String> { state.withLock { $0.heldBack } }

    func open() { state.withLock { $0.isOpen = true } }

    func server() -> LoopbackServer {
        LoopbackServer.answering { request in
            let key = request.header("webhook-id") ?? ""
            self.state.withLock { state in
                state.requests.append(key)
                if !state.isOpen { state.heldBack.insert(key) }
            }
            try? waitUntil("the gate is open", within: .seconds(60)) { self.state.withLock { $0.isOpen } }
            return LoopbackServer.Response(204)
        }
    }
}
