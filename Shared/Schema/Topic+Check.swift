import Domain

extension Topic {
    /// Reads a record's value as those do who read this topic, and throws it away.
    ///
    /// States and dead letters hold what the schema does not know: nothing is wrong there.
    /// - Throws: `WireError` naming what they would refuse.
    package func check(value: [UInt8]?, type: String) throws(WireError) {
        switch self {
        case .inbound: _ = try InboundRecord(wire: value ?? [], type: type)
        case .work: _ = try WorkCommand(wire: value ?? [], type: type)
        case .workEvents: _ = try WorkEvent(wire: value ?? [], type: type)
        case .clocks: _ = try ClockSignal(wire: value ?? [], type: type)
        case .outbound: _ = try OutboundMessage(wire: value ?? [], type: type)
        case .delivery: _ = try DeliveryEvent(wire: value ?? [], type: type)
        case .slaEvents: _ = try SLAEvent(wire: value ?? [], type: type)
        case .identity: if let value { _ = try IdentityEntry(wire: value, type: type) }
        case .profiles: if let value { _ = try CustomerProfile(wire: value, type: type) }
        case .config: if let value { _ = try ConfigurationEntry(wire: value, type: type) }
        case .deadLetter, .connectorState, .contextState, .routerState, .slaTimerState: break
        }
    }
}
