import CRdKafka

/// librdkafka's in-process cluster, for tests of transport faults: brokers that are slow or refuse.
///
/// Not for more than that: it has no `LogAppendTime`, shows aborted records to `read_committed`, and does not fence.
///
/// SAFETY: the cluster belongs to the client's instance and lives as long; librdkafka locks it itself.
package final class MockCluster: @unchecked Sendable {
    /// Kafka's numbers of the requests that tests make fail.
    package enum Request: Int16, Sendable {
        case produce = 0
        case fetch = 1
        case metadata = 3
        case findCoordinator = 10
        case syncGroup = 14
        case initProducerID = 22
        case addPartitionsToTransaction = 24
        case addOffsetsToTransaction = 25
        case endTransaction = 26
        case transactionOffsetCommit = 28
    }

    private let client: Client

    /// Starts `brokers` brokers on loopback ports of their own.
    package init(brokers: Int = 1) throws(KafkaError) {
        let properties = ["test.mock.num.brokers": "\(brokers)"]
        client = try Client(
            RD_KAFKA_PRODUCER, properties: properties, events: 0, context: "mock cluster")
    }

    /// What clients connect with.
    package var properties: [String: String] {
        ["bootstrap.servers": with { String(cString: rd_kafka_mock_cluster_bootstraps($0)) } ?? ""]
    }

    package func createTopic(_ name: String, partitions: Int32, replicationFactor: Int32 = 1) {
        with { _ = rd_kafka_mock_topic_create($0, name, partitions, replicationFactor) }
    }

    /// The next requests of this kind fail with these codes, one each; `.transport` closes the connection instead.
    package func fail(_ request: Request, with codes: [KafkaError.Code]) {
        var errors = codes.map(\.pointee)
        with { rd_kafka_mock_push_request_errors_array($0, request.rawValue, errors.count, &errors) }
    }

    /// Delays every answer of a broker (from 1). One that answers too late is as good as one that is away; one that goes
    /// away is not offered, since librdkafka may then fail to get its port again, and ends the process.
    package func setRoundTrip(_ delay: Duration, broker: Int32) {
        with { _ = rd_kafka_mock_broker_set_rtt($0, broker, delay.milliseconds) }
    }

    /// Stops the brokers. A second call does nothing.
    package func close() {
        guard let handle = client.retire() else { return }
        rd_kafka_queue_destroy(handle.queue)
        rd_kafka_destroy(handle.instance)
    }

    @discardableResult
    private func with<Result>(_ body: (OpaquePointer) -> Result) -> Result? {
        client.useIfOpen { handle in
            rd_kafka_handle_mock_cluster(handle.instance).map(body)
        } ?? nil
    }
}
