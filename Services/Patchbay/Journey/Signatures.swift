import Crypto
import Foundation

/// Signatures as the other side makes and checks them; written on their own here, to check ours.
enum Signatures {
    /// Why a webhook is not what it says it is; nil when its signature holds.
    ///
    /// - Source: Standard Webhooks 1.0.0, "Signature scheme".
    static func problem(withWebhook headers: [String: String], body: [UInt8], secret: String) -> String? {
        guard let id = headers["webhook-id"], let timestamp = headers["webhook-timestamp"],
            let signatures = headers["webhook-signature"]
        else { return "a webhook header is missing" }
        guard let seconds = Double(timestamp), abs(Date().timeIntervalSince1970 - seconds) < 300 else {
            return "the timestamp \(timestamp) is not within five minutes"
        }
        guard secret.hasPrefix("whsec_"), let key = Data(base64Encoded: String(secret.dropFirst(6))) else {
            return "the secret is no whsec_ secret"
        }
        let signed = Data("\(id).\(timestamp).".utf8) + Data(body)
        let expected = Data(HMAC<SHA256>.authenticationCode(for: signed, using: SymmetricKey(data: key)))
        let holds = signatures.split(separator: " ").contains { $0 == "v1,\(expected.base64EncodedString())" }
        return holds ? nil : "no signature of \(signatures) holds"
    }

    /// `X-Twilio-Signature` of a form that is posted to this URL.
    ///
    /// - Source: Twilio, "Webhooks security": URL, then names and values sorted by name, HMAC-SHA1, Base64.
    static func twilio(url: String, form: [(String, String)], token: String) -> String {
        let text = url + form.sorted { $0.0 < $1.0 }.map { $0.0 + $0.1 }.joined()
        let key = SymmetricKey(data: Data(token.utf8))
        return Data(HMAC<Insecure.SHA1>.authenticationCode(for: Data(text.utf8), using: key)).base64EncodedString()
    }

    /// `name=value&…` as a browser posts it.
    static func formBody(_ form: [(String, String)]) -> [UInt8] {
        func encode(_ text: String) -> String {
            text.utf8.map { byte in
                let scalar = Character(Unicode.Scalar(byte))
                let isPlain = byte < 0x80 && (scalar.isLetter || scalar.isNumber || "-._~".contains(scalar))
                return isPlain
                    ? String(scalar) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
            .joined()
        }
        return Array(form.map { "\(encode($0.0))=\(encode($0.1))" }.joined(separator: "&").utf8)
    }

    /// The fields of a posted form.
    static func form(_ body: [UInt8]) -> [String: String] {
        let pairs = String(decoding: body, as: UTF8.self).split(separator: "&").map { pair in
            pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { part in
                part.replacing("+", with: " ").removingPercentEncoding ?? String(part)
            }
        }
        return Dictionary(pairs.map { ($0[0], $0.count > 1 ? $0[1] : "") }) { $1 }
    }

    /// What a site claims of its visitor: a JWT with HS256 that says whose e-mail address it is.
    static func claim(email: String, secret: String, expires: Date) -> String {
        func encode(_ bytes: some Sequence<UInt8>) -> String {
            Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing(
                "=", with: "")
        }
        let claims = #"{"email":"\#(email)","email_verified":true,"exp":\#(Int(expires.timeIntervalSince1970))}"#
        let signed = encode(#"{"alg":"HS256","typ":"JWT"}"#.utf8) + "." + encode(claims.utf8)
        let key = SymmetricKey(data: Data(secret.utf8))
        return signed + "." + encode(Array(HMAC<SHA256>.authenticationCode(for: Data(signed.utf8), using: key)))
    }
}
