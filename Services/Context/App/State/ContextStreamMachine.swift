import ContextCore
import Domain
import Schema
import Streams

/// Context's rules as the stream task runs them: bytes in, bytes out.
struct ContextStreamMachine: StreamMachine {
    private static let waitingPrefix = "waiting/"

    private(set) var core: ContextCore
    private let topicPrefix: String

    init(topicPrefix: String, limits: ContextLimits = ContextLimits()) {
        core = ContextCore(limits: limits, rulesVersion: RulesVersion.first)
        self.topicPrefix = topicPrefix
    }

    var newestRules: Int { ServiceLog.context.newestRules }

    mutating func adopt(rules version: Int) { core.adopt(rules: version) }

    var nextDeadline: Instant? { core.nextDeadline }

    mutating func advance(to now: Instant) -> [StreamOutput] {
        core.advance(to: now)
        return []
    }

    mutating func apply(_ record: StreamRecord, at now: Instant) throws(PoisonRecord) -> [StreamOutput] {
        let inbound = try understood { () throws(WireError) in try InboundRecord(wire: record.value, type: record.type)
        }
        guard let key = String(validating: record.key, as: UTF8.self), !key.isEmpty else {
            throw PoisonRecord("the key: found \(record.key.count) bytes, expected a customer id")
        }
        do {
            return try core.apply(inbound, key: CustomerID(key), at: now).map(output)
        } catch {
            throw PoisonRecord(error.reason)
        }
    }

    mutating func configure(
        _ configuration: StreamConfiguration, at now: Instant
    ) throws(PoisonRecord) -> [StreamOutput] {
        core.configure(try read(configuration), at: now).map(output)
    }

    /// Context asks for no effects.
    mutating func complete(_ effect: String, result: [UInt8], at now: Instant) throws(PoisonRecord) -> [StreamOutput] {
        throw PoisonRecord("context has no effects")
    }

    mutating func changes() -> [StateChange] {
        core.changes().map { key, entity in
            StateChange(key: key.text, value: entity?.wire.deterministicBytes())
        }
    }

    mutating func restore(_ key: String, _ value: [UInt8]) throws(PoisonRecord) {
        var entity = try understood { () throws(WireError) in
            try ContextEntity(wire: WireContextEntity(decoding: value))
        }
        if case .waiting(var message) = entity {
            // What it was called then, which a later version of the rules may call otherwise.
            guard key.hasPrefix(Self.waitingPrefix) else { throw PoisonRecord("a state key of another entity") }
            message.key = MessageID(String(key.dropFirst(Self.waitingPrefix.count)))
            entity = .waiting(message)
        }
        core.restore(entity)
    }

    mutating func restore(_ configuration: StreamConfiguration) throws(PoisonRecord) {
        core.restore(try read(configuration))
    }

    private func read(_ configuration: StreamConfiguration) throws(PoisonRecord) -> Configuration {
        try understood { () throws(WireError) in
            try Configuration(revision: configuration.revision, parts: configuration.parts)
        }
    }

    private func output(_ output: ContextOutput) -> StreamOutput {
        switch output {
        case .work(let command, let pool): send(command, key: pool.rawValue)
        case .inbound(let record, let customer): send(record, key: customer.rawValue)
        case .identity(let entry): send(entry, key: entry.identifier.key)
        case .identityRemoved(let identifier):
            .send(
                topic: Topic.identity.name(prefix: topicPrefix), type: "patchbay.identity.removed.v1",
                key: Array(identifier.key.utf8), value: nil)
        }
    }

    private func send<Record: WireRecord>(_ record: Record, key: String) -> StreamOutput {
        .send(
            topic: Record.topic.name(prefix: topicPrefix), type: record.type, key: Array(key.utf8),
            value: record.encoded())
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
