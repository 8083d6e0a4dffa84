import Curl
import ServiceKit
import TestSupport
import Testing

@testable import PatchbayCLI

extension WholeStack {
    @Suite("HTTP manners of the running services", .serialized)
    struct MannersTests {
        @Test("Every service tells problems as problem+json, and serves its health, metrics and OpenAPI")
        func problems() async throws {
            try await TestStack.with(try await .shared()) { stack in
                let api = stack.api
                try await stack.apply(Trial.organization, values: ["receiver": "http://127.0.0.1:1"])
                let crowd = Crowd(stack)
                try await crowd.enter()
                try await crowd.post(1, aSecond: 1)
                for service in Stack.Service.allCases {
                    let url = stack.url(service)
                    for path in ["/livez", "/readyz", "/metrics", "/openapi.yaml"] {
                        _ = try await api.send("GET", url + path, as: .nobody).status(200)
                    }
                    let missing = try await api.send("GET", url + "/nothing", as: .nobody).status(404)
                    #expect(missing.json["code"]?.string != nil, "\(missing.text)")
                    #expect(missing.json["type"]?.string?.hasPrefix("https://patchbay.dev/problems/") == true)
                }
                let post = stack.url(.connector) + "/v1/channels/page-0/messages"
                let json = [CurlHeader("content-type", "application/json")]
                _ = try await api.send("POST", post, as: .nobody, headers: json, body: Array("{}".utf8)).status(401)
                _ = try await api.send("POST", post, as: .agent("ben"), headers: json, body: Array("{}".utf8)).status(
                    403)
                _ = try await api.send("POST", post, as: .connector, headers: json, body: Array("{".utf8)).status(400)
                let wrong = Array(#"{"message_id":7}"#.utf8)
                let refused = try await api.send("POST", post, as: .connector, headers: json, body: wrong).status(422)
                #expect(refused.json["errors"]?[0]?["field"]?.string == "message_id", "\(refused.text)")
                let large = [UInt8](repeating: UInt8(ascii: " "), count: (1 << 20) + 1)
                _ = try await api.send("POST", post, as: .connector, headers: json, body: large).status(413)
                #expect(stack.areAllRunning)
            }
        }

        @Test("While Kafka is away nothing is accepted: 503, and the services live on", .timeLimit(.minutes(4)))
        func kafkaAway() async throws {
            try await LocalBroker.with { broker in
                try await TestStack.with(broker) { stack in
                    try await stack.apply(Trial.organization, values: ["receiver": "http://127.0.0.1:1"])
                    let crowd = Crowd(stack)
                    try await crowd.enter()
                    try await crowd.post(1, aSecond: 1)
                    try await broker.kill()
                    let message: JSONValue = .object([
                        "message_id": "while-away", "from": .object(["kind": "handle", "value": "lena"]) as JSONValue,
                        "text": "Is anybody there?",
                    ])
                    let url = stack.url(.connector) + "/v1/channels/page-0/messages"
                    let answer = try await crowd.api.send("POST", url, as: .connector, json: message).status(503)
                    #expect(answer.json["code"]?.string != nil, "\(answer.text)")
                    let presence = try await crowd.api.change(
                        "PUT", stack.url(.router) + "/v1/agents/agent-1/presence", as: .agent("agent-1"),
                        .object(["presence": "away"]))
                    #expect(presence.status == 503, "\(presence.text)")
                    for service in Stack.Service.allCases {
                        _ = try await crowd.api.send("GET", stack.url(service) + "/livez", as: .nobody).status(200)
                    }
                    #expect(stack.areAllRunning)
                }
            }
        }
    }
}
