import CRdKafka
import Foundation

/// What both consumers do with librdkafka's events and with their own end.
enum ConsumerEvents {
    static let all =
        RD_KAFKA_EVENT_FETCH | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_STATS
        | RD_KAFKA_EVENT_OFFSET_COMMIT

    /// Reads an error event; one about a partition names it.
    static func error(from event: OpaquePointer, of instance: OpaquePointer, context: String) -> KafkaError {
        guard let partition = partition(of: event) else {
            return Client.error(from: event, of: instance, context: context)
        }
        return Client.error(from: event, of: instance, context: "\(context): \(partition.partition)")
    }

    /// The partition that an error event is about, with the offset.
    static func partition(of event: OpaquePointer) -> PartitionList.Entry? {
        guard let entry = rd_kafka_event_topic_partition(event) else { return nil }
        defer { rd_kafka_topic_partition_destroy(entry) }
        return PartitionList.Entry(
            partition: TopicPartition(topic: String(cString: entry.pointee.topic), partition: entry.pointee.partition),
            offset: entry.pointee.offset, error: entry.pointee.err)
    }

    static func statistics(from event: OpaquePointer) -> Statistics? {
        rd_kafka_event_stats(event).flatMap { Statistics(json: String(cString: $0)) }
    }
}
