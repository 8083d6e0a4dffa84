/// How a topic is to be created. `patchbay topics` compares this with what the broker has.
package struct TopicSettings: Hashable, Sendable {
    package var partitions: Int32
    package var cleanup: Cleanup
    /// How long records stay; nil: for ever. Counts for `delete` only.
    package var retention: Duration?
    package var timestamps: Timestamps
    /// - Units: bytes of one record batch, as the broker counts it.
    package var messageBytesMax: Int

    package enum Cleanup: String, Hashable, Sendable {
        case delete, compact
    }

    package enum Timestamps: String, Hashable, Sendable {
        /// The broker's clock when it appended the record: the only time that rules know.
        case logAppendTime = "LogAppendTime"
        case createTime = "CreateTime"
    }

    /// Partitions of the topics that have more than one, where a setting does not say otherwise.
    package static let defaultPartitions: Int32 = 4

    /// The settings as Kafka's topic configuration, sorted by name.
    package var properties: [(name: String, value: String)] {
        [
            ("cleanup.policy", cleanup.rawValue),
            ("max.message.bytes", String(messageBytesMax)),
            ("message.timestamp.type", timestamps.rawValue),
            ("retention.ms", retention.map { String($0.components.seconds * 1000) } ?? "-1"),
        ]
    }
}

/// What a broker takes unless it is told otherwise.
private let kafkaBytesMax = 1_048_588

extension Topic {
    /// The topic's settings; all but the configuration have the given number of partitions.
    ///
    /// A dead letter holds the largest record of another topic, and says more.
    package func settings(partitions: Int32 = TopicSettings.defaultPartitions) -> TopicSettings {
        TopicSettings(
            partitions: self == .config ? 1 : partitions, cleanup: isCompacted ? .compact : .delete,
            retention: retention, timestamps: isCompacted ? .createTime : .logAppendTime,
            messageBytesMax: self == .deadLetter ? 2 * kafkaBytesMax : kafkaBytesMax)
    }

    /// Only the last record of a key is kept.
    package var isCompacted: Bool {
        switch self {
        case .identity, .profiles, .config, .connectorState, .contextState, .routerState, .slaTimerState: true
        case .inbound, .work, .workEvents, .clocks, .outbound, .delivery, .slaEvents, .deadLetter: false
        }
    }

    private var retention: Duration? {
        switch self {
        // Timelines and KPIs are rebuilt from these.
        case .inbound, .outbound, .workEvents: nil
        case .work: .seconds(7 * 86_400)
        case .clocks, .delivery, .slaEvents, .deadLetter: .seconds(30 * 86_400)
        case .identity, .profiles, .config, .connectorState, .contextState, .routerState, .slaTimerState: nil
        }
    }
}
