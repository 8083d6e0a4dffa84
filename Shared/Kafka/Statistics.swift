import Foundation

/// The part of librdkafka's statistics that becomes metrics.
/// - Source: librdkafka, STATISTICS.md.
package struct Statistics: Hashable, Sendable {
    /// One partition as this client sees it.
    package struct Partition: Hashable, Sendable {
        package var partition: TopicPartition
        /// Records between the last committed or stored offset and the partition's end; nil when unknown.
        package var consumerLag: Int64?
        /// The partition's end as last heard, nil when unknown.
        package var highOffset: Int64?
        /// Records fetched and not read by the application yet.
        package var fetchQueueRecords: Int64
        package var transmittedBytes: Int64
        package var receivedBytes: Int64
    }

    /// librdkafka's name of the client instance.
    package var client: String
    /// Records queued or in flight.
    package var outgoingRecords: Int64
    /// Events waiting to be polled.
    package var replyQueue: Int64
    package var transmittedBytes: Int64
    package var receivedBytes: Int64
    package var transmittedRecords: Int64
    package var receivedRecords: Int64
    /// Sorted by topic and number.
    package var partitions: [Partition]

    /// Reads the document that `statistics.interval.ms` makes librdkafka write; nil if it is not one.
    init?(json: String) {
        guard let document = try? JSONDecoder().decode(Document.self, from: Data(json.utf8)) else { return nil }
        client = document.name
        outgoingRecords = document.outgoingRecords
        replyQueue = document.replyQueue
        transmittedBytes = document.transmittedBytes
        receivedBytes = document.receivedBytes
        transmittedRecords = document.transmittedRecords
        receivedRecords = document.receivedRecords
        partitions = document.topics.flatMap { name, topic in
            topic.partitions.values.filter { $0.partition >= 0 }.map { Partition($0, topic: name) }
        }.sorted { $0.partition < $1.partition }
    }

    /// As librdkafka names the fields.
    fileprivate struct Document: Decodable {
        struct Topic: Decodable {
            var partitions: [String: Partition]
        }

        struct Partition: Decodable {
            var partition: Int32
            var consumerLag: Int64
            var highOffset: Int64
            var fetchQueueRecords: Int64
            var transmittedBytes: Int64
            var receivedBytes: Int64

            enum CodingKeys: String, CodingKey {
                case partition
                case consumerLag = "consumer_lag"
                case highOffset = "hi_offset"
                case fetchQueueRecords = "fetchq_cnt"
                case transmittedBytes = "txbytes"
                case receivedBytes = "rxbytes"
            }
        }

        var name: String
        var outgoingRecords: Int64
        var replyQueue: Int64
        var transmittedBytes: Int64
        var receivedBytes: Int64
        var transmittedRecords: Int64
        var receivedRecords: Int64
        var topics: [String: Topic]

        enum CodingKeys: String, CodingKey {
            case name, topics
            case outgoingRecords = "msg_cnt"
            case replyQueue = "replyq"
            case transmittedBytes = "tx_bytes"
            case receivedBytes = "rx_bytes"
            case transmittedRecords = "txmsgs"
            case receivedRecords = "rxmsgs"
        }
    }
}

extension Statistics.Partition {
    fileprivate init(_ document: Statistics.Document.Partition, topic: String) {
        partition = TopicPartition(topic: topic, partition: document.partition)
        consumerLag = document.consumerLag < 0 ? nil : document.consumerLag
        highOffset = document.highOffset < 0 ? nil : document.highOffset
        fetchQueueRecords = document.fetchQueueRecords
        transmittedBytes = document.transmittedBytes
        receivedBytes = document.receivedBytes
    }
}
