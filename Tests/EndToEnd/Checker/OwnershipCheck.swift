import Domain

/// One owner, never over capacity: plays the events of work items in the order of the commands that caused them.
struct OwnershipCheck {
    var capacity: Int
    var isOver: Bool

    private enum Stage: Equatable {
        case waiting
        case offered(String)
        case assigned(String)
        case closed

        var holder: String? {
            switch self {
            case .offered(let agent), .assigned(let agent): agent
            case .waiting, .closed: nil
            }
        }
    }

    private struct Board {
        var stages: [String: Stage] = [:]
        var loads: [String: Int] = [:]

        mutating func move(_ item: String, to stage: Stage) {
            if let holder = stages[item]?.holder { loads[holder, default: 0] -= 1 }
            if let holder = stage.holder { loads[holder, default: 0] += 1 }
            stages[item] = stage
        }
    }

    func check(_ work: [Seen<WorkEvent>], _ found: inout [Violation]) {
        var board = Board()
        for (number, seen) in work.enumerated() {
            guard let item = seen.event.subject?.workItemID.rawValue else { continue }
            take(seen.event.kind, of: item, &board, &found)
            // What one command did is one step.
            let next = number + 1 < work.count ? work[number + 1].output.origin : nil
            let origin = seen.output.origin
            if next?.source == origin?.source, next?.offset == origin?.offset { continue }
            for (agent, load) in board.loads where load > capacity {
                found.append(.overCapacity(agent: agent, load: load, capacity: capacity))
            }
        }
        guard isOver else { return }
        for (item, stage) in board.stages.sorted(by: { $0.key < $1.key }) where stage != .closed {
            found.append(.waiting(workItem: item, what: "is \(stage)"))
        }
    }

    private func take(_ kind: WorkEvent.Kind, of item: String, _ board: inout Board, _ found: inout [Violation]) {
        let stage = board.stages[item]
        if stage == .closed, kind.isChange {
            found.append(.changedAfterItsEnd(workItem: item, by: kind.name))
        }
        func require(_ agent: AgentID?) {
            guard let agent = agent?.rawValue, agent != stage?.holder else { return }
            found.append(.notTheHolder(workItem: item, agent: agent, did: kind.name))
        }
        switch kind {
        case .opened: board.move(item, to: .waiting)
        case .offered(_, let agent, _, _):
            if let holder = stage?.holder { found.append(.heldTwice(workItem: item, by: holder, and: agent.rawValue)) }
            board.move(item, to: .offered(agent.rawValue))
        case .offerAccepted(_, let agent): require(agent)
        case .assigned(let agent):
            if let holder = stage?.holder, holder != agent.rawValue {
                found.append(.heldTwice(workItem: item, by: holder, and: agent.rawValue))
            }
            board.move(item, to: .assigned(agent.rawValue))
        case .offerDeclined(_, let agent, _), .offerExpired(_, let agent), .offerRevoked(_, let agent, _):
            require(agent)
            board.move(item, to: .waiting)
        case .agentReplied(let agent, _, _, _), .wrapUpStarted(let agent, _): require(agent)
        case .parked(let agent, _), .requeued(let agent, _), .transferred(let agent, _),
            .handedOver(let agent, _, _), .transferredToAgent(let agent, _):
            require(agent)
            board.move(item, to: .waiting)
        case .scheduled(let agent, _, _):
            require(agent)
            board.move(item, to: .waiting)
        case .closed(let agent, _):
            require(agent)
            board.move(item, to: .closed)
        case .queued, .customerMessageAdded, .noteAdded, .resumed, .requirementsRelaxed, .escalated, .surveyAnswered,
            .presenceChanged, .commandResult, .widened, .turnedAway, .customerTold, .takenOver, .airGiven, .shiftEnded,
            .abandoned, .consultStarted, .consultEnded, .customerLeft, .shadowDiffered:
            break
        }
    }
}

extension WorkEvent.Kind {
    /// The first word of what it says.
    fileprivate var name: String { String("\(self)".prefix { $0.isLetter }) }

    /// Whether it moves a work item; a closed one is only talked about.
    fileprivate var isChange: Bool {
        switch self {
        case .opened, .queued, .customerMessageAdded, .offered, .offerAccepted, .offerDeclined, .offerExpired,
            .offerRevoked, .assigned, .agentReplied, .parked, .resumed, .requeued, .transferred, .requirementsRelaxed,
            .escalated, .wrapUpStarted, .closed, .widened, .turnedAway, .customerTold,
            .handedOver, .takenOver, .abandoned, .consultStarted, .consultEnded, .customerLeft, .transferredToAgent,
            .scheduled, .shadowDiffered:
            true
        case .noteAdded, .surveyAnswered, .presenceChanged, .commandResult, .airGiven, .shiftEnded: false
        }
    }
}
