package import Domain
import SwiftProtobuf

extension DeliveryEvent: WireRecord {
    package static var topic: Topic { .delivery }

    package var kindName: String {
        switch kind {
        case .sent: "sent"
        case .delivered: "delivered"
        case .read: "read"
        case .failed: "failed"
        }
    }

    package var wire: WireDeliveryEvent {
        .with {
            $0.messageID = messageID.rawValue
            $0.conversationID = conversationID.rawValue
            $0.atMs = at.wire
            $0.kind =
                switch kind {
                case .sent(let providerID, let attempts):
                    .sent(
                        .with {
                            if let providerID { $0.providerID = providerID }
                            $0.attempts = attempts.wire
                        })
                case .delivered: .delivered(.init())
                case .read: .read(.init())
                case .failed(let reason, let attempts):
                    .failed(
                        .with {
                            $0.reason = reason
                            $0.attempts = attempts.wire
                        })
                }
        }
    }

    package init(wire: WireDeliveryEvent) throws(WireError) {
        let kind: Kind =
            switch wire.kind {
            case nil: throw .unknownKind()
            case .sent(let sent):
                .sent(providerID: sent.hasProviderID ? sent.providerID : nil, attempts: Int(sent.attempts))
            case .delivered: .delivered
            case .read: .read
            case .failed(let failed): .failed(reason: failed.reason, attempts: Int(failed.attempts))
            }
        self.init(
            messageID: try .required("message_id", wire.messageID),
            conversationID: try .required("conversation_id", wire.conversationID),
            at: try .required("at_ms", wire.atMs),
            kind: kind)
    }
}
