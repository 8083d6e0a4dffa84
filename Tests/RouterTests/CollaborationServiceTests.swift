import Domain
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
}
