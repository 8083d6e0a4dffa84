import Domain
import OrderedCollections

// A channel's work fits somebody.
extension ConfigurationProof {
    /// Refuses channels whose work weighs more than the whole capacity of every agent who could get it.
    mutating func proveWeightsFit() {
        var reported: Set<[String]> = []
        for account in configuration.accounts.values {
            guard let queue = configuration.queues[account.queueID] else { continue }
            let profiles = (agents[queue.poolID] ?? []).map { configuration.profile(of: $0) }
            guard !profiles.isEmpty,
                profiles.allSatisfy({ weight(of: account.channel, in: $0) > $0.capacity })
            else { continue }
            for profile in profiles {
                let isOwn = profile.weights[account.channel] != nil
                let path =
                    ["profiles", profile.id.rawValue]
                    + (isOwn ? ["weights", account.channel.rawValue] : ["default-weight"])
                guard reported.insert(path).inserted else { continue }
                report(
                    path,
                    found: "a weight of \(weight(of: account.channel, in: profile)) for \(account.channel.rawValue)",
                    expected:
                        "at most the capacity, \(profile.capacity): else no agent of \"\(queue.poolID)\" can take it")
            }
        }
    }

    private func weight(of channel: ChannelKind, in profile: RoutingProfile) -> Int {
        profile.weights[channel] ?? profile.defaultWeight
    }
}
