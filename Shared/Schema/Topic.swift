/// Every topic of Patchbay, by its name without the prefix.
package enum Topic: String, CaseIterable, Hashable, Sendable {
    case inbound, work
    case workEvents = "work-events"
    case clocks, outbound, delivery
    case slaEvents = "sla-events"
    case identity, profiles, config
    case deadLetter = "dead-letter"
    case connectorState = "connector-state"
    case contextState = "context-state"
    case routerState = "router-state"
    case slaTimerState = "sla-timer-state"

    /// The full name, as in `patchbay.work-events`.
    package func name(prefix: String) -> String { "\(prefix).\(rawValue)" }

    /// The topic of a full name; nil for another prefix or an unknown name.
    package init?(name: String, prefix: String) {
        guard name.hasPrefix("\(prefix).") else { return nil }
        self.init(rawValue: String(name.dropFirst(prefix.count + 1)))
    }

    /// What a state topic is the checkpoint of; nil for the others. Both have the same partitions.
    package var log: Topic? {
        switch self {
        case .connectorState: .outbound
        case .contextState: .inbound
        case .routerState: .work
        case .slaTimerState: .clocks
        case .inbound, .work, .workEvents, .clocks, .outbound, .delivery, .slaEvents, .identity, .profiles, .config,
            .deadLetter:
            nil
        }
    }

    /// What the key of a record is, for people.
    package var keyDescription: String {
        switch self {
        case .inbound: "customer id"
        case .work: "pool id"
        case .workEvents: "work item id; agent id for events about an agent only"
        case .clocks, .slaEvents: "work item id"
        case .outbound, .delivery: "conversation id"
        case .identity, .profiles: "<kind>:<value> of an identifier"
        case .config: "<kind>/<name> of an entry, or revision"
        case .deadLetter: "as in the topic that the record came from"
        case .connectorState, .contextState, .routerState, .slaTimerState: "entity; the partition is the log's"
        }
    }
}
