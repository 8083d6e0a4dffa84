package import Domain

/// What the machine wants to happen.
package enum DeliveryOutput: Hashable, Sendable {
    /// Hand this message to its provider and bring back a `DeliveryResult` under the attempt's id.
    case deliver(DeliveryAttempt)
    case announce(DeliveryEvent)
}

/// One try to deliver one message. It names the account's settings as they were decided on, so that performing it
/// needs nothing else.
package struct DeliveryAttempt: Hashable, Sendable {
    package var message: OutboundMessage
    /// Counted from 1.
    package var number: Int
    package var delivery: ChannelAccount.Delivery
    /// An earlier try ended without anyone knowing whether the provider took the message.
    package var mayHaveBeenSent: Bool = false

    package init(
        message: OutboundMessage, number: Int, delivery: ChannelAccount.Delivery, mayHaveBeenSent: Bool = false
    ) {
        self.message = message
        self.number = number
        self.delivery = delivery
        self.mayHaveBeenSent = mayHaveBeenSent
    }

    /// Unique for each try of each message.
    package var id: String { Self.id(message.messageID, number) }

    static func id(_ message: MessageID, _ number: Int) -> String { "\(message.rawValue)#\(number)" }
}

/// How a try ended. Reasons are safe to show: they hold no address, text or secret.
package enum DeliveryResult: Hashable, Sendable {
    /// The provider took it; its own id for it, if it gave one.
    case sent(providerID: String?)
    /// It did not, and may later.
    case retry(reason: String, afterSeconds: Int?)
    /// It never will.
    case permanent(reason: String)
    /// Nobody knows whether it did. It is tried again, and the attempt says so.
    case ambiguous(reason: String)
}
