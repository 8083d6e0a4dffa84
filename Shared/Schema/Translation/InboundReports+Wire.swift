package import Domain
import SwiftProtobuf

// What the router and the SLA timer report to context.

extension ClosedWorkItem: WireValue {
    package var wire: WireClosedWorkItem {
        .with {
            $0.workItemID = workItemID.rawValue
            $0.conversationID = conversationID.rawValue
            $0.customerID = customerID.rawValue
            $0.disposition = disposition
            if let agentID { $0.agentID = agentID.rawValue }
            $0.conversationEnded = conversationEnded
        }
    }

    package init(wire: WireClosedWorkItem) throws(WireError) {
        self.init(
            workItemID: try .required("work_item_id", wire.workItemID),
            conversationID: try .required("conversation_id", wire.conversationID),
            customerID: try .required("customer_id", wire.customerID),
            disposition: wire.disposition,
            agentID: try AgentID.optional("agent_id", wire.hasAgentID ? wire.agentID : nil),
            conversationEnded: wire.conversationEnded)
    }
}

extension ReopenedWorkItem: WireValue {
    package var wire: WireReopenedWorkItem {
        .with {
            $0.workItemID = workItemID.rawValue
            $0.conversationID = conversationID.rawValue
            $0.customerID = customerID.rawValue
        }
    }

    package init(wire: WireReopenedWorkItem) throws(WireError) {
        self.init(
            workItemID: try .required("work_item_id", wire.workItemID),
            conversationID: try .required("conversation_id", wire.conversationID),
            customerID: try .required("customer_id", wire.customerID))
    }
}

extension SurveyAsked: WireValue {
    package var wire: WireSurveyAsked {
        .with {
            $0.surveyID = surveyID.rawValue
            $0.workItemID = workItemID.rawValue
            $0.conversationID = conversationID.rawValue
            $0.customerID = customerID.rawValue
            $0.poolID = poolID.rawValue
            $0.address = address.wire
            $0.expiresAtMs = expiresAt.wire
        }
    }

    package init(wire: WireSurveyAsked) throws(WireError) {
        self.init(
            surveyID: try .required("survey_id", wire.surveyID),
            workItemID: try .required("work_item_id", wire.workItemID),
            conversationID: try .required("conversation_id", wire.conversationID),
            customerID: try .required("customer_id", wire.customerID),
            poolID: try .required("pool_id", wire.poolID),
            address: try .required("address", wire.hasAddress ? wire.address : nil),
            expiresAt: try .required("expires_at_ms", wire.expiresAtMs))
    }
}
