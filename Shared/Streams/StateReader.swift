internal import Kafka
internal import OrderedCollections

/// Reads a state partition from its beginning to its end.
struct StateReader {
    var settings: StreamSettings
    var partition: Int32

    /// The last value of each key, in the order of their last writing; tombstones are gone.
    ///
    /// Must come after the previous owner was fenced: then its open transaction is aborted, and the end is an end.
    /// - Throws: `KafkaError`; `StreamError` kafka when the end is not reached in time.
    func read(until isStopping: () -> Bool) throws -> OrderedDictionary<String, [UInt8]> {
        let consumer = try DataConsumer(
            properties: settings.kafka, topic: settings.state, partition: partition, from: .beginning,
            readCommitted: true)
        defer { consumer.close() }
        let clock = ContinuousClock()
        var lastProgress = clock.now
        var entries: OrderedDictionary<String, [UInt8]> = [:]
        while clock.now - lastProgress < .seconds(60), !isStopping() {
            for event in consumer.poll(max: 10_000, timeout: .milliseconds(100)) {
                lastProgress = clock.now
                switch event {
                case .record(let record):
                    let key = String(decoding: record.key ?? [], as: UTF8.self)
                    entries[key] = record.value
                case .endOfPartition: return entries
                case .error(let error): if error.isFatal || !error.isRetriable { throw error }
                }
            }
        }
        throw StreamError(.kafka, "\(settings.state)/\(partition) could not be read to its end")
    }
}
