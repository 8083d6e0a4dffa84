package import Domain

/// What the machine holds of one conversation: the unit of order, and of its checkpoint.
package struct ConversationDeliveries: Hashable, Sendable {
    package var conversationID: ConversationID
    /// In the order in which they came; the first is the one under way.
    package var pending: [Pending] = []
    package var head: Head = .idle
    /// Finished messages, oldest first.
    package var remembered: [Remembered] = []

    package init(
        conversationID: ConversationID, pending: [Pending] = [], head: Head = .idle, remembered: [Remembered] = []
    ) {
        self.conversationID = conversationID
        self.pending = pending
        self.head = head
        self.remembered = remembered
    }

    package struct Pending: Hashable, Sendable {
        package var message: OutboundMessage
        /// Tries that ended.
        package var tries: Int = 0
        package var mayHaveBeenSent: Bool = false

        package init(message: OutboundMessage, tries: Int = 0, mayHaveBeenSent: Bool = false) {
            self.message = message
            self.tries = tries
            self.mayHaveBeenSent = mayHaveBeenSent
        }
    }

    /// Where the first pending message is.
    package enum Head: Hashable, Sendable {
        /// There is none.
        case idle
        /// The try after those that ended is under way.
        case delivering
        /// The next try comes at this time.
        case waiting(until: Instant)
        /// Like `waiting`, but a new configuration that knows the account ends the wait.
        case waitingForAccount(until: Instant)
    }

    package struct Remembered: Hashable, Sendable {
        package var messageID: MessageID
        package var finishedAt: Instant
        /// Grows with every finished message of the partition: the order in which they are forgotten.
        package var ordinal: Int64

        package init(messageID: MessageID, finishedAt: Instant, ordinal: Int64) {
            self.messageID = messageID
            self.finishedAt = finishedAt
            self.ordinal = ordinal
        }
    }

    var deadline: Instant? {
        switch head {
        case .idle, .delivering: nil
        case .waiting(let until), .waitingForAccount(let until): until
        }
    }

    var isEmpty: Bool { pending.isEmpty && remembered.isEmpty }

    func knows(_ message: MessageID) -> Bool {
        pending.contains { $0.message.messageID == message } || remembered.contains { $0.messageID == message }
    }
}
