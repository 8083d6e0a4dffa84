import Domain
import Foundation
import Kafka
import RouterCore
import Schema
import Streams
import Testing

@testable import RouterApp

@Suite("A world written down as a partition")
struct RecordingTests {
    /// With `PATCHBAY_RECORD=1` it is kept as a history that must replay to the same bytes for good: see
    /// `Tests/RouterTests/Histories`.
    @Test("makes the router on the wire say what its rules said", arguments: [153, 296] as [UInt64])
    func replays(seed: UInt64) throws {
        var world = World(seed: seed)
        #expect(world.run(steps: 110) == nil)
        let records = Self.records(of: world.history)
        #expect(records.count > 100)
        let recording = records.map { RecordedPartition.line($0) }.joined(separator: "\n") + "\n"

        var replay = StreamReplay(service: "router", machine: RouterStreamMachine(topicPrefix: "patchbay"))
        var sent = 0
        for record in try RecordedPartition.records(recording, topic: "patchbay.work", partition: 0) {
            sent += try replay.apply(record).count { if case .send = $0 { true } else { false } }
        }
        #expect(replay.poisonCount == 0)
        #expect(sent == Self.outputCount(of: world.history))

        guard ProcessInfo.processInfo.environment["PATCHBAY_RECORD"] != nil else { return }
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../RouterTests/Histories")
        try Data(recording.utf8).write(to: folder.appending(path: "world-\(seed).jsonl"))
    }

    private static func records(of history: [Moment]) -> [Record] {
        var records: [Record] = []
        func add(_ at: Instant, _ key: [UInt8], _ value: [UInt8], _ headers: [Header]) {
            records.append(
                Record(
                    topic: "patchbay.work", partition: 0, offset: Int64(records.count), timestamp: at.milliseconds,
                    timestampKind: .logAppendTime, key: key, value: value, headers: headers))
        }
        for moment in history {
            switch moment.step {
            case .command(let command):
                let type = Header(name: CloudEvent.type, value: Array(command.type.utf8))
                add(moment.at, Array("support".utf8), command.encoded(), [type])
            case .configuration(let configuration):
                let parts = ConfigurationEntry.bundle(
                    configuration.entries.map { $0.encoded() }, bytesMax: 100_000)
                for (number, part) in parts.enumerated() {
                    let control = Control.configuration(
                        revision: configuration.revision, part: number, count: parts.count)
                    add(moment.at, Control.key, part, control.headers)
                }
            case .tick: add(moment.at, Control.key, [], Control.tick.headers)
            case .checkpoint, .restart, .secondLeader, .depose: break
            }
        }
        return records
    }

    private static func outputCount(of history: [Moment]) -> Int {
        var machine = RouterMachine()
        return history.reduce(0) { count, moment in
            switch moment.step {
            case .command(let command):
                count + machine.advance(to: moment.at).count + machine.apply(command, at: moment.at).count
            case .configuration(let configuration):
                count + machine.advance(to: moment.at).count + machine.configure(configuration, at: moment.at).count
            case .tick: count + machine.advance(to: moment.at).count
            case .checkpoint, .restart, .secondLeader, .depose: count
            }
        }
    }
}
