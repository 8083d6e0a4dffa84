import Foundation
import Kafka
import RouterApp
import Streams
import Testing

@Suite("Recorded histories")
struct HistoryTests {
    /// What is put out may change only where a new version of the rules says so. `PATCHBAY_RECORD=1` writes the
    /// expectation anew; `patchbay replay --pool … --save` records a history.
    @Test("replay to the same outputs, byte for byte", arguments: ["journey", "world-153", "world-296"])
    func replays(name: String) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Histories")
        let recording = try String(contentsOf: folder.appending(path: "\(name).jsonl"), encoding: .utf8)
        let records = try RecordedPartition.records(recording, topic: "patchbay.work", partition: 0)
        var replay = StreamReplay(service: "router", machine: RouterStreamMachine(topicPrefix: "patchbay"))
        var lines: [String] = []
        for record in records {
            let outputs = try replay.apply(record)
            lines.append("\(record.offset) \(outputs.count) \(digest(of: outputs))")
        }
        #expect(replay.poisonCount == 0)
        let expectation = folder.appending(path: "\(name).outputs")
        if ProcessInfo.processInfo.environment["PATCHBAY_RECORD"] != nil {
            try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: expectation)
        }
        let expected = try String(contentsOf: expectation, encoding: .utf8).split(separator: "\n").map(String.init)
        #expect(lines.count == expected.count && lines.count > 20)
        for (line, other) in zip(lines, expected) where line != other {
            Issue.record("offset, number and digest of the outputs: \(line), recorded was \(other)")
            return
        }
    }

    /// FNV-1a, 64 bits, over everything that goes out.
    private func digest(of outputs: [StreamOutput]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func add(_ bytes: some Sequence<UInt8>) {
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        }
        for case .send(let topic, let type, let key, let value) in outputs {
            add(topic.utf8)
            add(type.utf8)
            add(key)
            add(value ?? [])
        }
        return String(hash, radix: 16)
    }
}
