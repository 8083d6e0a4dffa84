import Kafka
import TestSupport
import Testing

/// Values and ends that one reader comes to, until `isEnough`.
private func read(
    _ reader: PartitionReader, within limit: Duration = .seconds(30), until isEnough: ([String], [Int64]) -> Bool
) throws -> (values: [String], ends: [Int64]) {
    var (values, ends): ([String], [Int64]) = ([], [])
    let deadline = ContinuousClock.now + limit
    while !isEnough(values, ends) {
        guard ContinuousClock.now < deadline else { throw NotInTime(description: "\(values), ends \(ends)") }
        for event in reader.poll(max: 100, timeout: .milliseconds(100)) {
            switch event {
            case .record(let record): values.append(String(decoding: record.value ?? [], as: UTF8.self))
            case .endOfPartition(let partition, let offset):
                #expect(partition.partition == reader.partition)
                ends.append(offset)
            case .error(let error): throw error
            }
        }
    }
    return (values, ends)
}

@Suite("A shared consumer", .timeLimit(.minutes(2)))
struct SharedConsumerTests {
    @Test("gives each reader its own partition, and one that does not read holds up no other")
    func independence() async throws {
        let broker = try await LocalBroker.shared()
        let topic = try await broker.makeTopic(partitions: 3)
        try await produce((0..<2_000).map { "zero \($0)" }, to: topic, partition: 0, with: broker.properties)
        try await produce(["one"], to: topic, partition: 1, with: broker.properties)
        let consumer = try SharedConsumer(properties: broker.properties, topic: topic)
        let (idle, busy) = try await onThread {
            (try consumer.read(0, from: .beginning), try consumer.read(1, from: .beginning))
        }
        let first = try await onThread { try read(busy) { !$1.isEmpty } }
        #expect(first.values == ["one"])
        #expect(first.ends == [1])
        #expect(busy.end == 1)
        try await produce(["two", "three"], to: topic, partition: 1, with: broker.properties)
        #expect(try await onThread { try read(busy) { $1.last == 3 } }.values == ["two", "three"])
        #expect(try await onThread { try read(idle) { !$1.isEmpty } }.values == (0..<2_000).map { "zero \($0)" })
        try await onThread {
            let (low, high) = try busy.watermarks(timeout: .seconds(30))
            #expect([low, high] == [0, 3])
            idle.close()
            busy.close()
            consumer.close()
        }
    }

    @Test("lets a partition be closed and read again from elsewhere while others go on")
    func again() async throws {
        let broker = try await LocalBroker.shared()
        let topic = try await broker.makeTopic(partitions: 2)
        for partition in Int32(0)..<2 {
            try await produce(["a", "b", "c"], to: topic, partition: partition, with: broker.properties)
        }
        try await onThread {
            let consumer = try SharedConsumer(properties: broker.properties, topic: topic)
            defer { consumer.close() }
            let other = try consumer.read(1, from: .end)
            defer { other.close() }
            for start in [Int64(0), 2, 1, 3, 0] {
                let reader = try consumer.read(0, from: .at(start))
                let expected = Array(["a", "b", "c"].dropFirst(Int(start)))
                #expect(try read(reader) { !$1.isEmpty }.values == expected)
                reader.close()
                #expect(reader.poll(max: 1, timeout: .seconds(60)).isEmpty)
                reader.wakeUp()
            }
            #expect(try read(other) { !$1.isEmpty }.ends == [3])
        }
    }

    @Test("tells the reader whose position is outside the log, and no other")
    func outOfRange() async throws {
        let broker = try await LocalBroker.shared()
        let topic = try await broker.makeTopic(partitions: 2)
        for partition in Int32(0)..<2 {
            try await produce(["a"], to: topic, partition: partition, with: broker.properties)
        }
        try await onThread {
            let consumer = try SharedConsumer(properties: broker.properties, topic: topic)
            defer { consumer.close() }
            let (lost, sound) = (try consumer.read(0, from: .at(1_000)), try consumer.read(1, from: .beginning))
            defer {
                lost.close()
                sound.close()
            }
            let error = #expect(throws: KafkaError.self) { try read(lost) { !$1.isEmpty } }
            #expect(error?.code == .offsetOutOfRange)
            #expect(error?.context.contains("\(topic)/0") == true)
            #expect(try read(sound) { !$1.isEmpty }.values == ["a"])
        }
    }

    @Test("leaves out what was aborted, if it reads what is committed")
    func committed() async throws {
        let broker = try await LocalBroker.shared()
        let topic = try await broker.makeTopic()
        try await onThread {
            let producer = try Producer(properties: broker.properties, transactionalID: "shared-\(topic)")
            defer { producer.close() }
            try producer.initTransactions(timeout: .seconds(30))
            for (value, isKept) in [("kept", true), ("dropped", false), ("kept too", true)] {
                try producer.beginTransaction()
                try producer.produce(topic: topic, partition: 0, key: nil, value: value.bytes)
                if isKept {
                    try producer.commitTransaction(timeout: .seconds(30))
                } else {
                    try producer.abortTransaction(timeout: .seconds(30))
                }
            }
            let consumer = try SharedConsumer(properties: broker.properties, topic: topic, readCommitted: true)
            defer { consumer.close() }
            let reader = try consumer.read(0, from: .beginning)
            defer { reader.close() }
            #expect(try read(reader) { !$1.isEmpty }.values == ["kept", "kept too"])
        }
    }

    @Test("ends a waiting poll early when it is woken, and answers nobody once it is closed")
    func wakeUp() async throws {
        let broker = try await LocalBroker.shared()
        let topic = try await broker.makeTopic()
        let consumer = try SharedConsumer(properties: broker.properties, topic: topic)
        let reader = try await onThread { try consumer.read(0, from: .beginning) }
        _ = try await onThread { try read(reader) { !$1.isEmpty } }
        let started = ContinuousClock.now
        async let events = onThread { reader.poll(max: 10, timeout: .seconds(600)) }
        try await eventually("the poll ends") {
            reader.wakeUp()
            return true
        }
        let woken = try await events
        #expect(woken.isEmpty)
        #expect(ContinuousClock.now - started < .seconds(60))
        try await onThread {
            reader.close()
            consumer.close()
            #expect(reader.end == nil)
            #expect(throws: KafkaError.self) { try consumer.read(0, from: .beginning) }
        }
    }
}
