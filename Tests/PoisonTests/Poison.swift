import Domain
import Kafka
import Schema
import TestSupport

/// A record that no reader of a topic can understand, and the words in which that is said.
struct Poison {
    var name: String
    var key: [UInt8]?
    var value: [UInt8]?
    var headers: [Header] = []
    var reason: String
    /// A newer program must have written it: a log's service stops at it, and a projection leaves it out.
    var isNewer = false

    /// Every kind of poison that a topic may meet.
    /// - Parameters:
    ///   - valid: a good record of the topic, to be spoilt.
    ///   - foreign: a good record of another topic.
    static func all(like valid: GoodRecord, foreign: GoodRecord) -> [Poison] {
        var generator = SeededGenerator(seed: 7)
        let noise = (0..<300).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let large = (0..<1_047_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let type = Header(name: "ce_type", value: Array(valid.type.utf8))
        func header(_ name: String, _ text: String) -> Header { Header(name: name, value: Array(text.utf8)) }
        return [
            Poison(name: "random bytes", key: valid.key, value: noise, headers: [type], reason: "300 bytes"),
            Poison(name: "random bytes under random keys, no headers", key: noise, value: noise, reason: "300 bytes"),
            Poison(
                name: "a good record of another topic", key: foreign.key, value: foreign.value,
                headers: [header("ce_type", foreign.type)], reason: "ce_type: found \(foreign.type)"),
            Poison(
                name: "a type of a later version", key: valid.key, value: valid.value,
                headers: [header("ce_type", valid.type.replacing(".v1", with: ".v99"))], reason: "v99",
                isNewer: true),
            Poison(
                name: "a kind of a later version", key: valid.key, value: [0xfa, 0x7f, 3, 1, 2, 3], headers: [type],
                reason: "expected a", isNewer: true),
            Poison(name: "an empty value", key: valid.key, value: [], headers: [type], reason: "record: found nothing"),
            Poison(name: "a tombstone", key: valid.key, value: nil, headers: [type], reason: "record: found nothing"),
            Poison(name: "neither key nor value nor headers", reason: "record: found nothing"),
            Poison(
                name: "a control record of no known kind", key: valid.key, value: valid.value,
                headers: [type, header("patchbay-control", "dance")], reason: "patchbay-control",
                isNewer: true),
            Poison(
                name: "an origin that is none", key: valid.key, value: valid.value,
                headers: [type, header("patchbay-origin", "from/nowhere")], reason: "patchbay-origin"),
            Poison(
                name: "headers of random bytes", key: valid.key, value: noise,
                headers: [Header(name: "ce_type", value: noise), Header(name: "\u{1}", value: noise)],
                reason: "ce_type: found"),
            Poison(
                name: "the largest record that the broker takes", key: valid.key, value: large, headers: [type],
                reason: "expected at most"),
        ]
    }
}

/// A record that a topic is there for.
struct GoodRecord: Sendable {
    var key: [UInt8]
    var value: [UInt8]
    var type: String

    init(_ record: some WireRecord, key: String) {
        self.key = Array(key.utf8)
        value = record.encoded()
        type = record.type
    }
}
