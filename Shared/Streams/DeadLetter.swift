package import Kafka

/// A record that could not be understood, as the dead-letter topic keeps it.
///
/// Key and value are the original's, byte for byte, and so are its headers, whose names begin with `original-`. What is
/// said of it stands in `patchbay-…` headers.
///
/// - Bounds: `bytesMax`. Of a record that is larger, the value is cut, and headers and key that are too large by
///   themselves are left out; `patchbay-cut` holds the original's size then.
package struct DeadLetter: Hashable, Sendable {
    /// The dead-letter topic takes records of 2 MiB, twice what the others take: a letter is larger than its record.
    package static let bytesMax = 2_000_000
    /// How much of a record that is too large its headers or its key may take up.
    private static let partBytesMax = 64 << 10

    package enum Name {
        package static let error = "patchbay-error"
        package static let sourceTopic = "patchbay-source-topic"
        package static let sourcePartition = "patchbay-source-partition"
        package static let sourceOffset = "patchbay-source-offset"
        package static let service = "patchbay-service"
        package static let cut = "patchbay-cut"
        /// On a record that was sent again: the letter that it comes from, as `topic/partition/offset`.
        package static let resent = "patchbay-resent"
        fileprivate static let originalPrefix = "original-"
    }

    package var topic: String
    package var partition: Int32
    package var offset: Int64
    /// Who refused it.
    package var service: String
    /// What was expected and what was found, without content.
    package var error: String
    package var key: [UInt8]?
    package var value: [UInt8]?
    /// The original's.
    package var headers: [Header]
    /// The original's size, if it was too large to be kept whole.
    package var cutFrom: Int?

    package init(_ record: Record, service: String, _ poison: PoisonRecord) {
        topic = record.topic
        partition = record.partition
        offset = record.offset
        self.service = service
        error = poison.reason
        key = record.key
        value = record.value
        headers = record.headers
        let bytes = record.bytes
        guard bytes > Self.bytesMax else { return }
        cutFrom = bytes
        if headers.bytes > Self.partBytesMax { headers = [] }
        if let key, key.count > Self.partBytesMax { self.key = nil }
        value = value.map { Array($0.prefix(Self.bytesMax - 2 * Self.partBytesMax)) }
    }

    /// Reads a record of the dead-letter topic; nil when it is none of ours.
    package init?(_ record: Record) {
        guard let topic = record.header(Name.sourceTopic),
            let partition = record.header(Name.sourcePartition).flatMap({ Int32($0) }),
            let offset = record.header(Name.sourceOffset).flatMap({ Int64($0) }),
            let error = record.header(Name.error)
        else { return nil }
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.error = error
        service = record.header(Name.service) ?? ""
        key = record.key
        value = record.value
        headers = record.headers.filter { $0.name.hasPrefix(Name.originalPrefix) }
            .map { Header(name: String($0.name.dropFirst(Name.originalPrefix.count)), value: $0.value) }
        cutFrom = record.header(Name.cut).flatMap { Int($0) }
    }

    /// The letter's headers, behind the one with its origin.
    package func headers(origin: String) -> [Header] {
        var list = [
            Header(Origin.header, origin), Header(Name.error, error), Header(Name.sourceTopic, topic),
            Header(Name.sourcePartition, "\(partition)"), Header(Name.sourceOffset, "\(offset)"),
            Header(Name.service, service),
        ]
        if let cutFrom { list.append(Header(Name.cut, "\(cutFrom)")) }
        return list + headers.map { Header(name: Name.originalPrefix + $0.name, value: $0.value) }
    }
}

extension Record {
    /// What the record takes up, as far as its writer has a say in it.
    package var bytes: Int { (key?.count ?? 0) + (value?.count ?? 0) + headers.bytes }
}

extension [Header] {
    fileprivate var bytes: Int { reduce(0) { $0 + $1.name.utf8.count + $1.value.count + 8 } }
}
