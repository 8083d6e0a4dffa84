import ArgumentParser
import Schema
import Streams

/// Names a dead letter by the place of the record that it holds: `inbound/0/12`, the topic without the prefix.
struct LetterName: Hashable, Sendable, CustomStringConvertible, ExpressibleByArgument {
    var topic: String
    var partition: Int32
    var offset: Int64

    init(_ letter: DeadLetter, prefix: String) {
        topic = Topic(name: letter.topic, prefix: prefix)?.rawValue ?? letter.topic
        partition = letter.partition
        offset = letter.offset
    }

    init?(argument: String) {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty, let partition = Int32(parts[1]), partition >= 0,
            let offset = Int64(parts[2]), offset >= 0
        else { return nil }
        topic = String(parts[0])
        self.partition = partition
        self.offset = offset
    }

    var description: String { "\(topic)/\(partition)/\(offset)" }
}
