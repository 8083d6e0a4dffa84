internal import DequeModule
internal import Domain
internal import Foundation
internal import OrderedCollections
internal import Synchronization

/// The effects that the leader has begun or must begin, in lanes.
///
/// The effects of one lane go to the same place outside, so they are slow together. Lanes take turns, and none takes
/// more than its share of the places that are free: one that hangs holds up itself, and the next one still finds some.
/// - Bounds: `limit` effects under way; of them a lane begins another one only while it has fewer than a third of the
///   free places. Alone it gets a quarter of all, and each further lane a quarter of what the ones before have left.
struct EffectQueue {
    private struct Held {
        var lane: String
        /// When the attempt was written; nil while it waits.
        var begun: ContinuousClock.Instant?
    }

    private struct Lane {
        var waiting: OrderedSet<String> = []
        var underWay = 0
    }

    private static let freePlacesPerPlace = 3

    private var held: [String: Held] = [:]
    private var lanes: [String: Lane] = [:]
    /// The lanes in which an effect waits, each once; the first has its turn.
    private var turns: Deque<String> = []
    private(set) var underWay = 0

    /// Takes an effect once.
    mutating func enqueue(_ effect: String, lane: String) {
        guard held[effect] == nil else { return }
        held[effect] = Held(lane: lane)
        wait(effect, in: lane)
    }

    private mutating func wait(_ effect: String, in lane: String) {
        if lanes[lane]?.waiting.isEmpty ?? true { turns.append(lane) }
        lanes[lane, default: Lane()].waiting.append(effect)
    }

    /// Begins the next effect that has a place.
    mutating func next(at time: ContinuousClock.Instant, limit: Int) -> String? {
        guard underWay < limit else { return nil }
        let share = max(1, (limit - underWay) / Self.freePlacesPerPlace)
        for _ in turns.indices {
            let name = turns.removeFirst()
            guard var lane = lanes[name], !lane.waiting.isEmpty else { continue }
            guard lane.underWay < share else {
                turns.append(name)
                continue
            }
            let effect = lane.waiting.removeFirst()
            if !lane.waiting.isEmpty { turns.append(name) }
            lane.underWay += 1
            lanes[name] = lane
            underWay += 1
            held[effect]?.begun = time
            return effect
        }
        return nil
    }

    /// When the attempt was written; nil for an effect that has none.
    func begun(_ effect: String) -> ContinuousClock.Instant? { held[effect]?.begun }

    mutating func finished(_ effect: String) {
        guard let known = held.removeValue(forKey: effect) else { return }
        if known.begun == nil { lanes[known.lane]?.waiting.remove(effect) } else { leave(known.lane) }
        forgetIfEmpty(known.lane)
    }

    /// Its attempt is too old to prove anything: it must be attempted anew.
    mutating func again(_ effect: String) {
        guard let known = held[effect], known.begun != nil else { return }
        leave(known.lane)
        held[effect]?.begun = nil
        wait(effect, in: known.lane)
    }

    private mutating func leave(_ lane: String) {
        lanes[lane]?.underWay -= 1
        underWay -= 1
    }

    private mutating func forgetIfEmpty(_ name: String) {
        guard let lane = lanes[name], lane.waiting.isEmpty else { return }
        turns.removeAll { $0 == name }
        if lane.underWay == 0 { lanes[name] = nil }
    }
}

extension TaskLoop {
    /// Takes effects that have no result yet, each into the lane that its performer names.
    func enqueue(_ ids: some Sequence<String>) {
        let payloads = task.shared.withLock { shared in
            ids.compactMap { id in shared.state.effects[id].map { (id, $0.payload) } }
        }
        for (id, payload) in payloads { effects.enqueue(id, lane: task.context.lane(id, payload)) }
    }

    /// Writes attempts, as many as may be under way.
    func pumpEffects() throws {
        while let effect = effects.next(at: clock.now, limit: settings.effectsInFlightMax) {
            try append(.attempt(effect: effect, token: token))
        }
    }

    /// The attempt was read back, so no other leader had come before it: perform, unless that was too long ago.
    func begin(_ effect: String, _ payload: [UInt8]) throws {
        guard let begun = effects.begun(effect) else { return }
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
