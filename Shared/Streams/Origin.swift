internal import Kafka

/// Where an output came from: the record that caused it, and its place among that record's outputs.
///
/// Every output carries it in the header `patchbay-origin`, as `service/topic/partition/incarnation/offset/index`.
/// Until a log has reached version 2 of the rules its outputs carry no incarnation, and the text has five parts.
package struct Origin: Hashable, Sendable, CustomStringConvertible {
    package static let header = "patchbay-origin"

    /// Whose outputs form one sequence.
    package struct Source: Hashable, Sendable {
        package var service: String
        package var topic: String
        package var partition: Int32
    }

    package var source: Source
    /// Which of the logs that have borne this name: one made anew counts its offsets anew. Later is greater; 0: not said.
    package var incarnation: Int64
    package var offset: Int64
    package var index: Int

    package init(source: Source, incarnation: Int64 = 0, offset: Int64, index: Int) {
        self.source = source
        self.incarnation = incarnation
        self.offset = offset
        self.index = index
    }

    /// Reads the header's text; nil when it is not of that form.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 5 || parts.count == 6, let partition = Int32(parts[2]),
            let incarnation = parts.count == 5 ? 0 : Int64(parts[3]), parts.count == 5 || incarnation > 0,
            let offset = Int64(parts[parts.count - 2]), let index = Int(parts[parts.count - 1])
        else { return nil }
        source = Source(service: String(parts[0]), topic: String(parts[1]), partition: partition)
        self.incarnation = incarnation
        self.offset = offset
        self.index = index
    }

    package var description: String {
        let life = incarnation == 0 ? "" : "\(incarnation)/"
        return "\(source.service)/\(source.topic)/\(source.partition)/\(life)\(offset)/\(index)"
    }
}

/// What a reader makes of a record's origin.
package enum Admission: Hashable, Sendable {
    /// Not seen before: take it.
    case first
    /// The first of a log that was made anew, or put back: take it, and say so.
    case firstOfIncarnation
    /// Sent again after a recovery: drop it.
    case repeated
    /// Sent again with other content: drop it, and raise an alarm, for a rule was not deterministic.
    case repeatedDifferently
    /// Of a log that another one has replaced: drop it, and raise an alarm, for the broker's clock may have gone back.
    case outlived

    package var isTaken: Bool {
        switch self {
        case .first, .firstOfIncarnation: true
        case .repeated, .repeatedDifferently, .outlived: false
        }
    }
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
        var incarnation: Int64?
        var offset: Int64
        var index: Int
    }

    fileprivate struct Place: Comparable, Hashable {
        var incarnation: Int64
        var offset: Int64
        var index: Int
        static func < (left: Place, right: Place) -> Bool {
            (left.incarnation, left.offset, left.index) < (right.incarnation, right.offset, right.index)
        }
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
            last[source] = Place(incarnation: mark.incarnation ?? 0, offset: mark.offset, index: mark.index)
        }
    }

    /// In a fixed order, for the checkpoint.
    var marks: [Mark] {
        last.map { source, place in
            Mark(
                service: source.service, topic: source.topic, partition: source.partition,
                incarnation: place.incarnation == 0 ? nil : place.incarnation, offset: place.offset,
                index: place.index)
        }
        .sorted { ($0.service, $0.topic, $0.partition) < ($1.service, $1.topic, $1.partition) }
    }

    /// Decides on a record, and remembers it. The decision follows from the marks alone.
    package mutating func admit(_ origin: Origin, type: [UInt8], key: [UInt8], value: [UInt8]) -> Admission {
        let place = Place(incarnation: origin.incarnation, offset: origin.offset, index: origin.index)
        let digest = Self.digest(type, key, value)
        let mark = last[origin.source]
        if let mark, place <= mark {
            // Outputs from before the log's version 2 are of the same log.
            guard place.incarnation == 0 || place.incarnation == mark.incarnation else { return .outlived }
            guard let known = recent[origin.source], let oldest = known.oldest, place >= oldest else {
                return .repeated
            }
            return known.digests[place] == digest ? .repeated : .repeatedDifferently
        }
        last[origin.source] = place
        recent[origin.source, default: Recent()].remember(place, digest)
        let isNewLog = mark.map { $0.incarnation != 0 && $0.incarnation < place.incarnation } ?? false
        return isNewLog ? .firstOfIncarnation : .first
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
