internal import Domain
internal import Foundation
internal import Kafka
internal import OrderedCollections

/// The deterministic part of a stream task: a machine, and what the host must know to run it.
///
/// It is a function of the partition alone, like the machine within: which origins were seen, what time it is, who
/// leads, which configuration holds, which effects have no result yet.
struct StreamState<Machine: StreamMachine>: Sendable {
    /// An effect that the machine asked for and that has no result yet.
    struct Outstanding: Codable, Hashable, Sendable {
        var payload: [UInt8]
        /// Whose attempt is under way.
        var token: String?
    }

    /// A configuration revision on its way.
    struct Arriving: Sendable {
        var revision: Int64
        var count: Int
        var parts: OrderedDictionary<Int, [UInt8]> = [:]
    }

    let service: String
    let deadLetter: String
    var machine: Machine
    var nextOffset: Int64 = 0
    var instant = Instant(milliseconds: 0)
    var leader: String?
    var origins = OriginFilter()
    var effects: OrderedDictionary<String, Outstanding> = [:]
    var configuration: StreamConfiguration?
    var arriving: Arriving?

    /// Keys of the host's own entities that changed since the last snapshot.
    private var changedKeys: OrderedSet<String> = []

    init(service: String, deadLetter: String, machine: Machine) {
        self.service = service
        self.deadLetter = deadLetter
        self.machine = machine
    }

    /// What applying a record came to.
    struct Step: Sendable {
        var outputs: [StreamOutput] = []
        var sends: [Send] = []
        var newEffects: [String] = []
        /// An attempt was read back: by whom, and what to perform.
        var granted: (effect: String, token: String, payload: [UInt8])?
        var admission: Admission = .first
        var poison: PoisonRecord?
        var control: Control?
        var record: StreamRecord?
    }

    /// An output on its way to Kafka.
    struct Send: Hashable, Sendable {
        var topic: String
        var key: [UInt8]?
        var value: [UInt8]?
        var headers: [Header]
    }

    /// Applies the next record of the log.
    mutating func apply(_ record: Record) -> Step {
        var step = Step()
        instant = max(instant, Instant(milliseconds: record.timestamp))
        nextOffset = record.offset + 1
        step.outputs = machine.advance(to: instant)
        do {
            try take(record, &step)
        } catch {
            step.poison = error
        }
        register(record, &step)
        return step
    }

    private mutating func take(_ record: Record, _ step: inout Step) throws(PoisonRecord) {
        if let text = record.header(Origin.header) {
            guard let origin = Origin(text) else { throw PoisonRecord("header \(Origin.header): not an origin") }
            let type = record.headers.first { $0.name == CloudEvent.type }?.value ?? []
            step.admission = origins.admit(origin, type: type, key: record.key ?? [], value: record.value ?? [])
            guard step.admission == .first else { return }
        }
        if let control = try Control.read(record) {
            step.control = control
            try take(control, record.value ?? [], &step)
        } else {
            guard record.bytes <= StreamRecord.bytesMax else {
                throw PoisonRecord("record: found \(record.bytes) bytes, expected at most \(StreamRecord.bytesMax)")
            }
            let streamRecord = StreamRecord(record)
            step.record = streamRecord
            step.outputs += try machine.apply(streamRecord, at: instant)
        }
    }

    private mutating func take(_ control: Control, _ value: [UInt8], _ step: inout Step) throws(PoisonRecord) {
        switch control {
        case .tick: break
        case .lead(let token): leader = token
        case .attempt(let effect, let token):
            guard token == leader, let payload = effects[effect]?.payload else { return }
            effects[effect]?.token = token
            changedKeys.append(Self.effectKey(effect))
            step.granted = (effect, token, payload)
        case .result(let effect, let token):
            guard let outstanding = effects[effect], outstanding.token == token else { return }
            effects[effect] = nil
            changedKeys.append(Self.effectKey(effect))
            step.outputs += try machine.complete(effect, result: value, at: instant)
        case .configuration(let revision, let part, let count):
            try take(part: part, of: count, revision: revision, value, &step)
        }
    }

    private mutating func take(part: Int, of count: Int, revision: Int64, _ value: [UInt8], _ step: inout Step)
        throws(PoisonRecord)
    {
        guard revision > configuration?.revision ?? 0, revision >= arriving?.revision ?? 0 else { return }
        if arriving?.revision != revision || arriving?.count != count {
            forgetArriving()
            arriving = Arriving(revision: revision, count: count)
        }
        arriving?.parts[part] = value
        changedKeys.append(Self.partKey(part))
        guard let complete = arriving, complete.parts.count == count else { return }
        forgetArriving()
        let next = StreamConfiguration(revision: revision, parts: (0..<count).map { complete.parts[$0] ?? [] })
        // The revision counts as taken even when the machine refuses it: it would refuse it every time.
        for index in 0..<max(count, configuration?.parts.count ?? 0) {
            changedKeys.append(Self.configurationKey(index))
        }
        configuration = next
        step.outputs += try machine.configure(next, at: instant)
    }

    private mutating func forgetArriving() {
        for part in arriving?.parts.keys ?? [] { changedKeys.append(Self.partKey(part)) }
        arriving = nil
    }

    /// Gives the outputs their origins and remembers the effects.
    private mutating func register(_ record: Record, _ step: inout Step) {
        let cause = Cause(service: service, record: record, instant: instant)
        for output in step.outputs {
            switch output {
            case .send(let topic, let type, let key, let value):
                let headers = cause.headers(type: type, index: step.sends.count)
                step.sends.append(Send(topic: topic, key: key, value: value, headers: headers))
            case .effect(let id, let payload):
                effects[id] = Outstanding(payload: payload, token: nil)
                changedKeys.append(Self.effectKey(id))
                step.newEffects.append(id)
            }
        }
        if let poison = step.poison {
            let letter = DeadLetter(record, service: service, poison)
            let headers = letter.headers(origin: cause.origin(step.sends.count))
            step.sends.append(Send(topic: deadLetter, key: letter.key, value: letter.value, headers: headers))
        }
    }
}

// MARK: - Checkpoints

extension StreamState {
    static var positionKey: String { "position" }
    private static var entityPrefix: String { "entity/" }
    private static var effectPrefix: String { "effect/" }
    private static var configurationPrefix: String { "configuration/" }
    private static var partPrefix: String { "part/" }
    private static func effectKey(_ id: String) -> String { effectPrefix + id }
    private static func configurationKey(_ index: Int) -> String { "\(configurationPrefix)\(index)" }
    private static func partKey(_ index: Int) -> String { "\(partPrefix)\(index)" }

    /// The record that ends every checkpoint: where to go on, and what goes with that place.
    private struct Position: Codable {
        var nextOffset: Int64
        var instantMilliseconds: Int64
        var leader: String?
        var marks: [OriginFilter.Mark]
        var configurationRevision: Int64?
        var configurationParts: Int?
        var arrivingRevision: Int64?
        var arrivingCount: Int?
    }

    /// What changed since the last call, and then the position.
    mutating func takeChanges() -> [StateChange] {
        var changes = machine.changes().map { StateChange(key: Self.entityPrefix + $0.key, value: $0.value) }
        for key in changedKeys { changes.append(StateChange(key: key, value: ownEntity(key))) }
        changedKeys = []
        return changes
    }

    private func ownEntity(_ key: String) -> [UInt8]? {
        if key.hasPrefix(Self.effectPrefix) {
            return effects[String(key.dropFirst(Self.effectPrefix.count))].map(Self.encode)
        }
        if key.hasPrefix(Self.configurationPrefix) {
            guard let index = Int(key.dropFirst(Self.configurationPrefix.count)), let configuration,
                configuration.parts.indices.contains(index)
            else { return nil }
            return configuration.parts[index]
        }
        return Int(key.dropFirst(Self.partPrefix.count)).flatMap { arriving?.parts[$0] }
    }

    var encodedPosition: [UInt8] {
        Self.encode(
            Position(
                nextOffset: nextOffset, instantMilliseconds: instant.milliseconds, leader: leader, marks: origins.marks,
                configurationRevision: configuration?.revision, configurationParts: configuration?.parts.count,
                arrivingRevision: arriving?.revision, arrivingCount: arriving?.count))
    }

    private static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else { preconditionFailure("plain values encode as JSON") }
        return Array(data)
    }

    /// Puts back what the state partition holds. Empty: the task starts at the log's beginning.
    /// - Throws: `StreamError` badCheckpoint, naming the key.
    mutating func restore(_ entries: OrderedDictionary<String, [UInt8]>) throws(StreamError) {
        guard let bytes = entries[Self.positionKey] else {
            if entries.isEmpty { return }
            throw StreamError(.badCheckpoint, "the state has entities but no position")
        }
        let position: Position = try decode(bytes, Self.positionKey)
        nextOffset = position.nextOffset
        instant = Instant(milliseconds: position.instantMilliseconds)
        leader = position.leader
        origins = OriginFilter(marks: position.marks)
        try restoreConfiguration(position, entries)
        for (key, value) in entries {
            if key.hasPrefix(Self.entityPrefix) {
                do {
                    try machine.restore(String(key.dropFirst(Self.entityPrefix.count)), value)
                } catch {
                    throw StreamError(.badCheckpoint, "\(key): \(error.reason)")
                }
            } else if key.hasPrefix(Self.effectPrefix) {
                effects[String(key.dropFirst(Self.effectPrefix.count))] = try decode(value, key)
            }
        }
    }

    private mutating func restoreConfiguration(_ position: Position, _ entries: OrderedDictionary<String, [UInt8]>)
        throws(StreamError)
    {
        if let revision = position.configurationRevision, let count = position.configurationParts {
            var parts: [[UInt8]] = []
            for index in 0..<count {
                guard let part = entries[Self.configurationKey(index)] else {
                    throw StreamError(.badCheckpoint, "\(Self.configurationKey(index)) is missing")
                }
                parts.append(part)
            }
            let restored = StreamConfiguration(revision: revision, parts: parts)
            do {
                try machine.restore(restored)
            } catch {
                throw StreamError(.badCheckpoint, "configuration \(revision): \(error.reason)")
            }
            configuration = restored
        }
        if let revision = position.arrivingRevision, let count = position.arrivingCount {
            var partial = Arriving(revision: revision, count: count)
            for index in 0..<count { partial.parts[index] = entries[Self.partKey(index)] }
            arriving = partial
        }
    }

    private func decode<Value: Decodable>(_ bytes: [UInt8], _ key: String) throws(StreamError) -> Value {
        do {
            return try JSONDecoder().decode(Value.self, from: Data(bytes))
        } catch {
            throw StreamError(.badCheckpoint, "\(key): \(error)")
        }
    }
}
