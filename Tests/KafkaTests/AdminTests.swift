import Kafka
import TestSupport
import Testing

@Suite("Topics are made, described and changed")
struct AdminTests {
    private let limit = Duration.seconds(30)

    @Test("Topics are made with their settings, and an existing one is told apart")
    func createAndDescribe() async throws {
        let broker = try await LocalBroker.shared()
        let (log, table) = (uniqueName("log"), uniqueName("table"))
        try await onThread { [limit] in
            let admin = try Admin(properties: broker.properties)
            defer { admin.close() }
            let topics = [
                Admin.NewTopic(
                    name: log, partitions: 4, replicationFactor: 1,
                    config: ["message.timestamp.type": "LogAppendTime", "retention.ms": "604800000"]),
                Admin.NewTopic(
                    name: table, partitions: 1, replicationFactor: 1, config: ["cleanup.policy": "compact"]),
            ]
            #expect(try admin.createTopics(topics, timeout: limit) == [log: nil, table: nil])
            let again = try admin.createTopics([topics[0]], timeout: limit)
            #expect((again[log] ?? nil)?.code == .topicAlreadyExists)

            let counts = try admin.topics(timeout: limit)
            #expect(counts[log] == 4)
            #expect(counts[table] == 1)
            let config = try admin.configs(ofTopic: log, timeout: limit)
            #expect(config["message.timestamp.type"] == "LogAppendTime")
            #expect(config["retention.ms"] == "604800000")
            #expect(try admin.configs(ofTopic: table, timeout: limit)["cleanup.policy"] == "compact")
        }
    }

    @Test("Settings and partitions are changed, and topics deleted")
    func change() async throws {
        let broker = try await LocalBroker.shared()
        let topic = try await broker.makeTopic(config: ["retention.ms": "1000000"])
        try await onThread { [limit] in
            let admin = try Admin(properties: broker.properties)
            defer { admin.close() }
            try admin.alterConfigs(ofTopic: topic, ["retention.ms": "2000000"], timeout: limit)
            #expect(try admin.configs(ofTopic: topic, timeout: limit)["retention.ms"] == "2000000")
            try admin.createPartitions(ofTopic: topic, total: 3, timeout: limit)
            #expect(try admin.topics(timeout: limit)[topic] == 3)
            #expect(try admin.deleteTopics([topic], timeout: limit) == [topic: nil])
            try waitUntil("the topic is gone") { try admin.topics(timeout: limit)[topic] == nil }
        }
    }

    @Test("A group without commits has no offsets")
    func noOffsets() async throws {
        let broker = try await LocalBroker.shared()
        let topic = try await broker.makeTopic()
        let offsets = try await onThread { [limit] in
            let admin = try Admin(properties: broker.properties)
            defer { admin.close() }
            let partition = TopicPartition(topic: topic, partition: 0)
            return try admin.committedOffsets(group: uniqueName("group"), [partition], timeout: limit)
        }
        #expect(offsets.isEmpty)
    }

    @Test("Without a broker a call ends by its time-out, retriable")
    func noBroker() async throws {
        let properties = ["bootstrap.servers": "127.0.0.1:\(try freePort())"]
        let error = try await onThread {
            let admin = try Admin(properties: properties)
            defer { admin.close() }
            return #expect(throws: KafkaError.self) { try admin.topics(timeout: .milliseconds(300)) }
        }
        #expect(error?.isRetriable == true)
    }
}
