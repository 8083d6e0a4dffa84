import Domain

/// What a message opens: named after its sender and itself, since what a message is called may be the sender's choice.
///
/// The sender is the customer whom the identifier names by itself, so a link changes no name.
struct Beginning {
    var conversationID: ConversationID
    var workItemID: WorkItemID

    init(_ message: InboundMessage, rulesVersion: Int) {
        if rulesVersion >= 2 {
            conversationID = Self.named("conversation", message.address, message.messageID)
            workItemID = Self.named("work-item", message.address, message.messageID)
        } else {
            conversationID = .derived(from: "conversation", message.messageID.rawValue)
            workItemID = .derived(from: "work-item", message.messageID.rawValue)
        }
    }

    static func named<Kind>(_ kind: String, _ address: Address, _ messageID: MessageID) -> ID<Kind> {
        .named(kind, address.identifier.customerID.rawValue, address.account.rawValue, messageID.rawValue)
    }

    /// The work items that a call may have opened, by whichever version of the rules of this service and of the
    /// connector, if this is what its end says.
    static func called(_ departure: Departure, rulesVersion: Int) -> [WorkItemID]? {
        guard let messageID = departure.messageID else { return nil }
        guard rulesVersion >= 2 else { return [.derived(from: "work-item", messageID.rawValue)] }
        var names = [messageID]
        if let providerID = departure.providerID {
            names += [
                .inbound(departure.address, providerID), .inboundFirst(departure.address.account, providerID),
            ]
        }
        return names.flatMap {
            [named("work-item", departure.address, $0), .derived(from: "work-item", $0.rawValue)]
        }
    }
}
