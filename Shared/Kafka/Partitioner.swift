/// Which partition a key belongs to, computed without asking a broker.
package enum Partitioner {
    /// The partition that Java's default partitioner and librdkafka's `murmur2_random` choose for a key.
    /// - Source: `org.apache.kafka.common.utils.Utils.murmur2`, `toPositive(murmur2(key)) % partitions`.
    package static func murmur2(_ key: [UInt8], partitions: Int32) -> Int32 {
        precondition(partitions > 0, "a topic has at least one partition")
        return Int32(hash(key) & 0x7fff_ffff) % partitions
    }

    /// MurmurHash 2, 32 bits, with Kafka's seed.
    private static func hash(_ key: [UInt8]) -> UInt32 {
        let mix: UInt32 = 0x5bd1_e995
        var hash: UInt32 = 0x9747_b28c ^ UInt32(truncatingIfNeeded: key.count)
        let words = key.count / 4
        for word in 0..<words {
            var block = UInt32(key[word * 4])
            block |= UInt32(key[word * 4 + 1]) << 8
            block |= UInt32(key[word * 4 + 2]) << 16
            block |= UInt32(key[word * 4 + 3]) << 24
            block &*= mix
            block ^= block >> 24
            block &*= mix
            hash = (hash &* mix) ^ block
        }
        let rest = key[(words * 4)...]
        if !rest.isEmpty {
            for (index, byte) in rest.enumerated() {
                hash ^= UInt32(byte) << (8 * UInt32(index))
            }
            hash &*= mix
        }
        hash ^= hash >> 13
        hash &*= mix
        return hash ^ (hash >> 15)
    }
}
