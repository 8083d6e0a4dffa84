import Crypto
import Foundation

/// HMAC-SHA256 of a text.
func hmacSHA256(_ text: String, _ secret: String) -> [UInt8] {
    Array(HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: SymmetricKey(data: Data(secret.utf8))))
}

/// Twilio's older signature of a URL and a form, made by the rule in its documentation.
func twilioSignature(_ url: String, _ form: [(name: String, value: String)], _ secret: String) -> String {
    let text = url + form.sorted { $0.name < $1.name }.map { $0.name + $0.value }.joined()
    let key = SymmetricKey(data: Data(secret.utf8))
    return Data(HMAC<Insecure.SHA1>.authenticationCode(for: Data(text.utf8), using: key)).base64EncodedString()
}
