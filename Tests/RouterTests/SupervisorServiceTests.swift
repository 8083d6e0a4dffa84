import Curl
import Foundation
import PatchbayClient
import ServiceKit
import TestSupport
import Testing

@Suite("What supervisors see and do, over HTTP")
struct SupervisorServiceTests {
    @Test("They list, search, watch and reassign; a change for another version is refused", .timeLimit(.minutes(5)))
    func supervisors() async throws {
        try await RouterStand.with(RouterServiceTests.organization) { stand in
            try await stand.run { api in
                let (ana, ben, supervisor) = (api.agent("ana"), api.agent("ben"), api.supervisor)
                let before = try #require(try await supervisor.queues(after: nil))
                #expect(before.queues.map(\.queueID) == ["billing", "general", "sales"])
                try await ana.setPresence(.available)
                for item in ["item-1", "item-2", "item-3"] {
                    try await stand.message(item)
                    _ = try await eventuallySome("\(item) is offered", within: .seconds(60)) {
                        try await supervisor.workItems(WorkItemFilter(state: .offered)).workItems
                            .first { $0.workItemID == item }
                    }
                }
                let after = try await eventuallySome("the queues show it", within: .seconds(60)) {
                    let news = try await supervisor.queues(after: before.cursor, within: 5)
                    return news?.queues.first { $0.queueID == "general" }?.open == 3 ? news : nil
                }
                #expect(after.cursor != before.cursor)

                let first = try await supervisor.workItems(limit: 2)
                #expect(first.workItems.map(\.workItemID) == ["item-1", "item-2"])
                let rest = try await supervisor.workItems(limit: 2, after: first.nextCursor)
                #expect(rest.workItems.map(\.workItemID) == ["item-3"])
                #expect(rest.nextCursor == nil)
                #expect(try await supervisor.workItems(WorkItemFilter(agentID: "ben")).workItems.isEmpty)

                let desk = try await ana.work()
                let offer = try #require(desk.offers.first { $0.workItemID == "item-1" })
                let stale = await #expect(throws: PatchbayError.self) {
                    try await ana.accept(offer.offerID, version: offer.version - 1)
                }
                #expect(stale?.code == .versionChanged)
                #expect(stale?.status == 412)
                try await ana.accept(offer.offerID, version: offer.version)

                try await ben.setPresence(.available)
                try await supervisor.reassign("item-1", toAgent: "ben", reason: "knows it")
                let moved = try await supervisor.workItem("item-1")
                #expect(moved.state == .offered && moved.agentID == "ben")
                let unqualified = await #expect(throws: PatchbayError.self) {
                    try await supervisor.reassign("item-1", toAgent: "nobody")
                }
                #expect(unqualified?.code == .unknownAgent)
                try await supervisor.reassign("item-2", toQueue: "billing")
                #expect(try await supervisor.workItem("item-2").queueID == "billing")
            }
        }
    }

    @Test(
        "Only supervisors may; pages link to the next; each answer says how many requests are left",
        .timeLimit(.minutes(5)))
    func manners() async throws {
        try await RouterStand.with(RouterServiceTests.organization) { stand in
            try await stand.run { api in
                for item in ["item-1", "item-2"] { try await stand.message(item) }
                try await eventually("both are known", within: .seconds(60)) {
                    try await api.supervisor.workItems().workItems.count == 2
                }
                let page = try await api.send("GET", "/v1/work-items?limit=1&state=queued", as: .supervisor)
                let next = try #require(try JSONValue(parsing: page.body)["next_cursor"]?.string)
                #expect(page.header("link") == "</v1/work-items?limit=1&state=queued&cursor=\(next)>; rel=\"next\"")
                #expect(page.header("ratelimit-policy") == "\"default\";q=6000;w=60")
                let left = try #require(page.header("ratelimit"))
                #expect(left.wholeMatch(of: /"default";r=\d+;t=\d+/) != nil, "\(left)")

                #expect(try await api.send("GET", "/v1/work-items", as: .agent("ana")).status == 403)
                #expect(try await api.send("GET", "/v1/work-items?limit=201", as: .supervisor).status == 422)
                #expect(try await api.send("GET", "/v1/work-items?cursor=WyJ4Il0", as: .supervisor).status == 422)
                let reassign = "/v1/work-items/item-1/reassign"
                let both = #"{"agent_id":"ana","queue_id":"billing"}"#
                #expect(try await api.send("POST", reassign, as: .supervisor, body: both, key: "k").status == 422)
                #expect(try await api.send("POST", reassign, as: .supervisor, body: "{}", key: "k").status == 422)
                let one = #"{"queue_id":"billing"}"#
                #expect(try await api.send("POST", reassign, as: .agent("ana"), body: one, key: "k").status == 403)
                let wrong = [CurlHeader("If-Match", "seven")]
                let answer = try await api.send(
                    "POST", reassign, as: .supervisor, body: one, key: "k", headers: wrong)
                #expect(answer.status == 400, "\(answer.text)")
                let tag = try await api.send("GET", "/v1/work-items/item-1", as: .supervisor).header("etag")
                let right = [CurlHeader("If-Match", try #require(tag))]
                let done = try await api.send("POST", reassign, as: .supervisor, body: one, key: "l", headers: right)
                #expect(done.status == 200, "\(done.text)")
            }
        }
    }

    @Test(
        "Beyond the quota the answer is 429 and says when to come again; another has their own", .timeLimit(.minutes(5))
    )
    func quota() async throws {
        try await RouterStand.with(RouterServiceTests.organization) { stand in
            try await stand.run(environment: ["PATCHBAY_RATE_LIMIT": "10", "PATCHBAY_RATE_WINDOW": "3"]) { api in
                let error = await #expect(throws: PatchbayError.self) {
                    for _ in 0..<1_000 { _ = try await api.agent("ana").work() }
                }
                #expect(error?.code == .rateLimited)
                #expect((.seconds(1)...(.seconds(3))).contains(error?.retryAfter ?? .zero))
                _ = try await api.agent("ben").work()
                try await eventually("the quota is whole again") { (try? await api.agent("ana").work()) != nil }
            }
        }
    }
}
