package import Domain
import SwiftProtobuf

// What is promised about time, as the configuration knows it.

extension SLAPolicy: WireValue {
    package var wire: WireSLAPolicy {
        .with {
            $0.id = id.rawValue
            $0.targets = targets.map(\.wire)
            if let calendarID { $0.calendarID = calendarID.rawValue }
            if let acknowledgement { $0.acknowledgement = acknowledgement.wire }
            if let escalation { $0.escalation = escalation.wire }
            if let survey { $0.survey = survey.wire }
        }
    }

    package init(wire: WireSLAPolicy) throws(WireError) {
        self.init(
            id: try .required("id", wire.id), targets: try Target.list("targets", wire.targets),
            calendarID: try PolicyID.optional("calendar_id", wire.hasCalendarID ? wire.calendarID : nil),
            acknowledgement: try Acknowledgement.optional(
                "acknowledgement", wire.hasAcknowledgement ? wire.acknowledgement : nil),
            escalation: try Escalation.optional("escalation", wire.hasEscalation ? wire.escalation : nil),
            survey: try Survey.optional("survey", wire.hasSurvey ? wire.survey : nil))
    }
}

extension SLAPolicy.Target: WireValue {
    package var wire: WireSLAPolicy.Target {
        .with {
            $0.kind = kind.wire
            $0.seconds = seconds.wire
            $0.warningPercent = warningPercent.wire
        }
    }

    package init(wire: WireSLAPolicy.Target) throws(WireError) {
        self.init(
            kind: try .required("kind", wire.kind), seconds: Int(wire.seconds),
            warningPercent: Int(wire.warningPercent))
    }
}

extension SLAPolicy.Acknowledgement: WireValue {
    package var wire: WireSLAPolicy.Acknowledgement {
        .with {
            $0.text = text
            $0.textWithoutWait = textWithoutWait
        }
    }

    package init(wire: WireSLAPolicy.Acknowledgement) throws(WireError) {
        self.init(text: wire.text, textWithoutWait: wire.textWithoutWait)
    }
}

extension SLAPolicy.Escalation: WireValue {
    package var wire: WireSLAPolicy.Escalation { .with { $0.priority = priority.wire } }

    package init(wire: WireSLAPolicy.Escalation) throws(WireError) {
        self.init(priority: Int(wire.priority))
    }
}

extension SLAPolicy.Survey: WireValue {
    package var wire: WireSLAPolicy.Survey {
        .with {
            $0.question = question
            $0.delaySeconds = delaySeconds.wire
            $0.expiresSeconds = expiresSeconds.wire
        }
    }

    package init(wire: WireSLAPolicy.Survey) throws(WireError) {
        self.init(
            question: wire.question, delaySeconds: Int(wire.delaySeconds), expiresSeconds: Int(wire.expiresSeconds))
    }
}

extension BusinessCalendar: WireValue {
    package var wire: WireBusinessCalendar {
        .with {
            $0.id = id.rawValue
            $0.open = open.map(\.wire)
        }
    }

    package init(wire: WireBusinessCalendar) throws(WireError) {
        self.init(id: try .required("id", wire.id), open: try Interval.list("open", wire.open))
    }
}

extension BusinessCalendar.Interval: WireValue {
    package var wire: WireBusinessCalendar.Interval {
        .with {
            $0.startMs = start.wire
            $0.endMs = end.wire
        }
    }

    package init(wire: WireBusinessCalendar.Interval) throws(WireError) {
        self.init(
            start: try .required("start_ms", wire.startMs), end: try .required("end_ms", wire.endMs))
    }
}
