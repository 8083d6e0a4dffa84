/// Why two identifiers are believed to be one customer.
package enum EvidenceKind: String, CaseIterable, Hashable, Sendable {
    /// The customer opened a continue-link that we had sent to the other address.
    case continueLink = "continue-link"
    /// The customer's site signed a claim about the visitor.
    case signedClaim = "signed-claim"
    /// A CRM says so.
    case profile
    /// An agent or supervisor says so.
    case manual
}

/// What a connector has verified about the sender of a message. Only verified evidence reaches the log.
package struct Evidence: Hashable, Sendable {
    package var kind: EvidenceKind
    /// The customer that the sender proved to be, for a continue-link.
    package var customerID: CustomerID?
    /// The conversation that the sender goes on with, for a continue-link.
    package var conversationID: ConversationID?
    /// The identifier that the sender proved to own, for a signed claim.
    package var identifier: Identifier?

    package init(
        kind: EvidenceKind, customerID: CustomerID? = nil, conversationID: ConversationID? = nil,
        identifier: Identifier? = nil
    ) {
        self.kind = kind
        self.customerID = customerID
        self.conversationID = conversationID
        self.identifier = identifier
    }
}
