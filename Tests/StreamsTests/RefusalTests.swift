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
