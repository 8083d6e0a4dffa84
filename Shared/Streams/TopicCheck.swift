internal import Kafka

/// Refuses to start on topics that could not keep the promises.
struct TopicCheck {
    var settings: StreamSettings
    /// The configuration's topic, if the service has one.
    var configuration: String?

    /// The number of the log's partitions.
    /// - Throws: `StreamError` refused, with what to do; `KafkaError` while Kafka is away.
    func partitionCount() throws -> Int32 {
        let admin = try Admin(properties: settings.kafka)
        defer { admin.close() }
        let counts = try admin.topics(timeout: .seconds(5))
        guard let partitions = counts[settings.log] else { throw missing(settings.log) }
        guard let statePartitions = counts[settings.state] else { throw missing(settings.state) }
        guard counts[settings.deadLetter] != nil else { throw missing(settings.deadLetter) }
        guard partitions == statePartitions else {
            throw StreamError(
                .refused,
                "\(settings.log) has \(partitions) partitions and \(settings.state) has \(statePartitions); "
                    + "they must have the same number: keys would change their partition otherwise")
        }
        try check(admin, settings.log, "message.timestamp.type", is: "LogAppendTime")
        try check(admin, settings.log, "cleanup.policy", is: "delete")
        try check(admin, settings.state, "cleanup.policy", is: "compact")
        if let configuration {
            guard let count = counts[configuration] else { throw missing(configuration) }
            guard count == 1 else {
                throw StreamError(
                    .refused,
                    "\(configuration) has \(count) partitions, and must have 1: a revision would have no order. Delete it, "
                        + "run `patchbay topics --apply`, and apply the configuration again")
            }
            try check(admin, configuration, "cleanup.policy", is: "compact")
        }
        return Int32(partitions)
    }

    private func missing(_ topic: String) -> StreamError {
        StreamError(.refused, "the topic \(topic) does not exist: run `patchbay topics --apply`")
    }

    private func check(_ admin: Admin, _ topic: String, _ name: String, is expected: String) throws {
        let found = try admin.configs(ofTopic: topic, timeout: .seconds(5))[name]
        guard found == expected else {
            throw StreamError(
                .refused,
                "\(topic): \(name) is \(found ?? "not known"), and must be \(expected): change it with Kafka's own tools; "
                    + "`patchbay topics` shows all that differs")
        }
    }
}
