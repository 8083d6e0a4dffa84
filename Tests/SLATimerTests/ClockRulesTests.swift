import Domain
import SLATimerCore
import Testing

@Suite struct `A work item's clocks` {
    @Test func `start when it is opened`() {
        var driver = TimerDriver()
        driver.signal(.opened(), at: 10)
        #expect(
            driver.said() == [
                .clockStarted(.firstResponse, dueAt: .s(110)), .clockStarted(.resolution, dueAt: .s(1010)),
            ])
        #expect(driver.timer.nextDeadline == .s(90))
    }

    @Test func `are met by a reply and by closing`() {
        var driver = TimerDriver()
        driver.signal(.opened(), at: 0)
        _ = driver.said()
        driver.signal(.reply("a"), at: 70)
        driver.signal(.closed(), at: 500)
        #expect(driver.said() == [.clockMet(.firstResponse, dueAt: .s(100)), .clockMet(.resolution, dueAt: .s(1000))])
        driver.tick(2000)
        #expect(driver.said() == [])
    }

    @Test func `warn, breach and raise the priority once`() {
        var driver = TimerDriver()
        driver.signal(.opened(), at: 0)
        _ = driver.said()
        driver.tick(79)
        #expect(driver.said() == [])
        driver.tick(80)
        #expect(driver.said() == [.warning(.firstResponse, dueAt: .s(100))])
        driver.tick(100)
        #expect(driver.said() == [], "the due time itself is still in time")
        driver.tick(101)
        #expect(
            driver.escalations == [
                Escalation(
                    workItemID: .item, poolID: .init("pool"), priority: 9, reason: "first-response target breached")
            ])
        #expect(driver.said() == [.breached(.firstResponse, dueAt: .s(100)), .escalated(priority: 9)])
        driver.signal(.priorityChanged(9), at: 102)
        driver.tick(3000)
        #expect(driver.escalations == [], "the resolution's breach finds the priority raised already")
        #expect(driver.said() == [.warning(.resolution, dueAt: .s(1000)), .breached(.resolution, dueAt: .s(1000))])
    }

    @Test func `raise the priority again if it was lowered meanwhile, for another target`() {
        var driver = TimerDriver()
        driver.signal(.opened(), at: 0)
        driver.tick(200)
        driver.signal(.priorityChanged(3), at: 300)
        _ = driver.said()
        driver.tick(3000)
        #expect(driver.escalations.map(\.reason) == ["resolution target breached"])
    }

    @Test func `do not lower a priority that is higher`() {
        var driver = TimerDriver()
        driver.signal(.opened(priority: 10), at: 0)
        driver.tick(200)
        #expect(driver.escalations == [])
        #expect(driver.state(.firstResponse) == .breached)
    }

    @Test func `warn and breach when both are overdue at one tick`() {
        var driver = TimerDriver()
        driver.signal(.opened(), at: 0)
        _ = driver.said()
        driver.tick(500)
        #expect(
            driver.said() == [
                .warning(.firstResponse, dueAt: .s(100)), .breached(.firstResponse, dueAt: .s(100)),
                .escalated(priority: 9),
            ])
    }

    @Test func `take a reply that came in time as in time, even if its record comes after the breach`() {
        var driver = TimerDriver()
        driver.signal(.opened(), at: 0)
        driver.tick(120)
        _ = driver.said()
        driver.signal(.reply("a"), at: 100, arriving: 130)
        #expect(
            driver.said() == [
                .breachRetracted(.firstResponse, dueAt: .s(100)), .clockMet(.firstResponse, dueAt: .s(100)),
            ])
        #expect(driver.state(.firstResponse) == .met)
    }

    @Test func `stay breached when the reply came late`() {
        var driver = TimerDriver()
        driver.signal(.opened(), at: 0)
        driver.tick(120)
        _ = driver.said()
        driver.signal(.reply("a"), at: 101, arriving: 130)
        #expect(driver.said() == [])
        #expect(driver.state(.firstResponse) == .breached)
    }

    @Test func `are cancelled on closing, and breached ones stay so`() {
        var driver = TimerDriver()
        driver.signal(.opened(), at: 0)
        _ = driver.said()
        driver.signal(.closed(), at: 50)
        #expect(driver.said() == [.clockCancelled(.firstResponse), .clockMet(.resolution, dueAt: .s(1000))])

        driver.signal(.opened(), at: 60, item: .init("item-2"))
        driver.signal(.closed(), at: 300, item: .init("item-2"))
        #expect(driver.state(.firstResponse, item: .init("item-2")) == .breached)
        #expect(driver.escalations.count == 1)
    }
}

@Suite struct `A next-response clock` {
    @Test func `starts with a customer's message after a reply, and not again with the next ones`() {
        var driver = TimerDriver()
        driver.signal(.opened(), at: 0)
        driver.signal(.customer("before any reply"), at: 5)
        driver.signal(.reply("a"), at: 10)
        _ = driver.said()
        driver.signal(.customer("b"), at: 100)
        #expect(driver.said() == [.clockStarted(.nextResponse, dueAt: .s(160))])
        driver.signal(.customer("c"), at: 120)
        #expect(driver.said() == [])
        driver.signal(.reply("d"), at: 147)
        #expect(driver.said() == [.clockMet(.nextResponse, dueAt: .s(160))])
        driver.signal(.customer("e"), at: 151)
        #expect(driver.said() == [.clockStarted(.nextResponse, dueAt: .s(211))])
        driver.tick(212)
        #expect(driver.escalations.count == 1)
        #expect(driver.state(.nextResponse) == .breached)
    }

    @Test func `counts from the writing of a message that was passed on after a reply`() {
        var driver = TimerDriver()
        driver.signal(.opened(), at: 0)
        driver.signal(.reply("a"), at: 100)
        _ = driver.said()
        driver.signal(.customer("b"), at: 95, arriving: 110)
        #expect(driver.said() == [.clockStarted(.nextResponse, dueAt: .s(155))], "the agent had not seen it")
        driver.signal(.reply("c"), at: 120)
        #expect(driver.said() == [.clockMet(.nextResponse, dueAt: .s(155))])
    }

    @Test func `moves when an earlier message arrives late`() {
        var driver = TimerDriver()
        driver.signal(.opened(), at: 0)
        driver.signal(.reply("a"), at: 10)
        driver.signal(.customer("c"), at: 120)
        _ = driver.said()
        driver.signal(.customer("b"), at: 100, arriving: 130)
        #expect(driver.said() == [.clockCancelled(.nextResponse), .clockStarted(.nextResponse, dueAt: .s(160))])
    }
}

@Suite struct `A paused clock` {
    @Test func `stands still while the work item is parked`() throws {
        var driver = TimerDriver()
        driver.signal(.opened(), at: 0)
        _ = driver.said()
        driver.signal(.parked, at: 40)
        #expect(driver.said() == [.clockPaused(.firstResponse), .clockPaused(.resolution)])
        #expect(driver.state(.firstResponse) == .paused)
        driver.tick(900)
        #expect(driver.said() == [])
        driver.signal(.resumed, at: 1000)
        #expect(
            driver.said() == [
                .clockResumed(.firstResponse, dueAt: .s(1060)), .clockResumed(.resolution, dueAt: .s(1960)),
            ])
        let tracked = try #require(driver.timer.workItem(.item)?.clocks.first)
        #expect(tracked.clock.pauses == [.init(from: .s(40), to: .s(1000))])
        #expect(driver.timer.remaining(tracked.clock, at: .s(1010)) == .seconds(50))
        driver.tick(1041)
        #expect(driver.said() == [.warning(.firstResponse, dueAt: .s(1060))])
        driver.tick(1061)
        #expect(driver.state(.firstResponse) == .breached)
    }

    @Test func `goes on when the customer writes, and the pause is over for all`() {
        var driver = TimerDriver()
        driver.signal(.opened(), at: 0)
        driver.signal(.reply("a"), at: 10)
        driver.signal(.parked, at: 20)
        _ = driver.said()
        driver.signal(.customer("b"), at: 500)
        #expect(
            driver.said() == [
                .clockResumed(.resolution, dueAt: .s(1480)), .clockStarted(.nextResponse, dueAt: .s(560)),
            ])
    }

    @Test func `is met by a reply while parked, with what had passed before`() {
        var driver = TimerDriver()
        driver.signal(.opened(), at: 0)
        driver.signal(.parked, at: 40)
        _ = driver.said()
        driver.signal(.reply("a"), at: 5000)
        #expect(driver.said() == [.clockMet(.firstResponse, dueAt: .s(5060))])
    }

    @Test func `takes back a breach when the pause becomes known late`() {
        var driver = TimerDriver()
        driver.signal(.opened(), at: 0)
        driver.tick(150)
        _ = driver.said()
        driver.signal(.parked, at: 90, arriving: 160)
        #expect(
            driver.said() == [
                .breachRetracted(.firstResponse, dueAt: .s(100)), .clockPaused(.firstResponse),
                .clockPaused(.resolution),
            ])
        driver.signal(.resumed, at: 170)
        driver.tick(200)
        #expect(
            driver.said() == [
                .clockResumed(.firstResponse, dueAt: .s(180)), .clockResumed(.resolution, dueAt: .s(1080)),
                .breached(.firstResponse, dueAt: .s(180)),
            ], "warned and escalated already")
    }

    @Test func `takes no more pauses than it can store, and runs on`() throws {
        var driver = TimerDriver()
        driver.signal(.opened(), at: 0)
        for round in 0..<(SLALimits.pausesMax + 10) {
            driver.signal(.parked, at: 1 + round * 2)
            driver.signal(.resumed, at: 2 + round * 2)
        }
        let item = try #require(driver.timer.workItem(.item))
        #expect(item.clocks.allSatisfy { $0.clock.pauses.count <= SLALimits.pausesMax })
        #expect(item.history.recent.count <= SLALimits.historyMax)
    }
}

@Suite struct `Signals` {
    @Test func `of unknown work items and repeated ones change nothing`() {
        var driver = TimerDriver()
        driver.signal(.reply("a"), at: 5)
        driver.signal(.closed(), at: 6)
        #expect(driver.said() == [])
        #expect(driver.timer.nextDeadline == nil)
        driver.signal(.opened(), at: 10)
        driver.signal(.reply("a"), at: 20)
        _ = driver.said()
        let before = driver.timer.workItem(.item)
        driver.signal(.opened(), at: 10, arriving: 30)
        driver.signal(.reply("a"), at: 20, arriving: 31)
        driver.signal(.reply("a"), at: 32)
        #expect(driver.said() == [])
        #expect(driver.timer.workItem(.item) == before)
    }

    @Test func `that come after the closing still count by their time`() {
        var driver = TimerDriver()
        driver.signal(.opened(), at: 0)
        driver.signal(.closed(), at: 60)
        _ = driver.said()
        driver.signal(.reply("a"), at: 50, arriving: 70)
        #expect(driver.said() == [.clockMet(.firstResponse, dueAt: .s(100))])
        driver.signal(.customer("too late"), at: 65, arriving: 71)
        #expect(driver.said() == [])
    }

    @Test func `from a clock that runs ahead count as of when they were written down`() {
        var driver = TimerDriver()
        driver.signal(.opened(), at: 900, arriving: 10)
        #expect(driver.timer.workItem(.item)?.openedAt == .s(10))
        driver.signal(.reply("a"), at: -5, arriving: 20)
        #expect(driver.timer.workItem(.item)?.clocks.first?.clock.end?.at == .s(10))
    }

    @Test func `leave nothing behind some time after the closing`() {
        var driver = TimerDriver()
        driver.signal(.opened(), at: 0)
        driver.signal(.closed(by: nil), at: 60)
        driver.tick(60 + 24 * 3600 - 1)
        #expect(driver.timer.workItem(.item) != nil)
        _ = driver.timer.changes()
        driver.tick(60 + 24 * 3600)
        #expect(driver.timer.workItem(.item) == nil)
        #expect(driver.timer.nextDeadline == nil)
        let changes = driver.timer.changes()
        #expect(changes.map(\.id) == [.item])
        #expect(changes.allSatisfy { $0.item == nil })
    }

    @Test func `of a work item that everybody forgot end its clocks`() {
        var policy = SLAPolicy.standard
        policy.targets = [.init(kind: .resolution, seconds: 365 * 86_400)]
        var driver = TimerDriver(.with(policy))
        driver.signal(.opened(), at: 0)
        _ = driver.said()
        driver.tick(90 * 86_400)
        #expect(driver.said() == [.clockCancelled(.resolution)])
        #expect(driver.timer.workItemCount == 0)
    }

    @Test func `of many work items fire in the order of their deadlines, then of their ids`() {
        var driver = TimerDriver()
        for name in ["c", "a", "b"] { driver.signal(.opened(), at: 0, item: .init(name)) }
        driver.signal(.opened(), at: 0, arriving: 5, item: .init("0"))
        driver.outputs = []
        driver.tick(90)
        let warned = driver.outputs.map { if case .event(let event) = $0 { event.workItemID.rawValue } else { "" } }
        #expect(warned == ["0", "a", "b", "c"])
    }
}
