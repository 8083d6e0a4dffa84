import Domain
import Foundation
import PatchbayClient
import ServiceKit
import TestSupport
import Testing

@testable import PatchbayCLI

extension WholeStack {
    @Suite("A stop of everything changes nothing", .serialized)
    struct StopAndStartTests {
        /// `make bench` does the same with 100,000 work items, against the clock.
        static let count = soakTime == nil ? 2_000 : 20_000
        static let organization = """
            pools: { support: {}, backlog: {} }
            skills: {}
            profiles: { wide: { capacity: 20, presence-lease: 30m, grace: 30m } }
            routing-policies: { standard: { offer: 20m } }
            sla-policies: { standard: { targets: { first-response: { within: 8h }, resolution: { within: 3d } } } }
            queues:
              desk: { pool: support, routing-policy: standard, sla-policy: standard }
              backlog: { pool: backlog, routing-policy: standard, sla-policy: standard }
            agents: { agent-1: { pool: support, profile: wide } }
            accounts:
              desk: { channel: social, queue: desk }
              backlog: { channel: social, queue: backlog }
            """

        @Test(
            "After a stop and start with thousands of open work items, each of them, its clocks and the agents' desks are as before",
            .timeLimit(.minutes(8)))
        func nothingChanges() async throws {
            try await TestStack.with(try await .shared()) { stack in
                try await stack.apply(Self.organization, values: [:])
                let api = JourneyAPI(settings: stack.settings)
                try await eventually("the agent is in", within: .seconds(60)) {
                    (try? await api.agent("agent-1").setPresence(.available)) != nil
                }
                try await post(Self.count, to: "backlog", api)
                try await post(10, to: "desk", api)
                let items = try await workItems(Self.count + 10, api)
                try await accept(half: 10, api)
                let before = try await inventory(items, api, stack)

                try await withThrowingTaskGroup(of: Void.self) { group in
                    for instance in stack.instances { group.addTask { try await stack.stop(instance) } }
                    try await group.waitForAll()
                }
                for instance in stack.instances { try stack.restart(instance) }
                for instance in stack.instances { try await stack.waitUntilReady(instance, within: .seconds(120)) }
                let after = try await inventory(items, api, stack)
                #expect(before.count == after.count)
                for (before, after) in zip(before, after) where before != after {
                    Issue.record("was \(before), is \(after)")
                    break
                }
            }
        }

        private func post(_ count: Int, to account: String, _ api: JourneyAPI) async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<count {
                    if number >= 16 { try await group.next() }
                    group.addTask { try await write(number, to: account, api) }
                }
                try await group.waitForAll()
            }
        }

        private func write(_ number: Int, to account: String, _ api: JourneyAPI) async throws {
            let message = CustomerMessage(
                messageID: "\(account)-\(number)",
                from: CustomerMessage.Sender(kind: "handle", value: "\(account)-customer-\(number)"),
                text: "message \(number)")
            try await api.channels.post(message, account: account)
        }

        /// The ids of all work items, once there are so many.
        private func workItems(_ count: Int, _ api: JourneyAPI) async throws -> [String] {
            try await eventuallySome("\(count) work items", within: .seconds(60)) {
                var ids: [String] = []
                var cursor: String?
                repeat {
                    let page = try await api.supervisor.workItems(limit: 200, after: cursor)
                    ids += page.workItems.map(\.workItemID)
                    cursor = page.nextCursor
                } while cursor != nil
                return ids.count == count ? ids.sorted() : nil
            }
        }

        /// The agent accepts every second offer, so that there are offers and assignments.
        private func accept(half count: Int, _ api: JourneyAPI) async throws {
            let offers = try await eventuallySome("\(count) offers", within: .seconds(60)) {
                let offers = try await api.agent("agent-1").work().offers
                return offers.count == count ? offers : nil
            }
            for (index, offer) in offers.enumerated() where index % 2 == 0 {
                try await api.agent("agent-1").accept(offer.offerID)
            }
        }

        /// What the services say: one text each for the agent's desk, the queues, and every tenth work item and its clocks.
        private func inventory(_ items: [String], _ api: JourneyAPI, _ stack: TestStack) async throws -> [String] {
            var texts = ["\(try await api.agent("agent-1").work())"]
            for queue in ["desk", "backlog"] {
                let url = "\(stack.url(.router))/v1/queues/\(queue)"
                let expected = queue == "desk" ? 10 : Self.count
                texts.append(
                    try await eventuallySome("\(expected) open work items in \(queue)", within: .seconds(60)) {
                        let answer = try await api.send("GET", url, as: .supervisor)
                        return answer.json["open"]?.integer == Int64(expected) ? answer.text : nil
                    })
            }
            for item in items.enumerated().filter({ $0.offset % 10 == 0 }).map(\.element) {
                let urls = [
                    "\(stack.url(.router))/v1/work-items/\(item)",
                    "\(stack.url(.slaTimer))/v1/work-items/\(item)/clocks",
                ]
                for url in urls {
                    texts.append(
                        try await eventuallySome("an answer at \(url)", within: .seconds(60)) {
                            let answer = try await api.send("GET", url, as: .supervisor)
                            return answer.status == 200 ? answer.text : nil
                        }.replacing(/"remaining_seconds":-?\d+/, with: ""))
                }
            }
            return texts
        }
    }
}
