import Foundation
package import Kafka

/// A partition in a file: one record a line, as JSON, bytes in base64.
package enum RecordedPartition {
    private struct Line: Codable {
        var offset: Int64
        /// Milliseconds since 1970.
        var time: Int64
        var key: Data?
        var value: Data?
        var headers: [Header]

        struct Header: Codable {
            var name: String
            var value: Data
        }
    }

    package static func line(_ record: Record) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let line = Line(
            offset: record.offset, time: record.timestamp, key: record.key.map { Data($0) },
            value: record.value.map { Data($0) },
            headers: record.headers.map { Line.Header(name: $0.name, value: Data($0.value)) })
        guard let data = try? encoder.encode(line) else { preconditionFailure("numbers and bytes are always JSON") }
        return String(decoding: data, as: UTF8.self)
    }

    /// - Parameter topic: of which the file says nothing.
    /// - Throws: `RecordedPartitionError` for the first line that is none of a recording.
    package static func records(_ text: String, topic: String, partition: Int32) throws -> [Record] {
        try text.split(separator: "\n").enumerated().map { index, line in
            guard let line = try? JSONDecoder().decode(Line.self, from: Data(line.utf8)) else {
                throw RecordedPartitionError(line: index + 1)
            }
            return Record(
                topic: topic, partition: partition, offset: line.offset, timestamp: line.time,
                timestampKind: .logAppendTime, key: line.key.map { [UInt8]($0) }, value: line.value.map { [UInt8]($0) },
                headers: line.headers.map { Header(name: $0.name, value: [UInt8]($0.value)) })
        }
    }
}

package struct RecordedPartitionError: Error, CustomStringConvertible {
    /// From 1.
    package var line: Int

    package var description: String {
        "line \(line): found no record, expected JSON with offset, time, key, value and headers as `--save` writes it"
    }
}
