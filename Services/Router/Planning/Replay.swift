package import Domain
import HeapModule
import OrderedCollections
package import RouterCore
import SLATimerCore

/// Plays a history again on the production machines.
package enum Replay {
    /// Exactly as recorded: every record at its time.
    package static func recorded(_ history: History) -> Course {
        var stage = Stage()
        for moment in history.moments {
            stage.reach(moment.at)
            stage.perform(moment.step)
        }
        return stage.course
    }

    /// Every decision on one work item as recorded, with everybody who was looked at, as they were then.
    package static func decisions(on id: WorkItemID, in history: History) -> [Inquiry.Finding] {
        var stage = Stage()
        stage.router.inquiry = Inquiry(id)
        for moment in history.moments {
            stage.reach(moment.at)
            stage.perform(moment.step)
        }
        return stage.router.inquiry?.findings ?? []
    }

    /// The same customers and the same presence, under rules of your choice.
    ///
    /// What agents did cannot simply be repeated, since other rules make other offers. So agents are modelled by what
    /// they did: whoever is asked accepts after the time that this work item's agent took, replies as often and as late
    /// after that, and works on it for as long. Where the history does not tell, the median of all stands in. Parking,
    /// transfers and what else agents do with their work is not played; nor are escalations, which the clocks make anew.
    ///
    /// - Parameters:
    ///   - course: `recorded(history)`.
    ///   - configuration: in force from the beginning; nil: as recorded, to tell what comes of the model alone.
    package static func modelled(
        _ history: History, after course: Course, under configuration: Configuration? = nil
    ) -> Course {
        var play = Play(Model(course), configuration)
        for moment in history.moments { play.take(moment) }
        play.finish()
        return play.stage.course
    }
}

/// The router and the SLA timer, side by side.
private struct Stage {
    var router = RouterMachine()
    private var timer = SLATimer()
    var course = Course()
    private(set) var now = Instant(milliseconds: 0)
    /// Of the last calls: what the timer wants the router to know.
    var escalations: [Escalation] = []
    /// Of the last calls.
    var events: [WorkEvent] = []

    /// Lets time pass, with everything that is due on the way.
    mutating func reach(_ instant: Instant) {
        while let due = timer.nextDeadline, due < instant {
            now = max(now, due)
            absorb(timer.advance(to: now))
        }
        now = max(now, instant)
        absorb(router.advance(to: now))
    }

    mutating func perform(_ step: History.Step) {
        switch step {
        case .time: break
        case .command(let command): absorb(router.apply(command, at: now))
        case .configuration(let configuration):
            absorb(router.configure(configuration, at: now))
            absorb(timer.configure(configuration, at: now))
        }
    }

    var nextDeadline: Instant? { router.nextDeadline }

    private mutating func absorb(_ outputs: [RouterOutput]) {
        for output in outputs {
            switch output {
            case .event(let event):
                course.absorb(event)
                events.append(event)
            case .clock(let signal): absorb(timer.apply(signal, at: now))
            case .send, .inform, .command: break
            }
        }
        // Nobody stores them here: taken so that they do not pile up.
        _ = router.changes()
        _ = timer.changes()
    }

    private mutating func absorb(_ outputs: [SLAOutput]) {
        for output in outputs {
            switch output {
            case .event(let event): course.absorb(event)
            case .escalate(let escalation): escalations.append(escalation)
            case .message, .surveyAsked: break
            }
        }
    }
}

/// How agents are expected to behave.
private struct Model {
    private let behaviours: [WorkItemID: Behaviour]
    private let reaction: Int64
    private let handling: Int64

    init(_ course: Course) {
        behaviours = course.behaviours
        reaction = Self.median(course.behaviours.values.compactMap(\.reaction)) ?? 5_000
        handling = Self.median(course.behaviours.values.compactMap(\.handling)) ?? 300_000
    }

    func reaction(to id: WorkItemID) -> Int64 { behaviours[id]?.reaction ?? reaction }
    func handling(of id: WorkItemID) -> Int64 { behaviours[id]?.handling ?? handling }
    func replies(to id: WorkItemID) -> [Int64] { behaviours[id]?.replies ?? [] }

    private static func median(_ values: [Int64]) -> Int64? {
        values.isEmpty ? nil : values.sorted()[values.count / 2]
    }
}

/// A history with modelled agents.
private struct Play {
    private struct Deed: Comparable {
        var at: Instant
        var number: Int
        var agentID: AgentID
        var action: AgentCommand.Action

        static func == (left: Deed, right: Deed) -> Bool { left.number == right.number }
        static func < (left: Deed, right: Deed) -> Bool {
            left.at != right.at ? left.at < right.at : left.number < right.number
        }
    }

    var stage = Stage()
    private let model: Model
    private let configuration: Configuration?
    private var deeds = Heap<Deed>()
    private var count = 0
    private var hasBegun = false

    init(_ model: Model, _ configuration: Configuration?) {
        self.model = model
        self.configuration = configuration
    }

    mutating func take(_ moment: History.Moment) {
        pass(until: moment.at)
        stage.reach(moment.at)
        switch moment.step {
        case .time: break
        case .configuration(let recorded):
            if var configuration {
                guard !hasBegun else { return }
                configuration.revision = recorded.revision
                stage.perform(.configuration(configuration))
            } else {
                stage.perform(.configuration(recorded))
            }
            hasBegun = true
        case .command(.agent(let command)):
            if case .setPresence = command.action {
                stage.perform(.command(.agent(command)))
            } else {
                stage.perform(.command(.agentSeen(command.agentID)))
            }
        case .command(.escalate), .command(.handedOver), .command(.conversationStarted): break
        case .command(let command): stage.perform(.command(command))
        }
        react()
    }

    /// Lets agents finish what the history's end found them at, for a day at most.
    mutating func finish() {
        let end = stage.now + .seconds(86_400)
        pass(until: end)
    }

    /// Deeds and deadlines before an instant.
    private mutating func pass(until instant: Instant) {
        while true {
            let next = [deeds.min?.at, stage.nextDeadline].compactMap(\.self).min()
            guard let next, next < instant else { return }
            stage.reach(next)
            react()
            guard let deed = deeds.min, deed.at <= stage.now else { continue }
            deeds.removeMin()
            perform(deed)
            react()
        }
    }

    private mutating func perform(_ deed: Deed) {
        guard let poolID = stage.router.configured(deed.agentID)?.poolID else { return }
        stage.perform(
            .command(
                .agent(
                    AgentCommand(
                        commandID: CommandID("replay-\(deed.number)"), agentID: deed.agentID, poolID: poolID,
                        action: deed.action))))
    }

    /// Schedules what agents do about what was put out, and tells the router what the timer wants.
    private mutating func react() {
        let (events, escalations) = (stage.events, stage.escalations)
        stage.events = []
        stage.escalations = []
        for event in events {
            guard let id = event.subject?.workItemID else { continue }
            switch event.kind {
            case .offered(let offerID, let agentID, _, _):
                schedule(after: model.reaction(to: id), agentID, .accept(offerID))
            case .assigned(let agentID):
                for (index, delay) in model.replies(to: id).enumerated() {
                    let messageID = MessageID.derived(from: "replay", id.rawValue, String(index))
                    schedule(after: delay, agentID, .reply(id, messageID: messageID, text: ""))
                }
                schedule(after: model.handling(of: id), agentID, .complete(id, disposition: "replayed"))
            default: break
            }
        }
        for escalation in escalations { stage.perform(.command(.escalate(escalation))) }
        if !escalations.isEmpty { react() }
    }

    private mutating func schedule(after milliseconds: Int64, _ agentID: AgentID, _ action: AgentCommand.Action) {
        count += 1
        deeds.insert(
            Deed(at: stage.now + .milliseconds(max(0, milliseconds)), number: count, agentID: agentID, action: action))
    }
}
