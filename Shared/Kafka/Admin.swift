import CRdKafka

/// Topics, their settings, and groups' committed offsets.
///
/// Every call blocks the calling thread up to its time-out; any thread. All throw `.timedOut`, `.transport`
/// (retriable) when no broker answers.
///
/// SAFETY: `client` guards librdkafka's instance against use after `close()`; there is no other state.
package final class Admin: @unchecked Sendable {
    /// A topic to be made. Replication factor -1 and partitions -1 leave it to the broker's default.
    package struct NewTopic: Hashable, Sendable {
        package var name: String
        package var partitions: Int32
        package var replicationFactor: Int32
        package var config: [String: String]

        package init(
            name: String, partitions: Int32, replicationFactor: Int32 = -1, config: [String: String] = [:]
        ) {
            self.name = name
            self.partitions = partitions
            self.replicationFactor = replicationFactor
            self.config = config
        }
    }

    private let client: Client

    /// - Throws: `.invalidArgument` naming an unknown property or a wrong value.
    package init(properties: [String: String]) throws(KafkaError) {
        let defaults = ["socket.nagle.disable": "true", "reconnect.backoff.max.ms": "1000"]
        client = try Client(
            RD_KAFKA_PRODUCER, properties: defaults.merging(properties) { $1 }, events: 0,
            context: "admin")
    }

    /// The number of partitions of each topic of the cluster.
    package func topics(timeout: Duration) throws(KafkaError) -> [String: Int] {
        try client.use("list topics") { handle throws(KafkaError) in
            var metadata: UnsafePointer<rd_kafka_metadata>?
            let code = rd_kafka_metadata(handle.instance, 1, nil, &metadata, timeout.milliseconds)
            if let error = Client.error(code, of: handle.instance, context: "list topics") { throw error }
            guard let metadata else { return [:] }
            defer { rd_kafka_metadata_destroy(metadata) }
            let topics = UnsafeBufferPointer(start: metadata.pointee.topics, count: Int(metadata.pointee.topic_cnt))
            var counts: [String: Int] = [:]
            for topic in topics where topic.err == RD_KAFKA_RESP_ERR_NO_ERROR {
                counts[String(cString: topic.topic)] = Int(topic.partition_cnt)
            }
            return counts
        }
    }

    /// Asks a broker for as little as there is.
    /// - Throws: when none answers in time.
    package func ping(timeout: Duration) throws(KafkaError) {
        try client.use("ping") { handle throws(KafkaError) in
            var metadata: UnsafePointer<rd_kafka_metadata>?
            let code = rd_kafka_metadata(handle.instance, 0, nil, &metadata, timeout.milliseconds)
            if let metadata { rd_kafka_metadata_destroy(metadata) }
            if let error = Client.error(code, of: handle.instance, context: "ping") { throw error }
        }
    }

    /// Makes topics, each on its own.
    /// - Returns: for each topic nil, or why not: `.topicAlreadyExists`, `.invalidConfiguration`, ….
    package func createTopics(_ topics: [NewTopic], timeout: Duration) throws(KafkaError) -> [String: KafkaError?] {
        let context = "create topics \(topics.map(\.name))"
        var made: [OpaquePointer?] = []
        defer { rd_kafka_NewTopic_destroy_array(&made, made.count) }
        for topic in topics {
            made.append(try Self.make(topic))
        }
        return try perform(RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout, context) { handle, options, queue in
            rd_kafka_CreateTopics(handle.instance, &made, made.count, options, queue)
        } read: { event in
            var count = 0
            let results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)
            return Self.topicErrors(results, count, context: "create topic")
        }
    }

    /// Deletes topics, each on its own, with all their records.
    package func deleteTopics(_ topics: [String], timeout: Duration) throws(KafkaError) -> [String: KafkaError?] {
        var doomed: [OpaquePointer?] = topics.map { rd_kafka_DeleteTopic_new($0) }
        defer { rd_kafka_DeleteTopic_destroy_array(&doomed, doomed.count) }
        let context = "delete topics \(topics)"
        return try perform(RD_KAFKA_ADMIN_OP_DELETETOPICS, timeout, context) { handle, options, queue in
            rd_kafka_DeleteTopics(handle.instance, &doomed, doomed.count, options, queue)
        } read: { event in
            var count = 0
            let results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count)
            return Self.topicErrors(results, count, context: "delete topic")
        }
    }

    /// Raises the number of partitions. Keys move to other partitions with it: not for a topic that a machine reads.
    package func createPartitions(ofTopic topic: String, total: Int, timeout: Duration) throws(KafkaError) {
        let context = "create partitions of \(topic)"
        var new: OpaquePointer?
        let reason = withErrorText { new = rd_kafka_NewPartitions_new(topic, total, $0, $1) }
        guard new != nil else { throw KafkaError(.invalidArgument, context: context, reason: reason) }
        defer { rd_kafka_NewPartitions_destroy(new) }
        let errors = try perform(RD_KAFKA_ADMIN_OP_CREATEPARTITIONS, timeout, context) { handle, options, queue in
            rd_kafka_CreatePartitions(handle.instance, &new, 1, options, queue)
        } read: { event in
            var count = 0
            let result = rd_kafka_event_CreatePartitions_result(event)
            return Self.topicErrors(rd_kafka_CreatePartitions_result_topics(result, &count), count, context: context)
        }
        if let error = errors[topic] ?? nil { throw error }
    }

    /// A topic's settings, those at their default included; without the ones that the broker keeps secret.
    package func configs(ofTopic topic: String, timeout: Duration) throws(KafkaError) -> [String: String] {
        var resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic)
        defer { rd_kafka_ConfigResource_destroy(resource) }
        let context = "configuration of topic \(topic)"
        let result = try perform(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout, context) { handle, options, queue in
            rd_kafka_DescribeConfigs(handle.instance, &resource, 1, options, queue)
        } read: { event in
            var count = 0
            let result = rd_kafka_event_DescribeConfigs_result(event)
            let resources = rd_kafka_DescribeConfigs_result_resources(result, &count)
            return Self.entries(resources, count, context: context)
        }
        return try result.get()
    }

    /// Sets a topic's settings **as a whole**: every one that is not named goes back to its default. (Changing single
    /// settings needs IncrementalAlterConfigs, which librdkafka has from 2.2 on.)
    package func alterConfigs(
        ofTopic topic: String, _ config: [String: String], timeout: Duration
    ) throws(KafkaError) {
        var resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic)
        defer { rd_kafka_ConfigResource_destroy(resource) }
        let context = "alter configuration of topic \(topic)"
        for (name, value) in config {
            let code = rd_kafka_ConfigResource_set_config(resource, name, value)
            if let error = KafkaError(code, context: "\(context): \(name) = \"\(value)\"") { throw error }
        }
        let result = try perform(RD_KAFKA_ADMIN_OP_ALTERCONFIGS, timeout, context) { handle, options, queue in
            rd_kafka_AlterConfigs(handle.instance, &resource, 1, options, queue)
        } read: { event in
            var count = 0
            let result = rd_kafka_event_AlterConfigs_result(event)
            return Self.entries(rd_kafka_AlterConfigs_result_resources(result, &count), count, context: context)
        }
        _ = try result.get()
    }

    /// The offsets that a group has committed; partitions without one are left out.
    package func committedOffsets(
        group: String, _ partitions: [TopicPartition], timeout: Duration
    ) throws(KafkaError) -> [TopicPartition: Int64] {
        let context = "committed offsets of group \(group)"
        var request = PartitionList.with(partitions.map { ($0, Int64(0)) }) { list in
            rd_kafka_ListConsumerGroupOffsets_new(group, list)
        }
        defer { rd_kafka_ListConsumerGroupOffsets_destroy(request) }
        let result = try perform(RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, timeout, context) {
            handle, options, queue in
            rd_kafka_ListConsumerGroupOffsets(handle.instance, &request, 1, options, queue)
        } read: { event in
            Self.groupOffsets(event, context: context)
        }
        return try result.get()
    }

    /// Frees everything. A second call does nothing. Blocks until calls on other threads have returned.
    package func close() {
        guard let handle = client.retire() else { return }
        client.destroy(handle)
    }
}

extension Admin {
    /// Starts one request, waits for its result on a queue of its own, and reads it.
    private func perform<Result>(
        _ operation: rd_kafka_admin_op_t, _ timeout: Duration, _ context: String,
        start: (Client.Handle, OpaquePointer?, OpaquePointer) -> Void, read: (OpaquePointer) -> Result
    ) throws(KafkaError) -> Result {
        try client.use(context) { handle throws(KafkaError) in
            let queue = rd_kafka_queue_new(handle.instance)!
            defer { rd_kafka_queue_destroy(queue) }
            let options = rd_kafka_AdminOptions_new(handle.instance, operation)
            defer { rd_kafka_AdminOptions_destroy(options) }
            let milliseconds = min(timeout.milliseconds, 3_600_000)
            _ = withErrorText { rd_kafka_AdminOptions_set_request_timeout(options, milliseconds, $0, $1) }
            start(handle, options, queue)
            // The request ends by its own time-out; the margin is for the result to get here.
            guard let event = rd_kafka_queue_poll(queue, milliseconds + 5_000) else {
                throw KafkaError(.timedOut, context: context)
            }
            defer { rd_kafka_event_destroy(event) }
            let reason = rd_kafka_event_error_string(event)
            if let error = KafkaError(rd_kafka_event_error(event), context: context, reason: reason) { throw error }
            return read(event)
        }
    }

    private static func make(_ topic: NewTopic) throws(KafkaError) -> OpaquePointer {
        var made: OpaquePointer?
        let reason = withErrorText {
            made = rd_kafka_NewTopic_new(topic.name, topic.partitions, topic.replicationFactor, $0, $1)
        }
        guard let made else {
            throw KafkaError(.invalidArgument, context: "create topic \(topic.name)", reason: reason)
        }
        for (name, value) in topic.config {
            rd_kafka_NewTopic_set_config(made, name, value)
        }
        return made
    }

    private static func topicErrors(
        _ results: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int, context: String
    ) -> [String: KafkaError?] {
        var errors: [String: KafkaError?] = [:]
        for result in UnsafeBufferPointer(start: results, count: count) {
            let name = String(cString: rd_kafka_topic_result_name(result))
            let code = rd_kafka_topic_result_error(result)
            let reason = rd_kafka_topic_result_error_string(result)
            errors.updateValue(KafkaError(code, context: "\(context) \(name)", reason: reason), forKey: name)
        }
        return errors
    }

    private static func entries(
        _ resources: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int, context: String
    ) -> Result<[String: String], KafkaError> {
        var values: [String: String] = [:]
        for resource in UnsafeBufferPointer(start: resources, count: count) {
            let reason = rd_kafka_ConfigResource_error_string(resource)
            if let error = KafkaError(rd_kafka_ConfigResource_error(resource), context: context, reason: reason) {
                return .failure(error)
            }
            var entryCount = 0
            let entries = rd_kafka_ConfigResource_configs(resource, &entryCount)
            for entry in UnsafeBufferPointer(start: entries, count: entryCount) {
                guard let value = rd_kafka_ConfigEntry_value(entry) else { continue }
                values[String(cString: rd_kafka_ConfigEntry_name(entry))] = String(cString: value)
            }
        }
        return .success(values)
    }

    private static func groupOffsets(
        _ event: OpaquePointer, context: String
    ) -> Result<[TopicPartition: Int64], KafkaError> {
        var count = 0
        let result = rd_kafka_event_ListConsumerGroupOffsets_result(event)
        let groups = rd_kafka_ListConsumerGroupOffsets_result_groups(result, &count)
        guard count > 0, let group = groups?[0] else { return .success([:]) }
        if let error = rd_kafka_group_result_error(group) {
            let reason = String(cString: rd_kafka_error_string(error))
            return .failure(KafkaError(KafkaError.Code(rd_kafka_error_code(error)), context: context, reason: reason))
        }
        var offsets: [TopicPartition: Int64] = [:]
        guard let list = rd_kafka_group_result_partitions(group) else { return .success([:]) }
        for entry in PartitionList.entries(list) where entry.offset >= 0 {
            offsets[entry.partition] = entry.offset
        }
        return .success(offsets)
    }
}
