import Crypto
import Domain
import FoundationEssentials
import ServiceKit

/// What a continue-link says: its bearer is this customer and goes on with this conversation.
struct ContinueLink: Hashable {
    var conversationID: ConversationID
    var customerID: CustomerID
    var expiresAt: Instant
}

/// Makes and checks continue-links: `<public URL>/c/<token>`.
///
/// A token is `base64url(payload).base64url(HMAC-SHA256(secret, label + payload))`. Its expiry counts from the message
/// that carries it, so a message that is delivered again carries the same link.
struct ContinueLinks: Sendable {
    /// Separates these signatures from everything else that is signed with the same secret.
    private static let label = "patchbay continue-link 1\n"
    private static let tokenBytesMax = 2048

    let publicURL: String
    let validity: Duration
    private let key: SymmetricKey

    /// - Parameter publicURL: without a slash at its end.
    init(publicURL: String, secret: Secret, validity: Duration = .seconds(7 * 86_400)) {
        self.publicURL = publicURL
        self.validity = validity
        self.key = SymmetricKey(data: Array(secret.value.utf8))
    }

    /// Why a token is not accepted.
    enum Refusal: Error {
        /// Not one of ours, or changed.
        case invalid
        case expired
    }

    /// The link that a message to a customer carries.
    func url(for message: OutboundMessage) -> String {
        let link = ContinueLink(
            conversationID: message.conversationID, customerID: message.customerID,
            expiresAt: message.createdAt + validity)
        return "\(publicURL)/c/\(token(link))"
    }

    func token(_ link: ContinueLink) -> String {
        let seconds = link.expiresAt.milliseconds / 1000
        let payload = Array("\(seconds)\n\(link.conversationID)\n\(link.customerID)".utf8)
        return "\(base64URL(payload)).\(base64URL(code(payload)))"
    }

    func read(_ token: String, at now: Instant) throws(Refusal) -> ContinueLink {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard token.utf8.count <= Self.tokenBytesMax, parts.count == 2,
            let payload = base64URLDecoded(String(parts[0])), let code = base64URLDecoded(String(parts[1])),
            HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: signed(payload), using: key)
        else { throw .invalid }
        let fields = String(decoding: payload, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        guard fields.count == 3, let seconds = Int64(fields[0]),
            case (let milliseconds, false) = seconds.multipliedReportingOverflow(by: 1000)
        else { throw .invalid }
        let link = ContinueLink(
            conversationID: ConversationID(String(fields[1])), customerID: CustomerID(String(fields[2])),
            expiresAt: Instant(milliseconds: milliseconds))
        guard now < link.expiresAt else { throw .expired }
        return link
    }

    // MARK: - Receipts

    /// Separates these from links.
    private static let receiptLabel = "patchbay receipt 1\n"

    /// What a receipt must bring back: that this message of this conversation was sent over this account. Whoever has
    /// an account of their own can sign a receipt, and name any message in it.
    func receiptProof(of message: MessageID, in conversation: ConversationID, over account: ChannelAccountID) -> String
    {
        base64URL(Array(HMAC<SHA256>.authenticationCode(for: receipt(message, conversation, account), using: key)))
    }

    func isProof(
        _ proof: String, of message: MessageID, in conversation: ConversationID, over account: ChannelAccountID
    ) -> Bool {
        guard let code = base64URLDecoded(proof) else { return false }
        return HMAC<SHA256>.isValidAuthenticationCode(
            code, authenticating: receipt(message, conversation, account), using: key)
    }

    private func receipt(
        _ message: MessageID, _ conversation: ConversationID, _ account: ChannelAccountID
    ) -> [UInt8] {
        let parts = [account.rawValue, conversation.rawValue, message.rawValue]
        return Array((Self.receiptLabel + parts.map { "\($0.utf8.count):\($0)" }.joined()).utf8)
    }

    private func code(_ payload: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: signed(payload), using: key))
    }

    private func signed(_ payload: [UInt8]) -> [UInt8] { Array(Self.label.utf8) + payload }
}

/// Base64 for URLs, without padding.
/// - Source: RFC 4648, section 5.
func base64URL(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
}
