import Domain
import Kafka

/// Clocks: nothing is said before its time, and in the end a first response counts as what it was.
///
/// For targets in all time (no calendar), and work items that are never parked.
struct ClockCheck {
    var expectations: Checker.Expectations
    var isOver: Bool

    private struct Clock {
        var startedAt: Instant
        var dueAt: Instant
        var end: String?
    }

    private struct Name: Hashable, Comparable {
        var item: String
        var target: TargetKind

        static func < (left: Name, right: Name) -> Bool {
            (left.item, left.target.rawValue) < (right.item, right.target.rawValue)
        }
    }

    func check(_ events: [Seen<SLAEvent>], work: [Seen<WorkEvent>], _ found: inout [Violation]) {
        var clocks: [Name: Clock] = [:]
        for seen in events { take(seen, &clocks, &found) }
        guard isOver else { return }
        var firstReplies: [String: Instant] = [:]
        for seen in work {
            guard case .agentReplied = seen.event.kind, let item = seen.event.subject?.workItemID.rawValue else {
                continue
            }
            firstReplies[item] = min(firstReplies[item] ?? seen.event.at, seen.event.at)
        }
        for (name, clock) in clocks.sorted(by: { $0.key < $1.key }) {
            guard let end = clock.end else {
                found.append(.waiting(workItem: name.item, what: "has a clock for \(name.target.rawValue) that runs"))
                continue
            }
            guard name.target == .firstResponse, let reply = firstReplies[name.item] else { continue }
            if reply <= clock.dueAt, end == "breached" { found.append(.wrongBreach(workItem: name.item)) }
            if reply > clock.dueAt, end == "met" { found.append(.missedBreach(workItem: name.item)) }
        }
    }

    private func take(_ seen: Seen<SLAEvent>, _ clocks: inout [Name: Clock], _ found: inout [Violation]) {
        let item = seen.event.workItemID.rawValue
        func require(_ time: Instant, _ what: String) {
            let said = min(seen.event.at.milliseconds, seen.output.record.timestamp)
            let early = time.milliseconds - said
            if early > expectations.toleranceMilliseconds {
                found.append(.early(workItem: item, what: what, milliseconds: early))
            }
        }
        switch seen.event.kind {
        case .clockStarted(let target, let dueAt):
            clocks[Name(item: item, target: target)] = Clock(startedAt: seen.event.at, dueAt: dueAt)
        case .clockResumed(let target, let dueAt): clocks[Name(item: item, target: target)]?.dueAt = dueAt
        case .warning(let target, let dueAt):
            guard let clock = clocks[Name(item: item, target: target)] else { break }
            let share = (dueAt.milliseconds - clock.startedAt.milliseconds) * expectations.warningPercent / 100
            require(Instant(milliseconds: clock.startedAt.milliseconds + share), "the warning")
        case .breached(let target, let dueAt):
            require(dueAt, "the breach")
            clocks[Name(item: item, target: target)]?.end = "breached"
        case .breachRetracted(let target, _): clocks[Name(item: item, target: target)]?.end = nil
        case .clockMet(let target, _): clocks[Name(item: item, target: target)]?.end = "met"
        case .clockCancelled(let target): clocks[Name(item: item, target: target)]?.end = "cancelled"
        case .clockPaused, .escalated, .acknowledged, .surveySent: break
        }
    }
}
