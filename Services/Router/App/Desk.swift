import Domain
import HTTPTypes
import Logging
import OrderedCollections
import RouterCore
import ServiceKit
import Streams
import Synchronization

/// Where the routes read and act: the machines of the partitions that this instance leads, and the log.
struct Desk: Sendable {
    /// How long a request waits for its command's result.
    static let resultTime = Duration.seconds(8)

    let host: StreamHost<RouterStreamMachine>
    let replies: Replies<CommandID, CommandResult>
    let log: WorkLog
    let logger: Logger
    private let attendance = Attendance()

    init(
        host: StreamHost<RouterStreamMachine>, replies: Replies<CommandID, CommandResult>, log: WorkLog,
        logger: Logger
    ) {
        self.host = host
        self.replies = replies
        self.log = log
        self.logger = logger
    }

    /// An agent, and where their work is.
    struct Seat: Sendable {
        var agentID: AgentID
        var poolID: PoolID
        var partition: Int32
        var leaseSeconds: Int
    }

    /// - Throws: `Problem` 404 for an agent whom the configuration does not know; 503 when another instance leads.
    func seat(of agentID: AgentID) throws(Problem) -> Seat {
        let found = try first { $0.router.configured(agentID) }
        guard let found else { throw Rejection.unknown(agentID).problem }
        guard let partition = try? host.partition(ofKey: Array(found.poolID.rawValue.utf8)) else { throw .notLeading }
        return Seat(
            agentID: agentID, poolID: found.poolID, partition: partition, leaseSeconds: found.presenceLeaseSeconds)
    }

    func view(_ seat: Seat) throws(Problem) -> AgentView {
        let agentID = seat.agentID
        guard let view = try read(seat.partition, { $0.router.agentView(agentID) }) else {
            throw Rejection.unknown(agentID).problem
        }
        return view
    }

    /// What the agent sees, unless it is what this cursor stands for; copies nothing in that case.
    func view(_ seat: Seat, after cursor: Cursor?) throws(Problem) -> AgentView? {
        let agentID = seat.agentID
        let (isKnown, view) = try read(seat.partition) { machine -> (Bool, AgentView?) in
            guard let version = machine.router.agentVersion(agentID) else { return (false, nil) }
            return (true, Cursor(version: version) == cursor ? nil : machine.router.agentView(agentID))
        }
        guard isKnown else { throw Rejection.unknown(agentID).problem }
        return view
    }

    /// - Throws: `Problem` 404 for an agent who is not known where the seat is; 503 when that is not known here.
    func check(_ seat: Seat) throws(Problem) {
        let agentID = seat.agentID
        guard try read(seat.partition, { $0.router.agentVersion(agentID) }) != nil else {
            throw Rejection.unknown(agentID).problem
        }
    }

    /// What waits in a queue, in the partition of its pool; of one that moved, the older work items are elsewhere.
    func queue(_ id: QueueID) throws(Problem) -> QueueView? {
        guard let poolID = try first({ $0.router.poolOfQueue(id) }) else { return nil }
        guard let partition = try? host.partition(ofKey: Array(poolID.rawValue.utf8)) else { throw .notLeading }
        return try read(partition) { $0.router.queueViewWithPlaces(id) }
    }

    /// The queues of all pools, by their ids: those of the configuration, and those that still hold work items.
    /// - Throws: `Problem` 503 when a pool is not followed here.
    func queues() throws(Problem) -> [QueueView] {
        guard let count = try? host.partitionCount else { throw .notLeading }
        let configured = try first { $0.router.configuration.queues.values.map { ($0.id, $0.poolID) } } ?? []
        var views: [QueueView] = []
        for partition in 0..<count {
            let ids = configured.filter { (try? host.partition(ofKey: Array($0.1.rawValue.utf8))) == partition }
                .map(\.0)
            views += try read(partition) { machine in
                let open = machine.router.queueViews
                return open
                    + ids.filter { id in !open.contains { $0.queueID == id } }
                    .compactMap { machine.router.queueView($0) }
            }
        }
        return views.sorted { $0.queueID < $1.queueID }
    }

    /// A page of all work items, the oldest first.
    /// - Throws: `Problem` 503 when a pool is not followed here.
    func workItems(
        _ filter: WorkItemFilter, after place: WorkItemPlace?, limit: Int
    ) throws(Problem) -> (items: [WorkItem], next: WorkItemPlace?) {
        guard let count = try? host.partitionCount else { throw .notLeading }
        var items: [WorkItem] = []
        for partition in 0..<count {
            items += try read(partition) { $0.router.workItems(filter, after: place, limit: limit + 1) }
        }
        items.sort { WorkItemPlace($0) < WorkItemPlace($1) }
        let page = Array(items.prefix(limit))
        return (page, items.count > limit ? page.last.map { WorkItemPlace($0) } : nil)
    }

    /// Says that the agent is still there, when that is due.
    func note(_ seat: Seat, trace: TraceContext?) async {
        guard attendance.isDue(seat.agentID, every: .milliseconds(seat.leaseSeconds * 1_000 / 3)) else { return }
        do throws(Problem) {
            try await log.append(
                .agentSeen(seat.agentID), pool: seat.poolID, partition: seat.partition, trace: trace)
        } catch {
            attendance.forget(seat.agentID)
            logger.debug("an agent's presence was not noted", metadata: ["error": "\(error.code)"])
        }
    }

    /// Writes an agent's command and waits for what it comes to.
    /// - Throws: `Problem`: the rejection; 503 when it cannot be written, or is not decided in time.
    func perform(
        _ action: AgentCommand.Action, id: CommandID, by seat: Seat, supervisor: String? = nil,
        on version: Int64? = nil, trace: TraceContext?
    ) async throws -> CommandResult {
        // What is not led here would be decided where this request cannot see it.
        try check(seat)
        return try await perform(
            AgentCommand(
                commandID: id, agentID: seat.agentID, poolID: seat.poolID, action: action, supervisor: supervisor,
                version: version),
            in: seat.partition, trace: trace)
    }

    /// Writes a supervisor's command and waits for what it comes to.
    /// - Throws: as for an agent's.
    func supervise(
        _ action: AgentCommand.Action, _ workItemID: WorkItemID, id: CommandID, by name: AgentID,
        on version: Int64?, trace: TraceContext?
    ) async throws -> CommandResult {
        let poolID = try find { $0.router.workItem(workItemID)?.poolID }
        guard let poolID else { throw Rejection.unknown(workItemID).problem }
        guard let partition = try? host.partition(ofKey: Array(poolID.rawValue.utf8)) else {
            throw Problem.notLeading
        }
        return try await perform(
            AgentCommand(commandID: id, agentID: name, poolID: poolID, action: action, version: version),
            in: partition, trace: trace)
    }

    private func perform(
        _ command: AgentCommand, in partition: Int32, trace: TraceContext?
    ) async throws -> CommandResult {
        let result = try await replies.expect(command.commandID, within: Desk.resultTime) {
            try await log.append(.agent(command), pool: command.poolID, partition: partition, trace: trace)
        }
        if case .rejected(let rejection) = result.outcome { throw rejection.problem }
        return result
    }

    /// Looks into all led partitions until one has an answer.
    /// - Throws: `Problem` 503 when none has and another instance may.
    func find<Found: Sendable>(
        _ look: @Sendable (borrowing RouterStreamMachine) -> Found?
    ) throws(Problem) -> Found? {
        let (found, isComplete) = try search(look)
        guard found != nil || isComplete else { throw .notLeading }
        return found
    }

    /// As `find`, for what every partition knows.
    private func first<Found: Sendable>(
        _ look: @Sendable (borrowing RouterStreamMachine) -> Found?
    ) throws(Problem) -> Found? {
        try search(look).found
    }

    private func search<Found: Sendable>(
        _ look: @Sendable (borrowing RouterStreamMachine) -> Found?
    ) throws(Problem) -> (found: Found?, isComplete: Bool) {
        guard let count = try? host.partitionCount else { throw .notLeading }
        var led = 0
        for partition in 0..<count {
            do {
                if let found = try host.read(partition, look) { return (found, true) }
                led += 1
            } catch {
                continue
            }
        }
        guard led > 0 else { throw .notLeading }
        return (nil, led == Int(count))
    }

    private func read<Found: Sendable>(
        _ partition: Int32, _ look: @Sendable (borrowing RouterStreamMachine) -> Found
    ) throws(Problem) -> Found {
        do {
            return try host.read(partition, look)
        } catch {
            throw .notLeading
        }
    }
}

/// When each agent was last noted in the log.
/// - Bounds: agents that the configuration knows.
private final class Attendance: Sendable {
    private let noted = Mutex<[AgentID: ContinuousClock.Instant]>([:])

    func isDue(_ id: AgentID, every interval: Duration) -> Bool {
        let now = ContinuousClock.now
        return noted.withLock { noted in
            if let last = noted[id], now - last < interval { return false }
            noted[id] = now
            return true
        }
    }

    func forget(_ id: AgentID) { noted.withLock { $0[id] = nil } }
}

extension Problem {
    static var notLeading: Problem {
        Problem(
            .serviceUnavailable, "not-leading",
            "This instance does not lead the pool asked for, or is still catching up. Ask another one, or again.",
            headers: [.retryAfter: "2"])
    }
}

extension Rejection {
    static func unknown(_ agentID: AgentID) -> Rejection {
        Rejection(code: .unknownAgent, detail: "The configuration has no agent \(agentID).")
    }

    /// The same answer over HTTP.
    var problem: Problem { Problem(code.status, code.rawValue, detail) }
}

extension RejectionCode {
    var status: HTTPResponse.Status {
        switch self {
        case .unknownAgent, .unknownOffer, .unknownWorkItem, .unknownQueue, .unknownAccount: .notFound
        case .notYourOffer, .notYourWorkItem: .forbidden
        case .agentUnavailable, .notQualified, .priorityNotRaised: .conflict
        case .offerTaken, .wrongState, .overCapacity, .workItemClosed, .noReplyAddress: .conflict
        case .offerExpired, .offerRevoked: .gone
        case .commandReused, .unknownBreakReason: .unprocessableContent
        case .versionChanged: .preconditionFailed
        case .limitReached: .tooManyRequests
        }
    }
}
