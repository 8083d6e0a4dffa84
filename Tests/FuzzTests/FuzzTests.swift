import Foundation
import Glibc
import TestSupport
import Testing

/// `make fuzz` sets what it wants through the environment; `make test` only reads the inputs that once failed.
private enum Order {
    private static let environment = ProcessInfo.processInfo.environment

    /// Inputs for all targets together, or else for each.
    private static let inputs = environment["PATCHBAY_FUZZ_INPUTS"].flatMap { Int($0) }
    private static let inputsEach = environment["PATCHBAY_FUZZ_EACH"].flatMap { Int($0) }
    static let seed = environment["PATCHBAY_FUZZ_SEED"].flatMap { UInt64($0) } ?? .random(in: 0 ... .max)
    static let isListing = environment["PATCHBAY_FUZZ_LIST"] != nil
    static let target = environment["PATCHBAY_FUZZ_TARGET"]
    /// Where inputs that crashed the process are left.
    static let folder = URL(filePath: environment["PATCHBAY_FUZZ_DIR"] ?? "/tmp/patchbay-fuzz")

    static let isGiven = inputs != nil || inputsEach != nil

    static var targets: [FuzzTarget] {
        isGiven ? FuzzTarget.all.filter { target == nil || $0.name == target } : []
    }

    static func inputs(for target: FuzzTarget) -> Int {
        if let inputsEach { return inputsEach }
        let shares = FuzzTarget.all.reduce(0) { $0 + $1.share }
        return Int(Double(inputs ?? 0) * target.share / shares)
    }
}

@Suite("Every parser of bytes from outside", .serialized)
struct FuzzTests {
    /// Generous: a machine may be busy with everything at once.
    private static let slowest = Duration.seconds(60)

    @Test("survives spoilt inputs (make fuzz)", .enabled(if: Order.isGiven), arguments: Order.targets)
    func fuzz(target: FuzzTarget) async throws {
        forgetBacktraces()
        let file = Order.folder.appending(path: "\(target.name).input")
        if FileManager.default.fileExists(atPath: file.path) {
            // The last run died of it.
            try await read(FlightRecorder.input(in: file), target)
        }
        let count = Order.inputs(for: target)
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

    /// Swift Testing takes the backtrace of every error when it is thrown; here that is most of the time, for nobody.
    private func forgetBacktraces() {
        for hook in ["_swift_willThrow", "_swift_willThrowTypedImpl"] {
            dlsym(nil, hook)?.storeBytes(of: nil, as: OpaquePointer?.self)
        }
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
