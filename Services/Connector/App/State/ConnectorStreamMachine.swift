import ConnectorCore
import Domain
import Schema
import Streams

/// The connector's rules as the stream task runs them: bytes in, bytes out.
struct ConnectorStreamMachine: StreamMachine {
    private static let keyPrefix = "conversation/"

    private var machine: DeliveryMachine
    private let deliveryTopic: String

    init(topicPrefix: String, rules: DeliveryRules = DeliveryRules()) {
        machine = DeliveryMachine(rules: rules, rulesVersion: RulesVersion.first)
        deliveryTopic = Topic.delivery.name(prefix: topicPrefix)
    }

    var newestRules: Int { ServiceLog.connector.newestRules }

    mutating func adopt(rules version: Int) { machine.adopt(rules: version) }

    /// The version of the rules that holds.
    var rulesVersion: Int { machine.rulesVersion }

    var nextDeadline: Instant? { machine.nextDeadline }

    /// Messages that wait or are being delivered.
    var pendingMessages: Int { machine.pendingMessages }

    mutating func advance(to now: Instant) -> [StreamOutput] { outputs(machine.advance(to: now)) }

    mutating func apply(_ record: StreamRecord, at now: Instant) throws(PoisonRecord) -> [StreamOutput] {
        let message = try understood { () throws(WireError) in
            try OutboundMessage(wire: record.value, type: record.type)
        }
        return outputs(machine.apply(message, at: now))
    }

    mutating func configure(
        _ configuration: StreamConfiguration, at now: Instant
    ) throws(PoisonRecord) -> [StreamOutput] {
        outputs(machine.configure(try read(configuration), at: now))
    }

    mutating func complete(_ effect: String, result: [UInt8], at now: Instant) throws(PoisonRecord) -> [StreamOutput] {
        let result = try understood { () throws(WireError) in
            try DeliveryResult(wire: WireDeliveryResult(decoding: result))
        }
        return outputs(machine.complete(effect, result, at: now))
    }

    mutating func changes() -> [StateChange] {
        machine.changes().map { change in
            StateChange(key: Self.keyPrefix + change.id.rawValue, value: change.state?.wire.deterministicBytes())
        }
    }

    mutating func restore(_ key: String, _ value: [UInt8]) throws(PoisonRecord) {
        guard key.hasPrefix(Self.keyPrefix) else { throw PoisonRecord("a state key starts with \(Self.keyPrefix)") }
        let conversation = try understood { () throws(WireError) in
            try ConversationDeliveries(wire: WireConversationDeliveries(decoding: value))
        }
        machine.restore(conversation)
    }

    mutating func restore(_ configuration: StreamConfiguration) throws(PoisonRecord) {
        machine.restore(try read(configuration))
    }

    private func read(_ configuration: StreamConfiguration) throws(PoisonRecord) -> Configuration {
        try understood { () throws(WireError) in
            try Configuration(revision: configuration.revision, parts: configuration.parts)
        }
    }

    private func outputs(_ outputs: [DeliveryOutput]) -> [StreamOutput] {
        outputs.map { output in
            switch output {
            case .deliver(let attempt):
                return .effect(id: attempt.id, payload: attempt.wire.deterministicBytes())
            case .announce(let event):
                let key = Array(event.conversationID.rawValue.utf8)
                return .send(topic: deliveryTopic, type: event.type, key: key, value: event.encoded())
            }
        }
    }
}

/// Turns an error of the wire into the one that the stream task knows.
private func understood<Value>(_ read: () throws(WireError) -> Value) throws(PoisonRecord) -> Value {
    do {
        return try read()
    } catch {
        throw PoisonRecord("\(error)", isNewer: error.isNewer)
    }
}
