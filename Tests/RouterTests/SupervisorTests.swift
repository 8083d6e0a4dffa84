import Domain
import Testing

@testable import RouterCore

@Suite("What supervisors do with work items")
struct SupervisorTests {
    @Test("To a queue: from wherever it is, whoever has it, with its age and to somebody else")
    func toQueue() {
        for stage in ["queued", "offered", "assigned", "parked"] {
            var bench = Bench()
            if stage != "queued" { bench.available("ana") }
            bench.message("item", age: 100)
            if stage == "assigned" || stage == "parked" { bench.accept("item") }
            if stage == "parked" { bench.command("ana", .park("item", seconds: 60)) }
            #expect(bench.stage("item") == stage)
            let accepted = bench.item("item")?.acceptedAt
            let outputs = bench.reassign("item", to: .queue("billing"))
            #expect(outputs.rejection == nil, "\(stage)")
            #expect(outputs.events.contains(.transferred(stage == "assigned" ? "ana" : nil, to: "billing")), "\(stage)")
            #expect(outputs.events.count { $0 == .queued } == 1, "\(stage)")
            bench.available("ben")
            #expect(bench.holder(of: "item") == "ben", "\(stage)")
            #expect(bench.item("item")?.acceptedAt == accepted)
            #expect(bench.load("ana") == 0)
            #expect(bench.router.queueView("general")?.open == 0)
            #expect(bench.router.queueView("billing")?.open == 1)
        }
    }

    @Test("To an agent: they are offered it, and what it was to others is over")
    func toAgent() {
        for stage in ["offered", "assigned", "parked"] {
            var bench = Bench()
            bench.available("ana")
            bench.message("item")
            if stage != "offered" { bench.accept("item") }
            if stage == "parked" { bench.command("ana", .park("item", seconds: 60)) }
            bench.available("ben")
            #expect(bench.reassign("item", to: .agent("ben")).offered == ["ben"], "\(stage)")
            #expect(bench.holder(of: "item") == "ben", "\(stage)")
            #expect(bench.load("ana") == 0, "\(stage)")
            bench.accept("item")
            #expect(bench.item("item")?.stage.assigneeID == "ben", "\(stage)")
        }
    }

    @Test("What is promised holds for supervisors too, and a refusal changes nothing")
    func refusals() {
        var bench = Bench()
        #expect(bench.reassign("none", to: .queue("billing")).rejection == .unknownWorkItem)
        bench.assign("item", to: "ana")
        let before = bench.item("item")
        #expect(bench.reassign("item", to: .queue("nowhere")).rejection == .unknownQueue)
        #expect(bench.reassign("item", to: .queue("sales")).rejection == .unknownQueue)
        #expect(bench.reassign("item", to: .agent("nobody")).rejection == .unknownAgent)
        #expect(bench.reassign("item", to: .agent("ana")).rejection == .wrongState, "she has it")
        #expect(bench.reassign("item", to: .agent("ben")).rejection == .agentUnavailable, "he is not there")
        bench.available("ben")
        for number in 0..<3 {
            bench.message("other-\(number)", queue: "billing")
            bench.accept("other-\(number)")
        }
        #expect(bench.reassign("item", to: .agent("ben")).rejection == .overCapacity)
        #expect(bench.item("item") == before)
        bench.command("ben", .complete("other-0", disposition: "solved"))
        #expect(bench.reassign("other-1", to: .agent("ana")).rejection == .notQualified)
        bench.command("ana", .complete("item", disposition: "solved"))
        #expect(bench.reassign("item", to: .queue("billing")).rejection == .workItemClosed)
    }

    @Test("A command for another version does nothing; for this one it is done, and a repeat gives the same answer")
    func versions() throws {
        var bench = Bench()
        bench.available("ana")
        bench.message("item")
        let seen = try #require(bench.item("item")?.version)
        bench.message("item")
        let offer = try #require(bench.offer(of: "item"))
        #expect(bench.command("ana", .accept(offer.id), on: seen).rejection == .versionChanged)
        #expect(bench.stage("item") == "offered")
        let now = try #require(bench.item("item")?.version)
        #expect(bench.command("ana", .accept(offer.id), id: "accept", on: now).rejection == nil)
        #expect(bench.stage("item") == "assigned")
        #expect(bench.command("ana", .accept(offer.id), id: "accept", on: now).rejection == nil, "a repeat")
        #expect(bench.command("ana", .accept(offer.id), id: "accept").rejection == .commandReused)
    }

    @Test("A list goes on where it ended, each work item once, the oldest first, whatever happens meanwhile")
    func lists() throws {
        var bench = Bench()
        for number in 0..<7 { bench.message("item-\(number)", channel: number == 3 ? .email : .chat, age: number) }
        var seen: [WorkItemID] = []
        var place: WorkItemPlace?
        repeat {
            let page = bench.router.workItems(WorkItemFilter(), after: place, limit: 3)
            seen += page.map(\.id)
            place = page.last.map { WorkItemPlace($0) }
            bench.available("ana")
            bench.message("new-\(seen.count)")
        } while seen.count < 7
        #expect(Array(seen.prefix(7)) == (0..<7).reversed().map { WorkItemID("item-\($0)") })
        func found(_ filter: WorkItemFilter) -> [WorkItemID] {
            bench.router.workItems(filter, after: nil, limit: 100).map(\.id)
        }
        #expect(found(WorkItemFilter(channel: .email)) == ["item-3"])
        #expect(found(WorkItemFilter(agentID: "ana")).count == 3)
        #expect(found(WorkItemFilter(state: "offered", agentID: "ana")).count == 3)
        #expect(found(WorkItemFilter(queueID: "billing")).isEmpty)
        #expect(found(WorkItemFilter(customerID: "somebody")).isEmpty)
    }
}
