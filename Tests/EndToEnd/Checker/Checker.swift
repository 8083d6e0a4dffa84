import Domain
import Kafka
import Schema

/// Holds the promises against what was sent and what came back.
///
/// It knows HTTP answers, the records of the topics, and what the webhook receiver got; of the services' rules it
/// knows nothing, only what their events mean (`docs/events.md`). Give it everything, then ask for the violations.
///
/// - Bounds: keeps all that it is given; meant for one run of some thousand messages.
struct Checker {
    /// What the organization of the run says.
    struct Expectations {
        /// Of each agent, in units of which a work item takes one.
        var capacity: Int
        /// The share of a target after which a warning may come.
        var warningPercent: Int64
        /// How much earlier than its time something may be said.
        var toleranceMilliseconds: Int64 = 1_000
    }

    let expectations: Expectations
    private(set) var accepted: Set<String> = []
    private(set) var deliveries: [Delivery] = []
    private(set) var outputs: [Output] = []
    private var found: [Violation] = []

    struct Delivery {
        var key: String
        var messageID: String
        var body: [UInt8]
    }

    init(_ expectations: Expectations) {
        self.expectations = expectations
    }

    /// The connector answered 202 and named the message.
    mutating func accepted(_ messageID: String) { accepted.insert(messageID) }

    /// An agent was shown this much work.
    mutating func saw(agent: String, load: Int) {
        guard load > expectations.capacity else { return }
        found.append(.overCapacity(agent: agent, load: load, capacity: expectations.capacity))
    }

    /// The webhook receiver got something, perhaps again.
    mutating func delivered(key: String, messageID: String, body: [UInt8]) {
        deliveries.append(Delivery(key: key, messageID: messageID, body: body))
    }

    /// A record of a topic; those of a partition in its order.
    mutating func read(_ topic: Topic, _ record: Record) {
        if topic == .deadLetter {
            let reason = record.headers.last { $0.name == "patchbay-error" }
            found.append(.deadLetter(reason: String(decoding: reason?.value ?? [], as: UTF8.self)))
        } else if let output = Output(topic, record) {
            outputs.append(output)
        }
    }

    /// What was broken so far; at the end, when nothing is under way any more, also what waits for ever.
    func violations(isOver: Bool) -> [Violation] {
        var found = found
        let firsts = Repeats.check(outputs, &found)
        let work = firsts.events(of: WorkEvent.self, on: .workEvents, &found)
        MessageCheck(accepted: accepted, isOver: isOver).check(
            filed: firsts.events(of: InboundRecord.self, on: .inbound, &found), work: work, &found)
        OwnershipCheck(capacity: expectations.capacity, isOver: isOver).check(work, &found)
        DeliveryCheck(deliveries: deliveries, isOver: isOver).check(
            sent: firsts.events(of: OutboundMessage.self, on: .outbound, &found),
            outcomes: firsts.events(of: DeliveryEvent.self, on: .delivery, &found), &found)
        ClockCheck(expectations: expectations, isOver: isOver).check(
            firsts.events(of: SLAEvent.self, on: .slaEvents, &found), work: work, &found)
        return found
    }
}

/// An event and where it came from.
struct Seen<Event> {
    var event: Event
    var output: Output
}

extension [Output] {
    /// What a topic says, in the order of the records that caused it.
    func events<Event: WireRecord>(of _: Event.Type, on topic: Topic, _ found: inout [Violation]) -> [Seen<Event>] {
        var events: [Seen<Event>] = []
        for output in self where output.topic == topic {
            do throws(WireError) {
                events.append(Seen(event: try output.decoded(Event.self), output: output))
            } catch {
                found.append(.unreadable(place: "\(output.place): \(error)"))
            }
        }
        return events
    }
}
