import Kafka
import TestSupport
import Testing

@testable import Streams

@Suite("A host refuses to start", .timeLimit(.minutes(3)))
struct RefusalTests {
    private func refusal(of host: StreamHost<Bank>) async throws -> String {
        do {
            try await host.run()
            return "it ran"
        } catch let error as StreamError {
            #expect(error.code == .refused)
            return error.context
        }
    }

    @Test("on a log without LogAppendTime")
    func timestamps() async throws {
        let stand = try await BankStand()
        let other = try await stand.broker.makeTopic("no-append-time")
        let reason = try await refusal(of: stand.makeHost { $0.log = other })
        #expect(reason.contains("message.timestamp.type is CreateTime, and must be LogAppendTime"))
    }

    @Test("on a state topic with another number of partitions")
    func partitions() async throws {
        let stand = try await BankStand()
        let other = try await stand.broker.makeTopic("state", partitions: 3, config: ["cleanup.policy": "compact"])
        let reason = try await refusal(of: stand.makeHost { $0.state = other })
        #expect(reason.contains("must have the same number"))
    }

    @Test("on a topic that does not exist")
    func missing() async throws {
        let stand = try await BankStand()
        let reason = try await refusal(of: stand.makeHost { $0.log = "nowhere" })
        #expect(reason.contains("the topic nowhere does not exist: run `patchbay topics --apply`"))
    }

    @Test("on a log that is compacted")
    func compactedLog() async throws {
        let stand = try await BankStand()
        let config = ["message.timestamp.type": "LogAppendTime", "cleanup.policy": "compact"]
        let other = try await stand.broker.makeTopic("compacted", config: config)
        let reason = try await refusal(of: stand.makeHost { $0.log = other })
        #expect(reason.contains("cleanup.policy is compact, and must be delete"))
    }

    @Test("on a state topic that is not compacted")
    func stateNotCompacted() async throws {
        let stand = try await BankStand()
        let other = try await stand.broker.makeTopic("state")
        let reason = try await refusal(of: stand.makeHost { $0.state = other })
        #expect(reason.contains("cleanup.policy is delete, and must be compact"))
    }

    @Test("on a configuration topic with several partitions, or not compacted")
    func configurationTopic() async throws {
        let stand = try await BankStand()
        let wide = try await stand.broker.makeTopic("config", partitions: 2, config: ["cleanup.policy": "compact"])
        let table = ConfigurationTable(kafka: stand.broker.properties, topic: wide) { $0 }
        #expect(
            try await refusal(of: stand.makeHost(configuration: table)).contains("has 2 partitions, and must have 1"))
        let short = try await stand.broker.makeTopic("config")
        let other = ConfigurationTable(kafka: stand.broker.properties, topic: short) { $0 }
        #expect(
            try await refusal(of: stand.makeHost(configuration: other))
                .contains("cleanup.policy is delete, and must be compact"))
    }

    @Test("on a log that was lost and made anew, however much is in it")
    func logMadeAnew() async throws {
        let stand = try await BankStand()
        let host = stand.makeHost()
        try await stand.with(host) {
            try await stand.send(["deposit A 1"])
            try await eventually("a checkpoint") { host.status.counters.checkpoints > 0 }
        }
        let other = try await stand.broker.makeTopic("anew", config: ["message.timestamp.type": "LogAppendTime"])
        let producer = try AsyncProducer(properties: stand.broker.properties)
        defer { producer.close() }
        for _ in 0..<20 { _ = try await producer.send(topic: other, key: [65], value: Array("deposit A 1".utf8)) }
        let reason = try await refusal(of: stand.makeHost { $0.log = other })
        #expect(
            reason.contains("is another record than the one that the checkpoint in \(stand.name)-state was made after"))
    }

    @Test("with a checkpoint that it cannot read, and says which release can")
    func damagedCheckpoint() async throws {
        let stand = try await BankStand()
        let host = stand.makeHost()
        try await stand.with(host) {
            try await stand.send(["deposit A 1"])
            try await eventually("a checkpoint") { host.status.counters.checkpoints > 0 }
        }
        let producer = try AsyncProducer(properties: stand.broker.properties)
        defer { producer.close() }
        _ = try await producer.send(topic: "\(stand.name)-state", key: Array("entity/A".utf8), value: [1, 2, 3])
        let error = await #expect(throws: StreamError.self) { try await stand.makeHost().run() }
        #expect(error?.code == .badCheckpoint)
        #expect(error?.context.contains("entity/A: expected three numbers: it was written by another program") == true)
    }

    @Test("with a checkpoint beyond the end of its log")
    func lostLog() async throws {
        let stand = try await BankStand()
        let host = stand.makeHost()
        try await stand.with(host) {
            try await stand.send(["deposit A 1"])
            try await eventually("a checkpoint") { host.status.counters.checkpoints > 0 }
        }
        let other = try await stand.broker.makeTopic("empty", config: ["message.timestamp.type": "LogAppendTime"])
        let reason = try await refusal(of: stand.makeHost { $0.log = other })
        #expect(reason.contains("the log or the state was lost"))
    }
}
