import Kafka
import TestSupport
import Testing

@Suite("A key's partition is computed as everybody computes it")
struct PartitionerTests {
    /// - Source: Apache Kafka, `UtilsTest.testMurmur2`: the hashes of these strings, here modulo a large prime.
    @Test(
        "murmur2 agrees with Java's",
        arguments: [
            ("21", -973_932_308), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971), ("abc", 479_470_107),
        ] as [(String, Int32)])
    func knownHashes(key: String, hash: Int32) {
        let partitions: Int32 = 1_000_003
        #expect(Partitioner.murmur2(key.bytes, partitions: partitions) == (hash & 0x7fff_ffff) % partitions)
    }

    @Test("librdkafka puts each key where Partitioner says")
    func librdkafkaAgrees() async throws {
        let broker = try await LocalBroker.shared()
        let topic = try await broker.makeTopic(partitions: 7)
        let keys = (0..<200).map { String(repeating: "k", count: $0 % 9) + "\($0)" } + [""]
        let deliveries = try await onThread {
            let producer = try Producer(properties: broker.properties)
            defer { producer.close() }
            for (tag, key) in keys.enumerated() {
                try producer.produce(topic: topic, key: key.bytes, value: [], tag: tag)
            }
            return try poll(producer, until: keys.count)
        }
        for delivery in deliveries {
            #expect(delivery.partition == Partitioner.murmur2(keys[delivery.tag].bytes, partitions: 7))
        }
        #expect(Set(deliveries.map(\.tag)).count == keys.count)
    }
}
