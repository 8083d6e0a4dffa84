package import Domain
import SwiftProtobuf

extension OutboundMessage: WireRecord {
    package static var topic: Topic { .outbound }

    package var kindName: String { "message" }

    package var record: WireOutboundRecord { .with { $0.message = wire } }

    package init(record: WireOutboundRecord) throws(WireError) {
        switch record.kind {
        case nil: throw .unknownKind()
        case .message(let message): self = try .required("message", message)
        }
    }

    package var wire: WireOutboundMessage {
        .with {
            $0.messageID = messageID.rawValue
            $0.conversationID = conversationID.rawValue
            $0.customerID = customerID.rawValue
            $0.workItemID = workItemID.rawValue
            $0.author =
                switch author {
                case .agent(let agentID): .agent(.with { $0.agentID = agentID.rawValue })
                case .acknowledgement: .acknowledgement(.init())
                case .survey: .survey(.init())
                case .notice(let notice): .notice(.with { $0.notice = notice.wire })
                }
            $0.address = address.wire
            $0.text = text
            $0.createdAtMs = createdAt.wire
        }
    }

    package init(wire: WireOutboundMessage) throws(WireError) {
        let author: Author =
            switch wire.author {
            case nil: throw .unknownKind("author")
            case .agent(let agent): .agent(try .required("agent.agent_id", agent.agentID))
            case .acknowledgement: .acknowledgement
            case .survey: .survey
            case .notice(let wire): .notice(try .required("notice.notice", wire.notice))
            }
        self.init(
            messageID: try .required("message_id", wire.messageID),
            conversationID: try .required("conversation_id", wire.conversationID),
            customerID: try .required("customer_id", wire.customerID),
            workItemID: try .required("work_item_id", wire.workItemID),
            author: author,
            address: try .required("address", wire.hasAddress ? wire.address : nil),
            text: wire.text,
            createdAt: try .required("created_at_ms", wire.createdAtMs))
    }
}
