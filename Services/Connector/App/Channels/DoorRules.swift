import Domain
import ServiceKit
import Streams
import Synchronization

/// Which version of the rules the connector's doors go by: that of its log, in all partitions that this instance knows.
///
/// What comes over HTTP is no record of that log, yet all instances must call a message the same, or a provider's repeat
/// is another message when it comes by another door. So the doors wait for the log as the machine does: until its last
/// partition has the record, they call messages as an instance of the release before does.
final class DoorRules: Sendable {
    private let look: @Sendable () -> Int?
    /// There is no way back from a version.
    private let isNewest = Atomic(false)

    /// - Parameter look: the least version that is known; nil: none is yet.
    init(_ look: @escaping @Sendable () -> Int?) {
        self.look = look
    }

    convenience init(of host: StreamHost<ConnectorStreamMachine>) {
        self.init {
            guard let count = try? host.partitionCount else { return nil }
            let known = (0..<count).compactMap { try? host.read($0) { $0.rulesVersion } }
            if let least = known.min() { return least }
            // With more instances than partitions one may have nothing to know it from, and goes by what it is to be.
            let status = host.status
            return status.isReady && status.all.isEmpty ? RulesVersion.newest : nil
        }
    }

    /// - Throws: `Problem` 503 until a partition has been caught up with.
    func version() throws(Problem) -> Int {
        if isNewest.load(ordering: .relaxed) { return RulesVersion.newest }
        guard let version = look() else { throw .unavailable("This instance is still starting. Send it again.") }
        if version >= RulesVersion.newest { isNewest.store(true, ordering: .relaxed) }
        return version
    }

    /// What a message that came in is called.
    func messageID(_ address: Address, _ providerID: String) throws(Problem) -> MessageID {
        try version() >= 2 ? .inbound(address, providerID) : .inboundFirst(address.account, providerID)
    }
}
