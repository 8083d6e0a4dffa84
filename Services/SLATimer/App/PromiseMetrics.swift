import Domain
import Schema
import ServiceKit
import Streams

/// What became of promises, counted where it is decided.
struct PromiseMetrics: Sendable {
    private let events: Counter
    private let messages: Counter

    init(_ metrics: Metrics) {
        events = metrics.counter(
            "patchbay_sla_clock_events_total", help: "What happened to clocks: started, met, warning, breached, …",
            labels: ["event", "target"])
        messages = metrics.counter(
            "patchbay_sla_messages_total", help: "Messages sent by policies: acknowledgements and surveys.",
            labels: ["author"])
    }

    /// Counts what this instance decides; what it repeats after a restart was counted before.
    func count(_ applied: AppliedRecord) {
        guard applied.isLive else { return }
        for case .send(_, let type, _, let value?) in applied.outputs where type.hasPrefix(Self.typePrefix) {
            guard let event = try? SLAEvent(wire: value) else { continue }
            count(event.kind)
        }
    }

    private static let typePrefix = "patchbay.\(Topic.slaEvents.rawValue)."

    private func count(_ kind: SLAEvent.Kind) {
        switch kind {
        case .clockStarted(let target, _): count("started", target)
        case .clockPaused(let target): count("paused", target)
        case .clockResumed(let target, _): count("resumed", target)
        case .clockMet(let target, _): count("met", target)
        case .clockCancelled(let target): count("cancelled", target)
        case .warning(let target, _): count("warning", target)
        case .breached(let target, _): count("breached", target)
        case .breachRetracted(let target, _): count("breach-retracted", target)
        case .escalated: events.increment(["escalated", ""])
        case .acknowledged: messages.increment(["acknowledgement"])
        case .surveySent: messages.increment(["survey"])
        }
    }

    private func count(_ event: String, _ target: TargetKind) {
        events.increment([event, target.rawValue])
    }
}
