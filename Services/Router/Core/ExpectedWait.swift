package import Domain
import OrderedCollections

/// How long a work item will probably go on waiting.
///
/// - Units: seconds, rounded up.
/// - Bounds: `RouterLimits.expectedWaitSecondsMax`.
package struct ExpectedWait: Hashable, Sendable {
    /// As likely longer as shorter.
    package var p50Seconds: Int
    /// Nine of ten wait no longer.
    package var p90Seconds: Int

    static let none = ExpectedWait(p50Seconds: 0, p90Seconds: 0)

    /// Quantiles of a gamma distribution with this mean and variance, by the cube root of Wilson and Hilferty.
    ///
    /// - Parameters: in tenths of a second, and their squares.
    /// - Source: Wilson, Hilferty: The distribution of chi-square, 1931; within 3 % for the shapes met here.
    init(mean: Int, variance: Int) {
        let scale = 1 << 14
        let mean = min(max(0, mean), RouterLimits.expectedWaitSecondsMax * 10)
        // The squared coefficient of variation, at most 4.
        let square = mean * mean
        let spread = variance >= 4 * square ? 4 * scale : max(0, variance) * scale / max(1, square)
        let deviation = (spread * scale).squareRoot / 3
        func seconds(_ factor: Int) -> Int {
            let factor = max(0, factor)
            let tenths = mean * factor / scale * factor / scale * factor / scale
            return min((tenths + 9) / 10, RouterLimits.expectedWaitSecondsMax)
        }
        // 1.28155 is the normal distribution's 90 % quantile.
        self.init(
            p50Seconds: seconds(scale - spread / 9),
            p90Seconds: seconds(scale - spread / 9 + deviation * 128_155 / 100_000))
    }

    init(p50Seconds: Int, p90Seconds: Int) {
        self.p50Seconds = p50Seconds
        self.p90Seconds = p90Seconds
    }
}

/// A waiting work item's place.
package struct WaitingPlace: Hashable, Sendable {
    package var workItemID: WorkItemID
    /// In its queue, from 1.
    package var position: Int
    /// Nil when nobody is there to serve it.
    package var expectedWait: ExpectedWait?
}

// How long it will take, from the state at hand: who comes before, how long such work took, and how many can work on it.
extension RouterMachine {
    /// The work item's place in its queue; nil when it does not wait.
    package func place(of id: WorkItemID) -> WaitingPlace? {
        guard let item = items[id], item.stage.isQueued else { return nil }
        return WaitingPlace(
            workItemID: id, position: positionInQueue(of: item) + 1, expectedWait: expectedWait(of: item))
    }

    /// How many come before it in its queue.
    private func positionInQueue(of item: WorkItem) -> Int {
        let rank = rank(of: item)
        return pools[item.poolID].demands.reduce(0) { sum, demand in
            demand.key.queueID == item.queueID && demand.count > 0 ? sum + demand.position(of: rank) : sum
        }
    }

    /// How many wait in a queue.
    func waitingCount(in queueID: QueueID, of poolID: PoolID) -> Int {
        let reserved = pools[poolID].reservedRanks.count { items[$0.id]?.queueID == queueID }
        return pools[poolID].demands.reduce(reserved) { $1.key.queueID == queueID ? $0 + $1.count : $0 }
    }

    /// Of a work item that was just opened.
    /// - Returns: nil when nobody is there to serve it.
    mutating func expectedWaitSeconds(of item: WorkItem) -> Int? {
        guard rules(of: item.queueID) != nil else { return nil }
        let slot = pools[item.poolID].demand(demandKey(of: item))
        let places = pools[item.poolID].places(for: item.address.channel, slot)
        guard places > 0 else { return nil }
        if isSomebodyFree(for: item, slot) { return 0 }
        let servers = pools[item.poolID].demands[slot].groups
        return expectedWait(before: rank(of: item), in: demandKey(of: item), of: item.poolID, servers, places)
            .p50Seconds
    }

    /// Of a work item that waits: nobody is free for it.
    /// - Returns: nil when nobody is there to serve it.
    func expectedWait(of item: WorkItem) -> ExpectedWait? {
        guard rules(of: item.queueID) != nil else { return nil }
        let servers = pools[item.poolID].qualified(for: demandKey(of: item))
        let places = pools[item.poolID].places(of: servers, for: item.address.channel)
        guard places > 0 else { return nil }
        return expectedWait(before: rank(of: item), in: demandKey(of: item), of: item.poolID, servers, places)
    }

    /// Of one more that comes now in writing, with the queue's own priority and requirements; where slack decides, as
    /// the last of all.
    func expectedWait(ofOneMoreIn id: QueueID) -> ExpectedWait? {
        guard let rules = rules(of: id) else { return nil }
        let pool = pools[rules.queue.poolID]
        let key = DemandKey(queueID: id, requirements: rules.requirements(language: nil))
        let servers = pool.qualified(for: key)
        let places = pool.places(of: servers, for: .chat)
        guard places > 0 else { return nil }
        let hasRoom = { (place: AgentGroup.Place) in
            self.roster[place.id].map { place.load + $0.weight(of: .chat) <= $0.profile.capacity } ?? false
        }
        var isSomebodyFree = false
        servers.forEach(in: pool.free) { index in
            isSomebodyFree = isSomebodyFree || pool.groups[index].free.elements.contains(where: hasRoom)
        }
        if isSomebodyFree { return ExpectedWait.none }
        let last = Rank(
            band: rules.slack == nil ? 0 : .max, priority: rules.queue.priority,
            acceptedAt: Instant(milliseconds: .max), id: WorkItemID(""))
        return expectedWait(before: last, in: key, of: rules.queue.poolID, servers, places)
    }

    /// Those before it, and then one more, have to leave the places of those who could serve it.
    ///
    /// Work of other demands counts with the share of its agents who serve this one too. The time that so many
    /// departures take is close to a gamma distribution, whose mean and variance are those of the handling times.
    private func expectedWait(
        before rank: Rank, in key: DemandKey, of poolID: PoolID, _ servers: Bits, _ places: Int
    ) -> ExpectedWait {
        var (mean, variance) = (handling(in: key.queueID).mean, handling(in: key.queueID).variance)
        let isCompared = pools[poolID].waiting.count <= RouterLimits.comparedDemandsMax
        let compared = isCompared ? pools[poolID].waiting : pools[poolID].waiting(with: key)
        compared.forEach(in: compared) { slot in
            let (before, shared, all) = pools[poolID].competition(of: slot, with: servers, before: rank)
            guard before > 0 else { return }
            let each = handling(in: pools[poolID].demands[slot].key.queueID)
            mean += before * each.mean * shared / all
            variance += before * each.variance / all * shared
        }
        return ExpectedWait(mean: mean / places, variance: variance / places / places)
    }

    /// What handling takes in a queue: as observed, or as its policy expects.
    ///
    /// Of a few observations only the mean is believed; their spread is taken to be that of the exponential
    /// distribution.
    private func handling(in id: QueueID) -> HandleDigest.Moments {
        let digest = queues[id]?.handle ?? HandleDigest()
        if let moments = digest.moments, digest.observations >= RouterLimits.observationsMin { return moments }
        let expected = Int64(max(0, policy(of: id).expectedHandleSeconds)) * 1_000
        let average = queues[id]?.averageHandleMilliseconds ?? expected
        let mean = digest.moments?.mean ?? Int(min(average / 100, Int64(HandleDigest.lengthMax)))
        return HandleDigest.Moments(mean: mean, variance: mean * mean)
    }
}

extension Int {
    /// The whole part of the square root of a number that is not negative.
    fileprivate var squareRoot: Int {
        guard self > 1 else { return self }
        var root = 1 << ((Int.bitWidth - leadingZeroBitCount + 1) / 2)
        while true {
            let next = (root + self / root) / 2
            if next >= root { return root }
            root = next
        }
    }
}
