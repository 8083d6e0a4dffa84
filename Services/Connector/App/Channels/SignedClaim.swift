import Crypto
import Domain
import ServiceKit

/// What a customer's site says, signed, about the visitor of its web chat: that this e-mail address is theirs.
///
/// A JWT of algorithm HS256 with the claims `email`, `email_verified` (true) and `exp`.
/// - Source: RFC 7519; the names of the claims: OpenID Connect Core 1.0, section 5.1.
enum SignedClaim {
    /// Why a claim is not accepted.
    enum Refusal: Error {
        case malformed, tampered, expired, unverified
    }

    static let bytesMax = 4096

    /// The e-mail address that the claim proves.
    static func identifier(of token: String, secret: Secret, at now: Instant) throws(Refusal) -> Identifier {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false).map { String($0) }
        guard token.utf8.count <= bytesMax, parts.count == 3,
            let header = base64URLDecoded(parts[0]).flatMap({ try? JSONValue(parsing: $0) }),
            let claims = base64URLDecoded(parts[1]).flatMap({ try? JSONValue(parsing: $0) }),
            let signature = base64URLDecoded(parts[2])
        else { throw .malformed }
        // Any other algorithm, "none" first of all, would not be a signature by the account's secret.
        guard header["alg"]?.string == "HS256",
            HMAC<SHA256>.isValidAuthenticationCode(
                signature, authenticating: Array("\(parts[0]).\(parts[1])".utf8),
                using: SymmetricKey(data: Array(secret.value.utf8)))
        else { throw .tampered }
        guard let expiry = claims["exp"]?.integer else { throw .malformed }
        guard now.milliseconds / 1000 < expiry else { throw .expired }
        guard claims["email_verified"]?.boolean == true else { throw .unverified }
        guard let email = claims["email"]?.string.flatMap(IdentifierForm.email) else { throw .malformed }
        return Identifier(kind: .email, value: email)
    }
}
