import Foundation
import Kafka
import PatchbayClient
import Schema
import ServiceKit
import Streams
import TestSupport
import Testing

@testable import PatchbayCLI

extension WholeStack {
    @Suite("The broker goes away", .serialized)
    struct BrokerTests {
        enum Absence: String, CaseIterable, Sendable {
            /// Connections stay open, and nothing is answered.
            case asleep
            /// Stopped cleanly and started again with its data.
            case stopped
        }

        @Test(
            "While it is away: 503 with Retry-After, /readyz says why, /livez stays 200; back, everything recovers alone",
            .timeLimit(.minutes(6)), arguments: Absence.allCases)
        func away(_ absence: Absence) async throws {
            try await Self.goAway(absence, for: .seconds(30))
        }

        @Test(
            "Away for 30 s, again and again", .enabled(if: soakTime != nil), .timeLimit(.minutes(1_000)),
            arguments: Absence.allCases)
        func soak(_ absence: Absence) async throws {
            let end = ContinuousClock.now + (soakTime ?? .zero) / Absence.allCases.count
            repeat { try await Self.goAway(absence, for: .seconds(30)) } while ContinuousClock.now < end
        }

        private static func goAway(_ absence: Absence, for time: Duration) async throws {
            try await LocalBroker.with { broker in
                try await Trial.run("\(absence)", on: broker, patience: .seconds(180)) { trial in
                    try await trial.crowd.serving {
                        switch absence {
                        case .asleep:
                            // In the middle of everything.
                            async let posting: Void = trial.crowd.post(300, aSecond: 25)
                            try await eventually("messages flow") { trial.crowd.seen.accepted.count > 50 }
                            try await broker.pause()
                            try await sitOut(time, trial)
                            try broker.resume()
                            try await posting
                        case .stopped:
                            // The local broker loses what it takes while it stops, so there must be nothing.
                            try await trial.crowd.post(100, aSecond: 50)
                            try await trial.settle()
                            try await broker.stop()
                            try await sitOut(time, trial)
                            try await broker.restart()
                            try await trial.crowd.post(100, aSecond: 50)
                        }
                        for instance in trial.stack.instances { try await trial.stack.waitUntilReady(instance) }
                        #expect(trial.stack.areAllRunning, "nobody was restarted")
                        // What was refused may be sent again, and is one message even if it had landed.
                        try await trial.crowd.post(message: refusedNumber)
                        try await trial.settle(within: .seconds(120))
                    }
                }
            }
        }

        private static func sitOut(_ time: Duration, _ trial: Trial) async throws {
            let back = ContinuousClock.now + time
            try await expectHonesty(trial)
            try await Task.sleep(until: back, clock: .continuous)
        }

        /// Beyond the numbers that the crowd posts.
        private static let refusedNumber = 1_000_000

        /// What everybody says while nothing can be written.
        private static func expectHonesty(_ trial: Trial) async throws {
            let refusal = await #expect(throws: PatchbayError.self) {
                try await trial.crowd.attempt(message: refusedNumber)
            }
            #expect(refusal?.status == 503)
            #expect(refusal?.retryAfter != nil)
            for instance in trial.stack.instances {
                try await eventually("\(instance) says on /readyz that Kafka is away") {
                    let answer = try await trial.stack.readiness(instance)
                    return answer.status == 503 && answer.text.contains("Kafka")
                }
                let url = trial.stack.url(instance) + "/livez"
                _ = try await trial.crowd.api.send("GET", url, as: .nobody).status(200)
            }
        }

        @Test(
            "One that has lost a log, or everything, is noticed: the start is refused with what to do",
            .timeLimit(.minutes(5)))
        func lostData() async throws {
            try await LocalBroker.with { broker in
                try await TestStack.with(broker) { stack in
                    try await stack.apply(Trial.organization, values: ["receiver": "http://127.0.0.1:1"])
                    let crowd = Crowd(stack)
                    try await crowd.enter()
                    try await crowd.post(5, aSecond: 5)
                    // A clean stop makes a last checkpoint.
                    for instance in stack.instances { try await stack.stop(instance) }

                    let log = stack.connection.name(.work)
                    let state = stack.connection.name(.routerState)
                    try await delete([log], stack)
                    let error = await #expect(throws: StackError.self) { try await stack.createTopics() }
                    #expect(error?.description.contains("\(log) is missing, and \(state) holds checkpoints") ?? false)
                    let settings = Topic.work.settings(partitions: TopicSettings.defaultPartitions)
                    try await broker.makeTopics([
                        Admin.NewTopic(
                            name: log, partitions: settings.partitions, replicationFactor: 1,
                            config: Dictionary(uniqueKeysWithValues: settings.properties.map { ($0.name, $0.value) }))
                    ])
                    let router = stack.instances(of: .router)[0]
                    try await expectRefusal(of: router, stack, naming: [log, "was lost", "delete the topics of both"])

                    // The repair that the refusal describes: the readers of the new log take what it says.
                    try await delete([log, state], stack)
                    try await stack.createTopics()
                    for instance in stack.instances { try stack.restart(instance) }
                    for instance in stack.instances { try await stack.waitUntilReady(instance) }
                    let heard = try await stack.records(.slaEvents).count
                    try await crowd.enter()
                    try await crowd.post(5, aSecond: 5)
                    try await eventually("the clocks of what came since run", within: .seconds(60)) {
                        try await stack.records(.slaEvents).count > heard
                    }
                    for instance in stack.instances { try await stack.stop(instance) }

                    try await broker.loseData()
                    for instance in stack.instances {
                        try await expectRefusal(of: instance, stack, naming: ["patchbay topics --apply"])
                    }

                    try await stack.createTopics()
                    try await stack.apply(Trial.organization, values: ["receiver": "http://127.0.0.1:1"])
                    for instance in stack.instances { try stack.restart(instance) }
                    for instance in stack.instances { try await stack.waitUntilReady(instance) }
                    try await crowd.enter()
                    try await crowd.post(5, aSecond: 5)
                }
            }
        }

        /// What the operator did before anybody looked.
        enum Emptiness: String, CaseIterable, Sendable {
            case withoutTopics
            case withTopicsMadeAnew
        }

        @Test(
            "One that comes back empty is noticed by those who run: they do nothing, and end with what to do",
            .timeLimit(.minutes(5)), arguments: Emptiness.allCases)
        func comesBackEmpty(_ emptiness: Emptiness) async throws {
            try await LocalBroker.with { broker in
                try await TestStack.with(broker) { stack in
                    try await stack.apply(Trial.organization, values: ["receiver": "http://127.0.0.1:1"])
                    let crowd = Crowd(stack)
                    try await crowd.enter()
                    try await crowd.post(20, aSecond: 20)
                    try await broker.loseData()
                    if emptiness == .withTopicsMadeAnew { try await stack.createTopics() }
                    for instance in stack.instances {
                        let (code, log) = try await stack.waitForExit(instance, within: .seconds(90))
                        #expect(code == 70, "\(instance) ends by itself")
                        #expect(log.contains("lost") && log.contains("estore"), "\(instance) says what to do: \(log)")
                    }
                    // The broker itself makes the topics that producers ask it about, with other settings.
                    try await stack.createTopics()
                    for topic in [Topic.inbound, .work, .workEvents, .clocks, .outbound, .routerState, .contextState] {
                        // But for the version at which a new log begins.
                        let records = try await stack.records(topic).filter { record in
                            !record.headers.contains { $0.name == Control.header && $0.value == Array("rules".utf8) }
                        }
                        #expect(records.isEmpty, "nothing was written over: \(topic) has \(records.count)")
                    }
                    try await delete(Topic.allCases.map { stack.connection.name($0) }, stack)
                    try await stack.createTopics()
                    try await stack.apply(Trial.organization, values: ["receiver": "http://127.0.0.1:1"])
                    for instance in stack.instances { try stack.restart(instance) }
                    for instance in stack.instances { try await stack.waitUntilReady(instance) }
                }
            }
        }

        private func delete(_ topics: [String], _ stack: TestStack) async throws {
            let connection = stack.connection
            try await onThread {
                try connection.withAdmin { admin in
                    for case (_, let error?) in try admin.deleteTopics(topics, timeout: connection.timeout) {
                        throw error
                    }
                }
            }
        }

        private func expectRefusal(
            of instance: TestStack.Instance, _ stack: TestStack, naming words: [String]
        ) async throws {
            try stack.restart(instance)
            let (code, log) = try await stack.waitForExit(instance)
            #expect(code != 0 && code != nil, "\(instance) refuses to run")
            for word in words { #expect(log.contains(word), "\(instance) says \(word): \(log)") }
        }
    }
}
