import Domain
import Testing

@testable import RouterCore

@Suite("What is most urgent comes first")
struct UrgencyTests {
    /// One agent with room for one; `general` answers within ten minutes, `billing` within an hour.
    private func bench(_ change: (inout Organization) -> Void = { _ in }) -> Bench {
        var organization = Organization()
        organization.profiles[0].capacity = 1
        organization.profiles[0].presenceLeaseSeconds = 1_000_000
        organization.agents = [Organization.agent("ana", ["billing": 9])]
        organization.supportPool.order = .slack
        organization.slaPolicies = [
            SLAPolicy(
                id: "gold",
                targets: [
                    SLAPolicy.Target(kind: .firstResponse, seconds: 600),
                    SLAPolicy.Target(kind: .nextResponse, seconds: 120),
                ]), SLAPolicy(id: "silver", targets: [SLAPolicy.Target(kind: .firstResponse, seconds: 3_600)]),
            SLAPolicy(id: "none"),
        ]
        organization.queues[1].slaPolicyID = "silver"
        change(&organization)
        return Bench(organization)
    }

    /// In which order the only agent is offered these.
    private func order(_ bench: inout Bench, _ items: [String]) -> [String] {
        var served: [String] = []
        bench.available("ana")
        for _ in items {
            guard let next = items.first(where: { bench.stage($0) == "offered" }) else { break }
            served.append(next)
            bench.accept(next)
            bench.command("ana", .complete(WorkItemID(next), disposition: "solved"))
        }
        return served
    }

    @Test("Slack comes before priority and age, over all queues")
    func slackFirst() {
        var bench = bench()
        bench.message("older", queue: "billing", priority: 9, age: 1_000)
        bench.message("pressing", priority: 1)
        #expect(order(&bench, ["older", "pressing"]) == ["pressing", "older"])
    }

    @Test("Within one unit of slack priority decides, then age")
    func unit() {
        var bench = bench { $0.supportPool.slackUnitSeconds = 100_000 }
        bench.message("pressing", priority: 1, age: 30)
        bench.message("older", queue: "billing", priority: 5, age: 20)
        bench.message("younger", priority: 5, age: 10)
        #expect(order(&bench, ["pressing", "older", "younger"]) == ["older", "younger", "pressing"])
    }

    @Test("What has no target comes after what has one")
    func noTarget() {
        var bench = bench { $0.queues[1].slaPolicyID = "none" }
        bench.message("whenever", queue: "billing", priority: 9, age: 5_000)
        bench.message("due", priority: 1)
        #expect(order(&bench, ["whenever", "due"]) == ["due", "whenever"])
    }

    @Test("Slack is business time: a queue that is closed has more of it than the hours say")
    func businessTime() {
        let start = Instant(milliseconds: 1_700_000_000_000)
        var bench = bench {
            // Opens in two hours: ten minutes of business time are further away than one hour of all time.
            let hours = BusinessCalendar.Interval(start: start + .seconds(7_200), end: start + .seconds(90_000))
            $0.calendars = [BusinessCalendar(id: "office", open: [hours])]
            $0.slaPolicies[0].calendarID = "office"
            $0.slaPolicies[1].targets[0].seconds = 900
        }
        bench.wait(600)
        bench.message("asleep")
        bench.message("awake", queue: "billing", age: 600)
        #expect(order(&bench, ["asleep", "awake"]) == ["awake", "asleep"], "300 seconds are less than 600")
    }

    @Test("A later message of a customer who was answered counts from when it came")
    func nextResponse() {
        var bench = bench()
        bench.assign("talk", to: "ana")
        bench.command("ana", .reply("talk", messageID: "r", text: "What is your number?"))
        bench.command("ana", .park("talk", seconds: 10_000))
        bench.command("ana", .setPresence(.away))
        bench.wait(1_000)
        bench.message("fresh", age: 300)
        bench.message("talk")
        #expect(order(&bench, ["talk", "fresh"]) == ["talk", "fresh"], "120 seconds are less than 300")
    }

    @Test("Without a declared order, priority and age decide as ever")
    func priorityByDefault() {
        var bench = bench { $0.supportPool.order = .priority }
        bench.message("important", queue: "billing", priority: 9)
        bench.message("pressing", priority: 1, age: 500)
        #expect(order(&bench, ["important", "pressing"]) == ["important", "pressing"])
    }

    @Test("Nobody is passed for longer than the maximum wait, whatever the priorities", arguments: Pool.Order.allCases)
    func maximumWait(order declared: Pool.Order) {
        var bench = bench {
            $0.supportPool.order = declared
            $0.supportPool.maximumWaitSeconds = 1_800
        }
        bench.message("oldest", queue: "billing", priority: 1, age: 1_900)
        bench.message("old", queue: "billing", priority: 2, age: 1_850)
        bench.message("almost", queue: "billing", priority: 3, age: 1_700)
        bench.message("important", priority: 9)
        let items = ["oldest", "old", "almost", "important"]
        #expect(order(&bench, items) == ["oldest", "old", "important", "almost"])
    }

    @Test("The maximum wait counts within a line too")
    func maximumWaitInLine() {
        var bench = bench { $0.supportPool.maximumWaitSeconds = 600 }
        for number in 0..<5 { bench.message("new-\(number)", priority: 9) }
        bench.message("old", priority: 1)
        bench.wait(601)
        bench.message("newest", priority: 9)
        #expect(order(&bench, ["new-0", "new-1", "new-2", "new-3", "new-4", "old", "newest"]).last == "newest")
        var other = self.bench()
        other.message("low", priority: 1)
        other.message("high", priority: 9)
        #expect(order(&other, ["low", "high"]) == ["high", "low"], "without a maximum, priority decides")
    }

    @Test("A restored router orders as the one that went on")
    func restored() {
        var bench = bench { $0.supportPool.maximumWaitSeconds = 600 }
        bench.message("a", queue: "billing", priority: 3, age: 700)
        bench.message("b", priority: 2)
        bench.message("c", queue: "billing", priority: 9)
        var twin = RouterMachine()
        twin.restore(bench.router.configuration)
        for change in bench.router.changes().reversed() { if let entity = change.entity { twin.restore(entity) } }
        var other = bench
        other.router = twin
        #expect(order(&other, ["a", "b", "c"]) == order(&bench, ["a", "b", "c"]))
    }

    @Test("A queue that was removed keeps its steps and its slack over a restart, in whatever order its state is read")
    func retiredQueue() {
        var bench = bench {
            $0.supportPool.maximumWaitSeconds = 600
            $0.policy.steps = [RoutingPolicy.Step(afterSeconds: 30, widenTo: ["general"])]
        }
        bench.message("bill", queue: "billing", language: "fr")
        bench.wait(30)
        bench.configure { $0.queues.remove(at: 1) }
        let entities = bench.router.changes().compactMap(\.entity)
        for order in [entities, entities.reversed()] {
            var twin = RouterMachine()
            twin.restore(bench.router.configuration)
            for entity in order { twin.restore(entity) }
            #expect(twin.nextDeadline == bench.router.nextDeadline)
            var other = bench
            other.router = twin
            #expect(self.order(&other, ["bill"]) == ["bill"])
            other.message("late", queue: "billing")
            #expect(other.stage("late") == "queued", "the queue went with its last work item")
        }
    }
}
