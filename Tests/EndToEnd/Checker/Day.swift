import Domain
import Kafka
import Schema

/// A history made by hand, for a checker: each statement is an output of the next record of its service's log.
struct Day {
    var checker = Checker(Checker.Expectations(capacity: 2, warningPercent: 50))
    var now = Instant(milliseconds: 1_000_000)
    let address = Address(
        channel: .social, account: "page", identifier: Identifier(kind: .handle, value: "page/lena"))
    private(set) var lastOrigin = ""
    private var commands = 0
    private var index = 0
    private var isWithinCommand = false
    private var offsets: [Topic: Int64] = [:]
    private var last: (topic: Topic, record: Record)?

    /// A message, its work item, the offer, the reply and its delivery, all as it should be.
    mutating func play() {
        checker.accepted("message")
        file("message", in: "conversation")
        open("item")
        work("item", .customerMessageAdded("message", address, excerpt: ""))
        clock("item", .clockStarted(.firstResponse, dueAt: now + .seconds(10)))
        command { day in
            day.work("item", day.offer(to: "ann"))
        }
        command { day in
            day.work("item", .offerAccepted("offer", "ann"))
            day.work("item", .assigned("ann"))
        }
        work("item", .agentReplied("ann", "reply", address, text: "Hello"))
        send("reply")
        deliver("reply", key: "reply")
        end("reply", .sent(providerID: nil, attempts: 1))
        clock("item", .clockMet(.firstResponse, dueAt: now + .seconds(10)))
        work("item", .closed("ann", disposition: "resolved"))
    }

    /// Everything in it is caused by one record.
    mutating func command(_ body: (inout Day) -> Void) {
        commands += 1
        index = 0
        isWithinCommand = true
        body(&self)
        isWithinCommand = false
    }

    mutating func open(_ item: WorkItemID) {
        work(item, .opened(channel: .social, priority: 5, requirements: [], acceptedAt: now))
    }

    func offer(to agent: AgentID) -> WorkEvent.Kind {
        .offered("offer", agent, expiresAt: now + .seconds(20), explanation: "")
    }

    mutating func work(_ item: WorkItemID, _ kind: WorkEvent.Kind) {
        let subject = WorkEvent.Subject(
            workItemID: item, conversationID: "conversation", customerID: "customer", queueID: "social")
        put(WorkEvent(at: now, poolID: "support", subject: subject, kind: kind), from: "router", key: item.rawValue)
    }

    mutating func clock(_ item: WorkItemID, _ kind: SLAEvent.Kind) {
        put(SLAEvent(workItemID: item, at: now, kind: kind), from: "sla-timer", key: item.rawValue)
    }

    mutating func file(_ message: MessageID, in conversation: ConversationID, receivedAs: MessageID? = nil) {
        let filed = MessageFiled(
            messageID: message, customerID: "customer", conversationID: conversation, workItemID: "item",
            role: .opened, acceptedAt: now, receivedAs: receivedAs)
        put(InboundRecord.messageFiled(filed), from: "context", key: "customer")
    }

    mutating func send(_ message: MessageID) {
        let message = OutboundMessage(
            messageID: message, conversationID: "conversation", customerID: "customer", workItemID: "item",
            author: .agent("ann"), address: address, text: "Hello", createdAt: now)
        put(message, from: "router", key: "conversation")
    }

    mutating func end(_ message: MessageID, _ kind: DeliveryEvent.Kind) {
        let event = DeliveryEvent(messageID: message, conversationID: "conversation", at: now, kind: kind)
        put(event, from: "connector", key: "conversation")
    }

    mutating func deliver(_ message: String, key: String, body: [UInt8] = [1]) {
        checker.delivered(key: key, messageID: message, body: body)
    }

    /// Takes the place of an output that is not written.
    mutating func skipOutput() {
        lastOrigin = "router/patchbay.work/0/\(commands)/\(index)"
        index += 1
    }

    /// The last record again, at the end of its topic.
    mutating func repeatLast(_ change: (inout Record) -> Void) {
        guard let topic = last?.topic, var record = last?.record else { return }
        record.offset = nextOffset(topic)
        change(&record)
        checker.read(topic, record)
    }

    private mutating func put<Event: WireRecord>(_ event: Event, from service: String, key: String) {
        if !isWithinCommand {
            commands += 1
            index = 0
        }
        lastOrigin = "\(service)/patchbay.work/0/\(commands)/\(index)"
        index += 1
        let headers = EventHeaders(id: lastOrigin, type: event.type, source: "/patchbay/\(service)", time: now)
        var list = headers.list.map { Header(name: $0.name, value: $0.value) }
        list.append(Header(name: "patchbay-origin", value: Array(lastOrigin.utf8)))
        let topic = Event.topic
        let record = Record(
            topic: topic.rawValue, partition: 0, offset: nextOffset(topic), timestamp: now.milliseconds,
            timestampKind: .logAppendTime, key: Array(key.utf8), value: event.encoded(), headers: list)
        last = (topic, record)
        checker.read(topic, record)
    }

    private mutating func nextOffset(_ topic: Topic) -> Int64 {
        offsets[topic, default: -1] += 1
        return offsets[topic] ?? 0
    }
}
