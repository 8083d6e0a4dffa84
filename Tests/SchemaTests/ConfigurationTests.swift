import Domain
import OrderedCollections
import Schema
import SwiftProtobuf
import Testing

@Suite("A configuration revision travels in parts")
struct ConfigurationTests {
    static let values = Sample.configuration.map { $0.encoded() }

    @Test("Keys are kind/name")
    func keys() {
        #expect(ConfigurationEntry.pool(Pool(id: "europe", name: "Europe")).key == "pool/europe")
        #expect(ConfigurationEntry.slaPolicy(SLAPolicy(id: "standard")).key == "sla-policy/standard")
        let kinds = Set(Sample.configuration.map(\.kind))
        #expect(kinds == Set(ConfigurationEntry.Kind.allCases))
        #expect(Set(Sample.configuration.map(\.key)).count == Sample.configuration.count)
    }

    @Test("It is read back whatever the size of the parts", arguments: [1, 40, 100, 333, 1000, 1_000_000])
    func isReadBack(bytesMax: Int) throws {
        let parts = ConfigurationEntry.bundle(Self.values, bytesMax: bytesMax)
        let configuration = try Configuration(revision: 7, parts: parts)
        #expect(configuration.revision == 7)
        #expect(configuration.entries == Sample.configuration)
        #expect(configuration == Configuration(revision: 7, entries: Sample.configuration))
        for part in parts {
            let entries = try WireConfigurationBundle(decoding: part).entries.count
            #expect(part.count <= bytesMax || entries == 1)
        }
    }

    @Test("No part has room left for the next value")
    func partsAreFull() throws {
        let parts = ConfigurationEntry.bundle(Self.values, bytesMax: 333)
        #expect(parts.count > 2)
        for (part, next) in zip(parts, parts.dropFirst()) {
            let first = try #require(try WireConfigurationBundle(decoding: next).entries.first)
            #expect(part.count + WireConfigurationBundle.with { $0.entries = [first] }.deterministicBytes().count > 333)
        }
    }

    @Test("Values of every length of prefix are counted rightly", arguments: [0, 1, 127, 128, 16_383, 16_384])
    func lengthsAreCounted(length: Int) throws {
        let value = [UInt8](repeating: 1, count: length)
        let one = ConfigurationEntry.bundle([value], bytesMax: 1)
        let bytes = try #require(one.first).count
        #expect(ConfigurationEntry.bundle([value, value], bytesMax: 2 * bytes).count == 1)
        #expect(ConfigurationEntry.bundle([value, value], bytesMax: 2 * bytes - 1).count == 2)
    }

    @Test("The order of the entries does not count, and of two with one key the later does")
    func orderDoesNotCount() throws {
        let shuffled = Array(Self.values.reversed())
        let configuration = try Configuration(
            revision: 7, parts: ConfigurationEntry.bundle(shuffled, bytesMax: 500))
        #expect(configuration.entries == Sample.configuration)
        let pools = ["first", "second"].map { ConfigurationEntry.pool(Pool(id: "europe", name: $0)) }
        #expect(Configuration(revision: 1, entries: pools).pools["europe"]?.name == "second")
    }

    @Test("No entries are no parts, and no parts an empty configuration")
    func empty() throws {
        #expect(ConfigurationEntry.bundle([], bytesMax: 100) == [])
        #expect(try Configuration(revision: 1, parts: []) == Configuration(revision: 1))
    }

    @Test("An entry that does not fit is named by its place")
    func misfit() throws {
        let broken = WireConfigurationRecord.with { $0.pool.name = "nameless" }.deterministicBytes()
        let parts = ConfigurationEntry.bundle([Self.values[0], broken], bytesMax: 100_000)
        let error = try #require(throws: WireError.self) { try Configuration(revision: 1, parts: parts) }
        #expect(error.field == "parts[0].entries[1].pool.id")
    }
}
