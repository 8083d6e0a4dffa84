/// A record of a log that no machine is to see, because it traps each that does.
///
/// Operators publish it on the configuration topic, under the key `skip/topic/partition/offset` with the reason as the
/// value, outside any revision. It has to stay there for as long as the log has the record.
package struct SkippedRecord: Hashable, Sendable, CustomStringConvertible {
    package static let keyPrefix = "skip/"

    package var topic: String
    package var partition: Int32
    package var offset: Int64

    package init(topic: String, partition: Int32, offset: Int64) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
    }

    /// Reads `topic/partition/offset`; nil when it is not of that form.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty, let partition = Int32(parts[1]), let offset = Int64(parts[2]),
            partition >= 0, offset >= 0
        else { return nil }
        self.init(topic: String(parts[0]), partition: partition, offset: offset)
    }

    /// Nil for a key of the configuration topic that says something else.
    package init?(key: String) {
        guard key.hasPrefix(Self.keyPrefix) else { return nil }
        self.init(key.dropFirst(Self.keyPrefix.count))
    }

    package var key: String { Self.keyPrefix + description }
    package var description: String { "\(topic)/\(partition)/\(offset)" }
}
