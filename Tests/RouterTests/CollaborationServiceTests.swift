import Curl
import Domain
import PatchbayClient
import Schema
import ServiceKit
import TestSupport
import Testing

@Suite("Agents together, over HTTP")
struct CollaborationServiceTests {
    @Test("Pulled, noted with a mention, consulted, escalated and handed over", .timeLimit(.minutes(5)))
    func together() async throws {
        var organization = RouterServiceTests.organization
        organization.profiles[0].mode = .pull
        try await RouterStand.with(organization) { stand in
            try await stand.run { api in
                for agent in ["ana", "ben"] {
                    try await api.act(
                        agent, "/v1/agents/\(agent)/presence", #"{"presence":"available"}"#, method: "PUT")
                }
                try await stand.message("item")
                try await eventually("the work item waits") {
                    try await api.json("/v1/queues/general")["backlog"]?.integer == 1
                }
                let pulled = try await api.act("ana", "/v1/agents/ana/pull")
                #expect(pulled["work_item_id"]?.string == "item")
                let item = "/v1/work-items/item"
                try await api.act("ana", item + "/note", #"{"text":"@ben look","mentions":["ben"]}"#)
                try await api.act("ana", item + "/consult", #"{"agent_id":"ben","question":"covered?"}"#)
                let desk = try await api.json("/v1/agents/ben/work", as: .agent("ben"))
                #expect(desk["mentions"]?[0]?["text"]?.string == "@ben look")
                #expect(desk["consultations"]?[0]?["question"]?.string == "covered?")
                try await api.act("ben", item + "/note", #"{"text":"yes"}"#)
                #expect(try await api.json(item, as: .agent("ben"))["consulted_agent_id"]?.string == "ben")
                try await api.act("ben", item + "/end-consult")
                try await api.act("ana", item + "/escalate", #"{"priority":9,"reason":"no water"}"#)
                try await api.act("ana", item + "/park", #"{"seconds":600}"#)
                try await api.act("ana", item + "/resume")
                try await api.act("ana", item + "/transfer", #"{"agent_id":"ben","note":"asks for you"}"#)
                let offer = try await api.offer(to: "ben")
                #expect(offer["transfer_note"]?["text"]?.string == "asks for you")
                #expect(offer["priority"]?.integer == 9)
            }
        }
    }

    @Test(
        "Of agents asked at once the first has it, and the other hears so; wrap-up ends early",
        .timeLimit(.minutes(5)))
    func parallel() async throws {
        var organization = RouterServiceTests.organization
        organization.policy.parallelOffers = 2
        organization.policy.wrapUpSeconds = 3_600
        try await RouterStand.with(organization) { stand in
            try await stand.run { api in
                let (ana, ben) = (api.agent("ana"), api.agent("ben"))
                for agent in [ana, ben] { try await agent.setPresence(.available) }
                try await stand.message("item")
                let (first, second) = (try await api.offer(to: ana), try await api.offer(to: ben))
                #expect(first.workItemID == "item" && second.workItemID == "item" && first.offerID != second.offerID)
                try await ben.accept(second.offerID)
                let late = await #expect(throws: PatchbayError.self) { try await ana.accept(first.offerID) }
                #expect(late?.code == .offerTaken && late?.status == 409)
                #expect(try await ana.work().offers.isEmpty)
                try await ben.complete("item", disposition: "solved")
                #expect(try await ben.workItem("item").state == .wrapUp)
                try await ben.endWrapUp(of: "item")
                #expect(try await ben.workItem("item").state == .closed)
            }
        }
    }

    @Test(
        "Who closes the window before anybody accepts has abandoned; with an agent it stays, and they hear of it",
        .timeLimit(.minutes(5)))
    func customerGone() async throws {
        try await RouterStand.with(RouterServiceTests.organization) { stand in
            try await stand.run { api in
                let ana = api.agent("ana")
                let nobodyThere = await #expect(throws: PatchbayError.self) { try await ana.pull() }
                #expect(nobodyThere?.code == .agentUnavailable && nobodyThere?.status == 409)
                try await stand.message("gone")
                try await stand.leave("gone")
                try await eventually("it is abandoned") {
                    let item = try await api.send("GET", "/v1/work-items/gone", as: .supervisor).text
                    return item.contains(#""disposition":"abandoned""#)
                }
                try await ana.setPresence(.available)
                #expect(try await ana.pull() == nil, "nothing waits")
                try await stand.message("held")
                try await ana.accept(try await api.offer(to: ana).offerID)
                try await stand.leave("held")
                try await eventually("the agent hears of it") {
                    try await ana.work().assignments.first?.customerLeftAt != nil
                }
            }
        }
    }
}
