package import Domain

/// Where a work item went that left a pool: what still arrives for it there goes on from here.
///
/// Kept under pool and work item, since two pools may share a log.
/// - Bounds: `RouterLimits.forwardingsMax` in one partition, for `RouterLimits.forwardingSeconds`.
package struct Forwarding: Hashable, Sendable {
    package var key: Key
    package var toPoolID: PoolID
    package var toQueueID: QueueID
    /// How often it had been handed over then: a repeat of an earlier arrival is recognized by it.
    package var handOvers: Int
    package var at: Instant

    package init(key: Key, toPoolID: PoolID, toQueueID: QueueID, handOvers: Int, at: Instant) {
        self.key = key
        self.toPoolID = toPoolID
        self.toQueueID = toQueueID
        self.handOvers = handOvers
        self.at = at
    }

    package struct Key: Hashable, Comparable, Sendable {
        package var poolID: PoolID
        package var workItemID: WorkItemID

        package init(poolID: PoolID, workItemID: WorkItemID) {
            self.poolID = poolID
            self.workItemID = workItemID
        }

        package static func < (left: Key, right: Key) -> Bool {
            (left.poolID, left.workItemID) < (right.poolID, right.workItemID)
        }
    }
}

/// Forwardings in the order in which they are forgotten.
struct RememberedForwarding: Comparable, Sendable {
    var at: Instant
    var key: Forwarding.Key

    static func < (left: RememberedForwarding, right: RememberedForwarding) -> Bool {
        (left.at, left.key) < (right.at, right.key)
    }
}
