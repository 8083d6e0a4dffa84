import Domain
import OrderedCollections
import RouterCore
import TestSupport

/// The machine under trial; with a distortion, one that breaks a rule.
struct Defendant {
    private(set) var router = RouterMachine()
    private let distortion: Distortion?

    init(_ distortion: Distortion? = nil) { self.distortion = distortion }

    var nextDeadline: Instant? { distortion?.deadline(router.nextDeadline) ?? router.nextDeadline }

    mutating func advance(to now: Instant) -> [RouterOutput] { distorted(router.advance(to: now)) }

    mutating func follow(_ step: Step, at now: Instant) -> [RouterOutput] {
        switch step {
        case .command(let command):
            guard let command = distortion.map({ $0.command(command) }) ?? command else { return [] }
            return distorted(router.apply(command, at: now))
        case .configuration(let configuration):
            return distorted(router.configure(distortion?.configuration(configuration) ?? configuration, at: now))
        case .tick, .checkpoint, .restart, .secondLeader, .depose: return []
        }
    }

    private func distorted(_ outputs: [RouterOutput]) -> [RouterOutput] { distortion?.outputs(outputs) ?? outputs }

    mutating func changes() -> [RouterChange] { router.changes() }

    var configuration: Configuration { router.configuration }

    static func restored(
        _ configuration: Configuration, _ entities: [RouterEntity], _ distortion: Distortion?
    ) -> Defendant {
        var machine = Defendant(distortion)
        machine.router.restore(configuration)
        for entity in entities where distortion?.isRestored(entity) ?? true { machine.router.restore(entity) }
        return machine
    }
}

/// A history in the making: the machine is led through it, and the model reads along.
struct Trial {
    private struct Said {
        var moment: Moment
        var outputs: [[RouterOutput]]
    }

    private let distortion: Distortion?
    private(set) var model = Model()
    var router: RouterMachine { leader.router }
    /// How often each kind of event was seen.
    private(set) var seen: [String: Int] = [:]
    private var leader: Defendant
    private var second: Defendant?
    private var stored: OrderedDictionary<RouterEntityKey, RouterEntity> = [:]
    private var storedConfiguration = Configuration(revision: 0)
    private var since: [Said] = []

    init(_ distortion: Distortion? = nil) {
        self.distortion = distortion
        leader = Defendant(distortion)
    }

    var nextDeadline: Instant? { leader.nextDeadline }

    /// - Returns: what one pool's log sends to another's.
    /// - Throws: `BrokenPromise`.
    @discardableResult
    mutating func perform(_ moment: Moment) throws -> [WorkCommand] {
        switch moment.step {
        case .checkpoint: checkpoint()
        case .restart: leader = try successor(at: moment.at)
        case .secondLeader: second = try successor(at: moment.at)
        case .depose:
            guard let next = second else { break }
            leader = next
            second = nil
        case .tick: return try apply(moment, as: .time)
        // In a history that was made shorter it may never have been sent.
        case .command(.handedOver(let handOver)) where !model.sentOn.contains(.handedOver(handOver)): break
        case .command(let command): return try apply(moment, as: .command(command))
        case .configuration(let configuration): return try apply(moment, as: .configuration(configuration))
        }
        return []
    }

    private mutating func apply(_ moment: Moment, as cause: Model.Cause) throws -> [WorkCommand] {
        let due = leader.advance(to: moment.at)
        try model.read(.time, due, at: moment.at)
        let outputs = leader.follow(moment.step, at: moment.at)
        try model.read(cause, outputs, at: moment.at)
        try model.check(nextDeadline: leader.nextDeadline)
        if distortion == nil, let contradiction = leader.router.contradiction {
            throw BrokenPromise(.theLogDecides, "inside, \(contradiction)")
        }
        since.append(Said(moment: moment, outputs: [due, outputs]))
        for case .event(let event) in due + outputs {
            let kind = String(describing: event.kind)
            seen[String(kind.prefix { $0 != "(" }), default: 0] += 1
        }
        let sentOn = (due + outputs).compactMap { if case .command(let command, _) = $0 { command } else { nil } }
        guard second != nil else { return sentOn }
        try Self.repeatWhatWasSaid(since[since.count - 1], on: &second!)
        guard second!.nextDeadline == leader.nextDeadline else {
            throw BrokenPromise(.theLogDecides, "two leaders wake at different times")
        }
        return sentOn
    }

    private mutating func checkpoint() {
        for change in leader.changes() { stored[change.key] = change.entity }
        storedConfiguration = leader.configuration
        since.removeAll()
        second = nil
    }

    /// One that starts from the checkpoint, whose entities come in any order, and has read the log since.
    private func successor(at now: Instant) throws -> Defendant {
        var generator = SeededGenerator(seed: UInt64(bitPattern: now.milliseconds))
        var next = Defendant.restored(
            storedConfiguration, stored.values.shuffled(using: &generator), distortion)
        for said in since { try Self.repeatWhatWasSaid(said, on: &next) }
        guard next.nextDeadline == leader.nextDeadline else {
            throw BrokenPromise(.theLogDecides, "one that restarted wakes at another time")
        }
        guard distortion != nil || next.router.hasState(of: leader.router) else {
            throw BrokenPromise(.theLogDecides, "one that restarted has another state")
        }
        return next
    }

    private static func repeatWhatWasSaid(_ said: Said, on machine: inout Defendant) throws {
        let again = [
            machine.advance(to: said.moment.at), machine.follow(said.moment.step, at: said.moment.at),
        ]
        guard again != said.outputs else { return }
        throw BrokenPromise(.theLogDecides, "it says \(again), and first it was \(said.outputs)")
    }

    /// What a history breaks; nil when it breaks nothing.
    static func verdict(on history: [Moment], _ distortion: Distortion? = nil) -> BrokenPromise? {
        var trial = Trial(distortion)
        do {
            for moment in history { try trial.perform(moment) }
            return nil
        } catch {
            return error as? BrokenPromise
        }
    }
}

/// A world that broke a promise, and the least of it that still does.
struct Failure: CustomStringConvertible {
    var seed: UInt64
    var broken: BrokenPromise
    var history: [Moment]

    var description: String {
        "seed \(seed) breaks \(broken)\n" + history.map { "  \($0)" }.joined(separator: "\n")
    }

    /// Leaves out steps, many at first and then one by one, while the same promise is broken.
    mutating func shrink(_ distortion: Distortion? = nil) {
        var size = max(1, history.count / 2)
        while true {
            var start = 0
            var isShorter = false
            while start < history.count {
                var fewer = history
                fewer.removeSubrange(start..<min(start + size, fewer.count))
                if let broken = Trial.verdict(on: fewer, distortion), broken.promise == self.broken.promise {
                    history = fewer
                    self.broken = broken
                    isShorter = true
                } else {
                    start += size
                }
            }
            if size == 1, !isShorter { return }
            size = max(1, size / 2)
        }
    }
}
