import Domain
import SLATimerCore
import TestSupport
import Testing

@Suite struct `A reader who turns pages` {
    private func all(
        _ timer: SLATimer, _ states: Set<TrackedClock.State>, limit: Int
    ) -> (items: [TrackedWorkItem], pages: Int) {
        var items: [TrackedWorkItem] = []
        var pages = 0
        var isFull = true
        while isFull {
            let page = timer.workItems(after: items.last?.id, with: states, limit: limit)
            items += page
            pages += 1
            isFull = page.count == limit
        }
        return (items, pages)
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `sees each work item in its state once and in order, whatever happened to it`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var driver = TimerDriver()
        let ids = (0..<600).map { WorkItemID("item-\(($0 &* 7_919) % 10_007)") }
        for second in 0..<3_000 {
            let id = ids[Int.random(in: 0..<ids.count, using: &random)]
            let kinds: [ClockSignal.Kind] = [
                .opened(), .opened(), .reply("r\(second)"), .customer("c\(second)"), .closed(), .parked,
            ]
            driver.signal(kinds.randomElement(using: &random) ?? .opened(), at: second, item: id)
        }
        // What was closed at first is forgotten.
        driver.tick(3_000 + Int(SLALimits.closedRetention / .seconds(1)) - 1_500)
        for states in TrackedClock.State.allCases.map({ [$0] }) + [Set(TrackedClock.State.allCases)] {
            let expected = ids.sorted().compactMap { driver.timer.workItem($0) }.filter { item in
                item.clocks.contains { states.contains($0.state) }
            }
            #expect(all(driver.timer, states, limit: 7).items == expected, "seed \(seed), \(states)")
        }
        var restored = SLATimer()
        restored.restore(.standard)
        for id in ids.reversed() { driver.timer.workItem(id).map { restored.restore($0) } }
        let states = Set(TrackedClock.State.allCases)
        #expect(all(restored, states, limit: 50).items == all(driver.timer, states, limit: 50).items)
    }

    @Test func `waits for what a page holds, and not for all work items`() {
        var driver = TimerDriver()
        for number in 0..<8_000 { driver.signal(.opened(), at: 0, item: WorkItemID("item-\(number)")) }
        driver.signal(.closed(), at: 1, item: WorkItemID("item-7"))
        let start = ContinuousClock.now
        let (items, pages) = all(driver.timer, [.running], limit: 10)
        #expect(items.count == 7_999 && pages == 800)
        for _ in 0..<800 {
            #expect(driver.timer.workItems(after: nil, with: [.met, .cancelled], limit: 10).count <= 1)
        }
        // Sorting all of them for each page takes minutes.
        #expect(ContinuousClock.now - start < .seconds(30))
    }
}
