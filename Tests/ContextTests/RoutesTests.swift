import Curl
import Domain
import Kafka
import ServiceKit
import Testing

@testable import ContextApp

@Suite("Context over HTTP")
struct RoutesTests {
    private static let lena = "/v1/customers/\(Story.lena)"
    private static let visitor = "/v1/customers/\(Story.visitor)"

    @Test("An agent reads a customer, a timeline, a conversation, and searches")
    func reads() async throws {
        try await TestContext.with { context in
            try context.timeline.store.store(TimelineBatch(records: Story.interleaved(seed: 1)))
            let customer = try await context.send("GET", Self.lena, as: .agent)
            #expect(customer.status == 200)
            #expect(customer.json?["profile"]?["name"] == .string("Lena Marchand"))
            #expect(customer.json?["identifiers"]?.array?.count == 2)
            let timeline = try await context.send("GET", "\(Self.lena)/timeline?limit=5", as: .agent)
            #expect(timeline.json?["entries"]?.array?.count == 5)
            let cursor = try #require(timeline.json?["next_cursor"]?.string)
            let rest = try await context.send("GET", "\(Self.lena)/timeline?limit=50&cursor=\(cursor)", as: .agent)
            #expect(rest.json?["entries"]?.array?.count == 7)
            #expect(rest.json?["next_cursor"] == .null)
            let conversation = try await context.send("GET", "/v1/conversations/c1")
            #expect(conversation.json?["work_items"]?[0]?["score"] == .integer(5))
            #expect(conversation.json?["entries"]?.array?.count == 10)
            let search = try await context.send("GET", "/v1/search?q=remboursement+route")
            #expect(search.json?["results"]?[0]?["message_id"] == .string("r1"))
        }
    }

    @Test("A linked customer redirects to the owner, with the query")
    func redirects() async throws {
        try await TestContext.with { context in
            try context.timeline.store.store(TimelineBatch(records: Story.interleaved(seed: 1)))
            let customer = try await context.send("GET", Self.visitor)
            #expect(customer.status == 307)
            #expect(customer.header("location") == Self.lena)
            #expect(customer.json?["linked_to"] == Story.lena.json)
            let timeline = try await context.send("GET", "\(Self.visitor)/timeline?limit=3")
            #expect(timeline.status == 307)
            #expect(timeline.header("location") == "\(Self.lena)/timeline?limit=3")
        }
    }

    @Test("A profile is written under the customer's key, with its identifiers in normal form")
    func profile() async throws {
        try await TestContext.with { context in
            let body = """
                {"name": "Lena Marchand", "language": "fr", "attributes": {"tier": "gold"}, "identifiers": [
                    {"kind": "phone", "value": "+33 (6) 12-34-56-78", "verified": true},
                    {"kind": "email", "value": "Lena@Example.org", "verified": true},
                    {"kind": "handle", "value": "social/lena", "verified": true}]}
                """
            let response = try await context.send("PUT", "\(Self.lena)/profile", as: .connector, body: body)
            #expect(response.status == 202)
            #expect(response.json?["position"] == .string("inbound/0/0"))
            let written = try #require(context.inbound.written.first)
            #expect(written.key == Story.lena.rawValue)
            #expect(written.headers["ce_type"] == "patchbay.inbound.profile-updated.v1")
            #expect(written.headers["traceparent"] != nil)
            let expected = CustomerProfile(
                customerID: Story.lena, name: "Lena Marchand", language: "fr",
                verifiedIdentifiers: [
                    Samples.phone, Samples.email, Identifier(kind: .handle, value: "social/lena"),
                ], attributes: [CustomerProfile.Attribute(name: "tier", value: "gold")])
            #expect(written.record == .profileUpdated(expected))
        }
    }

    @Test("A supervisor unlinks an identifier; what is not linked is not found")
    func unlinks() async throws {
        try await TestContext.with { context in
            try context.timeline.store.store(TimelineBatch(records: Story.interleaved(seed: 1)))
            let path = "\(Self.lena)/identifiers/visitor/chat%2Fv-1"
            let response = try await context.send("DELETE", path)
            #expect(response.status == 202)
            let written = try #require(context.inbound.written.first)
            #expect(written.key == Story.visitor.rawValue)
            #expect(
                written.record
                    == .identityUnlinked(
                        IdentityLink(
                            identifier: Samples.visitor, customerID: Story.lena, evidence: .manual, reason: "sue")))
            for other in ["phone/%2B33612345678", "visitor/chat", "pigeon/x", "handle/social%2Flena"] {
                let response = try await context.send("DELETE", "\(Self.lena)/identifiers/\(other)")
                #expect(response.status == 404, "\(other)")
                #expect(response.code == "not-found", "\(other)")
            }
            #expect(context.inbound.written.count == 1)
        }
    }

    @Test("A read waits for the position that a change answered with")
    func waits() async throws {
        try await TestContext.with { context in
            async let answer = context.send("GET", "\(Self.lena)?wait_for=inbound/1/41")
            var batch = TimelineBatch(records: Story.interleaved(seed: 1))
            batch.reached = [.init(topic: "test.inbound", partition: 1): 41]
            try context.timeline.store.store(batch)
            #expect(try await answer.status == 200)
        }
    }
}

@Suite("Context's manners over HTTP")
struct MannersTests {
    private static let profile = "/v1/customers/\(Story.lena)/profile"
    private static let reads = [
        "/v1/customers/x", "/v1/customers/x/timeline", "/v1/conversations/x", "/v1/search?q=x",
    ]

    @Test(
        "A body that is wrong is refused, and every wrong field is named",
        arguments: [
            ("{", 400, "malformed-json", []), ("[]", 422, "invalid-fields", [""]),
            (#"{"name": 1}"#, 422, "invalid-fields", ["name"]), (#"{"name": ""}"#, 422, "invalid-fields", ["name"]),
            (#"{"nmae": "Lena"}"#, 422, "invalid-fields", ["nmae"]),
            (#"{"identifiers": {}}"#, 422, "invalid-fields", ["identifiers"]),
            (
                #"{"identifiers": [{"kind": "phone", "value": "12", "verified": true}]}"#, 422, "invalid-fields",
                ["identifiers[0].value"]
            ),
            (
                #"{"identifiers": [{"kind": "email", "value": "a@b.c", "verified": false}]}"#, 422, "invalid-fields",
                ["identifiers[0].verified"]
            ),
            (
                #"{"identifiers": [{"kind": "pigeon"}]}"#, 422, "invalid-fields",
                ["identifiers[0].kind", "identifiers[0].value", "identifiers[0].verified"]
            ),
            (#"{"attributes": {"a": 1}, "language": []}"#, 422, "invalid-fields", ["language", "attributes.a"]),
        ] as [(String, Int, String, [String])])
    func body(text: String, status: Int, code: String, fields: [String]) async throws {
        try await TestContext.with { context in
            let response = try await context.send("PUT", Self.profile, body: text)
            #expect(response.status == status)
            #expect(response.code == code)
            #expect(response.fields == fields)
            #expect(context.inbound.written.isEmpty)
        }
    }

    @Test("A body that is too large is 413, one that is not JSON 415")
    func bodies() async throws {
        try await TestContext.with { context in
            let large = #"{"name": ""# + String(repeating: "x", count: 1_100_000) + #""}"#
            let tooLarge = try await context.send("PUT", Self.profile, body: large)
            #expect(tooLarge.status == 413)
            let notJSON = try await context.send("PUT", Self.profile, body: "{}", type: "text/plain")
            #expect(notJSON.status == 415)
        }
    }

    @Test("Without a good token it is 401, with another role 403")
    func roles() async throws {
        try await TestContext.with { context in
            for path in Self.reads {
                let nobody = try await context.send("GET", path, as: nil)
                #expect(nobody.status == 401, "\(path)")
                let expired = try await context.send("GET", path, as: .agent, expires: .seconds(-5))
                #expect(expired.status == 401, "\(path)")
                let other = try await context.send("GET", path, as: .connector)
                #expect(other.status == 403, "\(path)")
            }
            let profile = try await context.send("PUT", Self.profile, as: .agent, body: "{}")
            #expect(profile.status == 403)
            let path = "/v1/customers/x/identifiers/phone/%2B33612345678"
            let unlink = try await context.send("DELETE", path, as: .agent)
            #expect(unlink.status == 403)
            let admin = try await context.send("DELETE", path, as: .admin)
            #expect(admin.code == "not-found")
        }
    }

    @Test("Who is unknown is 404, a wrong query 422")
    func queries() async throws {
        try await TestContext.with { context in
            for path in Self.reads.dropLast() {
                let response = try await context.send("GET", path)
                #expect(response.code == "not-found", "\(path)")
            }
            let wrong = [
                "/v1/search": "q", "/v1/search?q=": "q", "/v1/search?q=x&limit=0": "limit",
                "/v1/search?q=x&limit=201": "limit", "/v1/search?q=x&cursor=!": "cursor",
                "/v1/search?q=x&cursor=WyJ4Il0": "cursor", "/v1/customers/x?wait_for=work/0/1": "wait_for",
                "/v1/customers/x?what=1": "what", "/v1/customers/x/timeline?wait_for=inbound/0": "wait_for",
            ]
            for (path, field) in wrong {
                let response = try await context.send("GET", path)
                #expect(response.status == 422, "\(path)")
                #expect(response.fields == [field], "\(path)")
            }
        }
    }

    @Test("While Kafka is away changes are 503 with Retry-After, and reads go on")
    func away() async throws {
        try await TestContext.with { context in
            context.inbound.isAway = true
            try context.timeline.store.store(TimelineBatch(records: Story.interleaved(seed: 1)))
            let response = try await context.send("PUT", Self.profile, body: "{}")
            #expect(response.status == 503)
            #expect(response.code == "service-unavailable")
            #expect(response.header("retry-after") != nil)
            #expect(try await context.send("GET", "/v1/customers/\(Story.lena)").status == 200)
        }
    }
}
