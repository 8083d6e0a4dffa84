import Domain
import OrderedCollections
import RouterCore

/// A support centre at the limit, as records of the log: every agent is full, and so many work items wait.
///
/// Ids look like those of the running system. There is a queue for each skill; every other one asks for a second
/// skill too. Agents have four neighbouring skills at levels 1 to 10, three work items at once, and a lease that lasts.
struct MachineLoad {
    struct Size: Hashable {
        var agents: Int
        var skills: Int
        var waiting: Int
    }

    static let capacity = 3

    let size: Size
    let configuration: Configuration
    private(set) var router = RouterMachine()
    private(set) var now = Instant(milliseconds: 1_700_000_000_000)
    /// What agents work on, oldest first from `next` on.
    private var assigned: [(item: WorkItemID, agent: AgentID)] = []
    private var next = 0
    private var opened = 0
    private var commands = 0
    private(set) var outputs = 0
    private(set) var stuck = 0
    private var random: UInt64 = 1

    init(_ size: Size) {
        self.size = size
        configuration = Self.configuration(size)
    }

    /// Lets all agents come and gives each as much as they can carry.
    mutating func occupy() {
        outputs += router.configure(configuration, at: now).count
        for agentID in configuration.agents.keys { apply(command(agentID, .setPresence(.available))) }
        while assigned.count < size.agents * Self.capacity, opened < 5 * size.agents {
            open(in: opened % size.skills)
        }
    }

    /// Opens what waits.
    mutating func fill() {
        while opened - assigned.count < size.waiting { open(in: opened % size.skills) }
    }

    /// One more work item comes in, and one is completed, so that an agent takes the next: three records.
    ///
    /// - Parameter time: is given what each record took to apply, in order.
    mutating func lifecycle(_ time: (MachineLoad.Step, () -> Void) -> Void) {
        let request = nextRequest(in: below(size.skills))
        var done: [RouterOutput] = []
        now = now + .milliseconds(1)
        time(.open) { done = follow(.customerMessage(request)) }
        take(done)
        guard next < assigned.count else {
            stuck += 1
            return
        }
        let (itemID, agentID) = assigned[next]
        next += 1
        let complete = command(agentID, .complete(itemID, disposition: "solved"))
        now = now + .milliseconds(1)
        time(.complete) { done = follow(complete) }
        outputs += done.count
        for accept in offers(in: done) {
            time(.accept) { done = follow(accept.command) }
            outputs += done.count
            assigned.append(accept.taken)
        }
        if next > 100_000 {
            assigned.removeFirst(next)
            next = 0
        }
    }

    enum Step: Int, CaseIterable { case open, complete, accept }

    /// What changed since the last call, for the part of checkpoints.
    mutating func changes() -> [RouterChange] { router.changes() }

    // MARK: Records

    private mutating func open(in queue: Int) {
        now = now + .milliseconds(1)
        let request = nextRequest(in: queue)
        take(follow(.customerMessage(request)))
    }

    private mutating func take(_ done: [RouterOutput]) {
        outputs += done.count
        for accept in offers(in: done) {
            apply(accept.command)
            assigned.append(accept.taken)
        }
    }

    private mutating func apply(_ command: WorkCommand) {
        outputs += follow(command).count
    }

    private mutating func follow(_ command: WorkCommand) -> [RouterOutput] {
        let due = router.advance(to: now)
        let done = router.apply(command, at: now)
        return due.isEmpty ? done : due + done
    }

    private mutating func offers(
        in done: [RouterOutput]
    ) -> [(command: WorkCommand, taken: (item: WorkItemID, agent: AgentID))] {
        var result: [(command: WorkCommand, taken: (item: WorkItemID, agent: AgentID))] = []
        for case .event(let event) in done {
            guard case .offered(let offerID, let agentID, _, _) = event.kind, let itemID = event.subject?.workItemID
            else { continue }
            result.append((command(agentID, .accept(offerID)), (itemID, agentID)))
        }
        return result
    }

    private mutating func command(_ agentID: AgentID, _ action: AgentCommand.Action) -> WorkCommand {
        commands += 1
        return .agent(
            AgentCommand(
                commandID: CommandID(form: Self.uuid(0xc, commands)), agentID: agentID, poolID: Self.poolID,
                action: action))
    }

    private mutating func nextRequest(in queue: Int) -> WorkRequest {
        opened += 1
        let customer = opened
        return WorkRequest(
            workItemID: WorkItemID(form: Self.uuid(1, opened)),
            conversationID: ConversationID(form: Self.uuid(2, opened)),
            customerID: CustomerID(form: Self.uuid(3, customer)), messageID: MessageID(form: Self.uuid(4, opened)),
            poolID: Self.poolID, queueID: Self.queueID(queue),
            address: Address(
                channel: .chat, account: ChannelAccountID("web-chat"),
                identifier: Identifier(kind: .visitor, value: "web-chat/visitor-\(customer)")),
            priority: 1 + below(5), displayName: "Lena Example",
            excerpt: "Hello, my parcel has not arrived yet. Where is it?", acceptedAt: now)
    }

    private mutating func below(_ bound: Int) -> Int {
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((random >> 33) % UInt64(bound))
    }

    // MARK: Organization

    private static let poolID = PoolID("support")
    private static let profileID = ProfileID("standard")
    private static let policyID = PolicyID("standard")
    private static func queueID(_ number: Int) -> QueueID { QueueID("queue-\(number)") }
    private static func skillID(_ number: Int) -> SkillID { SkillID("skill-\(number)") }

    static func configuration(_ size: Size) -> Configuration {
        var result = Configuration(revision: 1)
        result.pools[poolID] = Pool(id: poolID, name: "Support")
        result.profiles[profileID] = RoutingProfile(
            id: profileID, capacity: capacity, presenceLeaseSeconds: 1_000_000)
        result.routingPolicies[policyID] = RoutingPolicy(id: policyID, offerSeconds: 30)
        for number in 0..<size.skills {
            var requirements = [Requirement(skill: skillID(number), level: 1 + number % 5)]
            if number % 2 == 1 {
                requirements.append(Requirement(skill: skillID((number + 1) % size.skills), level: 2))
            }
            result.queues[queueID(number)] = Queue(
                id: queueID(number), name: "Queue \(number)", poolID: poolID, routingPolicyID: policyID,
                slaPolicyID: policyID, requirements: requirements)
        }
        for number in 0..<size.agents {
            let first = number * size.skills / size.agents
            let skills = (0..<4).map { offset in
                Requirement(skill: skillID((first + offset) % size.skills), level: 5 + (number * 7 + offset * 3) % 6)
            }
            let id = AgentID("agent-\(number)")
            result.agents[id] = Agent(
                id: id, name: "Agent \(number)", poolID: poolID, profileID: profileID, skills: skills)
        }
        return result
    }

    /// As a UUID of version 5, which derived ids are.
    private static func uuid(_ kind: UInt64, _ number: Int) -> IDForm {
        var state = UInt64(bitPattern: Int64(number)) &* 0x9e37_79b9_7f4a_7c15
        state = (state ^ (state >> 29)) &* 0xbf58_476d_1ce4_e5b9
        return .uuid((state ^ (state >> 32)) & ~0xf000 | 0x5000, 0x8000 << 48 | kind << 44 | UInt64(number))
    }
}
