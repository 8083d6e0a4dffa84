import Domain
import Foundation
import Kafka
import Synchronization
import TestSupport
import Testing

@testable import Streams

/// Topics, hosts and an oracle for one test.
struct BankStand {
    let broker: LocalBroker
    let name: String
    let partitions: Int32
    var log: String { "\(name)-log" }
    var ledger: String { "\(name)-ledger" }
    let telephone = Telephone()

    /// - Parameter broker: one of the test's own, if it is to be stopped.
    init(partitions: Int32 = 1, broker: LocalBroker? = nil) async throws {
        if let broker { self.broker = broker } else { self.broker = try await LocalBroker.shared() }
        name = uniqueName("bank")
        self.partitions = partitions
        try await makeTopics()
    }

    func makeTopics() async throws {
        let appendTime = ["message.timestamp.type": "LogAppendTime"]
        try await broker.makeTopics([
            Admin.NewTopic(name: log, partitions: partitions, replicationFactor: 1, config: appendTime),
            Admin.NewTopic(
                name: "\(name)-state", partitions: partitions, replicationFactor: 1,
                config: ["cleanup.policy": "compact"]),
            Admin.NewTopic(name: ledger, partitions: 1, replicationFactor: 1, config: appendTime),
            Admin.NewTopic(name: "\(name)-dead", partitions: 1, replicationFactor: 1, config: [:]),
            Admin.NewTopic(
                name: "\(name)-config", partitions: 1, replicationFactor: 1, config: ["cleanup.policy": "compact"]),
        ])
    }

    var settings: StreamSettings {
        var settings = StreamSettings(
            service: "bank", log: log, state: "\(name)-state", deadLetter: "\(name)-dead", group: name,
            // How long the local broker waits when it has forgotten a member of a round (docs/testing.md).
            kafka: broker.properties.merging(["max.poll.interval.ms": "30000", "session.timeout.ms": "6000"]) { $1 })
        settings.checkpointInterval = .milliseconds(50)
        settings.sessionTimeout = .seconds(6)
        settings.raisesNewLogs = false
        return settings
    }

    func makeHost(
        configuration: ConfigurationTable? = nil, newestRules: Int = 1, performer: Telephone? = nil,
        change: (inout StreamSettings) -> Void = { _ in },
        onEvent: @escaping @Sendable (StreamEvent) -> Void = { _ in }
    ) -> StreamHost<Bank> {
        var settings = settings
        change(&settings)
        return StreamHost(
            settings: settings, configuration: configuration, performer: performer ?? telephone, onEvent: onEvent
        ) { [ledger, log] _ in Bank(ledger: ledger, log: log, newestRules: newestRules) }
    }

    /// Runs hosts while the body runs, and stops them cleanly.
    func with<Result: Sendable>(
        _ hosts: StreamHost<Bank>..., body: () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for host in hosts { group.addTask { try await host.run() } }
            defer { for host in hosts { host.shutdown() } }
            let result = try await body()
            for host in hosts { host.shutdown() }
            try await group.waitForAll()
            return result
        }
    }

    func send(_ commands: [String], partition: Int32? = nil) async throws {
        try await AsyncProducer.with(broker.properties) { producer in
            for command in commands {
                let account = command.split(separator: " ").dropFirst().first.map(String.init) ?? ""
                _ = try await producer.send(
                    topic: log, partition: partition, key: Array(account.utf8), value: Array(command.utf8))
            }
        }
    }

    /// Appends what `patchbay rules` does.
    func raise(rules version: Int) async throws {
        try await AsyncProducer.with(broker.properties) { producer in
            for partition in 0..<partitions {
                _ = try await producer.send(
                    topic: log, partition: partition, key: Control.key, value: [],
                    headers: Control.rules(version: version).headers)
            }
        }
    }

    /// All records of a partition at this moment.
    func records(_ topic: String, partition: Int32 = 0) async throws -> [Record] {
        let properties = broker.properties
        return try await onThread {
            let consumer = try DataConsumer(
                properties: properties, topic: topic, partition: partition, from: .beginning, readCommitted: true)
            defer { consumer.close() }
            var records: [Record] = []
            let deadline = ContinuousClock.now + .seconds(30)
            while ContinuousClock.now < deadline {
                for event in consumer.poll(max: 10_000, timeout: .milliseconds(100)) {
                    switch event {
                    case .record(let record): records.append(record)
                    case .endOfPartition: return records
                    case .error(let error): if error.isFatal { throw error }
                    }
                }
            }
            throw NotInTime(description: "the end of \(topic)/\(partition)")
        }
    }

    /// What a reader that drops repeated origins has of the ledger, by source partition; also the number of drops.
    func ledgerEntries() async throws -> (entries: [Int32: [String]], dropped: Int, differing: Int) {
        var filter = OriginFilter()
        var entries: [Int32: [String]] = [:]
        var dropped = 0
        var differing = 0
        for record in try await records(ledger) {
            let origin = try #require(record.header(Origin.header).flatMap { Origin($0) })
            switch filter.admit(origin, type: [], key: record.key ?? [], value: record.value ?? []) {
            case .first, .firstOfIncarnation:
                entries[origin.source.partition, default: []].append(text(record.key, record.value))
            case .repeated, .outlived: dropped += 1
            case .repeatedDifferently: differing += 1
            }
        }
        return (entries, dropped, differing)
    }

    /// What the log says must be in the ledger: the machine applied to each partition from its beginning, in one go.
    /// - Parameter skips: records of partition 0 that are stepped over.
    func oracle(skips: [Int64: String] = [:]) async throws -> (entries: [Int32: [String]], machines: [Int32: Bank]) {
        var entries: [Int32: [String]] = [:]
        var machines: [Int32: Bank] = [:]
        for partition in 0..<partitions {
            var state = StreamState(
                service: "bank", deadLetter: "\(name)-dead", machine: Bank(ledger: ledger, log: log, newestRules: .max))
            for record in try await records(log, partition: partition) {
                for send in state.apply(record, skipReason: partition == 0 ? skips[record.offset] : nil).sends
                where send.topic == ledger {
                    entries[partition, default: []].append(text(send.key, send.value))
                }
            }
            machines[partition] = state.machine
        }
        return (entries, machines)
    }

    /// Waits until the ledger holds what the log demands, and nothing else.
    func ledgerFollowsLog(differing: Int = 0, skips: [Int64: String] = [:]) async throws {
        let limit = ContinuousClock.now + .seconds(60)
        while true {
            let found = try await ledgerEntries()
            let expected = try await oracle(skips: skips).entries
            if found.entries == expected, found.differing == differing { return }
            guard ContinuousClock.now < limit else {
                throw NotInTime(description: "ledger \(found.entries) for a log that demands \(expected)")
            }
        }
    }

    private func text(_ key: [UInt8]?, _ value: [UInt8]?) -> String {
        "\(String(decoding: key ?? [], as: UTF8.self)): \(String(decoding: value ?? [], as: UTF8.self))"
    }
}

/// Throws once, at the given visit of a step.
final class CrashOnce: Sendable {
    struct Crash: Error {}

    private let step: StreamStep
    private let visits: Mutex<Int>
    private let done = Mutex(false)

    init(at step: StreamStep, visit: Int) {
        self.step = step
        visits = Mutex(visit)
    }

    var hasCrashed: Bool { done.withLock { $0 } }

    func probe(_ step: StreamStep, _ partition: Int32) throws {
        guard step == self.step else { return }
        let left = visits.withLock { visits in
            visits -= 1
            return visits
        }
        guard left == 0 else { return }
        done.withLock { $0 = true }
        throw Crash()
    }
}
