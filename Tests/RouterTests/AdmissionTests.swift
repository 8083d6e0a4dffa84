import Domain
import Testing

@testable import RouterCore

@Suite("Admission: who is not let in gets an honest answer")
struct AdmissionTests {
    private func router(_ admission: Queue.Admission) -> Bench {
        var organization = Organization()
        organization.queues[0].admission = admission
        return Bench(organization)
    }

    private let full = Queue.Admission(waitingMax: 1, fullText: "The wait is {wait}.", closedText: "")

    /// Ana with three work items, so that a fourth has to wait.
    private func fill(_ bench: inout Bench) {
        bench.available("ana")
        for name in ["x", "y", "z"] {
            bench.message(name)
            bench.accept(name)
        }
    }

    @Test("A queue that is full: the text with the waiting time, closed at once, no clock, and context is told")
    func isFull() {
        var bench = router(full)
        fill(&bench)
        #expect(bench.message("a").rejectionNotice == nil)
        let outputs = bench.message("b")
        #expect(outputs.rejectionNotice == .queueFull)
        #expect(outputs.sent.map(\.text) == ["The wait is about 3 minutes."])
        #expect(outputs.sent.first?.author == .notice(.queueFull))
        #expect(outputs.events.contains(.closed(nil, disposition: "queue-full")))
        #expect(outputs.events.contains { if case .customerMessageAdded = $0 { true } else { false } })
        #expect(!outputs.signals.contains { if case .opened = $0 { true } else { false } })
        #expect(outputs.informed.count == 1)
        #expect(bench.stage("b") == "closed")
        #expect(bench.router.queueView("general")?.backlog == 1)
    }

    @Test("Who would be served at once is let in, however many wait for others")
    func servedAtOnce() {
        var organization = Organization()
        organization.queues[0].admission = full
        var bench = Bench(organization)
        bench.message("a", language: "fr")
        bench.available("ben")
        #expect(bench.message("b").rejectionNotice == nil)
        #expect(bench.holder(of: "b") == "ben")
    }

    @Test("An expected wait beyond the limit: the same answer")
    func tooLong() {
        var bench = router(.init(waitSecondsMax: 60, fullText: "{wait}", closedText: ""))
        fill(&bench)
        #expect(bench.message("a").rejectionNotice == .queueFull)
    }

    @Test("Where work takes no time the expected wait is nothing, and a full queue is full all the same")
    func shortWork() {
        var bench = router(full)
        bench.available("ana")
        for index in 0..<100 {
            bench.message("quick-\(index)")
            bench.accept("quick-\(index)")
            bench.command("ana", .complete(WorkItemID("quick-\(index)"), disposition: "solved"))
            bench.command("ana", .endWrapUp(WorkItemID("quick-\(index)")))
        }
        fill(&bench)
        #expect(bench.message("a").rejectionNotice == nil)
        #expect(bench.router.expectedWait(of: bench.item("a")!)?.p50Seconds == 0)
        #expect(bench.message("b").rejectionNotice == .queueFull)
    }

    @Test("Nobody is there, so no wait can be told: the limit of those who wait decides alone")
    func nobodyThere() {
        var bench = router(.init(waitingMax: 1, waitSecondsMax: 60, fullText: "The wait is {wait}.", closedText: ""))
        #expect(bench.message("a").rejectionNotice == nil)
        let outputs = bench.message("b")
        #expect(outputs.rejectionNotice == .queueFull)
        #expect(outputs.sent.map(\.text) == ["The wait is not known."])
    }

    @Test("Outside its hours a queue says that it is closed, also to who would be served")
    func isClosed() {
        var bench = router(.init(calendarID: "day", fullText: "", closedText: "We open at nine."))
        bench.available("ana")
        let outputs = bench.message("a")
        #expect(outputs.rejectionNotice == .queueClosed)
        #expect(outputs.sent.map(\.text) == ["We open at nine."])
        #expect(bench.item("a")?.stage == .closed(nil, disposition: "queue-closed", at: bench.now))
        let hours = BusinessCalendar.Interval(start: bench.now, end: bench.now + .seconds(60))
        bench.configure { $0.calendars = [BusinessCalendar(id: "day", open: [hours])] }
        #expect(bench.message("b").rejectionNotice == nil)
    }

    @Test("A caller who is not let in cannot be written to, and is closed all the same")
    func caller() {
        var bench = router(.init(calendarID: "day", fullText: "", closedText: "We open at nine."))
        let outputs = bench.message("a", channel: .voice)
        #expect(outputs.sent.isEmpty)
        #expect(outputs.events.contains(.turnedAway(.queueClosed, expectedWaitSeconds: nil)))
        #expect(bench.stage("a") == "closed")
    }

    @Test("A message for a work item that was turned away is answered again, and a repeat is not")
    func again() {
        var bench = router(.init(calendarID: "day", fullText: "", closedText: "Closed."))
        bench.message("a", id: "m1")
        #expect(bench.message("a", id: "m1").sent.isEmpty)
        #expect(bench.message("a", id: "m2").sent.map(\.text) == ["Closed."])
    }

    @Test("What is transferred into a full queue has its place")
    func transferred() {
        var bench = router(full)
        bench.configure { $0.queues[1].requirements = [] }
        fill(&bench)
        bench.message("a")
        bench.available("ben")
        bench.accept("a")
        bench.message("c", queue: "billing")
        bench.accept("c")
        bench.command("ben", .transfer("c", "general"))
        #expect(bench.stage("c") != "closed")
    }
}

extension [RouterOutput] {
    fileprivate var rejectionNotice: Notice? {
        for case .turnedAway(let notice, _) in events { return notice }
        return nil
    }
}
