internal import FoundationEssentials
internal import JWTKit

/// Makes bearer tokens: for `patchbay token`, for tests, and for services that call each other's neighbours.
package struct Tokens: Sendable {
    private let keys: JWTKeyCollection

    package init(secret: Secret) async {
        keys = JWTKeyCollection()
        await keys.add(hmac: HMACKey(from: secret.value), digestAlgorithm: .sha256)
    }

    /// - Parameter expires: seconds from now; negative for a token that has expired already.
    package func mint(subject: String, roles: Set<Role>, expires: Duration = .seconds(3_600)) async throws -> String {
        let seconds = (Date().timeIntervalSince1970 + Double(expires.components.seconds)).rounded(.down)
        let claims = TokenClaims(sub: subject, roles: roles.map(\.rawValue).sorted(), exp: seconds, nbf: nil)
        return try await keys.sign(claims)
    }
}
