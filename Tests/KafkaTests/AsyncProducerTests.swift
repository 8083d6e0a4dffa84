import Kafka
import TestSupport
import Testing

@Suite("AsyncProducer answers in bounded time")
struct AsyncProducerTests {
    @Test("send returns where the record landed, also for many at once")
    func sends() async throws {
        let broker = try await LocalBroker.shared()
        let topic = try await broker.makeTopic()
        let producer = try AsyncProducer(properties: broker.properties)
        let first = try await producer.send(topic: topic, key: "k".bytes, value: "first".bytes)
        #expect(first == (partition: 0, offset: 0))
        let offsets = try await withThrowingTaskGroup(of: Int64.self) { group in
            for number in 0..<500 {
                group.addTask { try await producer.send(topic: topic, key: "k".bytes, value: "\(number)".bytes).offset }
            }
            return try await group.reduce(into: Set<Int64>()) { $0.insert($1) }
        }
        #expect(offsets == Set(1...500))
        #expect(producer.inFlight == 0)
        try await onThread { producer.close() }
        await #expect(throws: KafkaError.self) { try await producer.send(topic: topic, key: nil, value: nil) }
    }

    @Test("Without a broker a send fails as retriable within its time-out, and works once the broker is back")
    func brokerAway() async throws {
        let broker = try await LocalBroker.start()
        let topic = uniqueName("topic")
        try await broker.makeTopics([Admin.NewTopic(name: topic, partitions: 1, replicationFactor: 1)])
        let properties = broker.properties.merging(["message.timeout.ms": "1000"]) { $1 }
        let producer = try AsyncProducer(properties: properties)
        _ = try await producer.send(topic: topic, key: "k".bytes, value: "there".bytes)

        try await broker.stop()
        let started = ContinuousClock.now
        let error = await #expect(throws: KafkaError.self) {
            try await producer.send(topic: topic, key: "k".bytes, value: "away".bytes)
        }
        #expect(error?.isRetriable == true)
        #expect(ContinuousClock.now - started < .seconds(10))

        try await broker.restart()
        try await broker.makeTopics([Admin.NewTopic(name: topic, partitions: 1, replicationFactor: 1)])
        try await eventually("sends work again", within: .seconds(60)) {
            (try? await producer.send(topic: topic, key: "k".bytes, value: "back".bytes)) != nil
        }
        try await onThread { producer.close() }
        try await broker.close()
    }

    @Test("Beyond inFlightMax a send is refused at once, and closing ends those on their way")
    func bounded() async throws {
        let cluster = try MockCluster()
        cluster.setRoundTrip(.seconds(600), broker: 1)
        let producer = try AsyncProducer(properties: cluster.properties, inFlightMax: 2)
        async let first = code { () async throws(KafkaError) in try await producer.send(topic: "t", key: nil, value: [])
        }
        async let second = code { () async throws(KafkaError) in
            try await producer.send(topic: "t", key: nil, value: [])
        }
        try await eventually("two are on their way") { producer.inFlight == 2 }
        let third = await code { () async throws(KafkaError) in try await producer.send(topic: "t", key: nil, value: [])
        }
        #expect(third == .queueFull)
        try await onThread { producer.close() }
        let ends = await (first, second)
        #expect(ends == (.destroyed, .destroyed))
        try await onThread { cluster.close() }
    }

    @Test("After a fatal error a new producer takes over")
    func fatalErrorIsSurvived() async throws {
        let cluster = try MockCluster()
        cluster.createTopic("t", partitions: 1)
        let producer = try AsyncProducer(properties: cluster.properties)
        _ = try await producer.send(topic: "t", key: nil, value: "before".bytes)
        // A gap in the sequence numbers that no retry mends.
        cluster.fail(.produce, with: [.outOfOrderSequenceNumber])
        let failed = await code { () async throws(KafkaError) in
            try await producer.send(topic: "t", key: nil, value: "failing".bytes)
        }
        #expect(failed != nil)
        try await eventually("sends work again") {
            await code { () async throws(KafkaError) in
                try await producer.send(topic: "t", key: nil, value: "after".bytes)
            } == nil
        }
        try await onThread {
            producer.close()
            cluster.close()
        }
    }

    private func code(
        _ send: () async throws(KafkaError) -> AsyncProducer.Landed
    ) async -> KafkaError.Code? {
        do throws(KafkaError) {
            _ = try await send()
            return nil
        } catch {
            return error.code
        }
    }
}
