extension MessageID {
    /// The id of a message that came in: it holds the account, the sender and the provider's own id, so a provider's
    /// repeat has the same, and two senders never do, whatever ids they choose.
    package static func inbound(_ address: Address, _ providerID: String) -> MessageID {
        .named(
            "message", address.account.rawValue, address.identifier.kind.rawValue, address.identifier.value, providerID)
    }

    /// As `inbound`, under version 1 of the rules: without the sender.
    package static func inboundFirst(_ account: ChannelAccountID, _ providerID: String) -> MessageID {
        .derived(from: "message", account.rawValue, providerID)
    }
}

extension InboundMessage {
    /// The id by which the message is known from version 2 of the rules on: one that holds its sender.
    ///
    /// What the connector gives its messages does, and stays; an id of version 1, or of somebody else's making, becomes
    /// one. So a provider's repeat is recognized across the step of the connector's rules, and messages of two senders
    /// under one id are two.
    package var boundID: MessageID {
        let own = MessageID.inbound(address, providerID)
        if messageID == own || messageID == .inboundFirst(address.account, providerID) { return own }
        return .named(
            "foreign-message", address.account.rawValue, address.identifier.kind.rawValue, address.identifier.value,
            messageID.rawValue)
    }
}
