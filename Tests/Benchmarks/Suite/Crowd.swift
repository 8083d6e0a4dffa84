import DequeModule

/// Customers who write and agents who serve them: the load, and what it measures.
///
/// So many customers write at once, each one message after another; after `messagesPerConversation` the agent
/// completes the work item and another customer takes the place. Agents wait in long polls, accept what is offered, and
/// complete what is done. A message's time runs from the moment when it was due, whatever held it up, until an agent's
/// long poll has brought it.
final class Crowd {
    /// When messages are due.
    enum Pace {
        /// An open loop: so many a second, whatever becomes of those before.
        case rate(Int)
        /// As soon as fewer than this are on their way.
        case window(Int)
    }

    private struct Seat {
        /// How many customers sat here before.
        var generation = 0
        var posted = 0
        var seen = 0
        var due: [UInt64] = []
        var isPosting = false
    }

    private struct Agent {
        var name: String
        var cursor: String?
    }

    static let customers = 400

    private let stand: Stand
    private let loop = HTTPLoop()
    private let messagesPerConversation: Int
    private let pollPause: UInt64
    private let channel: HTTPLoop.Lane
    private let polls: HTTPLoop.Lane
    private let commands: HTTPLoop.Lane
    private var seats = [Seat](repeating: Seat(), count: customers)
    private var agents: [Agent]
    private var handled: Set<String> = []
    private var nextSeat = 0
    /// Messages that are due while every customer waits for an agent.
    private var late: Deque<UInt64> = []
    private let run: String

    private var recording: (from: UInt64, until: UInt64) = (.max, 0)
    private var times: [UInt64] = []
    private var outstanding = 0
    private(set) var seenCount = 0
    private(set) var refusals = 0

    /// - Parameter pollPause: milliseconds that an agent's tool takes between two polls.
    init(_ stand: Stand, run: String, messagesPerConversation: Int, pollPause: UInt64 = 0) {
        self.stand = stand
        self.pollPause = pollPause
        self.run = run
        self.messagesPerConversation = messagesPerConversation
        channel = HTTPLoop.Lane(port: stand.port(.connector), connectionsMax: 256)
        polls = HTTPLoop.Lane(port: stand.port(.router), connectionsMax: Stand.agents.count)
        commands = HTTPLoop.Lane(port: stand.port(.router), connectionsMax: 64)
        agents = Stand.agents.map { Agent(name: $0) }
    }

    /// The agents come in and begin to poll.
    func enter() throws {
        var present = 0
        var lastStatus = 0
        let deadline = Clock.nanoseconds + 30_000_000_000
        func comeIn(_ index: Int) {
            loop.send(stand.requests.available(agents[index].name), over: commands) { status, _, _ in
                lastStatus = status
                // The router learns the configuration from its log, a moment after it is ready.
                guard status == 200 else { return self.loop.after(milliseconds: 20) { comeIn(index) } }
                present += 1
                self.poll(index)
            }
        }
        for index in agents.indices { comeIn(index) }
        while present < agents.count {
            loop.turn(until: Clock.nanoseconds + 10_000_000)
            guard Clock.nanoseconds < deadline else { throw BenchmarkError("agents cannot come in: \(lastStatus)") }
        }
    }

    /// Writes for some seconds, or until so many messages were seen, and waits for the last to be seen.
    /// - Parameter atSeen: called once that many have been seen in this run.
    func write(
        at pace: Pace, seconds: Double, warmUp: Double = 2, messagesMax: Int = .max,
        atStart: () throws -> Void = {}, atSeen: (count: Int, call: () throws -> Void)? = nil
    ) throws -> CrowdResult {
        let start = Clock.nanoseconds
        let from = start + UInt64(warmUp * 1e9)
        let end = from + UInt64(seconds * 1e9)
        recording = (from, end)
        times = []
        seenCount = 0
        refusals = 0
        var (number, started, mark) = (0, false, atSeen)
        var seenAtStart = 0
        while true {
            let now = Clock.nanoseconds
            if !started, now >= from {
                started = true
                seenAtStart = seenCount
                try atStart()
            }
            if now >= end || seenCount >= messagesMax { break }
            if let (count, call) = mark, seenCount >= count {
                try call()
                mark = nil
            }
            switch pace {
            case .rate(let rate):
                var due = start + UInt64(number) * 1_000_000_000 / UInt64(rate)
                while due <= now {
                    write(due: due)
                    number += 1
                    due = start + UInt64(number) * 1_000_000_000 / UInt64(rate)
                }
                loop.turn(until: due)
            case .window(let window):
                while outstanding < window { write(due: now) }
                loop.turn(until: now + 1_000_000)
            }
        }
        let written = Clock.nanoseconds
        let result = Double(seenCount - seenAtStart) / (Double(written - from) / 1e9)
        try waitForLast()
        return CrowdResult(
            times: Quantiles(nanoseconds: times), count: times.count, perSecond: Int(result), refusals: refusals)
    }

    private func waitForLast() throws {
        let deadline = Clock.nanoseconds + 60_000_000_000
        while outstanding > 0 {
            guard Clock.nanoseconds < deadline else {
                throw BenchmarkError("\(outstanding) messages were not seen, \(seenCount) were: \(stuck)")
            }
            loop.turn(until: Clock.nanoseconds + 10_000_000)
        }
    }

    /// Which conversations do not go on, for who looks for the reason.
    private var stuck: String {
        let open = seats.enumerated().filter { $1.seen < $1.due.count }
        return open.prefix(5).map { index, seat in
            "\(run)-\(index)-\(seat.generation): \(seat.due.count) due, \(seat.posted) posted, \(seat.seen) seen"
        }.joined(separator: "; ")
    }

    // MARK: - Customers

    /// The next customer who has something left to say writes.
    private func write(due: UInt64) {
        for _ in seats.indices {
            let index = nextSeat
            nextSeat = (nextSeat + 1) % seats.count
            guard seats[index].due.count < messagesPerConversation else { continue }
            seats[index].due.append(due)
            outstanding += 1
            return post(index)
        }
        late.append(due)
        outstanding += 1
    }

    private func post(_ index: Int) {
        let seat = seats[index]
        guard !seat.isPosting, seat.posted < seat.due.count else { return }
        seats[index].isPosting = true
        let customer = "\(run)-\(index)-\(seat.generation)"
        let mark = "\(run).\(index).\(seat.generation).\(seat.posted)"
        let request = stand.requests.message(
            account: "page", customer: customer, mark: mark, id: "\(customer)-\(seat.posted)")
        loop.send(request, over: channel) { [self] status, _, _ in
            // The agent may have been quicker than the answer.
            guard seats[index].generation == seat.generation else { return }
            seats[index].isPosting = false
            guard status == 202 else {
                refusals += 1
                return loop.after(milliseconds: 10) { self.post(index) }
            }
            seats[index].posted += 1
            post(index)
        }
    }

    private func seen(_ mark: String, at now: UInt64) -> Bool {
        let words = mark.split(separator: ".")
        let parts = words.dropFirst().compactMap { Int($0) }
        // What another crowd left on the desk stays there.
        guard let first = words.first, first == run, parts.count == 3, seats.indices.contains(parts[0]) else {
            return false
        }
        let (index, generation, number) = (parts[0], parts[1], parts[2])
        let isOver = number == messagesPerConversation - 1
        guard generation == seats[index].generation else { return isOver }
        while seats[index].seen <= number {
            let due = seats[index].due[seats[index].seen]
            if due >= recording.from, due < recording.until { times.append(now - due) }
            seats[index].seen += 1
            seenCount += 1
            outstanding -= 1
        }
        if isOver { makeRoom(index) }
        return isOver
    }

    private func makeRoom(_ index: Int) {
        seats[index] = Seat(generation: seats[index].generation + 1)
        while seats[index].due.count < messagesPerConversation, let due = late.popFirst() {
            seats[index].due.append(due)
        }
        post(index)
    }

    // MARK: - Agents

    private func poll(_ index: Int) {
        let request = stand.requests.work(of: agents[index].name, after: agents[index].cursor)
        loop.send(request, over: polls) { [self] status, body, now in
            // 204: nothing new.
            guard status == 200 || status == 204 else {
                refusals += 1
                return loop.after(milliseconds: 10) { self.poll(index) }
            }
            if status == 200 { take(DeskPage(body), for: index, at: now) }
            guard pollPause > 0 else { return poll(index) }
            loop.after(milliseconds: pollPause) { self.poll(index) }
        }
    }

    private func take(_ page: DeskPage, for index: Int, at now: UInt64) {
        agents[index].cursor = page.cursor
        let agent = agents[index].name
        for entry in page.entries {
            let isOver = seen(entry.mark, at: now)
            if let offerID = entry.offerID {
                guard handled.insert(offerID).inserted else { continue }
                command(stand.requests.accept(offerID, by: agent), forget: offerID)
            } else if isOver, handled.insert(entry.workItemID).inserted {
                command(stand.requests.complete(entry.workItemID, by: agent), forget: entry.workItemID)
            }
        }
    }

    /// What was refused is tried again when the next poll shows it again.
    private func command(_ request: [UInt8], forget id: String) {
        loop.send(request, over: commands) { [self] status, _, _ in
            if status != 200 {
                refusals += 1
                handled.remove(id)
            }
        }
    }
}

struct CrowdResult {
    var times: Quantiles
    var count: Int
    var perSecond: Int
    /// Answers other than the one that was asked for; what was refused is sent again.
    var refusals: Int
}
