import Foundation
import ServiceKit

/// Secrets made up for one run of the stack, and the tokens that they sign.
struct DevelopmentSecrets: Sendable {
    /// Signs bearer tokens.
    var auth = Self.random()
    /// Signs continue-links.
    var link = Self.random()
    /// Signs what we deliver to webhooks, in the form of Standard Webhooks.
    var webhook = "whsec_" + Data(Self.bytes(24)).base64EncodedString()
    var twilio = Self.random()
    /// Signs what a site claims about its visitors.
    var site = Self.random()

    /// As the services read them; the names are those of the demo organization.
    var environment: [String: String] {
        [
            "PATCHBAY_AUTH_SECRET": auth, "PATCHBAY_LINK_SECRET": link,
            "PATCHBAY_SECRET_DEMO_WEBHOOK": webhook, "PATCHBAY_SECRET_DEMO_TWILIO": twilio,
            "PATCHBAY_SECRET_DEMO_SITE": site,
        ]
    }

    /// What the services of a running stack were given.
    init(environment: [String: String]) throws {
        func value(_ name: String) throws -> String {
            guard let value = environment[name], !value.isEmpty else {
                throw StackError("\(name) is not set: the journey needs the secrets that the services have")
            }
            return value
        }
        auth = try value("PATCHBAY_AUTH_SECRET")
        link = environment["PATCHBAY_LINK_SECRET"] ?? ""
        webhook = try value("PATCHBAY_SECRET_DEMO_WEBHOOK")
        twilio = try value("PATCHBAY_SECRET_DEMO_TWILIO")
        site = try value("PATCHBAY_SECRET_DEMO_SITE")
    }

    init() {}

    func token(subject: String, roles: Set<Role>, expires: Duration = .seconds(86_400)) async throws -> String {
        try await Tokens(secret: Secret(auth)).mint(subject: subject, roles: roles, expires: expires)
    }

    private static func random() -> String {
        bytes(32).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    private static func bytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
}
