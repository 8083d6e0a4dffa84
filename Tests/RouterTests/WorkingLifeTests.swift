import Domain
import TestSupport
import Testing

@testable import RouterCore

@Suite("Working life: air, breaks, shifts, and who sets a presence")
struct WorkingLifeTests {
    // MARK: Air

    @Test("Whoever worked the share of the window gets air before work, and it is said")
    func air() {
        var bench = Bench.guarded()
        bench.assign("first", to: "ana")
        bench.wait(299)
        #expect(bench.router.agentState("ana")?.airUntil == nil)
        let outputs = bench.wait(1)
        let until = bench.now + .seconds(120)
        #expect(outputs.events == [.airGiven("ana", until: until)])
        #expect(bench.router.agentView("ana")?.airUntil == until)
        bench.command("ana", .complete("first", disposition: "solved"))
        bench.message("second")
        #expect(bench.stage("second") == "queued")
        #expect(bench.router.reasonsForWaiting("second") == [.air("ana", until: until)])
        bench.wait(120)
        #expect(bench.holder(of: "second") == "ana")
    }

    @Test("Air goes on while the agent goes on working, and wakes once each time")
    func noStorm() {
        var bench = Bench.guarded()
        bench.assign("first", to: "ana")
        bench.wait(300)
        var ticks = 0
        let end = bench.now + .seconds(3_600)
        while let next = bench.router.nextDeadline, next <= end {
            bench.now = next
            _ = bench.router.advance(to: next)
            ticks += 1
        }
        #expect(ticks == 30, "one for each stretch of 120 seconds")
        #expect(bench.router.agentState("ana")?.airUntil != nil)
    }

    @Test("A guard that becomes stricter is obeyed from its record on, by who is at work then")
    func stricter() {
        var bench = Bench.guarded()
        bench.assign("first", to: "ana")
        bench.wait(200)
        #expect(bench.router.agentState("ana")?.airUntil == nil)
        let outputs = bench.configure { $0.profiles[0].occupancyGuard?.percentMax = 33 }
        #expect(outputs.events == [.airGiven("ana", until: bench.now + .seconds(120))])
    }

    @Test("Only time in work counts: not offers, not what is idle, not being away")
    func notInWork() {
        var bench = Bench.guarded {
            $0.idleAfterSeconds = 10
            $0.idleWeightPercent = 50
        }
        bench.organization.policy.offerSeconds = 10_000
        bench.configure { _ in }
        bench.available("ana")
        bench.message("item")
        bench.wait(1_000)
        bench.accept("item")
        bench.wait(1_000)
        bench.command("ana", .setPresence(.away))
        bench.command("ana", .reply("item", messageID: "m", text: "hi"))
        bench.wait(1_000)
        #expect(bench.router.agentState("ana")?.airUntil == nil)
    }

    @Test("What lies before the window is forgotten, and the count is bounded")
    func window() {
        let rule = RoutingProfile.OccupancyGuard(percentMax: 50, windowSeconds: 600, airSeconds: 10)
        var now = Instant(milliseconds: 1_700_000_000_000)
        var occupancy = Occupancy(rule, at: now)
        occupancy.turn(isWorking: true, at: now)
        now = now + .seconds(200)
        occupancy.turn(isWorking: false, at: now)
        #expect(occupancy.worked.reduce(0, +) == 200_000)
        now = now + .seconds(300)
        occupancy.turn(isWorking: true, at: now)
        #expect(occupancy.reaches(percent: 50, from: now) == now + .seconds(100))
        now = now + .seconds(86_400)
        occupancy.turn(isWorking: true, at: now)
        #expect(occupancy.worked.count == Int(Occupancy.bucketsMax))
        #expect(occupancy.worked.reduce(0, +) <= 600_000)
        now = now + .seconds(86_400 * 1_000)
        occupancy.workingSince = nil
        occupancy.turn(isWorking: false, at: now)
        #expect(occupancy.worked.reduce(0, +) == 0)
        #expect(occupancy.worked.count <= Int(Occupancy.bucketsMax))
    }

    @Test("When the share will be reached is what counting second by second finds", arguments: 0..<20)
    func reaches(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let rule = RoutingProfile.OccupancyGuard(percentMax: 1 + random.below(100), windowSeconds: 120)
        var now = Instant(milliseconds: 1_700_000_000_000)
        var occupancy = Occupancy(rule, at: now)
        for index in 0..<8 {
            occupancy.turn(isWorking: index % 2 == 0, at: now)
            now = now + .seconds(random.below(20))
        }
        occupancy.turn(isWorking: true, at: now)
        let limit = Int64(120_000 * rule.percentMax / 100)
        var counted: Instant?
        for second in 0...1_300 where counted == nil {
            var later = occupancy
            let time = now + .milliseconds(second * 100)
            later.turn(isWorking: true, at: time)
            if later.worked.reduce(0, +) >= limit { counted = time }
        }
        let due = occupancy.reaches(percent: rule.percentMax, from: now)
        guard let due, let counted else {
            Issue.record("a share up to all of the window is reached")
            return
        }
        #expect(due <= counted && counted - due < .milliseconds(100))
    }

    // MARK: Missed offers

    @Test("So many offers missed in a row set the agent to away, with the reason")
    func missed() {
        var bench = Bench.with { $0.missedOffersMax = 2 }
        bench.organization.policy.declineCooldownSeconds = 1
        bench.configure { _ in }
        bench.available("ana")
        bench.message("item")
        bench.wait(30)
        bench.wait(1)
        #expect(bench.holder(of: "item") == "ana")
        let outputs = bench.wait(30)
        #expect(outputs.events.contains(.presenceChanged("ana", .away, reason: "missed 2 offers in a row")))
        #expect(bench.router.agentView("ana")?.reason == "missed 2 offers in a row")
        bench.available("ana")
        #expect(bench.router.agentState("ana")?.missedOffers == 0)
    }

    @Test("An answered offer resets the count", arguments: [true, false])
    func answered(byAccepting: Bool) throws {
        var bench = Bench.with { $0.missedOffersMax = 2 }
        bench.available("ana")
        bench.message("first")
        bench.wait(30)
        #expect(bench.router.agentState("ana")?.missedOffers == 1)
        bench.message("second")
        let offer = try #require(bench.offer(of: "second"))
        bench.command("ana", byAccepting ? .accept(offer.id) : .decline(offer.id, reason: "no"))
        #expect(bench.router.agentState("ana")?.missedOffers == 0)
    }

    // MARK: Breaks

    @Test("A reason for a break is kept in event and view")
    func breakReason() {
        var bench = Bench()
        bench.available("ana")
        let outputs = bench.command("ana", .setPresence(.away, reason: "lunch"))
        #expect(outputs.events.contains(.presenceChanged("ana", .away, reason: "lunch")))
        #expect(bench.router.agentView("ana")?.reason == "lunch")
        let changed = bench.command("ana", .setPresence(.away, reason: "training"))
        #expect(changed.events.contains(.presenceChanged("ana", .away, reason: "training")))
        bench.available("ana")
        #expect(bench.router.agentView("ana")?.reason == nil)
    }

    @Test("A pool that declares reasons refuses others, and names its own", arguments: ["siesta", nil])
    func unknownReason(reason: String?) throws {
        var bench = Bench()
        bench.configure { $0.breakReasons = ["lunch", "training"] }
        bench.available("ana")
        let outputs = bench.command("ana", .setPresence(.away, reason: reason))
        #expect(outputs.rejection == .unknownBreakReason)
        guard case .rejected(let rejection) = outputs.result else { return }
        #expect(rejection.detail.contains("lunch, training"))
        #expect(bench.router.agentView("ana")?.presence == .available)
        #expect(bench.command("ana", .setPresence(.away, reason: "lunch")).rejection == nil)
        #expect(bench.command("ana", .setPresence(.offline)).rejection == nil, "only being away needs a reason")
    }

    @Test("A reason has a limit")
    func longReason() {
        var bench = Bench()
        let long = String(repeating: "x", count: RouterLimits.reasonBytesMax + 1)
        #expect(bench.command("ana", .setPresence(.away, reason: long)).rejection == .limitReached)
    }

    // MARK: Supervisors

    @Test("A supervisor sets an agent's presence, and is named")
    func supervisor() {
        var bench = Bench()
        bench.available("ana")
        let outputs = bench.command("ana", .setPresence(.away, reason: "call me"), supervisor: "mia")
        #expect(outputs.events.contains(.presenceChanged("ana", .away, reason: "call me", supervisor: "mia")))
        #expect(bench.router.agentView("ana")?.supervisor == "mia")
        bench.available("ana")
        #expect(bench.router.agentView("ana")?.supervisor == nil)
    }

    @Test("What a supervisor does is no sign of the agent's life")
    func noSignOfLife() {
        var bench = Bench()
        bench.available("ana")
        bench.wait(100)
        bench.command("ana", .setPresence(.away), supervisor: "mia")
        bench.wait(20)
        #expect(bench.router.agentView("ana")?.presence == .offline)
        bench.command("ana", .setPresence(.available), supervisor: "mia")
        bench.wait(119)
        #expect(bench.router.agentView("ana")?.presence == .available, "whom they make present gets one lease")
        bench.wait(1)
        #expect(bench.router.agentView("ana")?.presence == .offline)
    }

    // MARK: Shifts

    @Test("Outside a shift nothing is offered, and its start makes nobody present")
    func outsideShift() {
        var bench = Bench.onShift(from: 100, to: 200)
        bench.message("item")
        bench.wait(50)
        bench.available("ana")
        #expect(bench.stage("item") == "queued")
        #expect(bench.router.reasonsForWaiting("item") == [.outsideShift(agents: 1)])
        bench.wait(50)
        #expect(bench.holder(of: "item") == "ana", "who came early starts with the shift")
        #expect(bench.router.agentView("ben")?.presence == .offline)
    }

    @Test("The end of a shift drains: offers go, assignments stay, and with the last the agent is offline")
    func drains() {
        var bench = Bench.onShift(from: 0, to: 100)
        bench.organization.policy.offerSeconds = 1_000
        bench.configure { _ in }
        bench.assign("first", to: "ana")
        bench.message("second")
        let outputs = bench.wait(100)
        #expect(outputs.events.first == .shiftEnded("ana"))
        #expect(bench.stage("second") == "queued")
        #expect(bench.router.reasonsForWaiting("second") == [.draining(agents: 1)])
        #expect(bench.stage("first") == "assigned")
        #expect(bench.router.agentView("ana")?.shift == .draining)
        let last = bench.command("ana", .complete("first", disposition: "solved"))
        #expect(last.events.contains(.presenceChanged("ana", .offline, reason: "the shift is over")))
        #expect(bench.router.agentView("ana")?.presence == .offline)
    }

    @Test("Whoever has nothing at the end of a shift is offline at once, and may come back unoffered")
    func nothingToDrain() {
        var bench = Bench.onShift(from: 0, to: 100)
        bench.available("ana")
        bench.wait(100)
        #expect(bench.router.agentView("ana")?.presence == .offline)
        bench.available("ana")
        bench.message("item")
        bench.wait(10)
        #expect(bench.router.agentView("ana")?.presence == .available)
        #expect(bench.stage("item") == "queued")
    }
}

extension Bench {
    /// Half of ten minutes, then two minutes of air.
    fileprivate static func guarded(_ change: (inout RoutingProfile) -> Void = { _ in }) -> Bench {
        Bench.with { profile in
            profile.occupancyGuard = RoutingProfile.OccupancyGuard(percentMax: 50, windowSeconds: 600, airSeconds: 120)
            change(&profile)
        }
    }

    /// Both agents have one shift, in seconds from now.
    fileprivate static func onShift(from start: Int, to end: Int) -> Bench {
        var bench = Bench.with { _ in }
        let now = bench.now
        bench.configure { organization in
            organization.shifts = [BusinessCalendar.Interval(start: now + .seconds(start), end: now + .seconds(end))]
            for index in organization.agents.indices { organization.agents[index].shiftCalendarID = "shifts" }
        }
        return bench
    }
}
