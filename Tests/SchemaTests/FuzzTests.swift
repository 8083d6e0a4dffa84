import Domain
import Schema
import Testing

@Suite("Whatever the bytes, reading them ends in a value or a WireError")
struct FuzzTests {
    /// Seeds that once failed stay here.
    static let seeds: [UInt64] = [.random(in: 0...UInt64.max), 1]

    @Test("Random bytes and damaged records never crash", arguments: seeds)
    func neverCrashes(seed: UInt64) {
        var generator = SeededGenerator(state: seed)
        var readable = 0
        for round in 0..<10_000 {
            let bytes = input(round, &generator)
            for type in Self.types where reads(type, bytes) == .differently {
                Issue.record("seed \(seed), round \(round): what was read as \(type) encodes to something else")
            }
            readable += Self.types.count { reads($0, bytes) == .well }
            _ = try? Configuration(revision: 1, parts: [bytes])
            for topic in Topic.allCases { _ = try? WireJSON.string(topic, key: [], value: bytes) }
        }
        #expect(readable > 1000, "seed \(seed): the damage is so great that nothing is tested")
    }

    private static let types: [any (WireRecord & Hashable).Type] = [
        InboundRecord.self, WorkCommand.self, WorkEvent.self, ClockSignal.self, OutboundMessage.self,
        DeliveryEvent.self, SLAEvent.self, IdentityEntry.self, CustomerProfile.self, ConfigurationEntry.self,
    ]

    /// Random bytes, or a record with some bytes changed, cut out or put in.
    private func input(_ round: Int, _ generator: inout SeededGenerator) -> [UInt8] {
        guard round % 4 != 0, var bytes = Sample.all.randomElement(using: &generator)?.bytes else {
            return (0..<Int.random(in: 0...120, using: &generator)).map { _ in .random(in: 0...255, using: &generator) }
        }
        for _ in 0..<Int.random(in: 1...3, using: &generator) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: bytes[index] = .random(in: 0...255, using: &generator)
            case 1: bytes[index] ^= 1 << UInt8.random(in: 0...7, using: &generator)
            case 2: bytes.remove(at: index)
            default: bytes.insert(.random(in: 0...255, using: &generator), at: index)
            }
        }
        return bytes
    }

    private enum Reading { case not, well, differently }

    private func reads(_ type: any (WireRecord & Hashable).Type, _ bytes: [UInt8]) -> Reading {
        reading(type, bytes)
    }

    private func reading<R: WireRecord & Hashable>(_ type: R.Type, _ bytes: [UInt8]) -> Reading {
        guard let record = try? R(wire: bytes) else { return .not }
        return (try? R(wire: record.encoded())) == record ? .well : .differently
    }
}

/// SplitMix64: small, and the same everywhere.
/// - Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
