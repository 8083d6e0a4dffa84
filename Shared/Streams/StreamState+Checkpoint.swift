internal import Domain
internal import Foundation
internal import OrderedCollections

/// The key of the record that ends each checkpoint.
let stateKeyOfPosition = "position"

/// The record that ends every checkpoint: where to go on, and what goes with that place.
struct Position: Codable {
    var nextOffset: Int64
    var instantMilliseconds: Int64
    var leader: String?
    var marks: [OriginFilter.Mark]
    var configurationRevision: Int64?
    var configurationParts: Int?
    var refusedRevision: Int64?
    var arrivingRevision: Int64?
    var arrivingCount: Int?
    var rules: Int?
    var lastTimestamp: Int64?
    var incarnation: Int64?
}

extension Position {
    /// - Throws: `StreamError` badCheckpoint.
    init(decoding bytes: [UInt8]) throws(StreamError) {
        do {
            self = try JSONDecoder().decode(Position.self, from: Data(bytes))
        } catch {
            throw StreamError(.badCheckpoint, "\(stateKeyOfPosition): \(error)")
        }
    }
}

extension StreamState {
    static var entityPrefix: String { "entity/" }
    static var effectPrefix: String { "effect/" }
    private static var configurationPrefix: String { "configuration/" }
    private static var partPrefix: String { "part/" }
    static func effectKey(_ id: String) -> String { effectPrefix + id }
    static func configurationKey(_ index: Int) -> String { "\(configurationPrefix)\(index)" }
    static func partKey(_ index: Int) -> String { "\(partPrefix)\(index)" }

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
                refusedRevision: refusedRevision,
                arrivingRevision: arriving?.revision, arrivingCount: arriving?.count,
                rules: rules, lastTimestamp: lastTimestamp, incarnation: incarnation))
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
        guard let bytes = entries[stateKeyOfPosition] else {
            if entries.isEmpty { return }
            throw StreamError(.badCheckpoint, "the state has entities but no position")
        }
        let position = try Position(decoding: bytes)
        rules = position.rules ?? 1
        guard rules <= machine.newestRules else { throw StreamError.unknownRules(rules, known: machine.newestRules) }
        if rules > 1 { machine.adopt(rules: rules) }
        lastTimestamp = position.lastTimestamp
        incarnation = position.incarnation
        nextOffset = position.nextOffset
        instant = Instant(milliseconds: position.instantMilliseconds)
        leader = position.leader
        origins = OriginFilter(marks: position.marks)
        refusedRevision = position.refusedRevision
        try restoreConfiguration(position, entries)
        for (key, value) in entries {
            if key.hasPrefix(Self.entityPrefix) {
                do {
                    try machine.restore(String(key.dropFirst(Self.entityPrefix.count)), value)
                } catch {
                    throw StreamError(.badCheckpoint, "\(key): \(error.reason)")
                }
            } else if key.hasPrefix(Self.effectPrefix) {
                effects[String(key.dropFirst(Self.effectPrefix.count))] = try Self.decode(value, key)
            }
        }
    }

    private mutating func restoreConfiguration(_ position: Position, _ entries: OrderedDictionary<String, [UInt8]>)
        throws(StreamError)
    {
        if let revision = position.configurationRevision, let count = position.configurationParts {
            var parts: [[UInt8]] = []
            for index in 0..<(try Self.partCount(count)) {
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
            for index in 0..<(try Self.partCount(count)) { partial.parts[index] = entries[Self.partKey(index)] }
            arriving = partial
        }
    }

    private static func partCount(_ count: Int) throws(StreamError) -> Int {
        guard (0...Int(ConfigurationTable.partsMax)).contains(count) else {
            throw StreamError(.badCheckpoint, "\(stateKeyOfPosition): \(count) parts of the configuration")
        }
        return count
    }

    private static func decode<Value: Decodable>(_ bytes: [UInt8], _ key: String) throws(StreamError) -> Value {
        do {
            return try JSONDecoder().decode(Value.self, from: Data(bytes))
        } catch {
            throw StreamError(.badCheckpoint, "\(key): \(error)")
        }
    }
}
