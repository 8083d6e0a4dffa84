import Domain
import OrderedCollections

@testable import RouterCore

/// The load, worked out as its definition says and from nothing that the router computes: for clarity, not speed.
struct LoadModel {
    let profile: RoutingProfile

    init(_ profile: RoutingProfile) {
        self.profile = profile
    }

    /// The weights of all that is held; what is parked neither interrupts nor stands still, and of the rest that
    /// stands still whose channel something else that is held interrupts.
    func load(of holds: [Hold]) -> Int {
        holds.filter { hold in hold.activity == .parked || !isInterrupted(hold.channel, by: holds) }
            .reduce(0) { $0 + $1.weight }
    }

    /// The highest load of all that could be left when any of them have ended.
    func highestLoad(of holds: [Hold]) -> Int {
        (0..<(1 << holds.count)).map { left in
            load(of: holds.indices.filter { left & (1 << $0) != 0 }.map { holds[$0] })
        }.max() ?? 0
    }

    /// The same in less time: what is left of a channel weighs most when nothing of it has ended.
    func peak(of holds: some Sequence<Hold>) -> Int {
        let holds = Array(holds)
        let channels = ChannelKind.allCases.filter { channel in holds.contains { $0.channel == channel } }
        return (0..<(1 << channels.count)).map { left in
            let ended = channels.indices.filter { left & (1 << $0) == 0 }.map { channels[$0] }
            return load(of: holds.filter { $0.activity == .parked || !($0.channel.map(ended.contains) ?? false) })
        }.max() ?? 0
    }

    func mayTake(_ channel: ChannelKind, weighing weight: Int, beside holds: [Hold]) -> Bool {
        let new = Hold(weight: weight, fullWeight: weight, channel: channel, activity: .offered)
        return peak(of: holds + [new]) <= profile.capacity
            && holds.count { $0.channel == channel } < profile.channelMaxima[channel] ?? Int.max
            && !isInterrupted(channel, by: holds) && !holds.contains { $0.activity == .returning }
    }

    private func isInterrupted(_ channel: ChannelKind?, by holds: [Hold]) -> Bool {
        guard let channel else { return false }
        return holds.contains { hold in
            guard hold.activity != .parked, let other = hold.channel, other != channel else { return false }
            return profile.interruptions[other]?.contains(channel) ?? false
        }
    }
}
