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
        outgoingRecords = document.msg_cnt
        replyQueue = document.replyq
        transmittedBytes = document.tx_bytes
        receivedBytes = document.rx_bytes
        transmittedRecords = document.txmsgs
        receivedRecords = document.rxmsgs
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
            var consumer_lag: Int64
            var hi_offset: Int64
            var fetchq_cnt: Int64
            var txbytes: Int64
            var rxbytes: Int64
        }

        var name: String
        var msg_cnt: Int64
        var replyq: Int64
        var tx_bytes: Int64
        var rx_bytes: Int64
        var txmsgs: Int64
        var rxmsgs: Int64
        var topics: [String: Topic]
    }
}

extension Statistics.Partition {
    fileprivate init(_ document: Statistics.Document.Partition, topic: String) {
        partition = TopicPartition(topic: topic, partition: document.partition)
        consumerLag = document.consumer_lag < 0 ? nil : document.consumer_lag
        highOffset = document.hi_offset < 0 ? nil : document.hi_offset
        fetchQueueRecords = document.fetchq_cnt
        transmittedBytes = document.txbytes
        receivedBytes = document.rxbytes
    }
}
