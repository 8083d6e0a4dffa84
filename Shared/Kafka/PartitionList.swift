import CRdKafka

/// Partitions between Swift and librdkafka's list type.
enum PartitionList {
    typealias Pointer = UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    /// Runs `body` with a list of these partitions in their order, and frees it afterwards.
    static func with<Result, Failure: Error>(
        _ partitions: some Sequence<(TopicPartition, Int64)>, _ body: (Pointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let list = rd_kafka_topic_partition_list_new(0)!
        defer { rd_kafka_topic_partition_list_destroy(list) }
        for (partition, offset) in partitions {
            rd_kafka_topic_partition_list_add(list, partition.topic, partition.partition)!.pointee.offset = offset
        }
        return try body(list)
    }

    /// The entries of a list that librdkafka owns.
    static func entries(_ list: UnsafePointer<rd_kafka_topic_partition_list_t>) -> [Entry] {
        let buffer = UnsafeBufferPointer(start: list.pointee.elems, count: Int(list.pointee.cnt))
        return buffer.map { element in
            Entry(
                partition: TopicPartition(topic: String(cString: element.topic), partition: element.partition),
                offset: element.offset, error: element.err)
        }
    }

    struct Entry {
        var partition: TopicPartition
        var offset: Int64
        var error: rd_kafka_resp_err_t
    }
}

extension Offset {
    /// As librdkafka numbers it.
    var number: Int64 {
        switch self {
        case .beginning: patchbay_offset_beginning
        case .end: patchbay_offset_end
        case .at(let offset): offset
        }
    }
}
