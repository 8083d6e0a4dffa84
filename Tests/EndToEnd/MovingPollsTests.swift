import PatchbayClient
import ServiceKit
import TestSupport
import Testing

@testable import PatchbayCLI

extension WholeStack {
    @Suite("Long polls move over", .serialized)
    struct MovingPollsTests {
        private static let agent = "agent-1"
        private static let organization = """
            pools: { support: {} }
            skills: {}
            profiles: { hands: { capacity: 5, presence-lease: 10m, grace: 10m } }
            routing-policies: { standard: { offer: 5m, decline-cooldown: 1s } }
            sla-policies: { standard: { targets: { first-response: { within: 1h } } } }
            queues: { social: { pool: support, routing-policy: standard, sla-policy: standard } }
            agents: { \(agent): { pool: support, profile: hands } }
            accounts:
              page: { channel: social, queue: social, delivery: { webhook: { url: "http://127.0.0.1:1/", secret: demo-webhook } } }
            """

        @Test(
            "A poll hangs at a router that is killed, and another at one that stops: the next one, elsewhere, has what was missed, and what is new reaches it",
            .timeLimit(.minutes(5)))
        func moving() async throws {
            try await TestStack.with(try await .shared(), [.router: 2], partitions: 1) { stack in
                try await stack.apply(Self.organization, values: [:])
                let routers = stack.instances(of: .router)
                let leader = try await leader(of: stack)
                let other = try #require(routers.first { $0 != leader })
                try await eventually("the routers know the agent", within: .seconds(60)) {
                    for router in routers where (try? await agent(stack, router).work()) == nil {
                        return false
                    }
                    return true
                }
                try await agent(stack, leader).setPresence(.available)

                var cursor = try await hang(at: leader, of: stack) {
                    try await stack.kill(leader)
                    try await post("missed", stack)
                }
                #expect(!cursor.isOver, "killed: no answer")
                try await stack.evict(leader)
                var desk = try await poll(other, stack, after: cursor.seen, until: "missed")
                cursor = try await hang(at: other, of: stack, after: desk) { try await post("new", stack) }
                #expect(texts(cursor.answer) == ["missed", "new"], "what is new reaches the poll that hangs")

                try stack.restart(leader)
                try await stack.waitUntilReady(leader)
                desk = try await agent(stack, other).work()
                cursor = try await hang(at: other, of: stack, after: desk) { try await stack.stop(other) }
                #expect(cursor.isOver && cursor.answer == nil, "a stop answers that nothing is new")
                try await post("last", stack)
                desk = try await poll(leader, stack, after: cursor.seen, until: "last")
                #expect(texts(desk) == ["last", "missed", "new"])
            }
        }

        private func agent(_ stack: TestStack, _ router: TestStack.Instance) -> AgentClient {
            var api = stack.api
            api.settings.router = stack.url(router)
            return api.agent(Self.agent)
        }

        private func leader(of stack: TestStack) async throws -> TestStack.Instance {
            var leader: TestStack.Instance?
            try await eventually("one of the routers leads", within: .seconds(60)) {
                for router in stack.instances(of: .router) where await stack.led(by: router) == [0] { leader = router }
                return leader != nil
            }
            return try #require(leader)
        }

        /// Lets the agent's poll hang at a router, does something meanwhile, and returns what the poll had seen before,
        /// whether it was answered, and with which news.
        private func hang(
            at router: TestStack.Instance, of stack: TestStack, after desk: AgentWork? = nil,
            _ body: () async throws -> Void
        ) async throws -> (seen: AgentWork, isOver: Bool, answer: AgentWork?) {
            let agent = agent(stack, router)
            var seen = try await agent.work()
            if let desk { seen = desk }
            let cursor = seen.cursor
            async let answer = wait(agent, after: cursor)
            try await eventually("the poll hangs at \(router)") {
                let metrics = try await stack.api.send("GET", stack.url(router) + "/metrics", as: .nobody).text
                return metrics.contains(#"patchbay_http_waiting{kind="agent-work"} 1"#)
            }
            try await body()
            switch await answer {
            case .success(let news): return (seen, true, news)
            case .failure: return (seen, false, nil)
            }
        }

        private func wait(_ agent: AgentClient, after cursor: String) async -> Result<AgentWork?, any Error> {
            do {
                return .success(try await agent.work(after: cursor, within: 25))
            } catch {
                return .failure(error)
            }
        }

        /// Polls with the last cursor until an offer of this text is there, through the time in which nobody leads.
        private func poll(
            _ router: TestStack.Instance, _ stack: TestStack, after seen: AgentWork, until text: String
        ) async throws -> AgentWork {
            var desk = seen
            try await eventually("the offer of \"\(text)\" is seen at \(router)", within: .seconds(60)) {
                let answer = try? await agent(stack, router).work(after: desk.cursor, within: 5)
                desk = answer ?? desk
                return texts(desk).contains(text)
            }
            return desk
        }

        private func post(_ text: String, _ stack: TestStack) async throws {
            let sender = CustomerMessage.Sender(kind: "handle", value: text)
            try await stack.api.channels.post(
                CustomerMessage(messageID: text, from: sender, text: text), account: "page")
        }

        /// What the offered messages say.
        private func texts(_ desk: AgentWork?) -> [String] {
            (desk?.offers ?? []).compactMap(\.excerpt).sorted()
        }
    }
}
