import Domain
import OrderedCollections
import TestSupport
import Testing

@testable import RouterCore

@Suite("Never over capacity: weights by channel and activity")
struct LoadTests {
    @Test("What nobody writes to is idle, weighs its share, and makes room")
    func idle() {
        var bench = Bench.with {
            $0.idleAfterSeconds = 60
            $0.idleWeightPercent = 50
            $0.defaultWeight = 2
        }
        bench.assign("first", to: "ana")
        bench.message("second")
        #expect(bench.load("ana") == 2)
        #expect(bench.stage("second") == "queued")
        bench.wait(59)
        #expect(bench.activity("first", of: "ana") == .active)
        bench.wait(1)
        #expect(bench.activity("first", of: "ana") == .idle)
        #expect(bench.holder(of: "second") == "ana")
        #expect(bench.load("ana") == 3)
    }

    @Test("The weight of what is idle is rounded up")
    func roundedUp() {
        #expect(([0, 1, 33, 34, 50, 100] as [Int]).map { 3.share(percent: $0) } == [0, 1, 1, 2, 2, 3])
        #expect(3.share(percent: -5) == 0)
        #expect(3.share(percent: 500) == 3)
    }

    @Test(
        "A message from either side keeps a work item active, and makes an idle one active again",
        arguments: [true, false])
    func written(byCustomer: Bool) {
        var bench = Bench.with {
            $0.idleAfterSeconds = 60
            $0.idleWeightPercent = 50
            $0.defaultWeight = 2
        }
        func write(_ bench: inout Bench) {
            if byCustomer {
                bench.message("item")
            } else {
                bench.command("ana", .reply("item", messageID: "m", text: "hi"))
            }
        }
        bench.assign("item", to: "ana")
        bench.wait(50)
        write(&bench)
        bench.wait(50)
        #expect(bench.activity("item", of: "ana") == .active)
        bench.wait(10)
        #expect(bench.activity("item", of: "ana") == .idle)
        #expect(bench.load("ana") == 1)
        write(&bench)
        #expect(bench.activity("item", of: "ana") == .active)
        #expect(bench.load("ana") == 2)
    }

    @Test("What comes back and finds no room keeps what it has, and gets the rest before anything new is offered")
    func returning() {
        var bench = Bench.with {
            $0.idleAfterSeconds = 60
            $0.idleWeightPercent = 50
            $0.defaultWeight = 2
        }
        bench.assign("first", to: "ana")
        bench.wait(60)
        bench.message("second")
        bench.accept("second")
        bench.message("first")
        #expect(bench.activity("first", of: "ana") == .returning)
        #expect(bench.load("ana") == 3, "never over capacity")
        bench.message("third")
        bench.command("ana", .complete("second", disposition: "solved"))
        #expect(bench.activity("first", of: "ana") == .active)
        #expect(bench.load("ana") == 2)
        #expect(bench.stage("third") == "queued")
    }

    @Test("Nobody who has something returning is offered anything, even if it would fit")
    func returningFirst() {
        var bench = Bench.with {
            $0.capacity = 4
            $0.idleAfterSeconds = 60
            $0.idleWeightPercent = 0
            $0.weights = [.chat: 2, .sms: 3, .email: 1]
        }
        bench.assign("chat", to: "ana")
        bench.wait(60)
        bench.message("sms", channel: .sms)
        bench.accept("sms")
        bench.message("chat")
        #expect(bench.activity("chat", of: "ana") == .returning)
        bench.message("mail", channel: .email)
        #expect(bench.stage("mail") == "queued")
        #expect(bench.router.reasonsForWaiting("mail") == [.atCapacity(agents: 1)])
    }

    @Test("A call is never idle: it is not written")
    func calls() {
        var bench = Bench.with {
            $0.idleAfterSeconds = 1
            $0.idleWeightPercent = 0
        }
        bench.available("ana")
        bench.message("call", channel: .voice)
        bench.accept("call")
        bench.wait(60)
        #expect(bench.activity("call", of: "ana") == .active)
    }

    @Test("Parked with room kept, a work item weighs its share and comes straight back to its agent")
    func parkedWithRoom() {
        var bench = Bench.with {
            $0.parkedWeightPercent = 100
            $0.capacity = 1
        }
        bench.assign("first", to: "ana")
        bench.command("ana", .park("first", seconds: 100))
        bench.message("second", priority: 9)
        #expect(bench.load("ana") == 1)
        #expect(bench.stage("second") == "queued")
        #expect(bench.router.agentView("ana")?.parked.map(\.id) == ["first"])
        let outputs = bench.message("first")
        #expect(outputs.events.contains(.assigned("ana")))
        #expect(bench.stage("first") == "assigned")
        #expect(bench.activity("first", of: "ana") == .active)
    }

    @Test("Parked without room kept, a work item weighs nothing and waits again")
    func parkedWithoutRoom() {
        var bench = Bench.with { $0.capacity = 1 }
        bench.assign("first", to: "ana")
        bench.command("ana", .park("first", seconds: 100))
        bench.message("second", priority: 9)
        #expect(bench.holder(of: "second") == "ana")
        bench.message("first")
        #expect(bench.stage("first") == "queued")
    }

    @Test("Room is kept no longer for an agent who is gone")
    func parkedAndGone() {
        var bench = Bench.with { $0.parkedWeightPercent = 50 }
        bench.assign("item", to: "ana")
        bench.command("ana", .park("item", seconds: 1_000))
        bench.command("ana", .setPresence(.offline))
        #expect(bench.load("ana") == 1)
        bench.wait(60)
        #expect(bench.load("ana") == 0)
        #expect(bench.stage("item") == "parked")
        bench.message("item")
        #expect(bench.stage("item") == "queued")
    }

    @Test("An agent holds no more of a channel than its maximum, and says so")
    func channelMaxima() {
        var bench = Bench.with { $0.channelMaxima = [.chat: 1] }
        bench.assign("first", to: "ana")
        bench.message("second")
        #expect(bench.stage("second") == "queued")
        #expect(bench.router.reasonsForWaiting("second") == [.channelMaximum(.chat, agents: 1)])
        bench.message("mail", channel: .email)
        #expect(bench.holder(of: "mail") == "ana")
        bench.command("ana", .complete("first", disposition: "solved"))
        #expect(bench.holder(of: "second") == "ana")
    }

    @Test("What a call interrupts stands still and weighs nothing, and takes its room again when the call ends")
    func interruptions() {
        var bench = Bench.with { $0.interruptions = [.voice: [.email]] }
        bench.available("ana")
        for name in ["a", "b", "c"] {
            bench.message(name, channel: .email)
            bench.accept(name)
        }
        #expect(bench.load("ana") == 3)
        bench.message("chat")
        #expect(bench.stage("chat") == "queued", "full for what does not interrupt")
        bench.message("call", channel: .voice)
        #expect(bench.holder(of: "call") == "ana")
        #expect(bench.load("ana") == 3, "the call alone")
        #expect(bench.router.agentState("ana")?.holds["a"]?.standsStill == true)
        bench.accept("call")
        bench.message("mail", channel: .email)
        #expect(bench.router.reasonsForWaiting("mail") == [.interrupted(.email, agents: 1), .behindOthers(1)])
        bench.command("ana", .complete("call", disposition: "solved"))
        #expect(bench.load("ana") == 3)
        #expect(bench.router.agentState("ana")?.holds["a"]?.standsStill == false)
    }

    @Test("During an interruption nothing is taken that would not fit when it ends")
    func interruptionEnds() {
        var bench = Bench.with {
            $0.capacity = 4
            $0.weights = [.voice: 1]
            $0.interruptions = [.voice: [.email]]
        }
        bench.available("ana")
        for name in ["a", "b", "c"] {
            bench.message(name, channel: .email)
            bench.accept(name)
        }
        bench.message("call", channel: .voice)
        bench.accept("call")
        #expect(bench.load("ana") == 1)
        bench.message("first")
        #expect(bench.holder(of: "first") == "ana", "three mails and a chat are four")
        bench.message("second")
        #expect(bench.stage("second") == "queued", "three mails and two chats would be five")
    }

    @Test("Whatever fits keeps every later load within capacity, whichever hold ends when", arguments: 0..<20)
    func property(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed) &+ 77)
        var (taken, refused) = (0, 0)
        for _ in 0..<40 {
            var profile = RoutingProfile(id: "p", capacity: 1 + random.below(9))
            let kinds = ChannelKind.allCases
            for kind in kinds {
                profile.weights[kind] = 1 + random.below(6)
                profile.interruptions[kind] = kinds.filter { _ in random.below(6) == 0 }
            }
            let entry = RosterEntry(Organization.agent("ana"), profile: profile, shifts: nil)
            let model = LoadModel(profile)
            var agent = AgentState(
                id: "ana", poolID: "support", lastSeen: Instant(milliseconds: 0), idleSince: Instant(milliseconds: 0),
                version: 0)
            for index in 0..<9 {
                let channel = kinds[random.below(kinds.count)]
                let weight = entry.weight(of: channel)
                let mayTake = agent.obstacle(to: channel, entry) == nil
                #expect(mayTake == model.mayTake(channel, weighing: weight, beside: Array(agent.holds.values)))
                guard mayTake else {
                    refused += 1
                    if let first = agent.holds.keys.first, random.below(3) == 0 { agent.holds[first] = nil }
                    continue
                }
                taken += 1
                agent.holds[WorkItemID("item-\(index)")] = Hold(
                    weight: weight, fullWeight: weight, channel: channel, activity: .active)
                let highest = model.highestLoad(of: Array(agent.holds.values))
                #expect(entry.peak(of: agent.holds.values) == highest)
                #expect(model.peak(of: agent.holds.values) == highest)
                #expect(highest <= profile.capacity)
            }
        }
        #expect(taken > 20 && refused > 20)
    }
}

extension Bench {
    /// The usual organization with another profile, and a lease that nobody has to think of.
    static func with(_ change: (inout RoutingProfile) -> Void) -> Bench {
        var organization = Organization()
        organization.profiles[0].presenceLeaseSeconds = 100_000
        change(&organization.profiles[0])
        return Bench(organization)
    }

    func activity(_ item: String, of agent: String) -> Hold.Activity? {
        router.agentState(AgentID(agent))?.holds[WorkItemID(item)]?.activity
    }
}
