import Foundation
import Testing

@testable import PatchbayCLI

@Suite("The journey signs and checks as the other side does")
struct SignaturesTests {
    @Test("Twilio's own example has Twilio's signature")
    func twilio() {
        let form = [
            ("CallSid", "CA1234567890ABCDE"), ("Caller", "+14158675309"), ("Digits", "1234"), ("From", "+14158675309"),
            ("To", "+18005551212"),
        ]
        let signature = Signatures.twilio(
            url: "https://mycompany.com/myapp.php?foo=1&bar=2", form: form, token: "12345")
        #expect(signature == "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
    }

    @Test("Forms are encoded byte by byte")
    func forms() {
        #expect(Signatures.formBody([("From", "+33 6"), ("é", "a&b")]) == Array("From=%2B33%206&%C3%A9=a%26b".utf8))
    }

    @Test("A webhook with a changed body, an old timestamp or another secret is refused")
    func webhooks() {
        let secret = "whsec_" + Data("a secret of 24 bytes or so".utf8).base64EncodedString()
        let now = String(Int(Date().timeIntervalSince1970))
        let headers = ["webhook-id": "1", "webhook-timestamp": now, "webhook-signature": "v1,AAAA"]
        #expect(Signatures.problem(withWebhook: headers, body: [], secret: secret) == "no signature of v1,AAAA holds")
        #expect(Signatures.problem(withWebhook: [:], body: [], secret: secret) == "a webhook header is missing")
        let old = headers.merging(["webhook-timestamp": "1"]) { $1 }
        #expect(Signatures.problem(withWebhook: old, body: [], secret: secret)?.contains("five minutes") == true)
    }
}
