import Domain
import Kafka
import Schema

/// An event of a topic as somebody outside reads it.
struct Output {
    /// One sequence of outputs: a service and a partition of its log, `router/patchbay.work/3/1764000000000`.
    typealias Source = String

    struct Origin: Hashable, Comparable {
        var source: Source
        var offset: Int
        var index: Int
        var text: String { "\(source)/\(offset)/\(index)" }

        init?(_ text: String) {
            let words = text.split(separator: "/")
            // The fourth of six names the incarnation of the log, which is another sequence.
            guard words.count == 5 || words.count == 6, let offset = Int(words[words.count - 2]),
                let index = Int(words[words.count - 1])
            else { return nil }
            source = words.dropLast(2).joined(separator: "/")
            self.offset = offset
            self.index = index
        }

        static func < (left: Origin, right: Origin) -> Bool {
            (left.source, left.offset, left.index) < (right.source, right.offset, right.index)
        }
    }

    var topic: Topic
    var record: Record
    var type: String
    /// Nil for what no log's record caused: what the connector accepted, what agents asked for.
    var origin: Origin?

    /// Nil for what is no event: the services' own notes in their logs.
    init?(_ topic: Topic, _ record: Record) {
        guard let headers = EventHeaders(record.headers.map { (name: $0.name, value: $0.value) }) else { return nil }
        self.topic = topic
        self.record = record
        type = headers.type
        origin = record.headers.last { $0.name == "patchbay-origin" }
            .flatMap { Origin(String(decoding: $0.value, as: UTF8.self)) }
    }

    var place: String { "\(record.topic)/\(record.partition)/\(record.offset)" }

    func decoded<Value: WireRecord>(_: Value.Type) throws(WireError) -> Value { try Value(wire: record.value ?? []) }
}
