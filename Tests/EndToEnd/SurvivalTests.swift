import Domain
import Schema
import TestSupport
import Testing

@testable import PatchbayCLI

@Suite("Nothing is lost and nothing is done twice, whichever process dies", .serialized)
struct SurvivalTests {
    static let messageCount = 500
    static let organization = """
        pools: { support: {} }
        skills: {}
        profiles: { wide: { capacity: 40, presence-lease: 10m, grace: 10m } }
        routing-policies: { standard: { offer: 20s, decline-cooldown: 1s } }
        sla-policies: { standard: { targets: { first-response: { within: 1h } } } }
        queues: { social: { pool: support, routing-policy: standard, sla-policy: standard } }
        agents:
          agent-1: { pool: support, profile: wide }
          agent-2: { pool: support, profile: wide }
          agent-3: { pool: support, profile: wide }
          agent-4: { pool: support, profile: wide }
        accounts:
          page: { channel: social, queue: social, delivery: { webhook: { url: "${receiver}/replies", secret: demo-webhook } } }
        """

    @Test("500 messages survive a SIGKILL of each service while they flow", .timeLimit(.minutes(8)))
    func messagesSurviveKills() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("survival: seed \(seed)")
        let receiver = Receiver()
        try await withThrowingTaskGroup(of: Void.self) { group in
            let (ports, continuation) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingOldest(1))
            group.addTask { try await receiver.run { continuation.yield($0) } }
            guard let port = await ports.first(where: { _ in true }) else { return }
            try await TestStack.with(try await .shared()) { stack in
                try await stack.apply(Self.organization, values: ["receiver": "http://127.0.0.1:\(port)"])
                try await survive(seed: seed, stack: stack, receiver: receiver)
            }
            group.cancelAll()
            while (try? await group.next()) != nil {}
        }
    }

    private func survive(seed: UInt64, stack: TestStack, receiver: Receiver) async throws {
        let crowd = Crowd(api: JourneyAPI(settings: stack.settings), run: stack.connection.prefix)
        try await crowd.enter()
        let accepted = try await withThrowingTaskGroup(of: [String].self) { group in
            for agent in Crowd.agents {
                group.addTask {
                    try await crowd.serve(agent)
                    return []
                }
            }
            group.addTask {
                try await kill(stack, seed: seed)
                return []
            }
            // Each message's id as the connector gave it.
            let accepted = try await crowd.post(Self.messageCount)
            try await eventually("every work item closed", within: .seconds(120)) {
                let story = try await WorkStory(stack)
                return story.filedMessages.isSuperset(of: accepted) && story.openWorkItems.isEmpty
            }
            crowd.goHome()
            for try await _ in group {}
            return accepted
        }
        let story = try await WorkStory(stack)
        #expect(Set(accepted).count == Self.messageCount)
        #expect(story.filedMessages == Set(accepted), "what was accepted is filed, and nothing else")
        #expect(story.messagesFiledTwice.isEmpty, "a message is in one conversation")
        #expect(story.messagesWithoutWorkItem.isEmpty, "a filed message is on a work item")
        #expect(story.itemsOfferedTwice.isEmpty, "a work item is offered to one agent at a time")
        #expect(story.workItems == story.closedWorkItems, "no work item is lost")

        // Replies: every one that the router took, once by its idempotency key.
        let replies = story.replies
        try await eventually("every reply delivered", within: .seconds(60)) {
            Set(receiver.all.compactMap { $0.headers["webhook-id"] }).count >= replies.count
        }
        let delivered = Dictionary(grouping: receiver.all) { Crowd.text(of: $0) }
        #expect(Set(delivered.keys) == Set(replies.values), "what agents wrote arrived, and nothing else")
        for (text, tries) in delivered {
            #expect(Set(tries.map { $0.headers["webhook-id"] }).count == 1, "one key for \(text)")
        }
        try await expectDeterminism(stack, crowd)
    }

    /// Kills each service once, in an order and at moments that the seed gives.
    private func kill(_ stack: TestStack, seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        for service in Stack.Service.allCases.shuffled(using: &random) {
            try await Task.sleep(for: .milliseconds(Int.random(in: 300...2500, using: &random)))
            print("survival: SIGKILL \(service.rawValue)")
            try await stack.killAndRestart(TestStack.Instance(service: service, number: 1))
        }
    }

    /// No service has seen an output repeated with other content, and none has given up on a record.
    private func expectDeterminism(_ stack: TestStack, _ crowd: Crowd) async throws {
        for service in Stack.Service.allCases {
            let metrics = try await crowd.api.send("GET", stack.url(service) + "/metrics", as: .nobody).status(200).text
            for name in ["patchbay_stream_differing_repeats_total", "patchbay_stream_dead_letters_total"] {
                let lines = metrics.split(separator: "\n").filter { $0.hasPrefix(name) }
                #expect(lines.allSatisfy { $0.hasSuffix(" 0") }, "\(service.rawValue): \(lines)")
            }
        }
    }
}
