package import ConnectorCore
import Domain
package import Schema
import SwiftProtobuf

// What the connector keeps in its state topic and in its effects, as messages.

extension ConversationDeliveries: WireValue {
    package var wire: WireConversationDeliveries {
        .with {
            $0.conversationID = conversationID.rawValue
            $0.pending = pending.map(\.wire)
            $0.head =
                switch head {
                case .idle: nil
                case .delivering: .delivering(.init())
                case .waiting(let until): .waitingUntilMs(until.wire)
                case .waitingForAccount(let until): .waitingForAccountUntilMs(until.wire)
                }
            $0.remembered = remembered.map(\.wire)
        }
    }

    package init(wire: WireConversationDeliveries) throws(WireError) {
        let head: Head =
            switch wire.head {
            case nil: .idle
            case .delivering: .delivering
            case .waitingUntilMs(let until): .waiting(until: try .required("waiting_until_ms", until))
            case .waitingForAccountUntilMs(let until):
                .waitingForAccount(until: try .required("waiting_for_account_until_ms", until))
            }
        self.init(
            conversationID: try .required("conversation_id", wire.conversationID),
            pending: try Pending.list("pending", wire.pending),
            head: head,
            remembered: try Remembered.list("remembered", wire.remembered))
        guard (head == .idle) == pending.isEmpty else {
            throw WireError(field: "head", value: "\(pending.count) pending", expected: "a head if any is pending")
        }
    }
}

extension ConversationDeliveries.Pending: WireValue {
    package var wire: WirePendingDelivery {
        .with {
            $0.message = message.wire
            $0.tries = tries.wire
            $0.mayHaveBeenSent = mayHaveBeenSent
        }
    }

    package init(wire: WirePendingDelivery) throws(WireError) {
        self.init(
            message: try .required("message", wire.hasMessage ? wire.message : nil), tries: Int(wire.tries),
            mayHaveBeenSent: wire.mayHaveBeenSent)
    }
}

extension ConversationDeliveries.Remembered: WireValue {
    package var wire: WireFinishedDelivery {
        .with {
            $0.messageID = messageID.rawValue
            $0.finishedAtMs = finishedAt.wire
            $0.ordinal = ordinal
        }
    }

    package init(wire: WireFinishedDelivery) throws(WireError) {
        self.init(
            messageID: try .required("message_id", wire.messageID),
            finishedAt: try .required("finished_at_ms", wire.finishedAtMs), ordinal: wire.ordinal)
    }
}

extension DeliveryAttempt: WireValue {
    package var wire: WireDeliveryAttempt {
        let account = ChannelAccount(
            id: message.address.account, channel: message.address.channel, queueID: Self.anyQueue, delivery: delivery)
        return .with {
            $0.message = message.wire
            $0.number = number.wire
            $0.account = account.wire
            $0.mayHaveBeenSent = mayHaveBeenSent
        }
    }

    /// An account has a queue; for a delivery it does not matter which.
    private static let anyQueue = QueueID("-")

    package init(wire: WireDeliveryAttempt) throws(WireError) {
        let account = try ChannelAccount.required("account", wire.hasAccount ? wire.account : nil)
        self.init(
            message: try .required("message", wire.hasMessage ? wire.message : nil), number: Int(wire.number),
            delivery: account.delivery, mayHaveBeenSent: wire.mayHaveBeenSent)
    }
}

extension DeliveryResult: WireValue {
    package var wire: WireDeliveryResult {
        .with {
            $0.kind =
                switch self {
                case .sent(let providerID): .sent(.with { if let providerID { $0.providerID = providerID } })
                case .retry(let reason, let seconds):
                    .retry(
                        .with {
                            $0.reason = reason
                            if let seconds { $0.afterSeconds = seconds.wire }
                        })
                case .permanent(let reason): .permanent(reason)
                case .ambiguous(let reason): .ambiguous(reason)
                }
        }
    }

    package init(wire: WireDeliveryResult) throws(WireError) {
        switch wire.kind {
        case nil: throw WireError(field: "kind", value: "unknown kind", expected: "a result that this version knows")
        case .sent(let sent): self = .sent(providerID: sent.hasProviderID ? sent.providerID : nil)
        case .retry(let retry):
            self = .retry(
                reason: retry.reason, afterSeconds: retry.hasAfterSeconds ? Int(retry.afterSeconds) : nil)
        case .permanent(let reason): self = .permanent(reason: reason)
        case .ambiguous(let reason): self = .ambiguous(reason: reason)
        }
    }
}
