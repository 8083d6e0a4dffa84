import Domain
import SLATimerCore
package import Schema
import SwiftProtobuf

/// A work item as the checkpoint keeps it.
extension TrackedWorkItem: WireValue {
    package var wire: WireSLATimerWorkItem {
        .with {
            $0.workItemID = id.rawValue
            $0.opened = opened.wire
            $0.openedAtMs = openedAt.wire
            $0.heardAtMs = heardAt.wire
            $0.policyKnown = isPolicyKnown
            $0.settled = history.settled.wire
            $0.recent = history.recent.map(\.wire)
            $0.clocks = clocks.map(\.wire)
            $0.escalated = escalated.map(\.wire)
            if let askedPriority { $0.askedPriority = askedPriority.wire }
            if let surveyAt { $0.surveyAtMs = surveyAt.wire }
            $0.surveySent = isSurveySent
        }
    }

    package init(wire: WireSLATimerWorkItem) throws(WireError) {
        var escalated: [TargetKind] = []
        for kind in wire.escalated { escalated.append(try .required("escalated", kind)) }
        self.init(
            id: try .required("work_item_id", wire.workItemID),
            opened: try .required("opened", wire.hasOpened ? wire.opened : nil),
            openedAt: try .required("opened_at_ms", wire.openedAtMs),
            heardAt: try .required("heard_at_ms", wire.heardAtMs),
            isPolicyKnown: wire.policyKnown,
            history: History(
                settled: try .required("settled", wire.hasSettled ? wire.settled : nil),
                recent: try Entry.list("recent", wire.recent)),
            clocks: try TrackedClock.list("clocks", wire.clocks),
            escalated: escalated,
            askedPriority: wire.hasAskedPriority ? Int(wire.askedPriority) : nil,
            surveyAt: try Instant.optional("survey_at_ms", wire.hasSurveyAtMs ? wire.surveyAtMs : nil),
            isSurveySent: wire.surveySent)
    }
}

extension Course: WireValue {
    package var wire: WireSLATimerWorkItem.Course {
        .with {
            $0.atMs = at.wire
            $0.terms = terms.wire
            $0.priority = priority.wire
            $0.replied = hasReplied
            $0.parked = isParked
            if let closure { $0.closure = closure.wire }
            $0.clocks = clocks.map(\.wire)
        }
    }

    package init(wire: WireSLATimerWorkItem.Course) throws(WireError) {
        self.init(
            at: try .required("at_ms", wire.atMs), terms: try .required("terms", wire.hasTerms ? wire.terms : nil),
            priority: Int(wire.priority), hasReplied: wire.replied, isParked: wire.parked,
            closure: try Closure.optional("closure", wire.hasClosure ? wire.closure : nil),
            clocks: try Clock.list("clocks", wire.clocks))
    }
}

extension Terms: WireValue {
    package var wire: WireSLATimerWorkItem.Terms {
        .with {
            $0.targets = targets.map(\.wire)
            if let calendarID { $0.calendarID = calendarID.rawValue }
            if let escalationPriority { $0.escalationPriority = escalationPriority.wire }
        }
    }

    package init(wire: WireSLATimerWorkItem.Terms) throws(WireError) {
        self.init(
            targets: try SLAPolicy.Target.list("targets", wire.targets),
            calendarID: try PolicyID.optional("calendar_id", wire.hasCalendarID ? wire.calendarID : nil),
            escalationPriority: wire.hasEscalationPriority ? Int(wire.escalationPriority) : nil)
    }
}

extension Entry: WireValue {
    package var wire: WireSLATimerWorkItem.Entry {
        .with {
            $0.atMs = at.wire
            $0.event =
                switch event {
                case .customerWrote(let id, let writtenAt):
                    .customerWrote(
                        .with {
                            $0.messageID = id.rawValue
                            $0.atMs = writtenAt.wire
                        })
                case .agentReplied(let id): .agentReplied(id.rawValue)
                case .parked: .parked(.init())
                case .resumed: .resumed(.init())
                case .priorityChanged(let priority): .priorityChanged(priority.wire)
                case .closed(let closure): .closed(closure.wire)
                case .termsChanged(let terms): .termsChanged(terms.wire)
                }
        }
    }

    package init(wire: WireSLATimerWorkItem.Entry) throws(WireError) {
        let event: Event
        switch wire.event {
        case .customerWrote(let wrote):
            event = .customerWrote(
                try .required("customer_wrote.message_id", wrote.messageID),
                at: try .required("customer_wrote.at_ms", wrote.atMs))
        case .agentReplied(let id): event = .agentReplied(try .required("agent_replied", id))
        case .parked: event = .parked
        case .resumed: event = .resumed
        case .priorityChanged(let priority): event = .priorityChanged(Int(priority))
        case .closed(let closure): event = .closed(try .required("closed", closure))
        case .termsChanged(let terms): event = .termsChanged(try .required("terms_changed", terms))
        case nil: throw WireError(field: "event", value: "nothing", expected: "an event that this version knows")
        }
        self.init(at: try .required("at_ms", wire.atMs), event: event)
    }
}

extension Closure: WireValue {
    package var wire: WireSLATimerWorkItem.Closure {
        .with {
            $0.atMs = at.wire
            if let agentID { $0.agentID = agentID.rawValue }
            $0.conversationEnded = conversationEnded
            if let replyAddress { $0.replyAddress = replyAddress.wire }
        }
    }

    package init(wire: WireSLATimerWorkItem.Closure) throws(WireError) {
        self.init(
            at: try .required("at_ms", wire.atMs),
            agentID: try AgentID.optional("agent_id", wire.hasAgentID ? wire.agentID : nil),
            conversationEnded: wire.conversationEnded,
            replyAddress: try Address.optional("reply_address", wire.hasReplyAddress ? wire.replyAddress : nil))
    }
}
