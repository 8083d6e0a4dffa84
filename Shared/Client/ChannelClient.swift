/// Brings customers' messages in.
public struct ChannelClient: Sendable {
    let service: Service

    /// Posts a message through a channel account. A repeat of the same `messageID` is the same message.
    ///
    /// - Throws: `PatchbayError`: retriable when nothing was taken, or nobody knows.
    @discardableResult
    public func post(_ message: CustomerMessage, account: String) async throws -> AcceptedMessage {
        try await service.change(["channels", account, "messages"], message, key: nil)
    }

    /// Says that a customer hung up, or closed the window.
    ///
    /// - Parameters:
    ///   - messageID: the call that ended; nil: whatever is open at this address.
    /// - Throws: `PatchbayError`: retriable when nothing was taken, or nobody knows.
    public func leave(
        _ sender: CustomerMessage.Sender, account: String, messageID: String? = nil, reason: String? = nil
    ) async throws {
        let _: Left = try await service.change(
            ["channels", account, "departures"], Departure(from: sender, messageID: messageID, reason: reason),
            key: nil)
    }

    private struct Departure: Encodable {
        var from: CustomerMessage.Sender
        var messageID: String?
        var reason: String?
    }

    private struct Left: Decodable {
        var customerID: String
    }
}

/// A customer's message as its channel knows it.
public struct CustomerMessage: Hashable, Sendable, Encodable {
    /// The provider's own id; unique for its sender within the account.
    public var messageID: String
    /// Needed, except in web chat with a `continueToken`.
    public var from: Sender?
    public var text: String
    public var subject: String?
    /// A BCP 47 tag.
    public var language: String?
    public var displayName: String?
    /// From a continue-link: proves which conversation goes on.
    public var continueToken: String?
    /// A JWT that the site signs: proves the e-mail address.
    public var claim: String?

    public init(messageID: String, from: Sender?, text: String, language: String? = nil, displayName: String? = nil) {
        self.messageID = messageID
        self.from = from
        self.text = text
        self.language = language
        self.displayName = displayName
    }

    public struct Sender: Hashable, Sendable, Encodable {
        /// `phone`, `email`, `handle` or `visitor`.
        public var kind: String
        public var value: String

        public init(kind: String, value: String) {
            self.kind = kind
            self.value = value
        }
    }
}

/// The connector's 202: the message is in the log, on all in-sync replicas.
public struct AcceptedMessage: Hashable, Sendable, Decodable {
    public var messageID: String
    /// Whom the sender's identifier names while no link says otherwise.
    public var customerID: String
}
