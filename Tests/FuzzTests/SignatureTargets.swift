import Crypto
import Domain
import Foundation
import ServiceKit
import TestSupport

@testable import ConnectorApp

// Who says that they are somebody. Each input is tried as it is, and also well signed: what a partner signs is still
// from outside.

extension FuzzTarget {
    private static let secret = "a secret for tests, long enough for HS256"
    private static let now = Instant(milliseconds: 1_800_000_000_000)
    private static let links = ContinueLinks(publicURL: "https://support.example", secret: Secret(secret))

    private static func signed(_ bytes: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: bytes, using: SymmetricKey(data: Array(secret.utf8))))
    }

    private static func token(_ header: [UInt8], _ claims: [UInt8]) -> String {
        let head = "\(ServiceKit.base64URL(header)).\(ServiceKit.base64URL(claims))"
        return "\(head).\(ServiceKit.base64URL(signed(Array(head.utf8))))"
    }

    private static let hs256 = Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8)

    static let signatures: [FuzzTarget] = [
        FuzzTarget(
            name: "continue-link",
            corpus: [
                Array(
                    links.token(
                        ContinueLink(
                            conversationID: ConversationID("c"), customerID: CustomerID("lena"),
                            expiresAt: now + .seconds(9))
                    ).utf8)
            ] + texts("1800000009\nconversation\nlena", "-5\n\n"),
            dictionary: ["\n", ".", "9223372036854775"]
        ) { bytes in
            _ = try? links.read(bytes.text, at: now)
            let code = signed(Array("patchbay continue-link 1\n".utf8) + bytes)
            let well = "\(ServiceKit.base64URL(bytes)).\(ServiceKit.base64URL(code))"
            _ = try? links.read(well, at: now)
        },
        FuzzTarget(
            name: "signed-claim",
            corpus: texts(
                #"{"email":"lena@example.org","email_verified":true,"exp":1800000100}"#,
                token(hs256, Array(#"{"email":"l@e.org","email_verified":true,"exp":1800000100}"#.utf8)),
                #"{"alg":"none"}"#),
            dictionary: ["\"exp\":", "email_verified", "@", "."]
        ) { bytes in
            _ = try? SignedClaim.identifier(of: bytes.text, secret: Secret(secret), at: now)
            _ = try? SignedClaim.identifier(of: token(hs256, bytes), secret: Secret(secret), at: now)
            _ = try? SignedClaim.identifier(of: token(bytes, bytes), secret: Secret(secret), at: now)
        },
        FuzzTarget(
            name: "bearer-token",
            corpus: texts(
                #"{"sub":"ana","roles":["agent"],"exp":1900000000}"#, #"{"sub":"","roles":[],"exp":1e308,"nbf":-1}"#,
                "Bearer " + token(hs256, Array(#"{"sub":"ana","roles":["agent"],"exp":1900000000}"#.utf8))),
            dictionary: ["Bearer ", "bearer ", "none", "\"roles\"", "."], share: 0.3
        ) { bytes in
            let authenticator = await Bearer.shared.authenticator
            _ = try? await authenticator.principal(authorization: bytes.text)
            _ = try? await authenticator.principal(authorization: "Bearer \(token(hs256, bytes))")
            _ = try? await authenticator.principal(authorization: "Bearer \(token(bytes, bytes))")
        },
        FuzzTarget(
            name: "webhook-secret",
            corpus: texts("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw=="),
            dictionary: ["whsec_", "=", "=="], share: 0.5
        ) { bytes in
            _ = StandardWebhook(secret: Secret(bytes.text))?.headers(id: bytes.text, now: now, body: bytes)
        },
        FuzzTarget(
            name: "twilio-signature",
            corpus: texts(
                "https://support.example:8443/v1/channels/sms/twilio?bodySHA256=abc#x", "http://[::1]:80/?a=b",
                "From=%2B33612345678&Body=Bonjour", "algorithm=HMAC_SHA256,x=y", "RSOYDt4T1cUTdK1PDd93/VVr8B8=", "://:"),
            dictionary: ["://", ":", "?", "#", "bodySHA256=", "algorithm="]
        ) { bytes in
            let text = bytes.text
            let lines = text.split(separator: "\n", maxSplits: 1).map { String($0) }
            let form = formFields(bytes).compactMap { name, value in value.string.map { (name: name, value: $0) } }
            for signature in [text, "RSOYDt4T1cUTdK1PDd93/VVr8B8="] {
                let check = TwilioSignature(signature: signature, settings: lines.last)
                _ = check.isValid(url: text, body: .form(form), secret: secret)
                _ = check.isValid(url: text, body: .raw(bytes), secret: secret)
            }
        },
    ]
}

/// One authenticator for all inputs.
private actor Bearer {
    static let shared = Bearer()
    private var made: Authenticator?

    var authenticator: Authenticator {
        get async {
            if let made { return made }
            let new = await Authenticator(secret: Secret("a secret for tests, long enough for HS256"), now: { 1.8e9 })
            made = new
            return new
        }
    }
}
