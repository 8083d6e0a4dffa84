/// The broker's session timer, which the local one does not have: it notices that a member has died only when that
/// member itself comes back, and completes no rebalance until then.
extension LocalBroker {
    /// The least session time-out that the broker grants.
    package static let sessionTimeout = Duration.seconds(6)

    /// The `client.id`s of a group's members, sorted; of a service it is `PATCHBAY_INSTANCE`.
    package func members(of group: String) async throws -> [String] {
        let port = port
        return try await onThread {
            try GroupProtocol(port: port).members(of: group).map(\.clientID).sorted()
        }
    }

    /// Takes the members with a `client.id` out of the group, as a broker does with those whose session is over: the
    /// rest share the partitions, and who was only asleep is told `UNKNOWN_MEMBER_ID` and joins anew.
    ///
    /// Wait out `sessionTimeout` from the death before, as a broker would.
    /// Never while the living still wait for their part of a round: this broker then forgets to answer them, and they ask
    /// again only after `max.poll.interval.ms`.
    /// - Returns: how many there were: one that died while joining may have left none, or one more.
    @discardableResult
    package func evict(_ clientID: String, from group: String) async throws -> Int {
        let port = port
        return try await onThread {
            let broker = try GroupProtocol(port: port)
            let dead = try broker.members(of: group).filter { $0.clientID == clientID }
            for member in dead { try broker.leave(group, memberID: member.id) }
            return dead.count
        }
    }
}
