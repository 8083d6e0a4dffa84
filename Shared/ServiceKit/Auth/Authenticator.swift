internal import Crypto
internal import FoundationEssentials
internal import JWTKit
internal import Synchronization

/// Finds out who bears a token.
///
/// Verifying a signature costs about 0.1 ms, so tokens that were found good are remembered by their hash until they
/// expire.
/// - Bounds: `cacheMax` tokens; then the oldest are forgotten.
/// - Source: RFC 7519, RFC 6750; algorithm confusion: RFC 8725, section 3.1.
package final class Authenticator: Sendable {
    private struct Cache {
        var known: [SHA256Digest: (principal: Principal, expires: Double)] = [:]
        /// In the order in which they came: what to forget first.
        var order: [SHA256Digest] = []
    }

    private static let cacheMax = 4_096
    private static let tokenBytesMax = 8_192

    private let keys: JWTKeyCollection?
    /// With a shared secret only this algorithm is accepted; with a key set, what its keys say.
    private let onlyAlgorithm: String?
    private let cache = Mutex(Cache())
    private let now: @Sendable () -> Double

    /// Lets everybody do everything.
    package static let disabled = Authenticator()

    private init() {
        keys = nil
        onlyAlgorithm = nil
        now = { 0 }
    }

    /// Takes tokens signed with a shared secret.
    /// - Parameter now: seconds since 1970; the system's clock unless a test says otherwise.
    package init(
        secret: Secret, now: @escaping @Sendable () -> Double = { Date().timeIntervalSince1970 }
    ) async {
        let keys = JWTKeyCollection()
        await keys.add(hmac: HMACKey(from: secret.value), digestAlgorithm: .sha256)
        self.keys = keys
        self.onlyAlgorithm = "HS256"
        self.now = now
    }

    /// Takes tokens signed with a key of a JSON Web Key Set.
    /// - Throws: when the text is no key set, or has no key that can be used.
    package init(
        keySet json: String, now: @escaping @Sendable () -> Double = { Date().timeIntervalSince1970 }
    ) async throws {
        let keys = JWTKeyCollection()
        try await keys.add(jwksJSON: json)
        self.keys = keys
        self.onlyAlgorithm = nil
        self.now = now
    }

    /// Who sends this `Authorization` header.
    /// - Throws: `Problem` 401, and never why a signature did not fit.
    package func principal(authorization: String?) async throws(Problem) -> Principal {
        guard let keys else { return .everybody }
        guard let authorization else { throw .unauthenticated("A bearer token is needed.") }
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw .unauthenticated(
                "The Authorization header must be: Bearer, a space, a token.", error: "invalid_request")
        }
        let token = String(parts[1])
        guard token.utf8.count <= Authenticator.tokenBytesMax else { throw .badToken }
        let digest = SHA256.hash(data: Array(token.utf8))
        if let known = remembered(digest) { return known }
        let claims = try await verified(token, keys)
        guard claims.exp > now() else { throw .expiredToken }
        if let start = claims.nbf, start > now() {
            throw .unauthenticated("The token is not valid yet.", error: "invalid_token")
        }
        let principal = Principal(subject: claims.sub, roles: Set(claims.roles.compactMap(Role.init(rawValue:))))
        remember(digest, principal, until: claims.exp)
        return principal
    }

    private func verified(_ token: String, _ keys: JWTKeyCollection) async throws(Problem) -> TokenClaims {
        guard let header = token.split(separator: ".", omittingEmptySubsequences: false).first,
            let bytes = base64URLDecoded(String(header)), let fields = try? JSONValue(parsing: bytes),
            let algorithm = fields["alg"]?.string, algorithm.lowercased() != "none",
            onlyAlgorithm == nil || algorithm == onlyAlgorithm
        else { throw .badToken }
        do {
            let claims = try await keys.verify(token, as: TokenClaims.self)
            guard !claims.sub.isEmpty, claims.sub.utf8.count <= 128 else { throw Problem.badToken }
            return claims
        } catch {
            throw .badToken
        }
    }

    private func remembered(_ digest: SHA256Digest) -> Principal? {
        cache.withLock { cache in
            guard let entry = cache.known[digest], entry.expires > now() else { return nil }
            return entry.principal
        }
    }

    private func remember(_ digest: SHA256Digest, _ principal: Principal, until expires: Double) {
        cache.withLock { cache in
            if cache.known.updateValue((principal, expires), forKey: digest) == nil { cache.order.append(digest) }
            guard cache.order.count > Authenticator.cacheMax else { return }
            let forgotten = cache.order.prefix(Authenticator.cacheMax / 4)
            for digest in forgotten { cache.known[digest] = nil }
            cache.order.removeFirst(forgotten.count)
        }
    }
}

extension Problem {
    fileprivate static var badToken: Problem {
        .unauthenticated("The token is not valid.", error: "invalid_token")
    }

    fileprivate static var expiredToken: Problem {
        .unauthenticated("The token has expired.", error: "invalid_token")
    }
}

/// What a token says. Checked for time by the authenticator, so that tests can bring their own clock.
struct TokenClaims: JWTPayload {
    var sub: String
    var roles: [String]
    var exp: Double
    var nbf: Double?

    func verify(using _: some JWTAlgorithm) async throws {}
}
