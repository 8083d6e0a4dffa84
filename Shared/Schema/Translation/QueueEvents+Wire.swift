import Domain

// The work events about places in queues.

extension WireWorkEvent.Widened {
    init(_ step: Int, _ queueIDs: [QueueID]) {
        self.init()
        self.step = step.wire
        toQueueIds = queueIDs.map(\.rawValue)
    }
}

extension WireWorkEvent.TurnedAway {
    init(_ notice: Notice, _ expectedWaitSeconds: Int?) {
        self.init()
        self.notice = notice.wire
        if let expectedWaitSeconds { self.expectedWaitSeconds = expectedWaitSeconds.wire }
    }
}

extension WireWorkEvent.CustomerTold {
    init(_ notice: Notice, _ messageID: MessageID) {
        self.init()
        self.notice = notice.wire
        self.messageID = messageID.rawValue
    }
}

extension WireWorkEvent.HandedOver {
    init(_ agentID: AgentID?, _ poolID: PoolID, _ queueID: QueueID) {
        self.init()
        if let agentID { self.agentID = agentID.rawValue }
        toPoolID = poolID.rawValue
        toQueueID = queueID.rawValue
    }
}

extension WorkEvent.Kind {
    static func read(_ wire: WireWorkEvent.HandedOver, in field: String) throws(WireError) -> Self {
        .handedOver(
            try AgentID.optional("\(field).agent_id", wire.hasAgentID ? wire.agentID : nil),
            to: try .required("\(field).to_pool_id", wire.toPoolID),
            try .required("\(field).to_queue_id", wire.toQueueID))
    }

    static func read(_ wire: WireWorkEvent.Widened, in field: String) throws(WireError) -> Self {
        .widened(step: Int(wire.step), to: try QueueID.list("\(field).to_queue_ids", wire.toQueueIds))
    }

    static func read(_ wire: WireWorkEvent.TurnedAway, in field: String) throws(WireError) -> Self {
        .turnedAway(
            try .required("\(field).notice", wire.notice),
            expectedWaitSeconds: wire.hasExpectedWaitSeconds ? Int(wire.expectedWaitSeconds) : nil)
    }

    static func read(_ wire: WireWorkEvent.CustomerTold, in field: String) throws(WireError) -> Self {
        .customerTold(
            try .required("\(field).notice", wire.notice), try .required("\(field).message_id", wire.messageID))
    }
}
