import Domain
import ServiceKit
import Testing

@testable import ConnectorApp

@Suite("Continue-links say who goes on with which conversation, and cannot be made up")
struct ContinueLinkTests {
    let links = ContinueLinks(
        publicURL: "https://support.example", secret: Secret("a secret of at least 32 characters"),
        validity: .seconds(60))
    let link = ContinueLink(
        conversationID: ConversationID("11111111-2222-5333-8444-555555555555"),
        customerID: CustomerID("66666666-7777-5888-9999-000000000000"), expiresAt: at(60_000))

    @Test("a token is read back until it expires")
    func roundTrip() throws {
        let token = links.token(link)
        #expect(token.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !"+/=".utf8.contains($0) })
        #expect(try links.read(token, at: at(59_999)) == link)
        #expect(throws: ContinueLinks.Refusal.expired) { try links.read(token, at: at(60_000)) }
    }

    @Test("every change of a byte, another secret, and what is no token at all are refused")
    func tampered() {
        let token = links.token(link)
        for index in token.indices {
            for replacement in ["A", "b", ".", "-"] where String(token[index]) != replacement {
                let changed = String(token[..<index] + replacement + token[token.index(after: index)...])
                // The last character of Base64 has bits that do not count.
                guard decodedParts(changed) != decodedParts(token) else { continue }
                #expect(throws: ContinueLinks.Refusal.invalid) { try links.read(changed, at: at(0)) }
            }
        }
        let others = ContinueLinks(publicURL: "", secret: Secret("another secret of at least 32 characters"))
        for token in ["", ".", "a.b", others.token(link), String(repeating: "a", count: 3000)] {
            #expect(throws: ContinueLinks.Refusal.invalid) { try links.read(token, at: at(0)) }
        }
    }

    @Test("a message that is delivered again carries the same link")
    func stable() throws {
        #expect(links.url(for: message("m1")) == links.url(for: message("m1")))
        let url = links.url(for: message("m1"))
        #expect(url.hasPrefix("https://support.example/c/"))
        #expect(try links.read(String(url.split(separator: "/").last!), at: at(0)).expiresAt == at(60_000))
    }

    @Test("replies of agents carry it, what is sent by itself does not, and web chat not in the text")
    func placement() {
        var reply = message("m1")
        let url = links.url(for: reply)
        #expect(reply.text(with: links) == "Bonjour\n\n\(url)")
        #expect(reply.text(with: nil) == "Bonjour")
        reply.address.channel = .chat
        #expect(reply.text(with: links) == "Bonjour")
        #expect(reply.continueLink(from: links) == url)
        reply.author = .survey
        #expect(reply.continueLink(from: links) == nil)
    }

    private func decodedParts(_ token: String) -> [[UInt8]?] {
        token.split(separator: ".", omittingEmptySubsequences: false).map { base64URLDecoded(String($0)) }
    }
}

@Suite("A site's signed claim proves an e-mail address")
struct SignedClaimTests {
    let secret = Secret("the site's secret")

    @Test("a claim in order gives the address in its one form")
    func accepted() throws {
        let claim = jwt(
            "{\"email\":\"Lena@Example.org\",\"email_verified\":true,\"exp\":1790000060,\"sub\":\"7\"}", secret)
        let identifier = try SignedClaim.identifier(of: claim, secret: secret, at: at(59_999))
        #expect(identifier == Identifier(kind: .email, value: "lena@example.org"))
        #expect(throws: SignedClaim.Refusal.expired) {
            try SignedClaim.identifier(of: claim, secret: secret, at: at(60_000))
        }
        #expect(throws: SignedClaim.Refusal.tampered) {
            try SignedClaim.identifier(of: claim, secret: Secret("another"), at: at(0))
        }
    }

    @Test(
        "other algorithms, none first of all, are no signature",
        arguments: [
            "{\"alg\":\"none\"}", "{\"alg\":\"HS384\"}", "{\"alg\":\"hs256\"}", "{}", "{\"alg\":1}",
        ])
    func algorithms(_ header: String) {
        let claims = "{\"email\":\"lena@example.org\",\"email_verified\":true,\"exp\":1790000060}"
        #expect(throws: SignedClaim.Refusal.tampered) {
            try SignedClaim.identifier(of: jwt(claims, secret, header: header), secret: secret, at: at(0))
        }
    }

    @Test(
        "claims that say something else",
        arguments: [
            (
                "{\"email\":\"lena@example.org\",\"email_verified\":false,\"exp\":1790000060}",
                SignedClaim.Refusal.unverified
            ),
            ("{\"email\":\"lena@example.org\",\"email_verified\":\"true\",\"exp\":1790000060}", .unverified),
            ("{\"email\":\"lena@example.org\",\"exp\":1790000060}", .unverified),
            ("{\"email\":\"lena\",\"email_verified\":true,\"exp\":1790000060}", .malformed),
            ("{\"email_verified\":true,\"exp\":1790000060}", .malformed),
            ("{\"email\":\"lena@example.org\",\"email_verified\":true}", .malformed), ("[]", .malformed),
        ])
    func claims(_ claims: String, _ refusal: SignedClaim.Refusal) {
        #expect(throws: refusal) {
            try SignedClaim.identifier(of: jwt(claims, secret), secret: secret, at: at(0))
        }
    }

    @Test("what is no token", arguments: ["", "a.b", "a.b.c", "...", String(repeating: "a", count: 5000)])
    func noToken(_ text: String) {
        #expect(throws: SignedClaim.Refusal.self) { try SignedClaim.identifier(of: text, secret: secret, at: at(0)) }
    }
}

@Suite("The same address is written in one way")
struct IdentifierFormTests {
    @Test(
        "phone numbers",
        arguments: [
            ("+49 151 23456789", "+4915123456789"), ("whatsapp:+14155238886", "+14155238886"),
            ("0049 (151) 2345-6789", "+4915123456789"), ("tel:+1-202-555-0143", "+12025550143"),
            ("+1.202.555.0143", "+12025550143"),
            ("015123456789", nil), ("+0151234567", nil), ("+12345", nil), ("+1234567890123456", nil),
            ("anonymous", nil),
            ("+49151abc45678", nil), ("+٤٩١٥١٢٣٤٥٦٧٨", nil), ("", nil),
        ])
    func phone(_ text: String, _ expected: String?) { #expect(IdentifierForm.phone(text) == expected) }

    @Test(
        "e-mail addresses",
        arguments: [
            ("Lena@Example.ORG", "lena@example.org"), ("a+b@x.y", "a+b@x.y"), ("jürgen@müller.de", "jürgen@müller.de"),
            ("lena", nil), ("@x.y", nil), ("a@", nil), ("a@b@c", nil), ("a b@x.y", nil), ("a@x..y", nil),
            ("a@-x.y", nil),
            ("a@x.y\r\nBcc: z@x.y", nil), ("<a@x.y>", nil), ("\(String(repeating: "a", count: 65))@x.y", nil),
        ])
    func email(_ text: String, _ expected: String?) { #expect(IdentifierForm.email(text) == expected) }

    @Test(
        "handles and visitors belong to their account",
        arguments: [
            ("@lena", "page/lena"), ("lena", "page/lena"), ("Лена", "page/Лена"), ("a b", nil), ("", nil), ("@", nil),
            ("a\u{0}", nil), (String(repeating: "x", count: 201), nil),
        ])
    func handle(_ text: String, _ expected: String?) {
        let identifier = IdentifierForm.identifier(.handle, text, account: ChannelAccountID("page"))
        #expect(identifier == expected.map { Identifier(kind: .handle, value: $0) })
    }
}

/// A JWT signed with HS256, whatever its header says.
func jwt(_ claims: String, _ secret: Secret, header: String = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}") -> String {
    let signed = "\(base64URL(Array(header.utf8))).\(base64URL(Array(claims.utf8)))"
    return "\(signed).\(base64URL(hmacSHA256(signed, secret.value)))"
}
