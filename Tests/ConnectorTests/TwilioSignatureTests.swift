import Crypto
import Domain
import Foundation
import TestSupport
import Testing

@testable import ConnectorApp

@Suite("Twilio's signatures are checked as Twilio's own package does")
struct TwilioSignatureTests {
    static let url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    static let call = [
        (name: "CallSid", value: "CA1234567890ABCDE"), (name: "Digits", value: "1234"),
        (name: "From", value: "+14158675309"), (name: "To", value: "+18005551212"),
        (name: "Caller", value: "+14158675309"),
    ]
    static let sha256 = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"

    @Test("the vendor's vectors: with and without the port, and with SHA-256")
    func vectors() {
        let plain = TwilioSignature(signature: "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
        let withPort = TwilioSignature(signature: "kvajT1Ptam85bY51eRf/AJRuM3w=")
        let newer = TwilioSignature(signature: "033hgUJA9M/hXIZsYjwkerEP/DBm35nEri5FhCYjA5s=", settings: Self.sha256)
        let urlWithPort = Self.url.replacing(".com/", with: ".com:443/")
        for check in [plain, withPort, newer] {
            #expect(check.isValid(url: Self.url, body: .form(Self.call), secret: "12345"))
            #expect(check.isValid(url: Self.url, body: .form(Self.call.reversed()), secret: "12345"))
            #expect(!check.isValid(url: Self.url, body: .form(Self.call), secret: "12346"))
            #expect(!check.isValid(url: Self.url + "&x=1", body: .form(Self.call), secret: "12345"))
            #expect(!check.isValid(url: Self.url, body: .form(Array(Self.call.dropLast())), secret: "12345"))
        }
        #expect(plain.isValid(url: urlWithPort, body: .form(Self.call), secret: "12345"))
        #expect(withPort.isValid(url: urlWithPort, body: .form(Self.call), secret: "12345"))
    }

    @Test("names that come twice count with each distinct value")
    func duplicates() {
        let form = [
            ("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234"),
        ]
        let check = TwilioSignature(signature: "IK+Dwps556ElfBT0I3Rgjkr1wJU=")
        #expect(check.isValid(url: Self.url, body: .form(form.map { (name: $0, value: $1) }), secret: "12345"))
    }

    @Test("a body that is no form is checked by its hash in the URL")
    func rawBody() {
        let body = Array("{\"property\": \"value\", \"boolean\": true}".utf8)
        let hash = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
        let check = TwilioSignature(signature: "a9nBmqA0ju/hNViExpshrM61xv4=")
        let url = "\(Self.url)&bodySHA256=\(hash)"
        #expect(check.isValid(url: url, body: .raw(body), secret: "12345"))
        #expect(!check.isValid(url: url, body: .raw(body + [32]), secret: "12345"))
        #expect(!check.isValid(url: Self.url, body: .raw(body), secret: "12345"), "no hash, no proof")
    }

    @Test(
        "an algorithm that is not known, and signatures that are none",
        arguments: [
            ("033hgUJA9M/hXIZsYjwkerEP/DBm35nEri5FhCYjA5s=", "algorithm=HMAC_SHA512"),
            ("033hgUJA9M/hXIZsYjwkerEP/DBm35nEri5FhCYjA5s=", nil),
            ("RSOYDt4T1cUTdK1PDd93/VVr8B8=", TwilioSignatureTests.sha256), ("", nil), ("nonsense", nil), ("é", nil),
        ])
    func refused(_ signature: String, _ settings: String?) {
        let check = TwilioSignature(signature: signature, settings: settings)
        #expect(!check.isValid(url: Self.url, body: .form(Self.call), secret: "12345"))
    }

    @Test("random forms that the vendor's package signs are accepted", .enabled(if: VendorPython.path != nil))
    func vendor() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let cases = (0..<40).map { _ in RandomForm(&random) }
        let json = String(decoding: try JSONEncoder().encode(cases), as: UTF8.self)
        let signatures = try await VendorPython.run(
            """
            import json, sys
            from twilio.request_validator import RequestValidator
            class Form(dict):
                def getall(self, name): return self[name]
            for case in json.loads(sys.argv[1]):
                form = Form()
                for name, value in case["fields"]: form.setdefault(name, []).append(value)
                print(RequestValidator(case["token"]).compute_signature(case["url"], form, case["algorithm"]))
            """, [json]
        ).split(separator: "\n")
        #expect(signatures.count == cases.count)
        for (form, signature) in zip(cases, signatures) {
            let check = TwilioSignature(signature: String(signature), settings: "algorithm=\(form.algorithm)")
            let fields = form.fields.map { (name: $0[0], value: $0[1]) }
            #expect(check.isValid(url: form.url, body: .form(fields), secret: form.token), "seed \(seed): \(form)")
            #expect(!check.isValid(url: form.url, body: .form(fields), secret: form.token + "x"))
        }
    }

    private struct RandomForm: Codable {
        var token: String
        var url: String
        var algorithm: String
        var fields: [[String]]

        init(_ random: inout SeededGenerator) {
            let alphabet = Array("aBzZ09 +&=%-_äß漢🙂\u{1F468}\u{200D}\u{1F469}")
            func word(_ most: Int) -> String {
                String(
                    (0..<Int.random(in: 0...most, using: &random)).map { _ in alphabet.randomElement(using: &random)! })
            }
            token = String(random.next(), radix: 36)
            let port = ["", ":443", ":8443"].randomElement(using: &random)!
            url = "https://support.example\(port)/v1/channels/sms/twilio/messages?x=\(random.next())"
            algorithm = random.chance(50) ? "HMAC_SHA1" : "HMAC_SHA256"
            fields = (0..<Int.random(in: 0...12, using: &random)).map { _ in [word(4) + "N", word(20)] }
        }
    }
}
