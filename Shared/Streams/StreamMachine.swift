package import Domain

/// A service's rules over one partition of its log, as bytes in and bytes out.
///
/// The adapter in each service's `App` conforms: it translates between the wire and the service's pure Core.
/// Everything that a conforming type returns must follow from the records that it was given, in their order, and
/// nothing else: no clock, no randomness, no I/O, no iteration over a Dictionary or Set into an output.
///
/// - Ordering: for each record the host calls `advance(to:)` with the record's log time and then the call that
///   fits the record, so deadlines that are due come before the record that shows it.
package protocol StreamMachine: Sendable {
    /// Fires what is due at or before `now`.
    mutating func advance(to now: Instant) -> [StreamOutput]

    /// Applies one record of the log.
    /// - Throws: `PoisonRecord` when the bytes cannot be understood; the state must be as before then. The host
    ///   sends the record to the dead-letter topic and goes on.
    mutating func apply(_ record: StreamRecord, at now: Instant) throws(PoisonRecord) -> [StreamOutput]

    /// Takes a new configuration revision, higher than the last one.
    mutating func configure(_ configuration: StreamConfiguration, at now: Instant) throws(PoisonRecord)
        -> [StreamOutput]

    /// Takes the result of an effect that this machine asked for. Each effect has at most one.
    mutating func complete(_ effect: String, result: [UInt8], at now: Instant) throws(PoisonRecord)
        -> [StreamOutput]

    /// When `advance(to:)` has something to do next; nil when nothing is scheduled.
    var nextDeadline: Instant? { get }

    /// The entities that changed since the last call, in their form at this moment, each key once.
    mutating func changes() -> [StateChange]

    /// Puts back an entity from a checkpoint. Called before anything else, once a key, without outputs.
    mutating func restore(_ key: String, _ value: [UInt8]) throws(PoisonRecord)

    /// Puts back the configuration in force at the checkpoint; comes before the entities.
    mutating func restore(_ configuration: StreamConfiguration) throws(PoisonRecord)

    /// The newest version of the rules that this machine can apply.
    var newestRules: Int { get }

    /// From here on the rules of this version hold; a new machine applies version 1. Never more than `newestRules`.
    /// Comes before everything else when a checkpoint is restored.
    mutating func adopt(rules version: Int)
}

extension StreamMachine {
    package var newestRules: Int { RulesVersion.first }
    package mutating func adopt(rules version: Int) {}
}

/// One record of a service's log, as its machine sees it.
package struct StreamRecord: Hashable, Sendable {
    /// The largest record that a machine is given, key and headers included; a larger one is poison.
    ///
    /// What Patchbay writes stays far below. The limit keeps what follows from a record, even where it repeats all of
    /// it, within what a broker takes: otherwise the partition would stop there for good.
    package static let bytesMax = 256 << 10

    package var topic: String
    package var partition: Int32
    package var offset: Int64
    /// `ce_type`, or empty.
    package var type: String
    package var key: [UInt8]
    package var value: [UInt8]
    /// W3C Trace Context of whoever caused it, to be carried on.
    package var traceparent: String?

    package init(
        topic: String, partition: Int32, offset: Int64, type: String, key: [UInt8], value: [UInt8],
        traceparent: String? = nil
    ) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.type = type
        self.key = key
        self.value = value
        self.traceparent = traceparent
    }
}

/// What a machine wants to happen.
package enum StreamOutput: Hashable, Sendable {
    /// A record for another log or an event topic. A nil value is a tombstone.
    case send(topic: String, type: String, key: [UInt8], value: [UInt8]?)
    /// Something outside Kafka, performed by the leader at least once; its result comes back through `complete`.
    /// - Parameter id: unique for each try in this partition.
    case effect(id: String, payload: [UInt8])
}

/// One entity for the checkpoint; a nil value removes it.
package struct StateChange: Hashable, Sendable {
    package var key: String
    package var value: [UInt8]?

    package init(key: String, value: [UInt8]? = nil) {
        self.key = key
        self.value = value
    }
}

/// One complete revision, in the parts in which it travelled.
package struct StreamConfiguration: Hashable, Sendable {
    package var revision: Int64
    package var parts: [[UInt8]]

    package init(revision: Int64, parts: [[UInt8]]) {
        self.revision = revision
        self.parts = parts
    }
}

/// A record that a machine cannot understand.
package struct PoisonRecord: Error, Hashable, Sendable {
    /// What was expected and what was found, without content.
    package var reason: String
    /// A newer program must have written it: what follows from it is not known here, so the task stops before it.
    package var isNewer: Bool

    package init(_ reason: String, isNewer: Bool = false) {
        self.reason = reason
        self.isNewer = isNewer
    }
}

/// Performs a machine's effects. Called on the leader only; may be called again for the same effect.
package protocol EffectPerformer: Sendable {
    /// Performs one effect and returns its result for the log. Failures are results too.
    func perform(_ effect: String, payload: [UInt8]) async -> [UInt8]

    /// Where an effect goes: effects with the same answer are slow together, and one such lane cannot take the places
    /// of all others. Quick, and the same each time.
    func lane(of effect: String, payload: [UInt8]) -> String
}

extension EffectPerformer {
    package func lane(of effect: String, payload: [UInt8]) -> String { "" }
}
