/// One partition of one topic. Ordered by topic, then by number.
package struct TopicPartition: Hashable, Comparable, Sendable, CustomStringConvertible {
    package var topic: String
    package var partition: Int32

    package init(topic: String, partition: Int32) {
        self.topic = topic
        self.partition = partition
    }

    package static func < (left: TopicPartition, right: TopicPartition) -> Bool {
        (left.topic, left.partition) < (right.topic, right.partition)
    }

    package var description: String { "\(topic)/\(partition)" }
}

/// One header of a record. Names may repeat; a null value reads as an empty one.
package struct Header: Hashable, Sendable {
    package var name: String
    package var value: [UInt8]

    package init(name: String, value: [UInt8]) {
        self.name = name
        self.value = value
    }
}

/// Whose clock a record's timestamp shows.
package enum TimestampKind: Hashable, Sendable {
    case none, createTime, logAppendTime
}

/// One record read from a topic, copied out of librdkafka's memory.
package struct Record: Hashable, Sendable {
    package var topic: String
    package var partition: Int32
    package var offset: Int64
    /// - Units: milliseconds since 1970, or -1 without one.
    package var timestamp: Int64
    package var timestampKind: TimestampKind
    /// Nil is a null key, which differs from an empty one.
    package var key: [UInt8]?
    /// Nil is a tombstone, which differs from an empty value.
    package var value: [UInt8]?
    package var headers: [Header]

    package init(
        topic: String, partition: Int32, offset: Int64, timestamp: Int64 = -1, timestampKind: TimestampKind = .none,
        key: [UInt8]? = nil, value: [UInt8]? = nil, headers: [Header] = []
    ) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.timestamp = timestamp
        self.timestampKind = timestampKind
        self.key = key
        self.value = value
        self.headers = headers
    }
}

/// Where reading starts.
package enum Offset: Hashable, Sendable {
    case beginning
    case end
    /// The next record to be read. One that the log no longer has, or does not have yet, is an error
    /// (`.offsetOutOfRange`), never a silent jump.
    case at(Int64)
}
