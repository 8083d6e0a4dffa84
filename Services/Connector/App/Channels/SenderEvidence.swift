import Domain
import HTTPTypes
import ServiceKit

/// Turns what a sender brings as proof into verified evidence, or into a problem that names what is wrong with it.
struct SenderEvidence {
    let links: ContinueLinks?
    let secrets: Secrets
    let now: Instant

    /// The link that a continue-token stands for.
    /// - Parameter status: 401 when the token was to let its bearer in, else 422.
    func link(_ token: String, status: HTTPResponse.Status) throws(Problem) -> ContinueLink {
        guard let links else { throw .unavailable("Continue-links are not set up here.") }
        do throws(ContinueLinks.Refusal) {
            return try links.read(token, at: now)
        } catch {
            let (code, detail) =
                switch error {
                case .invalid: ("continue-token-invalid", "The continue_token is not one of ours, or was changed.")
                case .expired: ("continue-token-expired", "The continue_token has expired.")
                }
            let field = FieldError(
                field: "continue_token", value: nil, expected: "a token from a continue-link, unchanged")
            throw Problem(status, code, detail, errors: [field])
        }
    }

    /// The identifier that a signed claim proves.
    func identifier(_ claim: String, account: ChannelAccount) throws(Problem) -> Identifier {
        guard let name = account.inboundSecret, let secret = secrets.secret(named: name) else {
            throw Self.problem(
                "claim-not-accepted", "This channel account has no secret by which a claim could be checked.")
        }
        do throws(SignedClaim.Refusal) {
            return try SignedClaim.identifier(of: claim, secret: secret, at: now)
        } catch {
            switch error {
            case .malformed:
                throw Self.problem("claim-invalid", "The claim is no JWT with email, email_verified and exp.")
            case .tampered:
                throw Self.problem("claim-invalid", "The claim is not signed with the account's secret (HS256).")
            case .expired: throw Self.problem("claim-expired", "The claim has expired.")
            case .unverified:
                throw Self.problem("claim-unverified", "The claim does not say that the address is verified.")
            }
        }
    }

    private static func problem(_ code: String, _ detail: String) -> Problem {
        let field = FieldError(field: "claim", value: nil, expected: "a JWT that the account's secret signs")
        return Problem(.unprocessableContent, code, detail, errors: [field])
    }
}
