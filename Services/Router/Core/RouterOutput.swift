package import Domain

/// What the router's rules want written.
package enum RouterOutput: Hashable, Sendable {
    /// To `patchbay.work-events`.
    ///
    /// `queued` follows whenever a work item begins to wait: opened, resumed, requeued or transferred. An offer that
    /// was declined, expired or revoked puts it back without another `queued`.
    case event(WorkEvent)
    /// To `patchbay.clocks`.
    case clock(ClockSignal)
    /// To `patchbay.outbound`.
    case send(OutboundMessage)
    /// To `patchbay.inbound`: what context must know.
    case inform(InboundRecord)
    /// To `patchbay.work`: for another pool.
    case command(WorkCommand, PoolID)
}
