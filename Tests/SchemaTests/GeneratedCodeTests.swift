import Crypto
import Testing

@Suite("The generated Swift belongs to the .proto files beside it")
struct GeneratedCodeTests {
    static let folder = "Shared/Schema"

    /// One line of `hashes.txt`.
    struct Entry {
        let proto: String
        let protoHash: String
        let swiftHash: String
    }

    static func entries() throws -> [Entry] {
        try RepositoryFile.text("\(folder)/Generated/hashes.txt").split(separator: "\n").map { line in
            let columns = line.split(separator: " ").map(String.init)
            try #require(columns.count == 3, "\(line)")
            return Entry(proto: columns[0], protoHash: columns[1], swiftHash: columns[2])
        }
    }

    @Test("Each .proto has its line and its Swift file, and there are no others")
    func filesMatch() throws {
        let protos = try RepositoryFile.names(in: "\(Self.folder)/Proto", ending: ".proto")
        let generated = try RepositoryFile.names(in: "\(Self.folder)/Generated", ending: ".pb.swift")
        let names = try Self.entries().map(\.proto)
        #expect(protos.count >= 11)
        #expect(names.sorted() == protos, "run `make proto`")
        #expect(generated == protos.map { $0.replacing(".proto", with: ".pb.swift") }.sorted(), "run `make proto`")
    }

    @Test("Neither side was changed since they were generated")
    func hashesMatch() throws {
        for entry in try Self.entries() {
            let swift = entry.proto.replacing(".proto", with: ".pb.swift")
            let protoHash = Self.hash(try RepositoryFile.bytes("\(Self.folder)/Proto/\(entry.proto)"))
            let swiftHash = Self.hash(try RepositoryFile.bytes("\(Self.folder)/Generated/\(swift)"))
            #expect(protoHash == entry.protoHash, "\(entry.proto) was changed: run `make proto`")
            #expect(swiftHash == entry.swiftHash, "\(swift) was changed by hand: run `make proto`")
        }
    }

    private static func hash(_ bytes: [UInt8]) -> String {
        SHA256.hash(data: bytes).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
