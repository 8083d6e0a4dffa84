import Domain
import Kafka
import Schema
import Testing

@Suite("The outside checker bites")
struct CheckerTests {
    @Test("A day without a fault breaks no promise")
    func quietDay() {
        var day = Day()
        day.play()
        #expect(day.checker.violations(isOver: true) == [])
    }

    @Test("An accepted message that is in no conversation, in two, on no work item or on two")
    func messages() {
        var day = Day()
        day.checker.accepted("gone")
        #expect(day.checker.violations(isOver: false) == [], "it may still come")
        #expect(day.checker.violations(isOver: true) == [.lost(message: "gone")])

        day = Day()
        day.play()
        day.file("message", in: "another-conversation")
        #expect(day.checker.violations(isOver: false) == [.inSeveralConversations(message: "message")])

        day = Day()
        day.checker.accepted("half")
        day.file("half", in: "conversation")
        #expect(day.checker.violations(isOver: true) == [.onNoWorkItem(message: "half")])

        day = Day()
        day.checker.accepted("answered")
        day.file("named", in: "conversation", receivedAs: "answered")
        day.open("item")
        day.work("item", .customerMessageAdded("named", day.address, excerpt: ""))
        #expect(day.checker.violations(isOver: false) == [])
        #expect(day.checker.violations(isOver: true).allSatisfy { $0 != .lost(message: "answered") })

        day = Day()
        day.file("invented", in: "conversation")
        #expect(day.checker.violations(isOver: true).contains(.neverPosted(message: "invented")))

        day = Day()
        day.play()
        day.work("other", .opened(channel: .social, priority: 5, requirements: [], acceptedAt: day.now))
        day.work("other", .customerMessageAdded("message", day.address, excerpt: ""))
        #expect(day.checker.violations(isOver: false) == [.onSeveralWorkItems(message: "message")])
    }

    @Test("A work item with two agents, one who answers what is not theirs, a change after the end")
    func ownership() {
        var day = Day()
        day.open("item")
        day.work("item", day.offer(to: "ann"))
        day.work("item", day.offer(to: "bob"))
        #expect(day.checker.violations(isOver: false) == [.heldTwice(workItem: "item", by: "ann", and: "bob")])

        day = Day()
        day.open("item")
        day.work("item", day.offer(to: "ann"))
        day.work("item", .assigned("bob"))
        #expect(day.checker.violations(isOver: false).contains(.heldTwice(workItem: "item", by: "ann", and: "bob")))

        day = Day()
        day.open("item")
        day.work("item", .agentReplied("bob", "reply", day.address, text: ""))
        #expect(
            day.checker.violations(isOver: false)
                == [.notTheHolder(workItem: "item", agent: "bob", did: "agentReplied")])

        day = Day()
        day.play()
        day.work("item", day.offer(to: "bob"))
        #expect(
            day.checker.violations(isOver: false).contains(.changedAfterItsEnd(workItem: "item", by: "offered")))
    }

    @Test("An agent with more than they can carry, in the topics and at the desk; not within one command")
    func capacity() {
        var day = Day()
        for item in ["one", "two"] as [WorkItemID] {
            day.open(item)
            day.work(item, day.offer(to: "ann"))
        }
        #expect(day.checker.violations(isOver: false) == [])
        day.open("three")
        day.work("three", day.offer(to: "ann"))
        #expect(day.checker.violations(isOver: false) == [.overCapacity(agent: "ann", load: 3, capacity: 2)])

        // The same command takes one away and gives another: at no instant there were three.
        day = Day()
        for item in ["one", "two", "three"] as [WorkItemID] { day.open(item) }
        day.work("one", day.offer(to: "ann"))
        day.work("two", day.offer(to: "ann"))
        day.command {
            $0.work("three", $0.offer(to: "ann"))
            $0.work("two", .offerRevoked("offer", "ann", reason: ""))
        }
        #expect(day.checker.violations(isOver: false) == [])

        day.checker.saw(agent: "bob", load: 3)
        #expect(day.checker.violations(isOver: false) == [.overCapacity(agent: "bob", load: 3, capacity: 2)])
    }

    @Test("A reply that never arrives, one with two keys or contents, one that nobody wrote, two ends")
    func replies() {
        var day = Day()
        day.send("reply")
        #expect(day.checker.violations(isOver: false) == [])
        #expect(day.checker.violations(isOver: true) == [.undelivered(message: "reply")])

        day = Day()
        day.play()
        day.deliver("reply", key: "reply")
        #expect(day.checker.violations(isOver: true) == [], "the same again with the same key is no harm")
        day.deliver("reply", key: "another-key")
        #expect(day.checker.violations(isOver: true) == [.severalKeys(message: "reply")])

        day = Day()
        day.play()
        day.deliver("reply", key: "reply", body: [2])
        #expect(day.checker.violations(isOver: true) == [.severalContents(key: "reply")])

        day = Day()
        day.play()
        day.deliver("invented", key: "invented")
        #expect(day.checker.violations(isOver: true) == [.neverSent(key: "invented")])

        day = Day()
        day.play()
        day.end("reply", .sent(providerID: nil, attempts: 2))
        #expect(day.checker.violations(isOver: true) == [.severalOutcomes(message: "reply")])

        day = Day()
        day.send("reply")
        day.deliver("reply", key: "reply")
        day.end("reply", .failed(reason: "http-500", attempts: 9))
        #expect(day.checker.violations(isOver: true) == [.givenUp(message: "reply")])
    }

    @Test("A repeat that differs, an output behind a later one, a dead letter, bytes that are no event")
    func repeats() {
        var day = Day()
        day.open("item")
        let offer = day.offer(to: "ann")
        day.work("item", offer)
        day.repeatLast { _ in }
        #expect(day.checker.violations(isOver: false) == [])
        day.repeatLast { $0.value = Array("other".utf8) }
        #expect(day.checker.violations(isOver: false) == [.differingRepeat(origin: day.lastOrigin)])

        day = Day()
        day.open("item")
        day.command { $0.skipOutput() }
        let missed = day.lastOrigin
        day.work("item", day.offer(to: "ann"))
        day.repeatLast { record in
            record.headers.removeAll { $0.name == "patchbay-origin" }
            record.headers.append(Header(name: "patchbay-origin", value: Array(missed.utf8)))
        }
        #expect(day.checker.violations(isOver: false).contains(.overtaken(origin: missed)))

        day = Day()
        day.checker.read(
            .deadLetter,
            Record(
                topic: "dead-letter", partition: 0, offset: 0,
                headers: [Header(name: "patchbay-error", value: Array("no message".utf8))]))
        #expect(day.checker.violations(isOver: false) == [.deadLetter(reason: "no message")])

        day = Day()
        day.open("item")
        day.repeatLast { record in
            record.headers.removeAll { $0.name == "patchbay-origin" }
            record.value = [0xff]
        }
        #expect(day.checker.violations(isOver: false).contains { if case .unreadable = $0 { true } else { false } })
    }

    @Test("A breach or warning too early, a verdict that is wrong, a clock that runs for ever")
    func clocks() {
        var day = Day()
        let due = day.now + .seconds(10)
        day.clock("item", .clockStarted(.firstResponse, dueAt: due))
        day.now = day.now + .milliseconds(3_900)
        day.clock("item", .warning(.firstResponse, dueAt: due))
        #expect(
            day.checker.violations(isOver: false)
                == [.early(workItem: "item", what: "the warning", milliseconds: 1_100)])
        #expect(
            day.checker.violations(isOver: true).contains(
                .waiting(workItem: "item", what: "has a clock for first-response that runs")))

        day = Day()
        day.clock("item", .clockStarted(.firstResponse, dueAt: due))
        day.now = due - .milliseconds(1_500)
        day.clock("item", .breached(.firstResponse, dueAt: due))
        #expect(
            day.checker.violations(isOver: false)
                == [.early(workItem: "item", what: "the breach", milliseconds: 1_500)])

        for (reply, end, violation) in [
            (due, SLAEvent.Kind.breached(.firstResponse, dueAt: due), Violation.wrongBreach(workItem: "item")),
            (due + .seconds(1), .clockMet(.firstResponse, dueAt: due), .missedBreach(workItem: "item")),
        ] {
            day = Day()
            day.open("item")
            day.work("item", day.offer(to: "ann"))
            day.clock("item", .clockStarted(.firstResponse, dueAt: due))
            day.now = reply
            day.work("item", .agentReplied("ann", "reply", day.address, text: ""))
            day.now = due + .seconds(2)
            day.clock("item", end)
            #expect(day.checker.violations(isOver: true).contains(violation))
        }
    }

    @Test("A work item that waits for ever")
    func waiting() {
        var day = Day()
        day.open("item")
        #expect(day.checker.violations(isOver: false) == [])
        #expect(day.checker.violations(isOver: true) == [.waiting(workItem: "item", what: "is waiting")])
    }
}
