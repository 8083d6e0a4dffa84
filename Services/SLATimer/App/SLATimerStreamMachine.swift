package import Domain
package import SLATimerCore
import Schema
package import Streams

/// The timer's rules over one partition of `patchbay.clocks`, as bytes in and bytes out.
package struct SLATimerStreamMachine: StreamMachine {
    /// For readers.
    package private(set) var timer = SLATimer(rulesVersion: RulesVersion.first)
    private let topicPrefix: String

    package init(topicPrefix: String) {
        self.topicPrefix = topicPrefix
    }

    package mutating func advance(to now: Instant) -> [StreamOutput] {
        timer.advance(to: now).map(output)
    }

    package mutating func apply(_ record: StreamRecord, at now: Instant) throws(PoisonRecord) -> [StreamOutput] {
        let signal: ClockSignal
        do throws(WireError) {
            signal = try ClockSignal(wire: record.value, type: record.type)
        } catch {
            throw PoisonRecord(error.description, isNewer: error.isNewer)
        }
        return timer.apply(signal, at: now).map(output)
    }

    package mutating func configure(
        _ configuration: StreamConfiguration, at now: Instant
    ) throws(PoisonRecord) -> [StreamOutput] {
        timer.configure(try configuration.domain(), at: now).map(output)
    }

    /// The timer has no effects: messages go out through `patchbay.outbound`.
    package mutating func complete(
        _ effect: String, result: [UInt8], at now: Instant
    ) throws(PoisonRecord) -> [StreamOutput] {
        throw PoisonRecord("the SLA timer asks for no effects")
    }

    package var newestRules: Int { ServiceLog.slaTimer.newestRules }

    package mutating func adopt(rules version: Int) { timer.adopt(rules: version) }

    package var nextDeadline: Instant? { timer.nextDeadline }

    package mutating func changes() -> [StateChange] {
        timer.changes().map { change in
            StateChange(key: Self.keyPrefix + change.id.rawValue, value: change.item?.wire.deterministicBytes())
        }
    }

    package mutating func restore(_ key: String, _ value: [UInt8]) throws(PoisonRecord) {
        guard key.hasPrefix(Self.keyPrefix) else { throw PoisonRecord("no entity of the SLA timer has this key") }
        do throws(WireError) {
            timer.restore(try TrackedWorkItem(wire: WireSLATimerWorkItem(decoding: value)))
        } catch {
            throw PoisonRecord(error.description)
        }
    }

    package mutating func restore(_ configuration: StreamConfiguration) throws(PoisonRecord) {
        timer.restore(try configuration.domain())
    }

    private static let keyPrefix = "work-item/"

    private func output(_ output: SLAOutput) -> StreamOutput {
        switch output {
        case .event(let event): send(event, key: event.workItemID.rawValue)
        case .escalate(let escalation): send(WorkCommand.escalate(escalation), key: escalation.poolID.rawValue)
        case .message(let message): send(message, key: message.conversationID.rawValue)
        case .surveyAsked(let asked): send(InboundRecord.surveyAsked(asked), key: asked.customerID.rawValue)
        }
    }

    private func send<Record: WireRecord>(_ record: Record, key: String) -> StreamOutput {
        .send(
            topic: Record.topic.name(prefix: topicPrefix), type: record.type, key: Array(key.utf8),
            value: record.encoded())
    }
}

extension StreamConfiguration {
    fileprivate func domain() throws(PoisonRecord) -> Configuration {
        do throws(WireError) {
            return try Configuration(revision: revision, parts: parts)
        } catch {
            throw PoisonRecord(error.description)
        }
    }
}
