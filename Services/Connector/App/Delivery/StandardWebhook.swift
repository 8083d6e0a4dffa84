import Crypto
import Domain
import FoundationEssentials
import ServiceKit

/// Signs what is posted to a webhook, so that its receiver knows that it is ours, and that it is no replay.
///
/// - Source: Standard Webhooks 1.0.0, https://github.com/standard-webhooks/standard-webhooks.
struct StandardWebhook {
    private static let prefix = "whsec_"
    private let key: SymmetricKey

    /// Nil unless the secret is `whsec_` and the key in Base64, of 24 to 64 bytes.
    init?(secret: Secret) {
        guard secret.value.hasPrefix(Self.prefix) else { return nil }
        var text = String(secret.value.dropFirst(Self.prefix.count))
        text += String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        guard let key = Data(base64Encoded: text), (24...64).contains(key.count) else { return nil }
        self.key = SymmetricKey(data: key)
    }

    /// The three headers of one post.
    /// - Parameter id: the same whenever this message is posted; the receiver drops repeats by it.
    /// - Parameter now: of this post, since receivers refuse what is older than some minutes.
    func headers(id: String, now: Instant, body: [UInt8]) -> [(name: String, value: String)] {
        let seconds = String(now.milliseconds / 1000)
        let code = HMAC<SHA256>.authenticationCode(for: Array("\(id).\(seconds).".utf8) + body, using: key)
        return [
            ("webhook-id", id), ("webhook-timestamp", seconds),
            ("webhook-signature", "v1,\(Data(code).base64EncodedString())"),
        ]
    }
}
