internal import Kafka

/// Where an output came from: the record that caused it, and its place among that record's outputs.
///
/// Every output carries it in the header `patchbay-origin`, as `service/topic/partition/offset/index`.
package struct Origin: Hashable, Sendable, CustomStringConvertible {
    package static let header = "patchbay-origin"

    /// Whose outputs form one sequence.
    package struct Source: Hashable, Sendable {
        package var service: String
        package var topic: String
        package var partition: Int32
    }

    package var source: Source
    package var offset: Int64
    package var index: Int

    package init(source: Source, offset: Int64, index: Int) {
        self.source = source
        self.offset = offset
        self.index = index
    }

    /// Reads the header's text; nil when it is not of that form.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 5, let partition = Int32(parts[2]), let offset = Int64(parts[3]), let index = Int(parts[4])
        else { return nil }
        source = Source(service: String(parts[0]), topic: String(parts[1]), partition: partition)
        self.offset = offset
        self.index = index
    }

    package var description: String {
        "\(source.service)/\(source.topic)/\(source.partition)/\(offset)/\(index)"
    }
}

/// What a reader makes of a record's origin.
package enum Admission: Hashable, Sendable {
    /// Not seen before: take it.
    case first
    /// Sent again after a recovery: drop it.
    case repeated
    /// Sent again with other content: drop it, and raise an alarm, for a rule was not deterministic.
    case repeatedDifferently
}

/// Drops outputs that a reader of one partition has had before.
///
/// A producer lands gap-free prefixes of each source's sequence, so remembering the last origin of each source is
/// enough. The marks belong to the reader's position and are stored with it; the digests of recent outputs are
/// only a check and stay in memory.
package struct OriginFilter: Sendable {
    /// The last origin of one source.
    struct Mark: Codable, Hashable, Sendable {
        var service: String
        var topic: String
        var partition: Int32
        var offset: Int64
        var index: Int
    }

    fileprivate struct Place: Comparable, Hashable {
        var offset: Int64
        var index: Int
        static func < (left: Place, right: Place) -> Bool { (left.offset, left.index) < (right.offset, right.index) }
    }

    fileprivate struct Recent {
        var digests: [Place: Int] = [:]
        /// Written in a circle, so that the oldest goes first.
        var places: [Place] = []
        var next = 0
    }

    /// Digests kept for each source.
    static let recentMax = 1024

    private var last: [Origin.Source: Place] = [:]
    private var recent: [Origin.Source: Recent] = [:]

    package init() {}

    init(marks: [Mark]) {
        for mark in marks {
            let source = Origin.Source(service: mark.service, topic: mark.topic, partition: mark.partition)
            last[source] = Place(offset: mark.offset, index: mark.index)
        }
    }

    /// In a fixed order, for the checkpoint.
    var marks: [Mark] {
        last.map { source, place in
            Mark(
                service: source.service, topic: source.topic, partition: source.partition, offset: place.offset,
                index: place.index)
        }
        .sorted { ($0.service, $0.topic, $0.partition) < ($1.service, $1.topic, $1.partition) }
    }

    /// Decides on a record, and remembers it. The decision follows from the marks alone.
    package mutating func admit(_ origin: Origin, type: [UInt8], key: [UInt8], value: [UInt8]) -> Admission {
        let place = Place(offset: origin.offset, index: origin.index)
        let digest = Self.digest(type, key, value)
        if let mark = last[origin.source], place <= mark {
            guard let known = recent[origin.source], let oldest = known.oldest, place >= oldest else {
                return .repeated
            }
            return known.digests[place] == digest ? .repeated : .repeatedDifferently
        }
        last[origin.source] = place
        recent[origin.source, default: Recent()].remember(place, digest)
        return .first
    }

    private static func digest(_ parts: [UInt8]...) -> Int {
        var hasher = Hasher()
        for part in parts { hasher.combine(part) }
        return hasher.finalize()
    }
}

extension OriginFilter.Recent {
    fileprivate var oldest: OriginFilter.Place? {
        places.isEmpty ? nil : places[places.count < OriginFilter.recentMax ? 0 : next]
    }

    fileprivate mutating func remember(_ place: OriginFilter.Place, _ digest: Int) {
        if places.count < OriginFilter.recentMax {
            places.append(place)
        } else {
            digests[places[next]] = nil
            places[next] = place
            next = (next + 1) % OriginFilter.recentMax
        }
        digests[place] = digest
    }
}

extension Record {
    /// The value of the first header with this name, as text.
    func header(_ name: String) -> String? {
        headers.first { $0.name == name }.map { String(decoding: $0.value, as: UTF8.self) }
    }
}
