import Domain
import SLATimerCore
import Testing

@Suite struct `A configuration revision` {
    @Test func `holds for clocks that start after it`() {
        var driver = TimerDriver()
        driver.signal(.opened(), at: 0)
        var policy = SLAPolicy.standard
        policy.targets = [.init(kind: .firstResponse, seconds: 10), .init(kind: .nextResponse, seconds: 20)]
        _ = driver.said()
        driver.configure(.with(policy, revision: 2), at: 50)
        #expect(driver.said() == [])
        driver.signal(.reply("a"), at: 90)
        #expect(driver.said() == [.warning(.firstResponse, dueAt: .s(100)), .clockMet(.firstResponse, dueAt: .s(100))])
        driver.signal(.customer("b"), at: 200)
        #expect(driver.said() == [.clockStarted(.nextResponse, dueAt: .s(220))])
        driver.signal(.reply("c"), at: 205)
        #expect(driver.said() == [.clockMet(.nextResponse, dueAt: .s(220))])
        driver.signal(.opened(), at: 300, item: .init("item-2"))
        #expect(driver.said() == [.clockStarted(.firstResponse, dueAt: .s(310))])
    }

    @Test func `that brings the policy starts the clocks from the opening, and acknowledges`() {
        var driver = TimerDriver(nil)
        driver.signal(.opened(), at: 0)
        #expect(driver.said() == [])
        var policy = SLAPolicy.standard
        policy.acknowledgement = .init(text: "Hello", textWithoutWait: "Hello")
        driver.configure(.with(policy), at: 30)
        #expect(driver.messages.map(\.author) == [.acknowledgement])
        #expect(
            driver.said().suffix(2) == [
                .clockStarted(.firstResponse, dueAt: .s(100)), .clockStarted(.resolution, dueAt: .s(1000)),
            ])
    }

    @Test func `that brings the policy too late acknowledges nothing any more`() {
        var policy = SLAPolicy.standard
        policy.acknowledgement = .init(text: "Hello", textWithoutWait: "Hello")
        var late = TimerDriver(nil)
        late.signal(.opened(), at: 0)
        late.configure(.with(policy), at: 601)
        #expect(late.messages == [])
        var answered = TimerDriver(nil)
        answered.signal(.opened(), at: 0)
        answered.signal(.reply("a"), at: 10)
        answered.configure(.with(policy), at: 20)
        #expect(answered.messages == [])
        #expect(answered.state(.firstResponse) == .met)
    }

    @Test func `extends a calendar, and clocks that waited for it go on`() {
        var policy = SLAPolicy.standard
        policy.calendarID = .init("hours")
        let short = BusinessCalendar(id: .init("hours"), open: [.init(start: .s(0), end: .s(90))])
        let long = BusinessCalendar(
            id: .init("hours"), open: short.open + [.init(start: .s(500), end: .s(2000))])
        var driver = TimerDriver(.with(policy, calendars: [short]))
        driver.signal(.opened(), at: 0)
        driver.tick(300)
        #expect(driver.said() == [], "nobody knows when it is due")
        #expect(driver.state(.firstResponse) == .running)
        driver.configure(.with(policy, calendars: [long], revision: 2), at: 400)
        #expect(
            driver.said() == [
                .clockStarted(.firstResponse, dueAt: .s(510)), .warning(.firstResponse, dueAt: .s(510)),
                .clockStarted(.resolution, dueAt: .s(1410)),
            ])
        driver.signal(.reply("a"), at: 505)
        #expect(driver.said() == [.clockMet(.firstResponse, dueAt: .s(510))])
    }

    @Test func `that changes the hours moves what runs and nothing that was decided`() {
        var policy = SLAPolicy.standard
        policy.calendarID = .init("hours")
        let open = BusinessCalendar(id: .init("hours"), open: [.init(start: .s(0), end: .s(9000))])
        let holiday = BusinessCalendar(id: .init("hours"), open: [.init(start: .s(600), end: .s(9000))])
        var driver = TimerDriver(.with(policy, calendars: [open]))
        driver.signal(.opened(), at: 0)
        driver.tick(200)
        _ = driver.said()
        driver.configure(.with(policy, calendars: [holiday], revision: 2), at: 300)
        #expect(driver.said() == [.clockResumed(.resolution, dueAt: .s(1600))])
        #expect(driver.state(.firstResponse) == .breached)
    }

    @Test func `without the calendar of a policy lets its clocks wait`() {
        var policy = SLAPolicy.standard
        policy.calendarID = .init("missing")
        var driver = TimerDriver(.with(policy))
        driver.signal(.opened(), at: 0)
        driver.signal(.reply("a"), at: 10)
        driver.tick(5000)
        #expect(driver.said() == [])
        let always = BusinessCalendar(id: .init("missing"), open: [.init(start: .s(0), end: .s(100_000))])
        driver.configure(.with(policy, calendars: [always], revision: 2), at: 5000)
        #expect(
            driver.said() == [
                .clockStarted(.firstResponse, dueAt: .s(100)), .clockMet(.firstResponse, dueAt: .s(100)),
                .clockStarted(.resolution, dueAt: .s(1000)), .warning(.resolution, dueAt: .s(1000)),
                .breached(.resolution, dueAt: .s(1000)), .escalated(priority: 9),
            ])
    }
}
