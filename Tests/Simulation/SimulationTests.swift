import Domain
import Foundation
import Testing

@Suite("Whatever happens, an independent model finds every promise kept")
struct SimulationTests {
    @Test("300 mad worlds, whose records and outputs are read one by one", arguments: 0..<20)
    func madWorlds(block: Int) {
        var seen: [String: Int] = [:]
        for index in 0..<15 {
            seen.merge(Self.judge(seed: UInt64(block * 15 + index))) { $0 + $1 }
        }
        let missing = Self.kinds.filter { seen[$0] == nil }
        #expect(missing.count <= 4, "the worlds must do something, and there was no \(missing)")
    }

    /// What happens in fifteen worlds, but for the rarest.
    private static let kinds = [
        "opened", "offered", "offerAccepted", "offerDeclined", "offerExpired", "offerRevoked", "assigned", "parked",
        "resumed", "requeued", "transferred", "transferredToAgent", "requirementsRelaxed", "widened", "escalated",
        "wrapUpStarted", "closed", "abandoned", "consultStarted", "consultEnded", "customerLeft", "presenceChanged",
        "scheduled", "shiftEnded", "airGiven", "turnedAway", "handedOver", "takenOver",
    ]

    @Test("Worlds that once failed", arguments: Self.seedsThatFailed)
    func failedOnce(seed: UInt64) {
        _ = Self.judge(seed: seed)
    }

    /// In the worlds of their time.
    static let seedsThatFailed: [UInt64] = [
        // An offer that a new configuration took back relaxed what the old one had asked for.
        100,
        // A guard of the time in work that became stricter was obeyed only when the agent's work began or ended next.
        31,
        // Pulled from a queue that nobody had configured, and given back, it could be pulled again at once.
        142,
    ]

    @Test(
        "Mad worlds without end, by PATCHBAY_SOAK",
        .enabled(if: ProcessInfo.processInfo.environment["PATCHBAY_SOAK"] != nil))
    func soak() {
        let environment = ProcessInfo.processInfo.environment
        let minutes = environment["PATCHBAY_SOAK"].flatMap { Int($0) } ?? 10
        var seed =
            environment["PATCHBAY_SEED"].flatMap { UInt64($0) } ?? UInt64(Date().timeIntervalSince1970) * 1_000_000
        let first = seed
        let end = ContinuousClock.now + .seconds(60 * minutes)
        while ContinuousClock.now < end {
            _ = Self.judge(seed: seed, steps: 50 + Int(seed % 7) * 60)
            seed += 1
        }
        print("seeds \(first)..<\(seed) were simulated")
    }

    /// Runs a world; one that fails is shrunk and printed.
    /// - Returns: how often each kind of event was seen.
    private static func judge(seed: UInt64, steps: Int = 110) -> [String: Int] {
        var world = World(seed: seed)
        guard var failure = world.run(steps: steps) else { return world.trial.seen }
        failure.shrink()
        Issue.record("\(failure)")
        return world.trial.seen
    }
}

@Suite("The model bites")
struct BitingTests {
    @Test("A machine that breaks a rule is caught, under the promise's name", arguments: Distortion.all)
    func bites(distortion: Distortion) throws {
        let failure = try #require(Self.firstFailure(of: distortion), "nobody noticed")
        #expect(distortion.promises.contains(failure.broken.promise), "\(failure.broken)")
    }

    @Test("A failure is shrunk to the few steps that it takes")
    func shrinks() throws {
        let distortion = try #require(Distortion.all.first { $0.name == "accepts twice" })
        var failure = try #require(Self.firstFailure(of: distortion))
        failure.shrink(distortion)
        // At least a configuration, an agent who is there, a message, and the offer accepted.
        #expect((4...10).contains(failure.history.count), "\(failure)")
        #expect(failure.broken.promise == .oneOwner)
        #expect("\(failure)".contains("breaks promise 2, one owner"))
    }

    @Test("Every promise that it watches is broken by some distortion")
    func coversAll() {
        #expect(Distortion.all.reduce(into: Set()) { $0.formUnion($1.promises) } == Set(Promise.allCases))
    }

    static func firstFailure(of distortion: Distortion) -> Failure? {
        for seed in 0..<60 as Range<UInt64> {
            var world = World(seed: seed, distortion)
            if let failure = world.run(steps: 110) { return failure }
        }
        return nil
    }
}
