import Crypto
import Domain
import Foundation
import Hummingbird
import Synchronization
import Testing

@testable import ServiceKit

@Suite("Only bearers of a good token with the right role get in")
struct AuthenticationTests {
    private func withService(
        _ environment: [String: String] = [:], _ body: (Int) async throws -> Void
    ) async throws {
        try await withRunningService(
            .router, environment: environment,
            build: { setup in
                setup.routes(for: .agent, .supervisor).get("/v1/agents/{id}/work") { _, context in
                    let agent = try context.pathID("id", AgentID.self)
                    try context.requirePrincipal().requireSight(of: agent)
                    return Response.json(.object(["agent": agent]))
                }
                setup.routes(for: .agent).post("/v1/agents/{id}/pull") { _, context in
                    try context.requirePrincipal().requireAgent(try context.pathID("id", AgentID.self))
                    return Response.empty
                }
            }, body)
    }

    private func token(
        _ subject: String, _ roles: Set<Role>, expires: Duration = .seconds(60), secret: Secret = RunningService.secret
    ) async throws -> [String: String] {
        [
            "Authorization":
                "Bearer \(try await Tokens(secret: secret).mint(subject: subject, roles: roles, expires: expires))"
        ]
    }

    /// A token put together by hand.
    private func forged(header: String, claims: String, signature: String? = nil) -> [String: String] {
        let signed = "\(base64URL(header.utf8)).\(base64URL(claims.utf8))"
        let key = SymmetricKey(data: Array(RunningService.secret.value.utf8))
        let code = base64URL(HMAC<SHA256>.authenticationCode(for: Array(signed.utf8), using: key))
        return ["Authorization": "Bearer \(signed).\(signature ?? code)"]
    }

    private func expectUnauthenticated(_ reply: Reply, _ comment: Comment? = nil) {
        #expect(reply.status == 401 && reply.problem == "unauthenticated", comment)
        #expect(reply.headers["www-authenticate"]?.hasPrefix("Bearer realm=\"patchbay\"") == true, comment)
    }

    @Test("An agent acts as itself, a supervisor looks, an admin does everything")
    func roles() async throws {
        try await withService { port in
            let maria = try await token("maria", [.agent])
            let ada = try await token("ada", [.supervisor])
            let root = try await token("root", [.admin])
            let connector = try await token("mail", [.connector])
            #expect(try await get("/v1/agents/maria/work", port: port, headers: maria).status == 200)
            #expect(try await get("/v1/agents/jonas/work", port: port, headers: maria).problem == "forbidden")
            #expect(try await get("/v1/agents/jonas/work", port: port, headers: ada).status == 200)
            #expect(try await send("POST", "/v1/agents/jonas/pull", port: port, headers: ada).status == 403)
            #expect(try await send("POST", "/v1/agents/jonas/pull", port: port, headers: root).status == 204)
            let refused = try await get("/v1/agents/maria/work", port: port, headers: connector)
            #expect(refused.status == 403 && refused.problem == "forbidden")
        }
    }

    @Test("A missing, malformed, expired or tampered token is 401")
    func wrongTokens() async throws {
        try await withService { port in
            let path = "/v1/agents/maria/work"
            expectUnauthenticated(try await get(path, port: port))
            let good = try #require(try await token("maria", [.agent])["Authorization"])
            let parts = good.split(separator: ".")
            let other = Secret("another secret, also long enough for HS256")
            var wrong: [[String: String]] = [
                ["Authorization": "Bearer"], ["Authorization": "Bearer x"], ["Authorization": "Bearer a.b.c"],
                ["Authorization": "Basic bWFyaWE6eA=="], ["Authorization": "Bearer \(parts[1]).\(parts[2])"],
                [
                    "Authorization":
                        "\(parts[0]).\(base64URL(#"{"sub":"jonas","roles":["admin"],"exp":9999999999}"#.utf8)).\(parts[2])"
                ],
                ["Authorization": "Bearer " + String(repeating: "x", count: 10_000)],
                forged(header: #"{"alg":"HS256"}"#, claims: #"{"roles":["admin"],"exp":9999999999}"#),
                forged(header: #"{"alg":"HS256"}"#, claims: #"{"sub":"maria","roles":["agent"]}"#),
                forged(
                    header: #"{"alg":"HS256"}"#,
                    claims: #"{"sub":"maria","roles":["agent"],"exp":9999999999,"nbf":9999999998}"#),
                forged(header: #"{"alg":"RS256"}"#, claims: #"{"sub":"maria","roles":["agent"],"exp":9999999999}"#),
            ]
            wrong.append(try await token("maria", [.agent], expires: .seconds(-1)))
            wrong.append(try await token("maria", [.agent], secret: other))
            for headers in wrong {
                expectUnauthenticated(try await get(path, port: port, headers: headers), "\(headers)")
            }
            #expect(try await get(path, port: port, headers: ["Authorization": good]).status == 200)
        }
    }

    @Test("A token that says it needs no signature is refused", arguments: ["none", "None", "NONE"])
    func unsigned(algorithm: String) async throws {
        try await withService { port in
            let claims = #"{"sub":"maria","roles":["admin"],"exp":9999999999}"#
            let header = #"{"alg":"\#(algorithm)","typ":"JWT"}"#
            for signature in ["", nil] {
                let headers = forged(header: header, claims: claims, signature: signature)
                expectUnauthenticated(try await get("/v1/agents/maria/work", port: port, headers: headers))
            }
            let right = forged(header: #"{"alg":"HS256"}"#, claims: claims)
            #expect(try await get("/v1/agents/maria/work", port: port, headers: right).status == 200)
        }
    }

    @Test("A remembered token still expires")
    func expiry() async throws {
        let clock = ManualClock()
        let authenticator = await Authenticator(secret: RunningService.secret, now: { clock.now })
        let header = try #require(try await token("maria", [.agent], expires: .seconds(60))["Authorization"])
        let start = Date().timeIntervalSince1970
        clock.now = start
        for _ in 0..<2 { #expect(try await authenticator.principal(authorization: header).subject == "maria") }
        clock.now = start + 61
        await #expect(throws: Problem.self) { try await authenticator.principal(authorization: header) }
    }

    @Test("Tokens of a key set are accepted by its keys only")
    func keySet() async throws {
        let file = NSTemporaryDirectory() + "jwks-\(UUID().uuidString).json"
        let key = P256.Signing.PrivateKey()
        let point = Array(key.publicKey.rawRepresentation)
        let (x, y) = (base64URL(point[..<32]), base64URL(point[32...]))
        let set =
            #"{"keys":[{"kty":"EC","crv":"P-256","kid":"one","alg":"ES256","use":"sig","x":"\#(x)","y":"\#(y)"}]}"#
        try Data(set.utf8).write(to: URL(fileURLWithPath: file))
        defer { try? FileManager.default.removeItem(atPath: file) }
        let claims = #"{"sub":"maria","roles":["agent"],"exp":9999999999}"#
        func signed(by key: P256.Signing.PrivateKey, _ header: String) throws -> [String: String] {
            let text = "\(base64URL(header.utf8)).\(base64URL(claims.utf8))"
            let signature = try key.signature(for: Array(text.utf8)).rawRepresentation
            return ["Authorization": "Bearer \(text).\(base64URL(signature))"]
        }
        try await withService(["PATCHBAY_AUTH_SECRET": "", "PATCHBAY_AUTH_JWKS_FILE": file]) { port in
            let path = "/v1/agents/maria/work"
            let header = #"{"alg":"ES256","kid":"one"}"#
            let good = try await get(path, port: port, headers: try signed(by: key, header))
            #expect(good.status == 200)
            let wrong = [
                try signed(by: P256.Signing.PrivateKey(), header), forged(header: #"{"alg":"none"}"#, claims: claims),
                // Signed with a secret, in the hope that it is taken for the key's.
                forged(header: #"{"alg":"HS256","kid":"one"}"#, claims: claims), try await token("maria", [.agent]),
            ]
            for headers in wrong { expectUnauthenticated(try await get(path, port: port, headers: headers)) }
        }
    }

    @Test("A key set that cannot be read stops the start")
    func badKeySet() async throws {
        await #expect(throws: SettingsError.self) {
            try await withService(["PATCHBAY_AUTH_SECRET": "", "PATCHBAY_AUTH_JWKS_FILE": "/nonexistent.json"]) { _ in }
        }
    }

    @Test("Only the explicit word switches authentication off")
    func disabled() async throws {
        try await withService(["PATCHBAY_AUTH_SECRET": "", "PATCHBAY_AUTH_DISABLED": "true"]) { port in
            let reply = try await get("/v1/agents/maria/work", port: port)
            #expect(reply.status == 200)
        }
    }
}

private final class ManualClock: Sendable {
    private let time = Mutex(0.0)

    var now: Double {
        get { time.withLock { $0 } }
        set { time.withLock { $0 = newValue } }
    }
}
