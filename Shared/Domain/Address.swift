/// The kind of a channel. The raw value is what the wire, the API and the metrics show.
package enum ChannelKind: String, CaseIterable, Hashable, Sendable {
    case email, chat, sms, whatsapp, social, voice, forum

    /// A call needs an agent at once and cannot carry a written reply.
    package var isLive: Bool { self == .voice }
}

/// What kind of address names a customer.
package enum IdentifierKind: String, CaseIterable, Hashable, Sendable {
    /// E.164, with the plus sign.
    case phone
    /// Lower-cased address.
    case email
    /// `<channel account>/<user>` of a social network, forum or messenger.
    case handle
    /// `<channel account>/<visitor>` of a web chat.
    case visitor
}

/// An address that names a customer, in normalised form.
package struct Identifier: Hashable, Sendable {
    package var kind: IdentifierKind
    package var value: String

    package init(kind: IdentifierKind, value: String) {
        self.kind = kind
        self.value = value
    }

    /// The customer that this identifier names while no link says otherwise.
    package var customerID: CustomerID { .derived(from: "customer", kind.rawValue, value) }
}

/// Where a message came from and where an answer goes: a channel account of ours and the customer's identifier on it.
package struct Address: Hashable, Sendable {
    package var channel: ChannelKind
    package var account: ChannelAccountID
    package var identifier: Identifier

    package init(channel: ChannelKind, account: ChannelAccountID, identifier: Identifier) {
        self.channel = channel
        self.account = account
        self.identifier = identifier
    }
}
