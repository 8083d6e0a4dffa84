package import Domain
package import RouterCore
import Schema
package import Streams

/// The router's rules over one partition of `patchbay.work`, as bytes in and bytes out.
package struct RouterStreamMachine: StreamMachine {
    /// For readers.
    package private(set) var router = RouterMachine(rulesVersion: RulesVersion.first)
    private let topicPrefix: String

    package init(topicPrefix: String) {
        self.topicPrefix = topicPrefix
    }

    package mutating func advance(to now: Instant) -> [StreamOutput] {
        router.advance(to: now).map(output)
    }

    package mutating func apply(_ record: StreamRecord, at now: Instant) throws(PoisonRecord) -> [StreamOutput] {
        let command: WorkCommand
        do throws(WireError) {
            command = try WorkCommand(wire: record.value, type: record.type)
        } catch {
            throw PoisonRecord(error.description, isNewer: error.isNewer)
        }
        return router.apply(command, at: now).map(output)
    }

    package mutating func configure(
        _ configuration: StreamConfiguration, at now: Instant
    ) throws(PoisonRecord) -> [StreamOutput] {
        router.configure(try configuration.domain(), at: now).map(output)
    }

    /// The router has no effects: messages go out through `patchbay.outbound`.
    package mutating func complete(
        _ effect: String, result: [UInt8], at now: Instant
    ) throws(PoisonRecord) -> [StreamOutput] {
        throw PoisonRecord("the router asks for no effects")
    }

    package var newestRules: Int { ServiceLog.router.newestRules }

    package mutating func adopt(rules version: Int) { router.adopt(rules: version) }

    package var nextDeadline: Instant? { router.nextDeadline }

    package mutating func changes() -> [StateChange] {
        router.changes().map { change in
            StateChange(key: change.key.text, value: change.entity?.wire.deterministicBytes())
        }
    }

    package mutating func restore(_ key: String, _ value: [UInt8]) throws(PoisonRecord) {
        do throws(WireError) {
            router.restore(try RouterEntity(wire: WireRouterEntity(decoding: value)))
        } catch {
            throw PoisonRecord("\(key): \(error.description)")
        }
    }

    package mutating func restore(_ configuration: StreamConfiguration) throws(PoisonRecord) {
        router.restore(try configuration.domain())
    }

    private func output(_ output: RouterOutput) -> StreamOutput {
        switch output {
        case .event(let event): send(event, key: event.key)
        case .clock(let signal): send(signal, key: signal.workItemID.rawValue)
        case .send(let message): send(message, key: message.conversationID.rawValue)
        case .inform(let record): send(record, key: record.customerKey)
        case .command(let command, let poolID): send(command, key: poolID.rawValue)
        }
    }

    private func send<Record: WireRecord>(_ record: Record, key: String) -> StreamOutput {
        .send(
            topic: Record.topic.name(prefix: topicPrefix), type: record.type, key: Array(key.utf8),
            value: record.encoded())
    }
}

extension RouterEntityKey {
    fileprivate var text: String {
        switch self {
        case .workItem(let id): "item/\(id)"
        case .agent(let id): "agent/\(id)"
        case .queue(let id): "queue/\(id)"
        case .command(let id): "command/\(id)"
        case .forwarding(let key): "forwarding/\(key.poolID)/\(key.workItemID)"
        }
    }
}

extension WorkEvent {
    /// The work item; of an event about an agent only, the agent.
    fileprivate var key: String {
        if let subject { return subject.workItemID.rawValue }
        return switch kind {
        case .presenceChanged(let agentID, _, _, _), .airGiven(let agentID, _), .shiftEnded(let agentID):
            agentID.rawValue
        case .commandResult(let result): result.agentID.rawValue
        case .opened, .customerMessageAdded, .queued, .offered, .offerAccepted, .offerDeclined, .offerExpired,
            .offerRevoked, .assigned, .agentReplied, .noteAdded, .parked, .resumed, .requeued, .transferred,
            .requirementsRelaxed, .escalated, .wrapUpStarted, .closed, .surveyAnswered, .widened, .turnedAway,
            .customerTold, .handedOver, .takenOver, .abandoned, .consultStarted, .consultEnded, .customerLeft,
            .transferredToAgent, .scheduled, .shadowDiffered:
            poolID.rawValue
        }
    }
}

extension InboundRecord {
    /// The customer whom the router's word concerns.
    fileprivate var customerKey: String {
        switch self {
        case .workItemClosed(let closed): closed.customerID.rawValue
        case .workItemReopened(let reopened): reopened.customerID.rawValue
        case .conversationAsked(let asked): asked.address.identifier.customerID.rawValue
        case .messageReceived, .identityLinked, .identityUnlinked, .identifierAttached, .identifierDetached,
            .profileUpdated, .messageFiled, .surveyAsked, .customerLeft:
            preconditionFailure("the router says nothing of this kind")
        }
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
