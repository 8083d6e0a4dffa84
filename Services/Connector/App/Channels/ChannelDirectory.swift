import Domain
import HTTPTypes
import Schema
import ServiceKit
import Streams
import Synchronization

/// The channel accounts of the configuration in force.
final class ChannelDirectory: Sendable {
    private let source: @Sendable () -> StreamConfiguration?
    private let cache = Mutex<Accounts?>(nil)

    private struct Accounts {
        var revision: Int64
        var byID: [ChannelAccountID: ChannelAccount] = [:]
    }

    init(source: @escaping @Sendable () -> StreamConfiguration?) {
        self.source = source
    }

    /// The account of this name, which must be of one of the channels.
    /// - Throws: `Problem` 404 for an unknown one, 422 for one of another channel, 503 before there is a configuration.
    func account(
        _ id: ChannelAccountID, of channels: [ChannelKind] = ChannelKind.allCases
    ) throws(Problem) -> ChannelAccount {
        guard let accounts = try current() else {
            throw .unavailable("No configuration has been read yet.")
        }
        guard let account = accounts.byID[id] else {
            throw Problem(.notFound, "unknown-channel-account", "There is no channel account \(id).")
        }
        guard channels.contains(account.channel) else {
            let expected = channels.map(\.rawValue).joined(separator: " or ")
            throw Problem(
                .unprocessableContent, "wrong-channel",
                "The channel account \(id) is of channel \(account.channel.rawValue); this path is for \(expected).")
        }
        return account
    }

    private func current() throws(Problem) -> Accounts? {
        guard let source = source() else { return nil }
        let cached = cache.withLock { $0 }
        if let cached, cached.revision == source.revision { return cached }
        do throws(WireError) {
            var read = Accounts(revision: source.revision)
            for case .account(let account) in try Configuration(revision: source.revision, parts: source.parts).entries
            {
                read.byID[account.id] = account
            }
            let accounts = read
            cache.withLock { $0 = accounts }
            return accounts
        } catch {
            // A newer version wrote it. What was in force still is.
            guard let cached else { throw .unavailable("The configuration cannot be understood by this version.") }
            return cached
        }
    }
}
