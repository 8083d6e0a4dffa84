import Kafka
import TestSupport
import Testing

@Suite("Failures have names")
struct FailureTests {
    @Test("An unknown property is refused by name and value; a secret's value is not shown")
    func unknownProperty() throws {
        let error = #expect(throws: KafkaError.self) {
            try Producer(properties: ["bootstrap.servers": "localhost:1", "no.such.thing": "17"])
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.description.contains("no.such.thing") == true)
        #expect(error?.description.contains("17") == true)
        let wrong = #expect(throws: KafkaError.self) {
            try DataConsumer(properties: ["security.protocol": "carrier-pigeon"], topic: "t", partition: 0, from: .end)
        }
        #expect(wrong?.description.contains("carrier-pigeon") == true)
        let secret = #expect(throws: KafkaError.self) {
            try Admin(properties: ["ssl.key.passwords": "hunter2"])
        }
        #expect(secret?.description.contains("ssl.key.passwords") == true)
        #expect(secret?.description.contains("hunter2") == false)
    }

    @Test("Properties of consumers do not disturb a producer, nor the other way round")
    func propertiesOfOthers() async throws {
        let cluster = try MockCluster()
        let properties = cluster.properties.merging(["fetch.min.bytes": "1", "linger.ms": "0"]) { $1 }
        try await onThread {
            try Producer(properties: properties).close()
            try DataConsumer(properties: properties, topic: "t", partition: 0, from: .end).close()
            try MemberConsumer(properties: properties, group: "g", topics: ["t"]).close()
            cluster.close()
        }
    }

    @Test("A refusal that retries mend is not seen, and lands once")
    func passingFailure() async throws {
        let cluster = try MockCluster()
        cluster.createTopic("t", partitions: 1)
        cluster.fail(.produce, with: [.notLeaderForPartition, .transport])
        let deliveries = try await produce(["a", "b"], to: "t", with: cluster.properties)
        #expect(deliveries.map(\.error) == [nil, nil])
        #expect(try await read("t", with: cluster.properties).map(\.value) == ["a".bytes, "b".bytes])
        try await onThread { cluster.close() }
    }

    @Test("A refused record fails its delivery and, because of the gap, its producer for good")
    func failedDelivery() async throws {
        let cluster = try MockCluster()
        cluster.createTopic("t", partitions: 1)
        try await onThread {
            let producer = try Producer(properties: cluster.properties)
            defer {
                producer.close()
                cluster.close()
            }
            cluster.fail(.produce, with: [.messageSizeTooLarge])
            try producer.produce(topic: "t", partition: 0, key: nil, value: "refused".bytes, tag: 1)
            let failed = try poll(producer, until: 1)
            #expect(failed.first?.error?.code == .messageSizeTooLarge)
            #expect(failed.first?.error?.context.contains("t/0") == true)
            // What was sent is in no error: errors are logged.
            #expect("\(failed)".contains("refused") == false)
            #expect(failed.first?.offset == -1)
            #expect(producer.fatalError?.code == .gaplessGuarantee)
            let error = #expect(throws: KafkaError.self) {
                try producer.produce(topic: "t", partition: 0, key: nil, value: "after".bytes)
            }
            #expect(error?.isFatal == true)
        }
    }

    @Test("A record that no broker takes in time fails as timed out")
    func timedOut() async throws {
        let cluster = try MockCluster()
        cluster.createTopic("t", partitions: 1)
        let properties = cluster.properties.merging(["message.timeout.ms": "500"]) { $1 }
        try await onThread {
            let producer = try Producer(properties: properties, isGapless: false)
            defer {
                producer.close()
                cluster.close()
            }
            try producer.produce(topic: "t", partition: 0, key: nil, value: "first".bytes)
            #expect(try poll(producer, until: 1).first?.error == nil)
            cluster.setRoundTrip(.seconds(600), broker: 1)
            try producer.produce(topic: "t", partition: 0, key: nil, value: "late".bytes)
            let late = try poll(producer, until: 1)
            #expect(late.first?.error?.code == .messageTimedOut)
            #expect(late.first?.error?.isRetriable == true)
        }
    }

    @Test("A full queue is refused at once as retriable, and a poll makes room")
    func queueFull() async throws {
        let broker = try await LocalBroker.shared()
        let topic = try await broker.makeTopic()
        let properties = broker.properties.merging(["queue.buffering.max.messages": "10"]) { $1 }
        try await onThread {
            let producer = try Producer(properties: properties)
            defer { producer.close() }
            for tag in 0..<10 { try producer.produce(topic: topic, partition: 0, key: nil, value: [], tag: tag) }
            let error = #expect(throws: KafkaError.self) {
                try producer.produce(topic: topic, partition: 0, key: nil, value: [])
            }
            #expect(error?.code == .queueFull)
            #expect(error?.isRetriable == true)
            #expect(try poll(producer, until: 10).count == 10)
            try producer.produce(topic: topic, partition: 0, key: nil, value: [], tag: 10)
            #expect(producer.flush(timeout: .seconds(30)))
            #expect(producer.poll(timeout: .seconds(30)).map(\.tag) == [10])
        }
    }

    @Test("A closed client refuses work and closing twice is harmless", .timeLimit(.minutes(2)))
    func closing() async throws {
        let cluster = try MockCluster()
        cluster.setRoundTrip(.seconds(600), broker: 1)
        try await onThread {
            let producer = try Producer(properties: cluster.properties)
            try producer.produce(topic: "t", key: nil, value: "never lands".bytes)
            producer.close()
            producer.close()
            let error = #expect(throws: KafkaError.self) { try producer.produce(topic: "t", key: nil, value: nil) }
            #expect(error?.code == .destroyed)
            #expect(producer.poll(timeout: .seconds(60)).isEmpty)
            #expect(producer.flush(timeout: .seconds(60)))

            let consumer = try DataConsumer(properties: cluster.properties, topic: "t", partition: 0, from: .end)
            consumer.close()
            consumer.close()
            #expect(consumer.poll(max: 1, timeout: .seconds(60)).isEmpty)
            let member = try MemberConsumer(properties: cluster.properties, group: "g", topics: ["t"])
            member.close()
            #expect(member.poll(timeout: .seconds(60)).isEmpty)
            #expect(member.assignment.isEmpty)
            cluster.close()
        }
    }

    @Test("A member that is closed while its group never settles ends no process")
    func unsettledMember() async throws {
        await #expect(processExitsWith: .success) {
            let cluster = try MockCluster()
            cluster.createTopic("t", partitions: 1)
            // The coordinator names the assignor, and then never gets to an assignment.
            cluster.fail(.syncGroup, with: Array(repeating: .rebalanceInProgress, count: 10_000))
            let member = try MemberConsumer(properties: cluster.properties, group: "g", topics: ["t"])
            let end = ContinuousClock.now + .seconds(60)
            while member.memberID.isEmpty, ContinuousClock.now < end { _ = member.poll(timeout: .milliseconds(50)) }
            guard !member.memberID.isEmpty else { fatalError("never joined") }
            member.close()
        }
    }
}
