package import Domain
import OrderedCollections

/// How much of the last while an agent spent in work, in a moving window of buckets.
///
/// - Bounds: `bucketsMax` buckets.
package struct Occupancy: Hashable, Sendable {
    package static let bucketsMax: Int64 = 60

    package var bucketMilliseconds: Int64
    /// The number of the latest bucket, counted from 1970.
    package var latest: Int64
    /// Milliseconds in work in each bucket, the latest first.
    package var worked: [Int64]
    /// Nil: not in work. What came before is in the buckets.
    package var workingSince: Instant?

    package init(bucketMilliseconds: Int64, latest: Int64, worked: [Int64], workingSince: Instant? = nil) {
        self.bucketMilliseconds = max(1, bucketMilliseconds)
        self.latest = latest
        self.worked = Array(worked.prefix(Int(Self.bucketsMax)))
        if self.worked.isEmpty { self.worked = [0] }
        self.workingSince = workingSince
    }

    init(_ rule: RoutingProfile.OccupancyGuard, at now: Instant) {
        let size = rule.bucketMilliseconds
        self.init(bucketMilliseconds: size, latest: now.milliseconds / size, worked: [0])
    }

    /// Counts what was worked up to now, and starts or stops.
    mutating func turn(isWorking: Bool, at now: Instant) {
        if let since = workingSince {
            let oldest = (now.milliseconds / bucketMilliseconds - Self.bucketsMax + 1) * bucketMilliseconds
            var from = max(since.milliseconds, oldest)
            while from < now.milliseconds {
                roll(to: from / bucketMilliseconds)
                let end = min(now.milliseconds, (latest + 1) * bucketMilliseconds)
                worked[0] += end - from
                from = end
            }
        }
        roll(to: now.milliseconds / bucketMilliseconds)
        workingSince = isWorking ? now : nil
    }

    /// When the share will be reached if the agent goes on working; nil: never. Call `turn` first.
    func reaches(percent: Int, from now: Instant) -> Instant? {
        let limit = max(1, bucketMilliseconds * Self.bucketsMax * Int64(min(max(0, percent), 1_000)) / 100)
        var ahead = self
        var time = now.milliseconds
        for _ in 0...Self.bucketsMax {
            let need = limit - ahead.worked.reduce(0, +)
            if need <= 0 { return Instant(milliseconds: time) }
            let end = (ahead.latest + 1) * bucketMilliseconds
            if need <= end - time { return Instant(milliseconds: time + need) }
            ahead.worked[0] += end - time
            time = end
            ahead.roll(to: ahead.latest + 1)
        }
        return nil
    }

    private mutating func roll(to bucket: Int64) {
        guard bucket > latest else { return }
        let gap = min(bucket - latest, Self.bucketsMax)
        worked = Array((Array(repeating: 0, count: Int(gap)) + worked).prefix(Int(Self.bucketsMax)))
        latest = bucket
    }
}

extension RoutingProfile.OccupancyGuard {
    /// At least a second: a window is at least a minute.
    var bucketMilliseconds: Int64 { max(1_000, Int64(max(0, windowSeconds)) * 1_000 / Occupancy.bucketsMax) }

    var air: Duration { .seconds(max(1, airSeconds)) }
}

// Air before work.
extension RouterMachine {
    /// Starts or stops the count of the agent's time in work: available, and with something that is not idle.
    /// - Parameter isRuleNew: how much is too much may be another.
    mutating func noteWork(of id: AgentID, isRuleNew: Bool = false, at now: Instant) {
        guard let place = agents.place(of: id) else { return }
        guard let rule = roster[id]?.profile.occupancyGuard else {
            guard agents[at: place].occupancy != nil else { return }
            update(agent: id) { agent in
                agent.occupancy = nil
                agent.airDueAt = nil
                agent.airUntil = nil
            }
            return reconsider(id)
        }
        let agent = agents[at: place]
        let isWorking = agent.presence == .available && agent.holds.values.contains { $0.activity.isWork }
        var occupancy = agent.occupancy ?? Occupancy(rule, at: now)
        if occupancy.bucketMilliseconds != rule.bucketMilliseconds { occupancy = Occupancy(rule, at: now) }
        guard isRuleNew || isWorking != (occupancy.workingSince != nil) || agent.occupancy == nil else { return }
        measure(id, occupancy, isWorking: isWorking, by: rule, at: now)
    }

    private mutating func measure(
        _ id: AgentID, _ occupancy: Occupancy, isWorking: Bool, by rule: RoutingProfile.OccupancyGuard,
        at now: Instant
    ) {
        var occupancy = occupancy
        occupancy.turn(isWorking: isWorking, at: now)
        let due = isWorking ? occupancy.reaches(percent: rule.percentMax, from: now) : nil
        update(agent: id) { agent in
            agent.occupancy = occupancy
            // While there is air, its end is when to look again.
            agent.airDueAt = agent.airUntil == nil ? due : nil
        }
    }

    /// The share is reached, or the air is over.
    mutating func airIsDue(_ id: AgentID, at now: Instant) {
        guard let agent = agents[id], let rule = roster[id]?.profile.occupancyGuard, let occupancy = agent.occupancy
        else { return }
        if let until = agent.airUntil, until <= now {
            update(agent: id) { $0.airUntil = nil }
            measure(id, occupancy, isWorking: occupancy.workingSince != nil, by: rule, at: now)
        }
        if let due = agents[id]?.airDueAt, due <= now {
            let until = now + rule.air
            update(agent: id) { agent in
                agent.airDueAt = nil
                agent.airUntil = until
            }
            emit(.airGiven(id, until: until), in: agent.poolID, at: now)
        }
        guard agents[id]?.airUntil != agent.airUntil else { return }
        touch(id)
        reconsider(id)
    }
}
