internal import Foundation
internal import Kafka
internal import OrderedCollections
internal import Synchronization

/// The configuration in force, folded from its compacted topic.
///
/// `patchbay apply` writes a revision's changes and then the key `revision` with its decimal number, in one transaction.
/// Leaders relay a complete revision to their logs in the bundled parts that this table holds.
package final class ConfigurationTable: Sendable {
    /// Parts of one revision; with the broker's usual limit of 1 MiB a record this is far beyond any organization.
    package static let partsMax: Int64 = 4096
    package static let revisionKey = "revision"

    private struct State {
        var current: StreamConfiguration?
        var skips: [SkippedRecord: String] = [:]
        var isRead = false
        var isStopping = false
    }

    private let kafka: [String: String]
    let topic: String
    private let bundle: @Sendable ([[UInt8]]) -> [[UInt8]]
    private let state = Mutex(State())

    /// - Parameter bundle: packs the values of the topic, in the order of their keys, into parts for the log.
    package init(
        kafka: [String: String], topic: String, bundle: @escaping @Sendable (_ values: [[UInt8]]) -> [[UInt8]]
    ) {
        self.kafka = kafka
        self.topic = topic
        self.bundle = bundle
    }

    /// The last complete revision; nil before the first.
    package var current: StreamConfiguration? { state.withLock { $0.current } }

    /// The records of logs that operators have stepped over, and why.
    package var skips: [SkippedRecord: String] { state.withLock { $0.skips } }

    /// The topic was read to its end at least once, whether or not it held a revision.
    package var isRead: Bool { state.withLock { $0.isRead } }

    package func shutdown() { state.withLock { $0.isStopping = true } }

    /// Reads the topic until `shutdown()` or cancellation.
    package func run() async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                _ = NamedThread.start("configuration") { continuation.resume(with: Result { try self.read() }) }
            }
        } onCancel: {
            shutdown()
        }
    }

    private var isStopping: Bool { state.withLock { $0.isStopping } }

    private func read() throws {
        let consumer = try DataConsumer(
            properties: kafka, topic: topic, partition: 0, from: .beginning, readCommitted: true)
        defer { consumer.close() }
        var values: [String: [UInt8]] = [:]
        while !isStopping {
            for event in consumer.poll(max: 1000, timeout: .milliseconds(100)) {
                switch event {
                case .record(let record): values[String(decoding: record.key ?? [], as: UTF8.self)] = record.value
                case .endOfPartition:
                    publish(values)
                    state.withLock { $0.isRead = true }
                case .error(let error): if error.isFatal { throw error }
                }
            }
        }
    }

    private func publish(_ values: [String: [UInt8]]) {
        var skips: [SkippedRecord: String] = [:]
        for (key, value) in values {
            if let record = SkippedRecord(key: key) { skips[record] = String(decoding: value, as: UTF8.self) }
        }
        state.withLock { [skips] in $0.skips = skips }
        guard let marker = values[Self.revisionKey],
            let revision = Int64(String(decoding: marker, as: UTF8.self)), revision > current?.revision ?? 0
        else { return }
        let entries = values.filter { $0.key != Self.revisionKey && SkippedRecord(key: $0.key) == nil }
            .sorted { $0.key < $1.key }
        let parts = bundle(entries.map(\.value))
        state.withLock { $0.current = StreamConfiguration(revision: revision, parts: parts) }
    }
}
