import Kafka
import TestSupport
import Testing

@Suite("A group's members share the partitions")
struct GroupTests {
    /// Members that each acknowledge at once, polled in turn by one thread.
    private struct Members {
        var members: [MemberConsumer]
        var revoked: [[TopicPartition]] = []

        /// Polls until the members' assignments are as wanted.
        mutating func poll(_ description: String, until isReached: ([Set<TopicPartition>]) -> Bool) throws {
            let deadline = ContinuousClock.now + .seconds(60)
            while !isReached(members.map(\.assignment)) {
                guard ContinuousClock.now < deadline else { throw NotInTime(description: description) }
                for member in members {
                    for event in member.poll(timeout: .milliseconds(1)) {
                        if case .revoked(let partitions) = event { revoked.append(partitions) }
                        try member.acknowledge(event)
                    }
                }
            }
        }
    }

    @Test("The second member takes half, the first keeps the rest all along, and gets it back in the end")
    func cooperativeRebalancing() async throws {
        let broker = try await LocalBroker.shared()
        let topic = try await broker.makeTopic(partitions: 4)
        let group = uniqueName("group")
        let all = Set((0..<4).map { TopicPartition(topic: topic, partition: $0) })
        try await onThread {
            let first = try MemberConsumer(properties: broker.properties, group: group, topics: [topic])
            defer { first.close() }
            var members = Members(members: [first])
            try members.poll("the first member has all") { $0 == [all] }
            #expect(!first.memberID.isEmpty)

            let second = try MemberConsumer(properties: broker.properties, group: group, topics: [topic])
            defer { second.close() }
            members.members.append(second)
            try members.poll("both have two") { $0.allSatisfy { $0.count == 2 } && $0[0].union($0[1]) == all }
            // Cooperative: only what moves was taken away, in one go.
            #expect(members.revoked.count == 1)
            #expect(members.revoked.first?.count == 2)

            second.close()
            members.members.removeLast()
            try members.poll("the first member has all again") { $0 == [all] }
        }
    }

    @Test("A group settles each time, however quickly the leader gives back", .timeLimit(.minutes(3)))
    func quickGivingBack() async throws {
        let broker = try await LocalBroker.shared()
        let topic = try await broker.makeTopic(partitions: 4)
        let group = uniqueName("group")
        let properties = broker.properties.merging(["heartbeat.interval.ms": "50"]) { $1 }
        try await onThread {
            let first = try MemberConsumer(properties: properties, group: group, topics: [topic])
            defer { first.close() }
            var members = Members(members: [first])
            for round in 1...10 {
                try members.poll("round \(round): the first member has all") { $0[0].count == 4 }
                let second = try MemberConsumer(properties: properties, group: group, topics: [topic])
                defer { second.close() }
                members.members.append(second)
                try members.poll("round \(round): both have two") { $0.allSatisfy { $0.count == 2 } }
                members.members.removeLast()
            }
        }
    }

    @Test("A member reads nothing, however much there is")
    func membersDoNotFetch() async throws {
        let broker = try await LocalBroker.shared()
        let topic = try await broker.makeTopic()
        try await produce((0..<100).map { "\($0)" }, to: topic, with: broker.properties)
        let properties = broker.properties.merging(["statistics.interval.ms": "100"]) { $1 }
        let received = try await onThread {
            let member = try MemberConsumer(properties: properties, group: uniqueName("group"), topics: [topic])
            defer { member.close() }
            var members = Members(members: [member])
            try members.poll("assigned") { $0[0].count == 1 }
            try waitUntil("statistics of the topic") {
                _ = member.poll(timeout: .milliseconds(50))
                return member.statistics?.partitions.contains { $0.partition.topic == topic } ?? false
            }
            return member.statistics?.receivedRecords
        }
        #expect(received == 0)
    }

    @Test("A member that goes on polling keeps its place; one that does not loses it and is told so")
    func pollingKeepsThePlace() async throws {
        let broker = try await LocalBroker.shared()
        let topic = try await broker.makeTopic()
        let properties = broker.properties.merging([
            "max.poll.interval.ms": "6000", "session.timeout.ms": "6000", "heartbeat.interval.ms": "500",
        ]) { $1 }
        let events = try await onThread {
            let member = try MemberConsumer(properties: properties, group: uniqueName("group"), topics: [topic])
            defer { member.close() }
            var members = Members(members: [member])
            try members.poll("assigned") { $0[0].count == 1 }

            let started = ContinuousClock.now
            var whilePolling: [MemberConsumer.Event] = []
            while ContinuousClock.now - started < .seconds(9) {
                whilePolling += member.poll(timeout: .milliseconds(100))
            }
            #expect(whilePolling.isEmpty)

            // Now nobody polls, until the group has passed the member over.
            try waitUntil("the assignment is lost") { member.hasLostAssignment }
            var events: [MemberConsumer.Event] = []
            try waitUntil("the loss is told") {
                events += member.poll(timeout: .milliseconds(100))
                return events.contains { if case .lost = $0 { true } else { false } }
            }
            return events
        }
        #expect(events.contains { if case .error(let error) = $0 { error.code == .maxPollExceeded } else { false } })
        #expect(events.contains(.lost([TopicPartition(topic: topic, partition: 0)])))
    }

    @Test("A member that is silent and evicted loses everything to the other, is told so, and joins again")
    func evictionPlaysTheSessionTimer() async throws {
        let broker = try await LocalBroker.shared()
        let topic = try await broker.makeTopic(partitions: 2)
        let group = uniqueName("group")
        func properties(_ name: String) -> [String: String] {
            // A heartbeat that comes too late for this test: the member is as good as dead until it is due.
            broker.properties.merging([
                "client.id": name, "session.timeout.ms": "12000", "heartbeat.interval.ms": "5000",
            ]) { $1 }
        }
        let (silent, awake) = (properties("silent"), properties("awake"))
        let (sleeper, other) = try await onThread {
            let sleeper = try MemberConsumer(properties: silent, group: group, topics: [topic])
            let other = try MemberConsumer(properties: awake, group: group, topics: [topic])
            var members = Members(members: [sleeper, other])
            try members.poll("both have one") { $0.allSatisfy { $0.count == 1 } }
            return (sleeper, other)
        }
        #expect(try await broker.members(of: group) == ["awake", "silent"])
        #expect(try await broker.evict("silent", from: group) == 1)
        try await onThread {
            defer {
                sleeper.close()
                other.close()
            }
            var alone = Members(members: [other])
            try alone.poll("the other has both") { $0[0].count == 2 }
            // Its next heartbeat tells the sleeper.
            var events: [MemberConsumer.Event] = []
            try waitUntil("the loss is told", within: .seconds(60)) {
                for event in sleeper.poll(timeout: .milliseconds(50)) {
                    events.append(event)
                    try sleeper.acknowledge(event)
                }
                return events.contains { if case .lost = $0 { true } else { false } }
            }
            var both = Members(members: [sleeper, other])
            try both.poll("both have one again") { $0.allSatisfy { $0.count == 1 } }
        }
        #expect(try await broker.evict("nobody", from: group) == 0)
    }

    @Test("A member closes in bounded time, with a rebalance unanswered or the broker gone", .timeLimit(.minutes(3)))
    func closing() async throws {
        let broker = try await LocalBroker.start()
        let topic = try await broker.makeTopic()
        let (first, second) = try await onThread {
            let first = try MemberConsumer(properties: broker.properties, group: uniqueName("group"), topics: [topic])
            let second = try MemberConsumer(properties: broker.properties, group: uniqueName("group"), topics: [topic])
            var members = Members(members: [second])
            try members.poll("the second is assigned") { $0[0].count == 1 }
            try waitUntil("the first is to answer") {
                first.poll(timeout: .milliseconds(100)).contains { if case .assigned = $0 { true } else { false } }
            }
            return (first, second)
        }
        try await onThread {
            let started = ContinuousClock.now
            first.close()
            #expect(ContinuousClock.now - started < .seconds(15))
        }
        try await broker.kill()
        try await onThread {
            let started = ContinuousClock.now
            second.close()
            #expect(ContinuousClock.now - started < .seconds(15))
        }
        try await broker.close()
    }
}
