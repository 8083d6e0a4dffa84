import Domain
import Testing

@testable import RouterCore

@Suite("Expected wait: from who comes before, how long it took, and how many can work on it")
struct ExpectedWaitTests {
    @Test("Somebody is free: no wait; nobody is there: none can be told")
    func extremes() {
        var bench = Bench()
        bench.message("a")
        #expect(bench.router.place(of: "a") == WaitingPlace(workItemID: "a", position: 1, expectedWait: nil))
        #expect(bench.router.queueViewWithPlaces("general")?.expectedWait == nil)
        bench.available("ana")
        #expect(bench.router.place(of: "a") == nil)
        #expect(bench.router.queueViewWithPlaces("general")?.expectedWait == ExpectedWait.none)
    }

    @Test("The further behind, the longer; with more places, the shorter; more urgent, nearer")
    func grows() {
        var bench = Bench()
        bench.configure { $0.profiles[0].capacity = 1 }
        bench.available("ana")
        bench.message("x")
        for name in ["a", "b", "c"] { bench.message(name) }
        let waits = ["a", "b", "c"].compactMap { bench.router.place(of: WorkItemID($0))?.expectedWait }
        #expect(waits.map(\.p50Seconds) == waits.map(\.p50Seconds).sorted())
        #expect(waits[0].p50Seconds < waits[2].p50Seconds)
        #expect(waits.allSatisfy { $0.p50Seconds < $0.p90Seconds })
        bench.message("urgent", priority: 9)
        #expect(bench.router.place(of: "urgent")?.position == 1)
        #expect(bench.router.place(of: "a")?.position == 2)
        let view = bench.router.queueViewWithPlaces("general")
        #expect(view?.places.map(\.workItemID) == ["urgent", "a", "b", "c"])
        #expect(view?.places.map(\.position) == [1, 2, 3, 4])
    }

    @Test("Before the queue has figures of its own, its policy's expectation counts, as an exponential would be")
    func prior() {
        var bench = Bench()
        bench.configure { $0.profiles[0].capacity = 1 }
        bench.available("ana")
        bench.message("x")
        bench.message("a")
        // ln 2 and ln 10 of 300 s are 208 s and 691 s.
        let wait = bench.router.place(of: "a")?.expectedWait
        #expect((200...215).contains(wait?.p50Seconds ?? 0))
        #expect((670...705).contains(wait?.p90Seconds ?? 0))
    }

    @Test("Handling times that hardly vary give a wait that hardly does")
    func observed() {
        var bench = Bench()
        bench.configure { organization in
            organization.profiles[0].capacity = 1
            organization.policy.wrapUpSeconds = 0
        }
        bench.available("ana")
        for index in 0..<20 {
            bench.message("i\(index)")
            bench.accept("i\(index)")
            bench.wait(60)
            bench.command("ana", .complete(WorkItemID("i\(index)"), disposition: "solved"))
        }
        bench.message("x")
        bench.message("a")
        let wait = bench.router.place(of: "a")?.expectedWait
        #expect((55...66).contains(wait?.p50Seconds ?? 0))
        #expect((55...66).contains(wait?.p90Seconds ?? 0))
    }

    @Test("A wrap-up counts: who waits, waits until the agent's hand is free")
    func wrapUp() {
        var bench = Bench()
        bench.organization.policy.wrapUpSeconds = 30
        bench.configure { _ in }
        bench.assign("item", to: "ana")
        bench.wait(60)
        bench.command("ana", .complete("item", disposition: "solved"))
        bench.wait(30)
        #expect(bench.stage("item") == "closed")
        #expect(bench.router.queueView("general")?.averageHandleSeconds == 90)
    }

    @Test("Work of another queue counts with the share of its agents who serve both")
    func otherQueues() {
        var bench = Bench()
        bench.configure { organization in
            organization.profiles[0].capacity = 1
            organization.queues[1].requirements = []
        }
        bench.available("ana")
        bench.message("x")
        bench.message("a")
        let alone = bench.router.place(of: "a")?.expectedWait?.p50Seconds ?? 0
        bench.message("urgent", queue: "billing", priority: 9)
        #expect(bench.router.place(of: "a")?.position == 1)
        #expect(bench.router.place(of: "a")?.expectedWait?.p50Seconds ?? 0 > alone)
    }

    @Test("The digest knows a length within an eighth, forgets slowly, and goes through a checkpoint")
    func digest() throws {
        var digest = HandleDigest()
        #expect(digest.moments == nil)
        for tenths in [3, 100, 12_345, 1 << 19] {
            var one = HandleDigest()
            one.record(tenths: tenths)
            let mean = try #require(one.moments?.mean)
            #expect(abs(mean - tenths) * 8 <= tenths)
        }
        for _ in 0..<2_000 { digest.record(tenths: 600) }
        #expect(digest.observations <= 512)
        for _ in 0..<2_000 { digest.record(tenths: .max) }
        #expect(digest.counts.count <= HandleDigest.classCount)
        #expect(HandleDigest(counts: digest.counts) == digest)
        #expect(HandleDigest(counts: [.max, -1]).counts == [8_192, 0])
    }

    @Test(
        "Quantiles are near those of the exponential and Erlang distributions",
        arguments: [(1, 69, 230), (4, 367, 668)])
    func quantiles(_ shape: Int, _ p50: Int, _ p90: Int) {
        let wait = ExpectedWait(mean: shape * 1_000, variance: shape * 1_000_000)
        #expect(abs(wait.p50Seconds - p50) <= 3)
        #expect(abs(wait.p90Seconds - p90) <= 5)
        #expect(ExpectedWait(mean: .max, variance: .max).p90Seconds <= RouterLimits.expectedWaitSecondsMax)
    }
}
