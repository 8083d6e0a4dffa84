import Foundation
import Glibc
import PatchbayClient
import ServiceKit
import TestSupport
import Testing

@testable import PatchbayCLI

extension WholeStack {
    @Suite("Event streams that nobody reads", .serialized)
    struct SilentStreamsTests {
        private static let agents = 125
        private static let streamsPerAgent = 8
        private static let itemsPerAgent = 10
        /// Two events of ten excerpts of the greatest length, in buffers that are powers of two; measured: see
        /// docs/operations.md.
        private static let bytesPerStreamMax = 400_000.0

        @Test(
            "1,000 of them, with large events, cost bounded memory, and are closed for it",
            .timeLimit(.minutes(8)))
        func silent() async throws {
            try await TestStack.with(try await .shared(), partitions: 1) { stack in
                try await stack.apply(
                    Hands(agents: Self.agents, capacity: Self.itemsPerAgent).organization, values: [:])
                let last = stack.api.agent("agent-\(Self.agents - 1)")
                try await eventually("the router knows the agents", within: .seconds(90)) {
                    (try? await last.work()) != nil
                }
                try await changeAll(stack, "at work")
                try await fill(stack)
                let before = try await stack.routerMetric("process_resident_memory_bytes") ?? 0
                let streams = try await open(stack)
                defer { for stream in streams { close(stream) } }
                try await eventually("all are open", within: .seconds(60)) {
                    try await stack.routerMetric("patchbay_router_event_streams") == Double(streams.count)
                }
                var most = 0.0
                for round in 1...3 {
                    try await changeAll(stack, "round \(round)")
                    most = max(most, try await stack.routerMetric("process_resident_memory_bytes") ?? 0)
                }
                let each = (most - before) / Double(streams.count)
                print(
                    "silent streams: \(Int(each)) bytes each, \(Int(before) >> 20) MiB before, \(Int(most) >> 20) with them"
                )
                #expect(each < Self.bytesPerStreamMax)
                try await eventually("they are closed for not reading", within: .seconds(120)) {
                    try await stack.routerMetric(#"patchbay_http_slow_clients_total{missing="answer"}"#)
                        == Double(streams.count)
                }
                try await eventually("none is left", within: .seconds(60)) {
                    try await stack.routerMetric("patchbay_router_event_streams") == 0
                }
            }
        }

        /// Each agent gets as much as they can carry, each with an excerpt of the greatest length.
        private func fill(_ stack: TestStack) async throws {
            let text = String(repeating: "😀", count: 2_000)
            try await inParallel(Self.agents * Self.itemsPerAgent) { number in
                let sender = CustomerMessage.Sender(kind: "handle", value: "customer-\(number)")
                try await stack.api.channels.post(
                    CustomerMessage(messageID: "m-\(number)", from: sender, text: text), account: "page")
            }
            try await eventually("all are offered", within: .seconds(90)) {
                for number in [0, Self.agents - 1] {
                    let work = try await stack.api.agent("agent-\(number)").work()
                    guard work.offers.count == Self.itemsPerAgent else { return false }
                }
                return true
            }
        }

        /// Everybody has something new to see.
        private func changeAll(_ stack: TestStack, _ reason: String) async throws {
            try await inParallel(Self.agents) { number in
                try await stack.api.agent("agent-\(number)").setPresence(.available, reason: reason)
            }
        }

        private func open(_ stack: TestStack) async throws -> [Int32] {
            let port = try #require(stack.stack.plan.ports[.router])
            var streams: [Int32] = []
            for number in 0..<Self.agents {
                let name = "agent-\(number)"
                let token = try await stack.settings.secrets.token(subject: name, roles: [.agent])
                streams += try await onThread {
                    try (0..<Self.streamsPerAgent).map { _ in
                        try WaitingAgent.silent("/v1/agents/\(name)/events", token: token, port: port)
                    }
                }
            }
            return streams
        }

        private func inParallel(_ count: Int, _ body: @escaping @Sendable (Int) async throws -> Void) async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for first in 0..<8 {
                    group.addTask { for number in stride(from: first, to: count, by: 8) { try await body(number) } }
                }
                try await group.waitForAll()
            }
        }
    }
}
