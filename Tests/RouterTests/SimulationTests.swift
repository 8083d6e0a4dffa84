import Domain
import OrderedCollections
import Testing

@testable import RouterCore

@Suite("Whatever happens, the promises hold")
struct SimulationTests {
    /// Seeds that once failed stay.
    @Test("Random days with crashes keep every promise", arguments: 0..<10)
    func randomDays(block: Int) {
        var offers = 0
        for index in 0..<25 {
            let seed = UInt64(block * 25 + index)
            var simulation = Simulation(seed: seed)
            do {
                try simulation.run(steps: 80)
            } catch {
                Issue.record("seed \(seed): \(error)")
            }
            offers += simulation.offersSeen
        }
        #expect(offers > 100, "the simulation must do something")
    }

    @Test("The simulation notices what it looks for: an agent above capacity")
    func notices() {
        var simulation = Simulation(seed: 1)
        simulation.organization.agents[0].poolID = "support"
        simulation.organization.agents[0].skills = []
        #expect(throws: Broken.self) {
            try simulation.runBrokenBook()
        }
    }

    @Test("A thousand waiting work items do not make an event slow", .timeLimit(.minutes(1)))
    func manyWaiting() {
        var bench = Bench()
        bench.organization.profiles[0].presenceLeaseSeconds = 1_000_000
        bench.configure { _ in }
        for index in 0..<2_000 { bench.message("item-\(index)") }
        bench.available("ana", "ben")
        for _ in 0..<500 {
            guard let id = bench.router.agentView("ana")?.offers.first?.id.rawValue else { break }
            bench.accept(id)
            bench.command("ana", .complete(WorkItemID(id), disposition: "solved"))
        }
        #expect(bench.router.queueView("general")?.open == 1_500)
    }
}

extension Simulation {
    /// Puts a hold into the books that nobody offered, and looks whether it is found.
    fileprivate mutating func runBrokenBook() throws {
        try run(steps: 5)
        guard let id = router.agents.keys.sorted().first else { throw Broken("no agent") }
        router.agents[id]?.holds["ghost"] = Hold(
            weight: 1, fullWeight: 1, channel: .chat, activity: .active)
        try run(steps: 1)
    }
}
