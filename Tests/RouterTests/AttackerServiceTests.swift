import Curl
import PatchbayClient
import ServiceKit
import TestSupport
import Testing

@Suite("Attackers at the router's doors")
struct AttackerServiceTests {
    @Test(
        "Another agent's key is another command, and their offer and work item are refused, in the pool and out of it",
        .timeLimit(.minutes(5)))
    func agents() async throws {
        try await RouterStand.with(RouterServiceTests.organization) { stand in
            try await stand.run { api in
                for agent in ["ana", "sam"] {
                    try await api.act(
                        agent, "/v1/agents/\(agent)/presence", #"{"presence":"available"}"#, method: "PUT")
                }
                try await stand.message("item")
                let offerID = try #require(try await api.offer(to: "ana")["offer_id"]?.string)
                let accept = "/v1/offers/\(offerID)/accept"
                for thief in ["ben", "sam"] {
                    try await refused(api, accept, as: thief, key: "hers")
                }
                let first = try await api.act("ana", accept, key: "hers")
                #expect(first["work_item_id"] == .string("item"))
                let actions = [
                    ("reply", #"{"text":"x"}"#), ("note", #"{"text":"x"}"#), ("complete", #"{"disposition":"x"}"#),
                    ("transfer", #"{"queue_id":"billing"}"#), ("park", #"{"seconds":60}"#), ("resume", "{}"),
                    ("escalate", #"{"priority":9,"reason":"x"}"#), ("consult", #"{"agent_id":"ben"}"#),
                ]
                for thief in ["ben", "sam"] {
                    // The very key to which her answer is kept.
                    try await refused(api, accept, as: thief, key: "hers")
                    for (word, body) in actions {
                        try await refused(
                            api, "/v1/work-items/item/\(word)", as: thief, body: body, key: "hers-\(thief)-\(word)")
                    }
                    for path in ["/v1/work-items/item", "/v1/work-items/item/explain"] {
                        #expect(try await api.send("GET", path, as: .agent(thief)).status == 403)
                    }
                    let desk = "/v1/agents/ana"
                    for path in ["\(desk)/work", "\(desk)/events"] {
                        #expect(try await api.send("GET", path, as: .agent(thief)).status == 403)
                    }
                    for path in ["\(desk)/pull", "\(desk)/conversations"] {
                        let answer = try await api.send("POST", path, as: .agent(thief), body: "{}", key: "k")
                        #expect(answer.status == 403)
                    }
                    let reassign = try await api.send(
                        "POST", "/v1/work-items/item/reassign", as: .agent(thief),
                        body: #"{"agent_id":"\#(thief)"}"#, key: "k")
                    #expect(reassign.status == 403)
                }
                #expect(try await api.act("ana", accept, key: "hers") == first, "to her it is answered again")
                #expect(try await api.json("/v1/work-items/item")["agent_id"] == .string("ana"))
            }
        }
    }

    /// Neither done nor answered as somebody else's command was.
    private func refused(
        _ api: RouterAPI, _ path: String, as thief: String, body: String = "{}", key: String
    ) async throws {
        let answer = try await api.send("POST", path, as: .agent(thief), body: body, key: key)
        #expect([403, 404].contains(answer.status), "\(thief) at \(path): \(answer.status) \(answer.text)")
        #expect(!answer.text.contains("ana"), "nor is it said whose it is")
    }
}
