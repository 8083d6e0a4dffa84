import Foundation
import TestSupport
import Testing

/// `make fuzz` sets what it wants through the environment; `make test` only reads the inputs that once failed.
private enum Order {
    private static let environment = ProcessInfo.processInfo.environment

    /// Inputs for all targets together.
    static let inputs = environment["PATCHBAY_FUZZ_INPUTS"].flatMap { Int($0) }
    static let seed = environment["PATCHBAY_FUZZ_SEED"].flatMap { UInt64($0) } ?? .random(in: 0 ... .max)
    static let isListing = environment["PATCHBAY_FUZZ_LIST"] != nil
    static let target = environment["PATCHBAY_FUZZ_TARGET"]
    /// Where inputs that crashed the process are left.
    static let folder = URL(filePath: environment["PATCHBAY_FUZZ_DIR"] ?? "/tmp/patchbay-fuzz")

    static var targets: [FuzzTarget] {
        guard inputs != nil else { return [] }
        return FuzzTarget.all.filter { target == nil || $0.name == target }
    }
}

@Suite("Every parser of bytes from outside", .serialized)
struct FuzzTests {
    /// Generous: a machine may be busy with everything at once.
    private static let slowest = Duration.seconds(60)

    @Test("survives spoilt inputs (make fuzz)", .enabled(if: Order.inputs != nil), arguments: Order.targets)
    func fuzz(target: FuzzTarget) async throws {
        let file = Order.folder.appending(path: "\(target.name).input")
        if FileManager.default.fileExists(atPath: file.path) {
            // The last run died of it.
            try await read(FlightRecorder.input(in: file), target)
        }
        let shares = FuzzTarget.all.reduce(0) { $0 + $1.share }
        let count = Int(Double(Order.inputs ?? 0) * target.share / shares)
        let recorder = try FlightRecorder(file)
        var mutator = Mutator(target, seed: Order.seed)
        let start = ContinuousClock.now
        for input in target.corpus {
            recorder.note(input)
            try await read(input, target)
        }
        for _ in 0..<count {
            let input = mutator.next()
            recorder.note(input)
            try await read(input, target)
        }
        recorder.close()
        let seconds = max(0.001, (ContinuousClock.now - start) / .seconds(1))
        let rate = Int(Double(count) / seconds)
        print("fuzz \(target.name): \(count) inputs, \(rate)/s, seed \(Order.seed)")
    }

    private func read(_ input: [UInt8], _ target: FuzzTarget) async throws {
        let start = ContinuousClock.now
        do {
            try await target.read(input)
        } catch {
            let shown = Data(input).base64EncodedString()
            throw FuzzTarget.Finding("\(target.name), seed \(Order.seed): \(error); input in Base64: \(shown)")
        }
        guard ContinuousClock.now - start < Self.slowest else {
            throw FuzzTarget.Finding("\(target.name): took too long: \(Data(input).base64EncodedString())")
        }
    }

    @Test("are known by name (make fuzz)", .enabled(if: Order.isListing))
    func list() {
        for target in FuzzTarget.all { print("fuzz-target \(target.name)") }
    }

    @Test("reads each of its good inputs, and those that once failed", arguments: FuzzTarget.all)
    func regressions(target: FuzzTarget) async throws {
        let folder = repositoryRoot.appending(path: "Tests/FuzzTests/Regressions/\(target.name)")
        let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        for input in try target.corpus + files.map({ Array(try Data(contentsOf: $0)) }) {
            try await target.read(input)
        }
        #expect(!target.corpus.isEmpty)
    }
}
