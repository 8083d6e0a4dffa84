import Domain
import Kafka
import OrderedCollections
import RouterApp
import SLATimerApp
import Schema
import TestSupport

@testable import ConnectorApp
@testable import ContextApp
@testable import Streams

// Whole logs: records, headers, control records and checkpoints, through the machine of each service.

extension FuzzTarget {
    static let logs: [FuzzTarget] = [
        log("connector", Sample.outbound.map { $0.encoded() }) { ConnectorStreamMachine(topicPrefix: "p") },
        log("context", Sample.inbound.map { $0.encoded() }) { ContextStreamMachine(topicPrefix: "p") },
        log("router", Sample.work.map { $0.encoded() }) { RouterStreamMachine(topicPrefix: "p") },
        log("sla-timer", Sample.clocks.map { $0.encoded() }) { SLATimerStreamMachine(topicPrefix: "p") },
        FuzzTarget(
            name: "headers",
            corpus: texts(
                "patchbay-control: tick", "patchbay-control: lead\npatchbay-token: t",
                "patchbay-control: attempt\npatchbay-effect: e\npatchbay-token: t",
                "patchbay-control: configuration\npatchbay-part: 9/0/4096",
                "patchbay-control: rules\npatchbay-rules: 2",
                "patchbay-origin: context/p.inbound/3/12/0\nce_type: patchbay.work.agent.v1\nce_id: 1",
                "ce_specversion: 1.0\nce_id: 1\nce_type: t\nce_source: /s\nce_time: 2026-11-22T12:00:00Z\ntraceparent: x",
                "patchbay-source-topic: p.inbound\npatchbay-source-partition: 0\npatchbay-source-offset: 1\npatchbay-error: e\npatchbay-cut: 5\noriginal-a: b"
            ),
            dictionary: ["\n", ": ", "/", "9223372036854775807"]
        ) { bytes in
            let headers = bytes.split(separator: 10).map { line in
                let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 1)
                let value = parts.count == 2 ? Array(parts[1].dropFirst()) : []
                return Header(name: parts.first.map { Array($0).text } ?? "", value: value)
            }
            let record = Record(
                topic: "p.inbound", partition: 0, offset: 5, timestamp: 1_800_000_000_000,
                timestampKind: .logAppendTime, key: Array("lena".utf8), value: bytes, headers: headers)
            _ = EventHeaders(headers.map { (name: $0.name, value: $0.value) })
            if let letter = DeadLetter(record) {
                let again = Record(
                    topic: "p.dead-letter", partition: 0, offset: 0, key: letter.key, value: letter.value,
                    headers: letter.headers(origin: "o"))
                guard DeadLetter(again) == letter else { throw Finding("a letter reads otherwise when it is written") }
            }
            var state = StreamState(
                service: "context", deadLetter: "p.dead-letter", machine: ContextStreamMachine(topicPrefix: "p"))
            _ = state.newerThanKnown(record)
            _ = state.apply(record)
            _ = state.takeChanges()
        },
    ]

    /// Runs a log through a service's state twice: once in one go, once with a checkpoint in the middle. Both must say
    /// the same. Then the checkpoint itself is spoilt and restored.
    private static func log<Machine: StreamMachine>(
        _ name: String, _ samples: [[UInt8]], _ make: @escaping @Sendable () -> Machine
    ) -> FuzzTarget {
        let parts = ConfigurationEntry.bundle(Sample.configuration.map { $0.encoded() }, bytesMax: 1 << 20)
        let configured = FuzzedLog.configured(make(), parts)
        return FuzzTarget(name: "log-\(name)", corpus: FuzzedLog.corpus(samples), share: 0.4) { bytes in
            let records = FuzzedLog(bytes).records
            var whole = configured
            var divided = configured
            for (index, record) in records.enumerated() {
                if index == records.count / 2 { divided = try FuzzedLog.restored(&divided, make(), spoilBy: bytes) }
                let expected = whole.apply(record)
                let found = divided.apply(record)
                guard expected.sends == found.sends, expected.newEffects == found.newEffects else {
                    throw Finding("after a checkpoint, record \(index) of \(records.count) has other outputs")
                }
            }
            _ = whole.takeChanges()
        }
    }
}

/// Reads an input as records of a log: for each a byte of kind, a byte of time, two bytes of length, and the value.
struct FuzzedLog {
    private(set) var records: [Record] = []

    init(_ bytes: [UInt8]) {
        var rest = bytes[...]
        var time: Int64 = 1_800_000_000_000
        while rest.count >= 4, records.count < 64 {
            let (kind, step) = (rest.removeFirst(), Int64(rest.removeFirst()))
            let length = Int(rest.removeFirst()) | Int(rest.removeFirst()) << 8
            time += step * step * 50
            records.append(Self.record(kind, Array(rest.prefix(length)), Int64(records.count) + 10, time))
            rest = rest.dropFirst(length)
        }
    }

    private static func record(_ kind: UInt8, _ value: [UInt8], _ offset: Int64, _ time: Int64) -> Record {
        func header(_ name: String, _ text: String) -> Header { Header(name: name, value: Array(text.utf8)) }
        let headers: [Header] =
            switch kind % 16 {
            case 1: [header("patchbay-control", "tick")]
            case 2: [header("patchbay-control", "lead"), header("patchbay-token", "t")]
            case 3:
                [
                    header("patchbay-control", "attempt"), header("patchbay-token", "t"),
                    header("patchbay-effect", "message-2#1"),
                ]
            case 4:
                [
                    header("patchbay-control", "result"), header("patchbay-token", "t"),
                    header("patchbay-effect", "message-2#1"),
                ]
            case 5: [header("patchbay-control", "configuration"), header("patchbay-part", "\(offset)/0/1")]
            case 6: [header("patchbay-origin", "router/p.work/0/\(offset / 2)/0")]
            default: []
            }
        let key = kind & 0x80 == 0 ? Sample.customer.rawValue : "europe"
        return Record(
            topic: "p.log", partition: 0, offset: offset, timestamp: time, timestampKind: .logAppendTime,
            key: Array(key.utf8), value: value, headers: headers)
    }

    private static func encode(_ kind: UInt8, _ step: UInt8, _ value: [UInt8]) -> [UInt8] {
        [kind, step, UInt8(value.count & 0xff), UInt8(value.count >> 8)] + value
    }

    /// Every record alone, and days of some of them.
    static func corpus(_ samples: [[UInt8]]) -> [[UInt8]] {
        var generator = SeededGenerator(seed: 11)
        let alone = samples.map { encode(0, 1, $0) }
        let days = (0..<40).map { _ -> [UInt8] in
            (0..<Int.random(in: 2...12, using: &generator)).flatMap { _ -> [UInt8] in
                let kind: UInt8 = generator.chance(75) ? 0 : .random(in: 0...7, using: &generator)
                return encode(
                    kind, .random(in: 0...255, using: &generator), samples.randomElement(using: &generator) ?? [])
            }
        }
        return alone + days
    }

    static func configured<Machine: StreamMachine>(_ machine: Machine, _ parts: [[UInt8]]) -> StreamState<Machine> {
        var state = StreamState(service: "fuzz", deadLetter: "p.dead-letter", machine: machine)
        for (index, part) in parts.enumerated() {
            let headers = Control.configuration(revision: 1, part: index, count: parts.count).headers
            _ = state.apply(
                Record(
                    topic: "p.log", partition: 0, offset: Int64(index), timestamp: 1_799_999_999_000,
                    timestampKind: .logAppendTime, key: nil, value: part, headers: headers))
        }
        return state
    }

    /// The state as its checkpoint gives it back; a spoilt checkpoint must be refused or taken, and never trap.
    static func restored<Machine: StreamMachine>(
        _ state: inout StreamState<Machine>, _ machine: Machine, spoilBy bytes: [UInt8]
    ) throws -> StreamState<Machine> {
        var entries: OrderedDictionary<String, [UInt8]> = [:]
        for change in state.takeChanges() { entries[change.key] = change.value }
        entries["position"] = state.encodedPosition
        var spoilt = entries
        for (index, key) in entries.keys.enumerated() where bytes.count > index * 3 + 2 {
            guard var value = spoilt[key], !value.isEmpty else { continue }
            let place = Int(bytes[index * 3]) % value.count
            if bytes[index * 3 + 1] & 1 == 0 { value[place] ^= bytes[index * 3 + 2] } else { value.remove(at: place) }
            spoilt[key] = value
        }
        var damaged = StreamState(service: "fuzz", deadLetter: "p.dead-letter", machine: machine)
        if (try? damaged.restore(spoilt)) != nil { _ = damaged.takeChanges() }
        var fresh = StreamState(service: "fuzz", deadLetter: "p.dead-letter", machine: machine)
        try fresh.restore(entries)
        return fresh
    }
}
