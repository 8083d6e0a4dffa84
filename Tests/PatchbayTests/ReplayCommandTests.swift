import Domain
import Foundation
import Kafka
import OrderedCollections
import RouterPlanning
import Streams
import Testing

@testable import PatchbayCLI

@Suite("patchbay replay")
struct ReplayCommandTests {
    private func reader() throws -> HistoryReader {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "RouterTests/Histories/journey.jsonl")
        var reader = HistoryReader()
        let text = try String(contentsOf: file, encoding: .utf8)
        for record in try RecordedPartition.records(text, topic: "patchbay.work", partition: 0) {
            try reader.read(record)
        }
        return reader
    }

    @Test("A recorded journey: waits and breaches by queue, and who fared otherwise where a lower level is asked for")
    func journey() throws {
        let reader = try reader()
        let configurations = reader.history.moments.compactMap { moment -> Configuration? in
            guard case .configuration(let configuration) = moment.step else { return nil }
            return configuration
        }
        var other = try #require(configurations.first)
        let lines = ReplayCommand.lines(reader, under: other, itemsMax: 5)
        #expect(lines.first == "\(reader.recordCount) records, 7 work items.")
        #expect(
            lines.contains { $0.hasPrefix("accounts  as recorded") && $0.hasSuffix("1") }, "Noor's promise was broken")
        #expect(lines.contains { $0.hasPrefix("0 of 5 work items fare otherwise") })
        other.queues[QueueID("accounts")]?.requirements = [Requirement(skill: SkillID("accounts"), level: 5)]
        let easier = ReplayCommand.lines(reader, under: other, itemsMax: 5)
        #expect(easier.contains { $0.contains("dana after") && $0.contains("emre after") })
    }

    @Test("Each decision on a work item of the recorded journey is explained with everybody who was looked at")
    func explained() throws {
        let history = try reader().history
        let fates = Replay.recorded(history).fates
        var unexplained = 0
        for (id, fate) in fates where fate.agentID != nil {
            let findings = Replay.decisions(on: id, in: history)
            guard !findings.isEmpty else {
                unexplained += 1
                continue
            }
            let lines = ExplainCommand.lines(findings, agentsMax: 50)
            #expect(lines.first?.hasPrefix("Decision 1 of \(findings.count), ") ?? false)
            let chosen = lines.filter { $0.hasPrefix("*") }
            #expect(chosen.count == findings.count && chosen.allSatisfy { $0.contains("  eligible  ") })
            #expect(chosen.contains { $0.contains(fate.agentID?.rawValue ?? "-") })
        }
        #expect(unexplained == 1, "nobody was chosen for the conversation that an agent started")
        #expect(Replay.decisions(on: WorkItemID("nothing"), in: history).isEmpty)
    }

    @Test("A line that is none of a recording is named")
    func spoilt() {
        let error = #expect(throws: RecordedPartitionError.self) {
            try RecordedPartition.records("{}", topic: "patchbay.work", partition: 0)
        }
        #expect(error?.line == 1)
    }
}
