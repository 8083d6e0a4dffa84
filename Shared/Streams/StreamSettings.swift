internal import Kafka

/// How a service runs its stream tasks.
package struct StreamSettings: Sendable {
    /// The name in origins, transactional ids and thread names: `router`.
    package var service: String
    /// The log topic.
    package var log: String
    /// The compacted topic of checkpoints; as many partitions as the log.
    package var state: String
    package var deadLetter: String
    /// The consumer group; also the prefix of transactional ids.
    package var group: String
    /// librdkafka properties.
    package var kafka: [String: String]
    package var checkpointInterval: Duration = .seconds(1)
    /// Records after which a checkpoint is made before the interval is over.
    package var checkpointRecords: Int = 10_000
    /// Records taken from the log in one turn.
    package var batchMax: Int = 500
    /// Outputs that wait for the broker's acknowledgement; beyond it the task waits too.
    package var outputsInFlightMax: Int = 20_000
    /// Effects under way at once in one partition.
    package var effectsInFlightMax: Int = 128
    /// After this long without heartbeats the group gives the partitions to others; effects are not begun on older
    /// evidence of leadership than this. `session.timeout.ms` among the properties sets it too.
    /// The least that a stock Kafka accepts (`group.min.session.timeout.ms`): it is most of the silence after a crash.
    package var sessionTimeout: Duration = .seconds(6)
    /// How long a task may take for its last checkpoint when it stops.
    package var stopTimeout: Duration = .seconds(3)
    /// Whether partitions that others lead are followed: applied in silence, for reads and for taking over warm.
    package var following: Bool = true
    /// Outputs that a follower keeps in one partition until the leader's checkpoint covers them; beyond it the follower
    /// waits for the leader.
    package var followingBytesMax: Int = 32 << 20
    /// Whether the first who ever leads a log raises it to the newest rules that its machine knows: a new installation has
    /// no instances of an older program.
    package var raisesNewLogs: Bool = true
    /// A follower that is further behind the last checkpoint than this reads that instead, when it must lead.
    package var followingLagMax: Int64 = 50_000
    /// Called at each step between poll and confirmed checkpoint; tests throw from it to crash a task there.
    package var probe: @Sendable (_ step: StreamStep, _ partition: Int32) throws -> Void = { _, _ in }

    package init(
        service: String, log: String, state: String, deadLetter: String, group: String, kafka: [String: String]
    ) {
        self.service = service
        self.log = log
        self.state = state
        self.deadLetter = deadLetter
        self.group = group
        self.kafka = kafka
        if let given = kafka["session.timeout.ms"].flatMap({ Int64($0) }) { sessionTimeout = .milliseconds(given) }
    }
}

/// The steps of a task at which it can die.
package enum StreamStep: String, CaseIterable, Sendable {
    case restored, polled, applied, outputsSent, snapshotTaken, outputsAcknowledged
    case transactionBegun, changesProduced, offsetsSent, committed
    case attemptRead, effectPerformed
}

/// Why a task or host stopped, or refused to start.
package struct StreamError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The start is refused until an operator acts; `context` says how.
        case refused
        /// Another owner has taken the partition.
        case fenced
        /// An output or a control record could not be delivered.
        case deliveryFailed = "delivery-failed"
        /// Kafka could not be read or written.
        case kafka
        /// A checkpoint holds what its machine cannot read.
        case badCheckpoint = "bad-checkpoint"
        /// This instance does not lead the partition, or is not caught up yet.
        case notLeading = "not-leading"
        /// The log has reached a version of the rules that this program does not know.
        case unknownRules = "unknown-rules"
        /// A test's probe threw.
        case crashed
    }

    package var code: Code
    package var context: String

    package init(_ code: Code, _ context: String) {
        self.code = code
        self.context = context
    }

    /// Whether starting the task again can help.
    package var isRetriable: Bool { code != .refused && code != .badCheckpoint && code != .unknownRules }
    package var description: String { "\(code.rawValue): \(context)" }

    static func unknownKind(_ kind: String, _ record: Record) -> StreamError {
        StreamError(
            .unknownRules,
            "\(record.topic)/\(record.partition)/\(record.offset) is of a kind that this program does not know, \(kind): "
                + "replace it by a newer one, or have the record skipped")
    }

    static func unknownRules(_ version: Int, known: Int) -> StreamError {
        StreamError(
            .unknownRules,
            "the log has reached version \(version) of the rules, and this program knows \(known): "
                + "replace it by a newer one")
    }
}
