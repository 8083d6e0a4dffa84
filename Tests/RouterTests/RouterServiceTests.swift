import Curl
import Domain
import Foundation
import PatchbayClient
import Schema
import ServiceKit
import TestSupport
import Testing

@Suite("The router as a service")
struct RouterServiceTests {
    static var organization: Organization {
        var organization = Organization()
        organization.agents.append(Organization.agent("sam", pool: "sales"))
        organization.policy.offerSeconds = 300
        organization.profiles[0].presenceLeaseSeconds = 600
        return organization
    }

    @Test("A message is offered, taken, answered and closed, over HTTP and Kafka", .timeLimit(.minutes(5)))
    func thinPath() async throws {
        try await RouterStand.with(Self.organization) { stand in
            try await stand.run { api in
                let ana = api.agent("ana")
                try await ana.setPresence(.available)
                async let offered = api.offer(to: ana)
                try await stand.message("item")
                let offer = try await offered
                #expect(offer.workItemID == "item")
                #expect(offer.excerpt == "Hello from item")
                #expect(try await ana.accept(offer.offerID).workItemID == "item")
                let why = try await api.json("/v1/work-items/item/explain")
                #expect(why["why_this_agent"]?["agent_id"]?.string == "ana")
                #expect(why["why_this_agent"]?["excluded"]?["absent"]?.integer == 1)
                #expect(why["candidates"] == nil, "it does not wait")
                let desk = try await ana.work()
                #expect(desk.load == 1)
                #expect(desk.assignments.first?.state == .assigned)
                let reply = try await ana.reply(to: "item", "Bonjour")
                #expect(reply.messageID != nil)
                try await ana.note(on: "item", "a note")
                try await ana.complete("item", disposition: "solved")
                let item = try await api.supervisor.workItem("item")
                #expect(item.state == .closed)
                #expect(item.disposition == "solved")
                #expect(item.agentID == "ana")
                #expect(item.messages.first?.text == "Hello from item")
                #expect(item.owners.first?.agentID == "ana")
                #expect(try await api.supervisor.queue("general").open == 0)
                let metrics = try await api.send("GET", "/metrics", as: nil).text
                #expect(metrics.contains(#"patchbay_router_events_total{event="closed"} 1"#))
                #expect(metrics.contains("patchbay_stream_differing_repeats_total 0"))
                try await eventually("the reply is on its way") { try await stand.records(.outbound).count == 1 }
                let sent = try await stand.records(.outbound).map { try OutboundMessage(wire: $0) }
                #expect(sent.map(\.text) == ["Bonjour"])
                #expect(sent.first?.messageID.rawValue == reply.messageID)
                try await eventually("context hears that it is closed") {
                    try await stand.records(.inbound).count == 1
                }
            }
        }
    }

    @Test("A restart forgets nothing: the offer, the agent and the results of commands", .timeLimit(.minutes(5)))
    func restart() async throws {
        try await RouterStand.with(Self.organization) { stand in
            var offerID = ""
            try await stand.run { api in
                try await api.act("ana", "/v1/agents/ana/presence", #"{"presence":"available"}"#, method: "PUT")
                try await stand.message("item", id: "m")
                offerID = try #require(try await api.offer(to: "ana")["offer_id"]?.string)
            }
            try await stand.run { api in
                let desk = try await api.json("/v1/agents/ana/work", as: .agent("ana"))
                #expect(desk["presence"]?.string == "available")
                #expect(desk["offers"]?[0]?["offer_id"]?.string == offerID)
                try await api.act("ana", "/v1/offers/\(offerID)/accept", key: "accept-it")
            }
            try await stand.run { api in
                try await api.act("ana", "/v1/offers/\(offerID)/accept", key: "accept-it")
                try await stand.message("item", id: "m")
                let item = try await api.json("/v1/work-items/item")
                #expect(item["state"]?.string == "assigned")
                #expect(item["message_count"]?.integer == 1)
            }
        }
    }

    @Test("Answers wrong requests with the right problems", .timeLimit(.minutes(5)))
    func manners() async throws {
        try await RouterStand.with(Self.organization) { stand in
            try await stand.run { api in
                try await api.act("ana", "/v1/agents/ana/presence", #"{"presence":"available"}"#, method: "PUT")
                try await stand.message("item")
                let offerID = try #require(try await api.offer(to: "ana")["offer_id"]?.string)
                let accept = "/v1/offers/\(offerID)/accept"
                try await check(api, "POST", accept, as: nil, 401, "unauthenticated")
                try await check(api, "POST", accept, as: .expired, 401, "unauthenticated")
                try await check(api, "POST", accept, as: .connector, 403, "forbidden")
                try await check(api, "POST", accept, as: .agent("ben"), 403, "not-your-offer")
                try await check(api, "POST", accept, as: .agent("nobody"), 404, "unknown-agent")
                try await check(api, "POST", accept, as: .agent("ana"), key: nil, 400, "missing-idempotency-key")
                try await check(api, "POST", "/v1/offers/none/accept", as: .agent("ana"), 404, "unknown-offer")
                try await check(api, "GET", accept, as: .agent("ana"), 405, "method-not-allowed")
                try await api.act("ana", accept, key: "first")
                try await check(api, "POST", accept, as: .agent("ana"), 409, "offer-taken")
                try await check(
                    api, "POST", "/v1/work-items/item/note", as: .agent("ana"), body: #"{"text":"x"}"#, key: "first",
                    422, "command-reused")

                let presence = "/v1/agents/ana/presence"
                for (body, status, code) in [
                    ("{", 400, "malformed-json"), (#"{"presence":7}"#, 422, "invalid-fields"),
                    ("{}", 422, "invalid-fields"), (#"{"presence":"away","x":1}"#, 422, "invalid-fields"),
                ] {
                    try await check(api, "PUT", presence, as: .agent("ana"), body: body, status, code)
                }
                try await check(
                    api, "PUT", presence, as: .agent("ben"), body: #"{"presence":"away"}"#, 403, "forbidden")
                try await check(api, "GET", "/v1/agents/ana/work", as: .agent("ben"), 403, "forbidden")
                try await check(api, "GET", "/v1/agents/ana/work?wait=99", as: .agent("ana"), 422, "invalid-fields")
                try await check(api, "GET", "/v1/agents/ana/work?cursor=!", as: .agent("ana"), 422, "invalid-fields")
                try await check(api, "GET", "/v1/work-items/item", as: .agent("ben"), 403, "not-your-work-item")
                try await check(api, "GET", "/v1/work-items/none", as: .supervisor, 404, "unknown-work-item")
                try await check(api, "GET", "/v1/queues/none", as: .supervisor, 404, "unknown-queue")
                let large = #"{"text":""# + String(repeating: "x", count: 1_100_000) + #""}"#
                try await check(
                    api, "POST", "/v1/work-items/item/reply", as: .agent("ana"), body: large, 413, "body-too-large")
                try await check(
                    api, "POST", "/v1/work-items/item/reply", as: .agent("ben"), body: #"{"text":"x"}"#, 403,
                    "not-your-work-item")
                try await check(
                    api, "POST", "/v1/work-items/item/transfer", as: .agent("ana"), body: #"{"queue_id":"nowhere"}"#,
                    404, "unknown-queue")
                try await check(
                    api, "POST", "/v1/work-items/item/park", as: .agent("ana"), body: #"{"seconds":0}"#, 422,
                    "invalid-fields")
                try await stand.message("other")
                let other = try #require(try await api.offer(to: "ana")["offer_id"]?.string)
                try await api.act("ana", "/v1/offers/\(other)/decline", #"{"reason":"no"}"#)
                try await check(api, "POST", "/v1/offers/\(other)/accept", as: .agent("ana"), 409, "offer-taken")
            }
        }
    }

    @Test("An offer that ran out is gone", .timeLimit(.minutes(5)))
    func gone() async throws {
        var organization = Self.organization
        organization.policy.offerSeconds = 4
        organization.policy.declineCooldownSeconds = 600
        try await RouterStand.with(organization) { stand in
            try await stand.run { api in
                try await api.act("ana", "/v1/agents/ana/presence", #"{"presence":"available"}"#, method: "PUT")
                try await stand.message("item")
                let offerID = try #require(try await api.offer(to: "ana")["offer_id"]?.string)
                try await eventually("the offer expires by itself") {
                    try await api.json("/v1/work-items/item")["state"]?.string == "queued"
                }
                try await check(api, "POST", "/v1/offers/\(offerID)/accept", as: .agent("ana"), 410, "offer-expired")
                let item = try await api.json("/v1/work-items/item")
                #expect(item["waiting_for"]?[0]?["code"]?.string == "cooldown")
            }
        }
    }

    @Test("A version that the client has is not sent again", .timeLimit(.minutes(5)))
    func versions() async throws {
        try await RouterStand.with(Self.organization) { stand in
            try await stand.run { api in
                try await stand.message("item")
                try await eventually("the item is known") {
                    try await api.send("GET", "/v1/work-items/item", as: .supervisor).status == 200
                }
                let first = try await api.send("GET", "/v1/work-items/item", as: .supervisor)
                let tag = try #require(first.headers.first { $0.name.lowercased() == "etag" }?.value)
                let known = [CurlHeader("If-None-Match", tag)]
                let second = try await api.send("GET", "/v1/work-items/item", as: .supervisor, headers: known)
                #expect(second.status == 304)
                try await stand.message("item")
                try await eventually("the version changes") {
                    try await api.send("GET", "/v1/work-items/item", as: .supervisor, headers: known).status == 200
                }
                let ana = api.agent("ana")
                let desk = try await ana.work()
                #expect(try await ana.work(after: desk.cursor, within: 1) == nil, "a poll without news answers 204")
            }
        }
    }

    @Test("The event stream tells each change, and ends when the service stops", .timeLimit(.minutes(5)))
    func eventStream() async throws {
        try await RouterStand.with(Self.organization) { stand in
            var stream: Task<String, any Error>?
            try await stand.run { api in
                stream = Task { try await api.send("GET", "/v1/agents/ana/events", as: .agent("ana")).text }
                try await eventually("the stream is open") {
                    try await api.send("GET", "/metrics", as: nil).text
                        .contains("patchbay_router_event_streams 1")
                }
                try await api.act("ana", "/v1/agents/ana/presence", #"{"presence":"available"}"#, method: "PUT")
                try await stand.message("item")
                _ = try await api.offer(to: "ana")
            }
            let text = try #require(try await stream?.value)
            let events = text.split(separator: "\n").filter { $0.hasPrefix("data: ") }
            // What the agent sees comes whole each time; the first may be as it was before the change or after it.
            #expect(events.first?.contains(#""presence":""#) == true)
            #expect(events.contains { $0.contains(#""presence":"available""#) })
            #expect(events.last?.contains(#""work_item_id":"item""#) == true)
            #expect(text.contains("event: work\n"))
        }
    }

    @Test(
        "A supervisor sets a presence with a reason that the pool declares, and the agent sees both",
        .timeLimit(.minutes(5)))
    func presences() async throws {
        var organization = Self.organization
        organization.breakReasons = ["lunch"]
        try await RouterStand.with(organization) { stand in
            try await stand.run { api in
                let presence = "/v1/agents/ana/presence"
                try await api.act("ana", presence, #"{"presence":"available"}"#, method: "PUT")
                try await check(
                    api, "PUT", presence, as: .agent("ana"), body: #"{"presence":"away","reason":"siesta"}"#, 422,
                    "unknown-break-reason")
                let set = try await api.send(
                    "PUT", presence, as: .supervisor, body: #"{"presence":"away","reason":"lunch"}"#, key: "k")
                #expect(set.status == 200, "\(set.text)")
                let desk = try await api.json("/v1/agents/ana/work", as: .agent("ana"))
                #expect(desk["presence"]?.string == "away")
                #expect(desk["reason"]?.string == "lunch")
                #expect(desk["supervisor"]?.string == "somebody")
                #expect(desk["shift"]?.string == "on")
            }
        }
    }

    @Test("What is parked with room kept is shown, and comes straight back", .timeLimit(.minutes(5)))
    func roomKept() async throws {
        var organization = Self.organization
        organization.profiles[0].parkedWeightPercent = 100
        try await RouterStand.with(organization) { stand in
            try await stand.run { api in
                try await api.act("ana", "/v1/agents/ana/presence", #"{"presence":"available"}"#, method: "PUT")
                try await stand.message("item")
                let offerID = try #require(try await api.offer(to: "ana")["offer_id"]?.string)
                try await api.act("ana", "/v1/offers/\(offerID)/accept")
                try await api.act("ana", "/v1/work-items/item/park", #"{"seconds":600}"#)
                let desk = try await api.json("/v1/agents/ana/work", as: .agent("ana"))
                #expect(desk["parked"]?[0]?["activity"]?.string == "parked")
                #expect(desk["load"]?.integer == 1)
                try await stand.message("item")
                try await eventually("it is assigned again") {
                    let desk = try await api.json("/v1/agents/ana/work", as: .agent("ana"))
                    return desk["assignments"]?[0]?["activity"]?.string == "active"
                }
            }
        }
    }

    @Test("Every route is described, and nothing else", .timeLimit(.minutes(5)))
    func openAPI() async throws {
        try await RouterStand.with(Self.organization) { stand in
            try await stand.run { api in
                let document = try await api.send("GET", "/openapi.yaml", as: nil).text
                let described = document.split(separator: "\n").filter { $0.hasPrefix("  /") }
                    .map { $0.dropFirst(2).prefix { $0 != ":" } }
                let paths = [
                    "/v1/agents/{id}/presence", "/v1/agents/{id}/work", "/v1/agents/{id}/events",
                    "/v1/offers/{id}/accept", "/v1/offers/{id}/decline", "/v1/work-items/{id}", "/v1/queues/{id}",
                    "/v1/work-items", "/v1/work-items/{id}/explain", "/v1/work-items/{id}/reassign", "/v1/queues",
                    "/v1/work-items/{id}/reply", "/v1/work-items/{id}/note", "/v1/work-items/{id}/park",
                    "/v1/work-items/{id}/requeue", "/v1/work-items/{id}/transfer", "/v1/work-items/{id}/complete",
                    "/v1/agents/{id}/pull", "/v1/agents/{id}/conversations", "/v1/work-items/{id}/schedule",
                    "/v1/work-items/{id}/resume", "/v1/work-items/{id}/consult",
                    "/v1/work-items/{id}/end-consult", "/v1/work-items/{id}/escalate",
                    "/v1/work-items/{id}/end-wrap-up", "/livez", "/readyz", "/metrics", "/openapi.yaml",
                ]
                #expect(described.map(String.init).sorted() == paths.sorted())
                for path in paths {
                    let real = path.replacingOccurrences(of: "{id}", with: "x")
                    let answer = try await api.send("DELETE", real, as: nil)
                    #expect(answer.status == 405, "\(path) is described, but nothing is there")
                }
            }
        }
    }

    @Test("Without Kafka commands are refused with 503, and may be repeated", .timeLimit(.minutes(5)))
    func kafkaAway() async throws {
        let broker = try await LocalBroker.start()
        try await RouterStand.with(Self.organization, broker: broker) { stand in
            try await stand.run { api in
                func away() async throws -> CurlResponse {
                    try await api.send(
                        "PUT", "/v1/agents/ana/presence", as: .agent("ana"), body: #"{"presence":"away"}"#, key: "k")
                }
                try await broker.pause()
                let answer = try await away()
                #expect(answer.status == 503, "\(answer.text)")
                #expect(answer.headers.contains { $0.name.lowercased() == "retry-after" })
                try broker.resume()
                try await eventually("the repeated command is taken", within: .seconds(60)) {
                    try await away().status == 200
                }
            }
        }
        try await broker.close()
    }

    private func check(
        _ api: RouterAPI, _ method: String, _ path: String, as caller: Caller?, body: String? = nil,
        key: String? = UUID().uuidString, _ status: Int, _ code: String
    ) async throws {
        let answer = try await api.send(method, path, as: caller, body: body, key: key)
        #expect(answer.status == status, "\(method) \(path) \(answer.text)")
        let problem = try JSONValue(parsing: answer.body)
        #expect(problem["code"]?.string == code, "\(method) \(path)")
        #expect(problem["type"]?.string == "https://patchbay.dev/problems/\(code)")
    }
}
