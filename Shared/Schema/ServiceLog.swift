internal import Domain

/// What each service reads and keeps: its log, its state, its group.
package enum ServiceLog: String, CaseIterable, Sendable {
    case connector
    case context
    case router
    case slaTimer = "sla-timer"

    package var log: Topic {
        switch self {
        case .connector: .outbound
        case .context: .inbound
        case .router: .work
        case .slaTimer: .clocks
        }
    }

    package var state: Topic {
        switch self {
        case .connector: .connectorState
        case .context: .contextState
        case .router: .routerState
        case .slaTimer: .slaTimerState
        }
    }

    /// The consumer group of the service's instances.
    package func group(prefix: String) -> String { "\(prefix)-\(rawValue)" }

    /// The newest version of its rules that this release can apply.
    package var newestRules: Int {
        RulesVersion.newest
    }
}
