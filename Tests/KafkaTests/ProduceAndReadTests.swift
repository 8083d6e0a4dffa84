import Kafka
import TestSupport
import Testing

@Suite("What is produced can be read")
struct ProduceAndReadTests {
    @Test("A record arrives with its key, value and headers, and a null is not an empty")
    func recordsKeepTheirParts() async throws {
        let broker = try await LocalBroker.shared()
        let topic = try await broker.makeTopic()
        let headers = [
            Header(name: "ce_type", value: "patchbay.test".bytes), Header(name: "empty", value: []),
            Header(name: "ce_type", value: "again".bytes),
        ]
        let deliveries = try await onThread {
            let producer = try Producer(properties: broker.properties)
            defer { producer.close() }
            try producer.produce(
                topic: topic, partition: 0, key: "k".bytes, value: "v".bytes, headers: headers, tag: 7)
            try producer.produce(topic: topic, partition: 0, key: "k".bytes, value: nil, tag: 8)
            try producer.produce(topic: topic, partition: 0, key: nil, value: [], tag: 9)
            return try poll(producer, until: 3)
        }
        #expect(deliveries.map(\.tag) == [7, 8, 9])
        #expect(deliveries.map(\.offset) == [0, 1, 2])
        #expect(deliveries.allSatisfy { $0.error == nil && $0.partition == 0 && $0.topic == topic })

        let records = try await read(topic, with: broker.properties)
        #expect(records.map(\.key) == ["k".bytes, "k".bytes, nil])
        #expect(records.map(\.value) == ["v".bytes, nil, []])
        #expect(records.map(\.offset) == [0, 1, 2])
        #expect(records[0].headers == headers)
        #expect(records[0].timestampKind == .createTime)
    }

    @Test("Ten thousand records of one partition keep their order")
    func orderIsKept() async throws {
        let broker = try await LocalBroker.shared()
        let topic = try await broker.makeTopic()
        let deliveries = try await produce((0..<10_000).map { "\($0)" }, to: topic, with: broker.properties)
        #expect(deliveries.map(\.tag) == Array(0..<10_000))
        let records = try await read(topic, with: broker.properties)
        #expect(records.map { $0.value.map { String(decoding: $0, as: UTF8.self) } } == (0..<10_000).map { "\($0)" })
    }

    @Test("A topic with LogAppendTime stamps records with the broker's clock")
    func logAppendTime() async throws {
        let broker = try await LocalBroker.shared()
        let topic = try await broker.makeTopic(config: ["message.timestamp.type": "LogAppendTime"])
        try await produce(["a", "b"], to: topic, with: broker.properties)
        let records = try await read(topic, with: broker.properties)
        #expect(records.map(\.timestampKind) == [.logAppendTime, .logAppendTime])
        #expect(records[0].timestamp > 1_600_000_000_000)
        #expect(records[0].timestamp <= records[1].timestamp)
    }

    @Test("Reading starts where it is told to, and tells where the partition ends")
    func readingStartsAtAnOffset() async throws {
        let broker = try await LocalBroker.shared()
        let topic = try await broker.makeTopic()
        try await produce(["a", "b", "c"], to: topic, with: broker.properties)
        let records = try await read(topic, from: .at(2), with: broker.properties)
        #expect(records.map(\.value) == ["c".bytes])
        #expect(try await read(topic, from: .end, with: broker.properties).isEmpty)

        let (marks, end) = try await onThread {
            let consumer = try DataConsumer(properties: broker.properties, topic: topic, partition: 0, from: .at(3))
            defer { consumer.close() }
            let marks = try consumer.watermarks(timeout: .seconds(30))
            return ([marks.low, marks.high], consumer.poll(max: 1, timeout: .seconds(30)))
        }
        #expect(marks == [0, 3])
        #expect(end == [.endOfPartition(TopicPartition(topic: topic, partition: 0), offset: 3)])
    }

    @Test("A position outside the log is an error, not a jump")
    func offsetOutOfRange() async throws {
        let broker = try await LocalBroker.shared()
        let topic = try await broker.makeTopic()
        try await produce(["a"], to: topic, with: broker.properties)
        let error = await #expect(throws: KafkaError.self) {
            try await read(topic, from: .at(1000), with: broker.properties)
        }
        #expect(error?.code == .offsetOutOfRange)
        #expect(error?.context.contains("\(topic)/0") == true)
    }

    @Test("Several partitions are read by one consumer, each to its own end")
    func severalPartitions() async throws {
        let broker = try await LocalBroker.shared()
        let topic = try await broker.makeTopic(partitions: 3)
        for partition in Int32(0)..<3 {
            try await produce(
                ["x\(partition)", "y\(partition)"], to: topic, partition: partition, with: broker.properties)
        }
        let events = try await onThread {
            let starts: [TopicPartition: Offset] = [
                TopicPartition(topic: topic, partition: 0): .beginning,
                TopicPartition(topic: topic, partition: 1): .at(1),
                TopicPartition(topic: topic, partition: 2): .end,
            ]
            let consumer = try DataConsumer(properties: broker.properties, assignments: starts)
            defer { consumer.close() }
            var (values, ends): ([String], Set<TopicPartition>) = ([], [])
            let deadline = ContinuousClock.now + .seconds(30)
            while ends.count < 3, ContinuousClock.now < deadline {
                for event in consumer.poll(max: 10, timeout: .milliseconds(200)) {
                    switch event {
                    case .record(let record): values.append(String(decoding: record.value ?? [], as: UTF8.self))
                    case .endOfPartition(let partition, offset: 2): ends.insert(partition)
                    case .endOfPartition, .error: break
                    }
                }
            }
            return (values.sorted(), ends.count)
        }
        #expect(events.0 == ["x0", "y0", "y1"])
        #expect(events.1 == 3)
    }

    @Test("Statistics tell where the partition ends and what was sent")
    func statistics() async throws {
        let broker = try await LocalBroker.shared()
        let topic = try await broker.makeTopic()
        let properties = broker.properties.merging(["statistics.interval.ms": "50"]) { $1 }
        try await onThread {
            let producer = try Producer(properties: properties)
            defer { producer.close() }
            for tag in 0..<5 { try producer.produce(topic: topic, partition: 0, key: nil, value: [1, 2], tag: tag) }
            _ = try poll(producer, until: 5)
            try waitUntil("the producer's statistics") {
                _ = producer.poll(timeout: .milliseconds(50))
                return producer.statistics?.transmittedRecords == 5
            }
            #expect(producer.statistics?.outgoingRecords == 0)

            let consumer = try DataConsumer(properties: properties, topic: topic, partition: 0, from: .beginning)
            defer { consumer.close() }
            try waitUntil("the consumer's statistics") {
                _ = consumer.poll(max: 10, timeout: .milliseconds(50))
                let partition = consumer.statistics?.partitions.first { $0.partition.topic == topic }
                return partition?.highOffset == 5
            }
        }
    }

    @Test("wakeUp ends a waiting poll early", .timeLimit(.minutes(1)))
    func wakeUp() async throws {
        let broker = try await LocalBroker.shared()
        let topic = try await broker.makeTopic()
        let consumer = try DataConsumer(properties: broker.properties, topic: topic, partition: 0, from: .beginning)
        let started = ContinuousClock.now
        async let events = onThread {
            var events = consumer.poll(max: 10, timeout: .seconds(600))
            if !events.isEmpty { events += consumer.poll(max: 10, timeout: .seconds(600)) }
            return events
        }
        // Twice, because the end of the partition may wake the first wait.
        try await eventually("the poll ends") {
            consumer.wakeUp()
            return ContinuousClock.now - started > .milliseconds(300)
        }
        _ = try await events
        consumer.close()
    }
}
