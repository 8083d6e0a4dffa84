import Kafka
import TestSupport

extension String {
    var bytes: [UInt8] { Array(utf8) }
}

/// Produces records one by one and waits for each report; returns the deliveries in order.
@discardableResult
func produce(
    _ values: [String], to topic: String, partition: Int32? = 0, with properties: [String: String]
) async throws -> [Producer.Delivery] {
    try await onThread {
        let producer = try Producer(properties: properties)
        defer { producer.close() }
        for (index, value) in values.enumerated() {
            try producer.produce(topic: topic, partition: partition, key: "key".bytes, value: value.bytes, tag: index)
        }
        return try poll(producer, until: values.count)
    }
}

/// Polls a producer until it has reported that many records.
func poll(_ producer: Producer, until count: Int, within limit: Duration = .seconds(30)) throws -> [Producer.Delivery] {
    var deliveries: [Producer.Delivery] = []
    let deadline = ContinuousClock.now + limit
    while deliveries.count < count {
        guard ContinuousClock.now < deadline else {
            throw NotInTime(description: "\(deliveries.count) of \(count) deliveries")
        }
        deliveries += producer.poll(timeout: .milliseconds(200))
    }
    return deliveries
}

/// Reads a partition from the start to its end.
func read(
    _ topic: String, partition: Int32 = 0, from offset: Offset = .beginning, readCommitted: Bool = false,
    with properties: [String: String]
) async throws -> [Record] {
    try await onThread {
        let consumer = try DataConsumer(
            properties: properties, topic: topic, partition: partition, from: offset, readCommitted: readCommitted)
        defer { consumer.close() }
        var records: [Record] = []
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            for event in consumer.poll(max: 100, timeout: .milliseconds(200)) {
                switch event {
                case .record(let record): records.append(record)
                case .endOfPartition: return records
                case .error(let error): if !error.isRetriable { throw error }
                }
            }
        }
        throw NotInTime(description: "the end of \(topic)/\(partition)")
    }
}
