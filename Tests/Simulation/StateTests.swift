import Domain
import OrderedCollections
import Schema
import Testing

@testable import RouterApp
@testable import RouterCore

@Suite("What a world leaves is stored")
struct StateTests {
    @Test("Every entity comes back as it was", arguments: [3, 14, 15, 92] as [UInt64])
    func roundTrip(seed: UInt64) throws {
        var world = World(seed: seed)
        #expect(world.run(steps: 60) == nil)
        let router = world.trial.router
        let entities = router.entities
        #expect(entities.count > 20)
        for entity in entities {
            let bytes = entity.wire.deterministicBytes()
            #expect(try RouterEntity(wire: WireRouterEntity(decoding: bytes)) == entity)
        }
    }

    @Test("What is kept beside the entities is found wrong where it is wrong")
    func contradictions() throws {
        var world = World(seed: 1)
        #expect(world.run(steps: 60) == nil)
        var router = world.trial.router
        let agent = try #require(router.agents.values.map(\.id).min())
        let at = try #require(world.history.last).at
        let message = WorkRequest(
            workItemID: "last", conversationID: "c", customerID: "x", messageID: "m", poolID: "support",
            queueID: "nowhere",
            address: Address(channel: .chat, account: "a", identifier: .init(kind: .handle, value: "x")),
            priority: 1, excerpt: "", acceptedAt: at)
        _ = router.apply(.customerMessage(message), at: at)
        #expect(router.contradiction == nil)

        func whatIsFound(_ spoil: (inout RouterMachine) -> Void) -> String {
            var copy = router
            spoil(&copy)
            return copy.contradiction ?? "nothing"
        }
        let hold = Hold(weight: 1, fullWeight: 1, channel: .chat, activity: .active)
        let ghost = whatIsFound { $0.agents[agent]?.holds["ghost"] = hold }
        #expect(ghost.contains("ghost"))
        #expect(whatIsFound { $0.dequeue("last") }.contains("in lines"))
        #expect(whatIsFound { $0.pools["support"].openCount += 1 }.contains("the counts"))
        #expect(whatIsFound { $0.openPerQueue["nowhere"] = nil }.contains("the counts"))
        #expect(whatIsFound { $0.deadlines.set(.agent(agent), to: at) }.contains("is next"))
        #expect(!router.hasState(of: world.trial.router))
    }
}
