import Curl
import Domain
import Foundation
import SLATimerApp
import Schema
import ServiceKit
import TestSupport
import Testing

@Suite struct `The SLA timer as a service` {
    static let policy: SLAPolicy = {
        var policy = SLAPolicy(
            id: .standard,
            targets: [
                .init(kind: .firstResponse, seconds: 2, warningPercent: 50),
                .init(kind: .resolution, seconds: 3600),
            ])
        policy.acknowledgement = .init(text: "We answer in {wait}.", textWithoutWait: "We will answer.")
        policy.escalation = .init(priority: 9)
        policy.survey = .init(question: "How was it, from 1 to 5?")
        return policy
    }()

    @Test(.timeLimit(.minutes(5)))
    func `acknowledges, warns, breaches, escalates and asks, and shows its clocks`() async throws {
        try await TimerStand.with(Self.policy) { stand in
            try await stand.run { api in
                try await stand.send(.opened())
                try await eventually("the breach is said", within: .seconds(90)) {
                    try await stand.events().contains { if case .breached = $0.kind { true } else { false } }
                }
                let clocks = try await api.json("/v1/work-items/item-1/clocks")
                #expect(clocks["work_item_id"]?.string == "item-1")
                #expect(clocks["clocks"]?[0]?["target"]?.string == "first-response")
                #expect(clocks["clocks"]?[0]?["state"]?.string == "breached")
                #expect(clocks["clocks"]?[1]?["state"]?.string == "running")
                let remaining = try #require(clocks["clocks"]?[1]?["remaining_seconds"]?.integer)
                #expect((3000..<3600).contains(remaining))

                let listed = try await api.json("/v1/clocks?state=breached&limit=1")
                #expect(listed["work_items"]?[0]?["work_item_id"]?.string == "item-1")
                #expect(listed["complete"]?.boolean == true)
                let cursor = try #require(listed["next_cursor"]?.string)
                let rest = try await api.json("/v1/clocks?state=breached&cursor=\(cursor)")
                #expect(rest["work_items"]?.array?.isEmpty == true)
                #expect(rest["next_cursor"]?.isNull == true)
                #expect(try await api.json("/v1/clocks?state=met")["work_items"]?.array?.isEmpty == true)

                try await stand.send(.closed())
                try await eventually("the survey is asked", within: .seconds(90)) {
                    try await stand.records(.inbound).count == 1
                }
                let metrics = try await api.get("/metrics", roles: nil).text
                #expect(
                    metrics.contains(#"patchbay_sla_clock_events_total{event="breached",target="first-response"} 1"#))
            }
            let kinds = try await stand.events().map(\.kind)
            #expect(kinds.contains { if case .warning(.firstResponse, _) = $0 { true } else { false } })
            #expect(kinds.contains(.escalated(priority: 9)))
            let commands = try await stand.records(.work).map { try WorkCommand(wire: $0) }
            #expect(commands.count == 1)
            let texts = try await stand.records(.outbound).map { try OutboundMessage(wire: $0).text }
            #expect(texts == ["We answer in about 3 minutes.", "How was it, from 1 to 5?"])
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `says once what fell due while it was stopped`() async throws {
        try await TimerStand.with(Self.policy) { stand in
            try await stand.run { api in
                try await stand.send(.opened())
                try await eventually("the clock runs", within: .seconds(90)) {
                    try await api.get("/v1/work-items/item-1/clocks").status == 200
                }
            }
            try await stand.run { _ in
                try await eventually("the breach is said", within: .seconds(90)) {
                    try await stand.events().contains { if case .breached = $0.kind { true } else { false } }
                }
            }
            let events = try await stand.events()
            let breaches = events.filter { if case .breached = $0.kind { true } else { false } }
            let started = events.filter { if case .clockStarted = $0.kind { true } else { false } }
            #expect(breaches.count == 1)
            #expect(started.count == 2)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `answers what is wrong with a request by a problem that names it`() async throws {
        try await TimerStand.with(Self.policy) { stand in
            try await stand.run { api in
                let cases: [(path: String, roles: Set<Role>?, status: Int, code: String)] = [
                    ("/v1/clocks", nil, 401, "unauthenticated"),
                    ("/v1/clocks", [.connector], 403, "forbidden"),
                    ("/v1/work-items/item-1/clocks", [.connector], 403, "forbidden"),
                    ("/v1/work-items/nobody/clocks", [.agent], 404, "not-found"),
                    ("/v1/work-items/%20/clocks", [.agent], 404, "not-found"),
                    ("/v1/clocks?state=sleeping", [.admin], 422, "invalid-fields"),
                    ("/v1/clocks?limit=0", [.agent], 422, "invalid-fields"),
                    ("/v1/clocks?limit=many", [.agent], 422, "invalid-fields"),
                    ("/v1/clocks?cursor=!", [.agent], 422, "invalid-fields"),
                    ("/v1/clocks?colour=red", [.agent], 422, "invalid-fields"),
                    ("/v1/nothing", [.agent], 404, "not-found"),
                ]
                for (path, roles, status, code) in cases {
                    let response = try await api.get(path, roles: roles)
                    #expect(response.status == status, "\(path): \(response.text)")
                    #expect(response.header("content-type") == "application/problem+json", "\(path)")
                    let problem = try JSONValue(parsing: response.body)
                    #expect(problem["code"]?.string == code, "\(path)")
                    #expect(problem["type"]?.string == "https://patchbay.dev/problems/\(code)")
                }
                let expired = try await api.get("/v1/clocks", expires: .seconds(-1))
                #expect(expired.status == 401)
                let wrong = try JSONValue(parsing: try await api.get("/v1/clocks?state=sleeping").body)
                #expect(wrong["errors"]?[0]?["field"]?.string == "state")
                #expect(wrong["errors"]?[0]?["value"]?.string == "sleeping")
                #expect(try await api.get("/v1/clocks", method: "POST").status == 405)
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `serves the document that describes its routes`() async throws {
        try await TimerStand.with(Self.policy) { stand in
            try await stand.run { api in
                let document = try await api.get("/openapi.yaml", roles: nil)
                #expect(document.status == 200)
                let paths = document.text.split(separator: "\n").filter { $0.hasPrefix("  /") }
                #expect(
                    paths.map { String($0.dropFirst(2).dropLast()) } == [
                        "/v1/work-items/{id}/clocks", "/v1/clocks", "/livez", "/readyz", "/metrics", "/openapi.yaml",
                    ])
                for path in ["/livez", "/readyz", "/metrics"] {
                    #expect(try await api.get(path, roles: nil).status == 200, "\(path)")
                }
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `is alive, not ready, and asks to come again while Kafka is away`() async throws {
        let client = CurlClient(addresses: .all)
        let environment = ["PATCHBAY_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:\(try freePort())"]
        try await withRunningService(.slaTimer, environment: environment, build: SLATimerService.build) { port in
            let api = TimerAPI(port: port, client: client)
            #expect(try await api.get("/livez", roles: nil).status == 200)
            #expect(try await api.get("/readyz", roles: nil).status == 503)
            for path in ["/v1/clocks", "/v1/work-items/item-1/clocks"] {
                let response = try await api.get(path)
                #expect(response.status == 503, "\(path)")
                #expect(response.header("retry-after") != nil, "\(path)")
            }
        }
        await client.close()
    }
}
