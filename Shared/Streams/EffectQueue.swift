internal import Domain
internal import Foundation
internal import OrderedCollections
internal import Synchronization

/// The effects that the leader has begun or must begin.
struct EffectQueue {
    private(set) var waiting: OrderedSet<String> = []
    /// When the attempt was written.
    private(set) var begun: [String: ContinuousClock.Instant] = [:]

    mutating func enqueue(_ effects: [String]) {
        for effect in effects where begun[effect] == nil { waiting.append(effect) }
    }

    mutating func next(at time: ContinuousClock.Instant, limit: Int) -> String? {
        guard begun.count < limit, !waiting.isEmpty else { return nil }
        let effect = waiting.removeFirst()
        begun[effect] = time
        return effect
    }

    mutating func finished(_ effect: String) {
        begun[effect] = nil
        waiting.remove(effect)
    }

    /// Its attempt is too old to prove anything: it must be attempted anew.
    mutating func again(_ effect: String) {
        begun[effect] = nil
        waiting.append(effect)
    }
}

extension TaskLoop {
    /// Writes attempts, as many as may be under way.
    func pumpEffects() throws {
        while let effect = effects.next(at: clock.now, limit: settings.effectsInFlightMax) {
            try append(.attempt(effect: effect, token: token))
        }
    }

    /// The attempt was read back, so no other leader had come before it: perform, unless that was too long ago.
    func begin(_ effect: String, _ payload: [UInt8]) throws {
        guard let begun = effects.begun[effect] else { return }
        guard clock.now - begun < settings.sessionTimeout else { return effects.again(effect) }
        try settings.probe(.attemptRead, partition)
        task.context.startEffect(EffectRequest(task: task, effect: effect, payload: payload))
    }

    /// Writes the results that have come in to the log.
    func appendResults() throws {
        let results = task.shared.withLock { shared in
            defer { shared.results = [] }
            return shared.results
        }
        for result in results {
            try settings.probe(.effectPerformed, partition)
            task.context.counters.effectPerformed()
            try append(.result(effect: result.effect, token: token), value: result.bytes)
        }
    }
}
