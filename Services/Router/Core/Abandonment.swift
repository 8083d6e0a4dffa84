import Domain

// The customer hung up, or closed the window.
extension RouterMachine {
    /// Nobody has accepted yet: the work item ends as abandoned. An agent who has it is told, and completes it.
    ///
    /// A customer whose latest message came from another address has changed channel and is still there.
    mutating func takeLeave(_ gone: CustomerGone, at now: Instant) {
        let id = gone.workItemID
        guard let item = items[id], item.address == gone.address, item.customerLeftAt == nil else { return }
        let reason = String(gone.reason.prefix(RouterLimits.reasonBytesMax))
        switch item.stage {
        case .queued, .offered:
            update(id) { $0.customerLeftAt = now }
            revoke(id, reason: "the customer is gone", at: now)
            let waited = max(0, (now - item.acceptedAt).milliseconds)
            emit(.abandoned(waitedMilliseconds: waited, reason: reason), about: item, at: now)
            close(id, by: nil, disposition: Disposition.abandoned, at: now)
        case .assigned(let agentID, _), .parked(let agentID, _):
            update(id) { $0.customerLeftAt = now }
            emit(.customerLeft(agentID, reason: reason), about: item, at: now)
        case .scheduled, .wrapUp, .closed: break
        }
    }
}

/// Dispositions that the router gives itself.
enum Disposition {
    static let abandoned = "abandoned"
}
