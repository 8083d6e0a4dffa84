import Curl
import Foundation
import PatchbayClient
import ServiceKit
import TestSupport
import Testing

@testable import PatchbayCLI

extension WholeStack {
    @Suite("Many agents at one router", .serialized)
    struct ConnectedAgentsTests {
        private static let agents = 10_000
        /// What an agent costs who waits, in this build with its checks; measured: see docs/operations.md.
        private static let bytesPerAgentMax = 45_000.0
        private static let waiting = #"patchbay_http_waiting{kind="agent-work"}"#

        @Test(
            "10,000 wait at once for bounded memory, and one of them hears at once; one polls 1,000 times at once, and all but 8 hear 429; they leave, and nothing stays",
            .timeLimit(.minutes(8)))
        func connected() async throws {
            try await TestStack.with(try await .shared(), partitions: 1) { stack in
                try await stack.apply(Hands(agents: Self.agents, capacity: 2).organization, values: [:])
                let last = "agent-\(Self.agents - 1)"
                try await eventually("the router knows the agents", within: .seconds(90)) {
                    (try? await stack.api.agent(last).work()) != nil
                }
                try await stack.api.agent(last).setPresence(.available)
                let before = try await memory(of: stack)
                let agents = try await connect(stack)
                try await onThread { for agent in agents { agent.wait() } }
                try await eventually("all wait", within: .seconds(60)) {
                    try await stack.routerMetric(Self.waiting) == Double(Self.agents)
                }
                let most = try await memory(of: stack)
                let each = (most - before) / Double(Self.agents)
                print(
                    "connected agents: \(Int(each)) bytes each, \(Int(before) >> 20) MiB before, \(Int(most) >> 20) with them"
                )
                #expect(each < Self.bytesPerAgentMax)
                try await expectOffer(stack, agents[Self.agents - 1])
                try await pollTooOften(stack)
                for agent in agents { agent.close() }
                try await expectRest(stack)
                try await eventually("the memory is given back", within: .seconds(60)) {
                    try await memory(of: stack) < (before + most) / 2
                }
                print("connected agents: \(Int(try await memory(of: stack)) >> 20) MiB after them")
            }
        }

        /// A message comes while all wait: the only one who is available hears of it.
        private func expectOffer(_ stack: TestStack, _ available: WaitingAgent) async throws {
            let sent = ContinuousClock.now
            let lena = CustomerMessage.Sender(kind: "handle", value: "lena")
            try await stack.api.channels.post(
                CustomerMessage(messageID: "m-1", from: lena, text: "Hello"), account: "page")
            let answer = try await onThread { try available.read() }
            #expect(answer.body.contains("offer_id"), "\(answer)")
            #expect(ContinuousClock.now - sent < .seconds(20), "before its time is over")
        }

        private func pollTooOften(_ stack: TestStack) async throws {
            let refused = #"patchbay_http_waiting_superseded_total{kind="agent-work"}"#
            let port = try #require(stack.stack.plan.ports[.router])
            let token = try await stack.settings.secrets.token(subject: "agent-1", roles: [.agent])
            let polls = try await onThread {
                let polls = try (0..<1_000).map { _ in try WaitingAgent("agent-1", token: token, port: port) }
                for poll in polls { poll.wait() }
                return polls
            }
            // One more waited before them.
            try await eventually("all but the newest are sent away", within: .seconds(60)) {
                try await stack.routerMetric(refused) == Double(polls.count + 1 - 8)
            }
            let answer = try await onThread { try polls[0].read() }
            #expect(answer.head.contains(" 429 ") && answer.head.lowercased().contains("\r\nretry-after: "))
            _ = try await stack.api.agent("agent-1").work()
            for poll in polls { poll.close() }
        }

        private func expectRest(_ stack: TestStack) async throws {
            try await eventually("all have left", within: .seconds(60)) {
                try await stack.routerMetric("patchbay_http_connections_open") ?? .infinity < 10
            }
            #expect(try await stack.routerMetric(Self.waiting) == 0)
        }

        /// Everybody, each over a connection of their own; some come in at the same time.
        private func connect(_ stack: TestStack) async throws -> [WaitingAgent] {
            let port = try #require(stack.stack.plan.ports[.router])
            let secrets = stack.settings.secrets
            return try await withThrowingTaskGroup(of: (Int, [WaitingAgent]).self) { group in
                for start in stride(from: 0, to: Self.agents, by: Self.agents / 16) {
                    group.addTask {
                        let names = (start..<start + Self.agents / 16).map { "agent-\($0)" }
                        var tokens: [String] = []
                        for name in names { tokens.append(try await secrets.token(subject: name, roles: [.agent])) }
                        let given = tokens
                        let agents = try await onThread {
                            try zip(names, given).map { try WaitingAgent($0, token: $1, port: port) }
                        }
                        return (start, agents)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.flatMap(\.1)
            }
        }

        private func memory(of stack: TestStack) async throws -> Double {
            try await stack.routerMetric("process_resident_memory_bytes") ?? 0
        }
    }
}
