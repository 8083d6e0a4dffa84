import Kafka
import TestSupport
import Testing

@Suite("Transactions land whole, or not at all")
struct TransactionTests {
    private let limit = Duration.seconds(30)

    @Test("What is committed is read, what is aborted is not")
    func commitAndAbort() async throws {
        let broker = try await LocalBroker.shared()
        let topic = try await broker.makeTopic()
        try await onThread { [limit] in
            let producer = try Producer(properties: broker.properties, transactionalID: uniqueName("tx"))
            defer { producer.close() }
            try producer.initTransactions(timeout: limit)
            for (value, isKept) in [("kept", true), ("dropped", false), ("kept too", true)] {
                try producer.beginTransaction()
                try producer.produce(topic: topic, partition: 0, key: "k".bytes, value: value.bytes)
                if isKept {
                    try producer.commitTransaction(timeout: limit)
                } else {
                    #expect(producer.flush(timeout: limit))
                    try producer.abortTransaction(timeout: limit)
                }
            }
        }
        let committed = try await read(topic, readCommitted: true, with: broker.properties)
        #expect(committed.map(\.value) == ["kept".bytes, "kept too".bytes])
        let all = try await read(topic, with: broker.properties)
        #expect(all.map(\.value) == ["kept".bytes, "dropped".bytes, "kept too".bytes])
    }

    @Test("An open transaction is not shown to readers of committed records")
    func openTransactionIsHidden() async throws {
        let broker = try await LocalBroker.shared()
        let topic = try await broker.makeTopic()
        let producer = try Producer(properties: broker.properties, transactionalID: uniqueName("tx"))
        try await onThread { [limit] in
            try producer.initTransactions(timeout: limit)
            try producer.beginTransaction()
            try producer.produce(topic: topic, partition: 0, key: nil, value: "open".bytes)
            #expect(producer.flush(timeout: limit))
        }
        #expect(try await read(topic, readCommitted: true, with: broker.properties).isEmpty)
        try await onThread { [limit] in
            try producer.commitTransaction(timeout: limit)
            producer.close()
        }
        #expect(try await read(topic, readCommitted: true, with: broker.properties).count == 1)
    }

    @Test("A second producer of a transactional id fences the first and ends its transaction")
    func fencing() async throws {
        let broker = try await LocalBroker.shared()
        let topic = try await broker.makeTopic()
        let id = uniqueName("tx")
        let error = try await onThread { [limit] () -> KafkaError? in
            let old = try Producer(properties: broker.properties, transactionalID: id)
            let new = try Producer(properties: broker.properties, transactionalID: id)
            defer {
                old.close()
                new.close()
            }
            try old.initTransactions(timeout: limit)
            try old.beginTransaction()
            try old.produce(topic: topic, partition: 0, key: nil, value: "from the old".bytes)
            #expect(old.flush(timeout: limit))

            try new.initTransactions(timeout: limit)
            try new.beginTransaction()
            try new.produce(topic: topic, partition: 0, key: nil, value: "from the new".bytes)
            try new.commitTransaction(timeout: limit)
            do throws(KafkaError) {
                try old.commitTransaction(timeout: limit)
                return nil
            } catch {
                #expect(old.fatalError?.isFenced == true)
                return error
            }
        }
        #expect(error?.isFenced == true)
        #expect(error?.isFatal == true)
        #expect(error?.isRetriable == false)
        let records = try await read(topic, readCommitted: true, with: broker.properties)
        #expect(records.map(\.value) == ["from the new".bytes])
    }

    @Test("Offsets of a group are committed with the transaction")
    func offsetsInTransaction() async throws {
        let broker = try await LocalBroker.shared()
        let topic = try await broker.makeTopic()
        let group = uniqueName("group")
        let partition = TopicPartition(topic: topic, partition: 0)
        let member = try MemberConsumer(properties: broker.properties, group: group, topics: [topic])
        try await eventually("the partition is assigned") {
            try await onThread {
                for event in member.poll(timeout: .milliseconds(200)) { try member.acknowledge(event) }
                return member.assignment == [partition]
            }
        }
        let committed = try await onThread { [limit] in
            let producer = try Producer(properties: broker.properties, transactionalID: uniqueName("tx"))
            let admin = try Admin(properties: broker.properties)
            defer {
                producer.close()
                member.close()
                admin.close()
            }
            try producer.initTransactions(timeout: limit)
            try producer.beginTransaction()
            try producer.produce(topic: topic, partition: 0, key: nil, value: "checkpoint".bytes)
            try producer.sendOffsets([partition: 42], group: member.groupMetadata(), timeout: limit)
            try producer.commitTransaction(timeout: limit)
            return try admin.committedOffsets(group: group, [partition], timeout: limit)
        }
        #expect(committed == [partition: 42])
    }

    @Test("Producing outside a transaction is refused")
    func outsideTransaction() async throws {
        let broker = try await LocalBroker.shared()
        let error = try await onThread { [limit] in
            let producer = try Producer(properties: broker.properties, transactionalID: uniqueName("tx"))
            defer { producer.close() }
            try producer.initTransactions(timeout: limit)
            return #expect(throws: KafkaError.self) {
                try producer.produce(topic: "any", partition: 0, key: nil, value: [])
            }
        }
        #expect(error?.code == .state)
    }
}
