import Domain
import HeapModule
import OrderedCollections
import RouterCore

/// One run of the production machine under a virtual clock, from a seed of its own.
///
/// The loop takes the next of its own events (an arrival, an agent's reaction, the end of a conversation, of a
/// customer's patience, of a shift) or the machine's next deadline, whichever comes first, and calls the machine
/// exactly as its host does: `advance(to:)`, then `apply`. What the machine puts out schedules further events.
///
/// Measured are contacts that arrive between the end of the warm-up and the end of the measured days. The world goes on
/// after that, with its arrivals, until all of these have ended, for a day at most.
struct Replication {
    static let start = PlanningModel.start

    enum Occurrence {
        case arrival(traffic: Int)
        case reaction(contact: Int, OfferID, AgentID)
        case completion(contact: Int, AgentID)
        case patienceEnds(contact: Int)
        case shiftBegins(Int)
        case shiftEnds(Int)
    }

    private struct Event: Comparable {
        var at: Instant
        var number: Int
        var occurrence: Occurrence

        static func == (left: Event, right: Event) -> Bool { left.number == right.number }
        static func < (left: Event, right: Event) -> Bool {
            left.at != right.at ? left.at < right.at : left.number < right.number
        }
    }

    /// A customer with a wish, from arrival to the end.
    struct Contact {
        enum State { case waiting, gone, inHand, closed }

        var traffic: Int
        var arrivedAt: Instant
        var handling: Int64
        var reaction: Int64
        var state = State.waiting
        var acceptedAt: Instant?
        var expectedSeconds: Int?
        /// What it was told when it began to wait.
        var expectedWait: ExpectedWait?
        var isMeasured: Bool
    }

    let model: PlanningModel
    var machine = RouterMachine()
    var now = start
    let measured: Range<Instant>
    private var events = Heap<Event>()
    private var eventCount = 0
    private var commandCount = 0
    private var sources: [ArrivalSource]
    var contacts: [Contact] = []
    /// Measured contacts that have not ended.
    var openMeasured = 0
    var openPerQueue: [QueueID: Int] = [:]
    var agents: [AgentID: AgentTrack] = [:]

    var tallies: [Tally]
    var supply: [PoolID: SupplyTally] = [:]
    /// By traffic and hour of the day.
    var hours: [[HourTally]]

    /// - Parameter number: from 0; each has random numbers of its own.
    init(_ model: PlanningModel, number: Int) {
        self.model = model
        let begin = Self.start + .seconds(model.warmUpSeconds)
        measured = begin..<(begin + .milliseconds(Int64(model.days * 86_400_000)))
        sources = model.traffic.indices.map { index in
            ArrivalSource(model.traffic[index], seed: model.seed, replication: number, index: index)
        }
        tallies = model.traffic.map { _ in Tally() }
        hours = model.traffic.map { _ in (0..<24).map { _ in HourTally() } }
    }

    /// Runs to the end.
    /// - Parameter progress: told the share of the virtual time that is over, now and then.
    mutating func run(progress: (Double) -> Void) {
        begin()
        let total = Double((measured.upperBound - Self.start).milliseconds)
        var steps = 0
        while let event = events.min, event.at < limit {
            steps += 1
            if steps % 4_096 == 0 {
                progress(min(1, Double((now - Self.start).milliseconds) / total))
                // Nobody stores them here: taken so that they do not pile up.
                _ = machine.changes()
            }
            if let due = machine.nextDeadline, due < event.at {
                now = max(now, due)
                absorb(machine.advance(to: now))
            } else {
                _ = events.popMin()
                now = event.at
                perform(event.occurrence)
            }
            if now >= measured.upperBound, openMeasured == 0 { break }
        }
        finish()
    }

    private var limit: Instant { measured.upperBound + .seconds(DayProfile.daySeconds) }

    private mutating func begin() {
        absorb(machine.configure(model.configuration.simulated, at: now))
        for (index, shift) in model.staffing.enumerated() {
            schedule(.shiftBegins(index), at: now + .seconds(shift.start))
        }
        for index in sources.indices { scheduleArrival(index) }
    }

    mutating func schedule(_ occurrence: Occurrence, at instant: Instant) {
        eventCount += 1
        events.insert(Event(at: instant, number: eventCount, occurrence: occurrence))
    }

    private mutating func scheduleArrival(_ index: Int) {
        guard let next = sources[index].next() else { return }
        schedule(.arrival(traffic: index), at: Self.start + .milliseconds(next))
    }

    private mutating func perform(_ occurrence: Occurrence) {
        switch occurrence {
        case .arrival(let index):
            arrive(index)
            scheduleArrival(index)
        case .reaction(let contact, let offerID, let agentID): accept(offerID, of: contact, by: agentID)
        case .completion(let contact, let agentID): complete(contact, by: agentID)
        case .patienceEnds(let contact): giveUp(contact)
        case .shiftBegins(let index): beginShift(index)
        case .shiftEnds(let index): endShift(index)
        }
    }

    // MARK: Customers

    private mutating func arrive(_ index: Int) {
        let traffic = model.traffic[index]
        guard let queue = model.configuration.queues[traffic.queueID] else { return }
        let drawn = sources[index].contact()
        let isMeasured = measured.contains(now)
        if isMeasured {
            count(index) {
                $0.arrived += 1
            } hour: {
                $0.arrived += 1
            }
        }
        if let most = model.openContactsMax[queue.id], openPerQueue[queue.id, default: 0] >= most {
            if isMeasured { tallies[index].blocked += 1 }
            return
        }
        let number = contacts.count
        contacts.append(
            Contact(
                traffic: index, arrivedAt: now, handling: drawn.handling, reaction: drawn.reaction,
                isMeasured: isMeasured))
        if isMeasured { openMeasured += 1 }
        openPerQueue[queue.id, default: 0] += 1
        beginToWait(index)
        if let patience = drawn.patience { schedule(.patienceEnds(contact: number), at: now + .milliseconds(patience)) }
        apply(
            .customerMessage(
                WorkRequest(
                    workItemID: WorkItemID("w\(number)"), conversationID: ConversationID("c\(number)"),
                    customerID: CustomerID("u\(number)"), messageID: MessageID("m\(number)"), poolID: queue.poolID,
                    queueID: queue.id,
                    address: Address(
                        channel: traffic.channel, account: ChannelAccountID("simulated"),
                        identifier: Identifier(kind: .handle, value: "u\(number)")),
                    priority: traffic.priority ?? queue.priority, language: drawn.language, excerpt: "",
                    acceptedAt: now)))
        // Every eighth says how well the expectation is calibrated; looking costs as much as deciding.
        if isMeasured, number % 8 == 0 {
            contacts[number].expectedWait = machine.place(of: WorkItemID("w\(number)"))?.expectedWait
        }
    }

    /// The router hears of it when it offers the work item: it is then taken out of its turn at once.
    private mutating func giveUp(_ number: Int) {
        guard contacts[number].state == .waiting else { return }
        contacts[number].state = .gone
        let contact = contacts[number]
        endToWait(contact)
        guard contact.isMeasured else { return }
        let wait = (now - contact.arrivedAt).milliseconds
        count(contact.traffic, at: contact.arrivedAt) { tally in
            tally.abandoned += 1
            tally.abandonedWaitMilliseconds += wait
        } hour: {
            $0.abandoned += 1
        }
    }

    // MARK: Agents

    private mutating func beginShift(_ index: Int) {
        let shift = model.staffing[index]
        if shift.end - shift.start < DayProfile.daySeconds {
            schedule(.shiftBegins(index), at: now + .seconds(DayProfile.daySeconds))
            schedule(.shiftEnds(index), at: now + .seconds(shift.end - shift.start))
        }
        track(shift.agentID) { $0.shifts += 1 }
        command(.setPresence(.available), by: shift.agentID)
    }

    private mutating func endShift(_ index: Int) {
        let agentID = model.staffing[index].agentID
        track(agentID) { $0.shifts -= 1 }
        if agents[agentID]?.shifts == 0 { command(.setPresence(.away), by: agentID) }
    }

    private mutating func accept(_ offerID: OfferID, of number: Int, by agentID: AgentID) {
        command(.accept(offerID), by: agentID)
        guard contacts[number].state == .gone else { return }
        command(.complete(WorkItemID("w\(number)"), disposition: "customer-gone"), by: agentID)
    }

    private mutating func complete(_ number: Int, by agentID: AgentID) {
        command(.complete(WorkItemID("w\(number)"), disposition: "solved"), by: agentID)
    }

    private mutating func command(_ action: AgentCommand.Action, by agentID: AgentID) {
        guard let agent = model.configuration.agents[agentID] else { return }
        commandCount += 1
        apply(
            .agent(
                AgentCommand(
                    commandID: CommandID("k\(commandCount)"), agentID: agentID, poolID: agent.poolID, action: action)))
    }

    private mutating func apply(_ command: WorkCommand) {
        absorb(machine.advance(to: now))
        absorb(machine.apply(command, at: now))
    }
}
