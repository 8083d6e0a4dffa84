import Domain
import OrderedCollections
import RouterPlanning
import Testing

@Suite("A history is played again")
struct ReplayTests {
    private static let start = Instant(milliseconds: 1_700_000_000_000)

    private static func configuration(capacity: Int, agents: [String] = ["ana"]) -> Configuration {
        var configuration = Configuration(revision: 1)
        configuration.pools[PoolID("support")] = Pool(id: PoolID("support"), name: "Support")
        configuration.queues[QueueID("general")] = Queue(
            id: QueueID("general"), name: "General", poolID: PoolID("support"), routingPolicyID: PolicyID("standard"),
            slaPolicyID: PolicyID("gold"))
        configuration.routingPolicies[PolicyID("standard")] = RoutingPolicy(id: PolicyID("standard"), offerSeconds: 60)
        configuration.profiles[ProfileID("standard")] = RoutingProfile(
            id: ProfileID("standard"), capacity: capacity, presenceLeaseSeconds: 3_600)
        for name in agents {
            configuration.agents[AgentID(name)] = Agent(
                id: AgentID(name), name: name, poolID: PoolID("support"), profileID: ProfileID("standard"))
        }
        return configuration
    }

    /// Three messages at once; each is accepted after two seconds, answered after ten, and done after a minute.
    private static var history: History {
        var history = History()
        func add(_ seconds: Int, _ step: History.Step) {
            history.moments.append(History.Moment(at: start + .seconds(seconds), step: step))
        }
        var count = 0
        func command(_ action: AgentCommand.Action) -> History.Step {
            count += 1
            return .command(
                .agent(
                    AgentCommand(
                        commandID: CommandID("k\(count)"), agentID: AgentID("ana"), poolID: PoolID("support"),
                        action: action)))
        }
        add(0, .configuration(configuration(capacity: 3)))
        add(0, command(.setPresence(.available)))
        let items = (0..<3).map { WorkItemID("item-\($0)") }
        for item in items { add(1, .command(.customerMessage(message(item)))) }
        for item in items { add(3, command(.accept(.derived(from: "offer", item.rawValue, "1")))) }
        for item in items {
            add(11, command(.reply(item, messageID: MessageID("r-\(item)"), text: "hello")))
        }
        for item in items { add(63, command(.complete(item, disposition: "solved"))) }
        add(70, .time)
        return history
    }

    private static func message(_ item: WorkItemID) -> WorkRequest {
        WorkRequest(
            workItemID: item, conversationID: ConversationID("c-\(item)"), customerID: CustomerID("lena"),
            messageID: MessageID("m-\(item)"), poolID: PoolID("support"), queueID: QueueID("general"),
            address: Address(
                channel: .chat, account: ChannelAccountID("site"), identifier: Identifier(kind: .visitor, value: "x")),
            priority: 5, excerpt: "hello", acceptedAt: start + .seconds(1))
    }

    private func waits(_ course: Course) -> [Int64] { course.fates.values.compactMap(\.waitMilliseconds) }

    @Test("As recorded it tells what was; under the same rules, modelled agents come to the same")
    func same() {
        let recorded = Replay.recorded(Self.history)
        #expect(waits(recorded) == [2_000, 2_000, 2_000])
        #expect(recorded.fates.values.allSatisfy { $0.disposition == "solved" && $0.agentID == AgentID("ana") })
        let modelled = Replay.modelled(Self.history, after: recorded)
        #expect(waits(modelled) == waits(recorded))
        #expect(ReplayReport.differences(recorded, modelled).isEmpty)
    }

    @Test("With half the hands they come one after the other; with a second agent nobody waits longer")
    func others() {
        let recorded = Replay.recorded(Self.history)
        let narrow = Replay.modelled(
            Self.history, after: recorded, under: Self.configuration(capacity: 1))
        #expect(waits(narrow) == [2_000, 64_000, 126_000])
        #expect(ReplayReport.differences(recorded, narrow).count == 2)
        let row = ReplayReport.rows(narrow)[0]
        #expect(row.opened == 3 && row.unreached == 0 && row.waitSecondsP50 == 64 && row.waitSecondsP90 == 126)
        let gone = Replay.modelled(
            Self.history, after: recorded, under: Self.configuration(capacity: 3, agents: ["ben"]))
        #expect(ReplayReport.rows(gone)[0].unreached == 3, "ben never came")
    }

    @Test("Promises are broken where the clocks say so")
    func breaches() {
        var history = Self.history
        var configuration = Self.configuration(capacity: 3)
        configuration.slaPolicies[PolicyID("gold")] = SLAPolicy(
            id: PolicyID("gold"), targets: [.init(kind: .firstResponse, seconds: 30)])
        history.moments[0].step = .configuration(configuration)
        let recorded = Replay.recorded(history)
        #expect(ReplayReport.rows(recorded)[0].breached == 0, "all were answered after ten seconds")
        configuration.profiles[ProfileID("standard")]?.capacity = 1
        let narrow = Replay.modelled(history, after: recorded, under: configuration)
        #expect(ReplayReport.rows(narrow)[0].breached == 2)
        #expect(narrow.fates.values.map(\.breached) == [[], [.firstResponse], [.firstResponse]])
    }
}
