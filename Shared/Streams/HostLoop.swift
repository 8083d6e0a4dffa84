internal import Domain
internal import Foundation
internal import Kafka
internal import Synchronization

/// The body of a host's thread: polls the group's member, and starts, promotes and stops the tasks as it says.
///
/// The member is polled only while the tasks make progress, so a stuck instance loses its partitions.
final class HostLoop<Machine: StreamMachine> {
    private typealias Task = StreamTask<Machine>

    /// A leading task that has not finished a turn for this long keeps the member from being polled.
    private static var stuckAfter: Duration { .seconds(60) }
    /// A member that is finished so often, each time soon after it was made, is fenced by another process.
    private static var finishedMax: Int { 4 }
    /// A member that lasted this long was not made in vain.
    private static var lasting: Duration { .seconds(120) }

    private let host: StreamHost<Machine>
    private let settings: StreamSettings
    private var failures: [Int32: Int] = [:]
    /// When a failed task may start again.
    private var restartAt: [Int32: ContinuousClock.Instant] = [:]
    /// How far the tasks of this process have come in each partition.
    private var seen: [Int32: Int64] = [:]

    /// Members that were finished one soon after the other.
    private var finishedMembers = 0
    private var memberSince = ContinuousClock.now

    /// What the host's thread and its tasks talk to Kafka through.
    private final class Clients: Sendable {
        let logs: SharedConsumer
        let states: SharedConsumer
        private let current: Mutex<MemberConsumer>

        /// Exchanged by the host's thread, when it is finished.
        var member: MemberConsumer { current.withLock { $0 } }

        init(_ settings: StreamSettings) throws(KafkaError) {
            logs = try SharedConsumer(properties: settings.kafka, topic: settings.log)
            // A follower is in no hurry to hear of checkpoints.
            states = try SharedConsumer(
                properties: settings.kafka, topic: settings.state, readCommitted: true, pause: .milliseconds(50))
            current = Mutex(try Self.makeMember(settings))
        }

        private static func makeMember(_ settings: StreamSettings) throws(KafkaError) -> MemberConsumer {
            try MemberConsumer(properties: settings.memberProperties, group: settings.group, topics: [settings.log])
        }

        /// Joins the group again, as a new member.
        func renewMember(_ settings: StreamSettings) throws(KafkaError) {
            member.close()
            let new = try Self.makeMember(settings)
            current.withLock { $0 = new }
        }

        /// After the tasks have ended.
        func close() {
            member.close()
            logs.close()
            states.close()
        }
    }

    init(_ host: StreamHost<Machine>) {
        self.host = host
        settings = host.settings
    }

    func run() throws {
        guard let count = try checkTopics() else { return }
        host.state.withLock { state in
            state.partitionCount = count
            state.waitingFor = "waiting for the consumer group \(settings.group)"
        }
        guard !host.isStopping else { return }
        let clients = try Clients(settings)
        do {
            defer {
                stopTasks(where: { _ in true }, .cleanly)
                clients.close()
            }
            if settings.following {
                for partition in 0..<count { start(partition, isPromoted: false, clients) }
            }
            do {
                try lead(clients)
            } catch let error as StreamError where !error.isRetriable {
                refuse(error)
                throw error
            }
        } catch let error as StreamError where error.code == .unknownRules {
            try resign(error)
        }
    }

    /// Said at once: leaving can take seconds, and nobody must wait for the reason.
    private func refuse(_ error: StreamError) {
        host.state.withLock { $0.waitingFor = error.context }
        report(.error, "refused to go on: giving all partitions up", ["error": "\(error)"])
    }

    private func lead(_ clients: Clients) throws {
        while !host.isStopping {
            try supervise(clients)
            guard tasksMakeProgress else {
                Thread.sleep(forTimeInterval: 0.1)
                continue
            }
            for event in clients.member.poll(timeout: .milliseconds(100)) { try take(event, clients) }
        }
    }

    /// The group has been left, so that instances which know the rules lead. This one waits to be replaced.
    private func resign(_ error: StreamError) throws {
        host.state.withLock { $0.waitingFor = "resigned: \(error.context)" }
        report(.error, "resigned: a newer program is needed", ["error": "\(error)"])
        while !host.isStopping { Thread.sleep(forTimeInterval: 0.05) }
    }

    private var tasks: [Task] { host.state.withLock { Array($0.tasks.values) } }

    private var tasksMakeProgress: Bool {
        let now = ContinuousClock.now
        return tasks.allSatisfy { $0.makesProgress(within: Self.stuckAfter, at: now) }
    }

    private var topicCheck: TopicCheck { TopicCheck(settings: settings, configuration: host.configuration?.topic) }

    /// Nil when the host is stopped before Kafka answers.
    private func checkTopics() throws -> Int32? {
        var warned = false
        while !host.isStopping {
            do {
                return try topicCheck.partitionCount()
            } catch let error as KafkaError where error.isRetriable || error.code == .allBrokersDown {
                if !warned { report(.warning, "waiting for Kafka", ["error": "\(error)"]) }
                warned = true
                Thread.sleep(forTimeInterval: 0.2)
            }
        }
        return nil
    }

    /// A broker that comes back without its topics, or with others, must not go unnoticed: it gives this instance
    /// nothing to lead, and everything would seem to be in order.
    private func checkTopicsAgain() throws {
        do {
            let count = try topicCheck.partitionCount()
            guard let known = host.state.withLock({ $0.partitionCount }), count != known else { return }
            throw StreamError(
                .refused,
                "\(settings.log) has \(count) partitions now, and had \(known) when this instance started: keys have "
                    + "changed their partition. Restore the topic")
        } catch let error as KafkaError {
            report(.warning, "the topics could not be checked again", ["error": "\(error)"])
        } catch let error as StreamError {
            throw StreamError(
                .refused,
                error.context
                    + ". It was in order when this instance started: if the broker has lost its data, restore "
                    + "it first")
        }
    }

    // MARK: - What the group says

    private func take(_ event: MemberConsumer.Event, _ clients: Clients) throws {
        switch event {
        case .assigned(let partitions):
            acknowledge(event, clients)
            for assigned in partitions where assigned.topic == settings.log { promote(assigned.partition, clients) }
            try checkTopicsAgain()
            host.state.withLock { $0.waitingFor = nil }
        case .revoked(let partitions):
            let revoked = Set(partitions.map(\.partition))
            stopTasks(where: { revoked.contains($0) }, .cleanly)
            acknowledge(event, clients)
            follow(revoked, clients)
        case .lost(let partitions):
            let lost = Set(partitions.map(\.partition))
            stopTasks(where: { lost.contains($0) }, .abandoning)
            acknowledge(event, clients)
            follow(lost, clients)
        case .error(let error):
            if error.isFatal { return try renewMember(after: error, clients) }
            if error.code == .unknownTopicOrPartition { try checkTopicsAgain() }
            report(.warning, "the group member reports an error; going on", ["error": "\(error)"])
        }
    }

    /// A member that librdkafka has given up, most often because the group took its id for another's: a broker that was
    /// away for longer than the session answers the member's own late request so. What it led may be led by others now.
    ///
    /// Another process that bears the same `group.instance.id` would fence each new member too: one of the two gives up.
    private func renewMember(after error: KafkaError, _ clients: Clients) throws {
        let now = ContinuousClock.now
        finishedMembers = now - memberSince < Self.lasting ? finishedMembers + 1 : 1
        guard finishedMembers < Self.finishedMax else {
            throw StreamError(
                .refused,
                "the group \(settings.group) refuses this member again and again (\(error)): does another process bear "
                    + "its group.instance.id, \(settings.kafka["group.instance.id"] ?? "none")?")
        }
        report(.warning, "the group member is finished; joining again as a new one", ["error": "\(error)"])
        let led = Set(tasks.filter(\.isPromoted).map(\.partition))
        stopTasks(where: { led.contains($0) }, .abandoning)
        host.state.withLock { $0.waitingFor = "joining the consumer group \(settings.group) again" }
        follow(led, clients)
        pause(.milliseconds(250 << finishedMembers))
        try clients.renewMember(settings)
        memberSince = .now
    }

    private func pause(_ duration: Duration) {
        let end = ContinuousClock.now + duration
        while !host.isStopping, ContinuousClock.now < end { Thread.sleep(forTimeInterval: 0.02) }
    }

    /// A refusal means that the group has moved on; the next poll says to where.
    private func acknowledge(_ event: MemberConsumer.Event, _ clients: Clients) {
        do {
            try clients.member.acknowledge(event)
        } catch {
            report(.warning, "the group has moved on during a rebalance", ["error": "\(error)"])
        }
    }

    // MARK: - Tasks

    /// A follower goes on as leader; where there is none, or it has failed, a task begins as leader.
    private func promote(_ partition: Int32, _ clients: Clients) {
        let existing = host.state.withLock { $0.tasks[partition] }
        restartAt[partition] = nil
        report(.info, "leading a partition", ["partition": "\(partition)"])
        if let existing, existing.failure == nil {
            existing.promote()
        } else {
            existing?.join()
            start(partition, isPromoted: true, clients)
        }
    }

    private func follow(_ partitions: Set<Int32>, _ clients: Clients) {
        guard settings.following, !host.isStopping else { return }
        for partition in partitions.sorted() { start(partition, isPromoted: false, clients) }
    }

    private func start(_ partition: Int32, isPromoted: Bool, _ clients: Clients) {
        if let previous = host.state.withLock({ $0.tasks[partition] }) { remember(previous) }
        let task = Task(
            partition: partition, isPromoted: isPromoted, seenOffset: seen[partition] ?? 0,
            context: host.context(logs: clients.logs, states: clients.states) { clients.member.groupMetadata() })
        host.state.withLock { $0.tasks[partition] = task }
        task.start()
    }

    private func remember(_ task: Task) {
        seen[task.partition] = max(seen[task.partition] ?? 0, task.shared.withLock { $0.readOffset })
    }

    private func stopTasks(where isMeant: (Int32) -> Bool, _ how: Task.Stop) {
        let stopped = tasks.filter { isMeant($0.partition) }
        for task in stopped { task.stop(how) }
        for task in stopped {
            task.join()
            remember(task)
            if task.isPromoted { report(.info, "gave a partition back", ["partition": "\(task.partition)"]) }
        }
        host.state.withLock { state in
            for task in stopped { state.tasks[task.partition] = nil }
        }
    }

    // MARK: - Supervision

    /// Starts failed tasks again, after a pause, as leaders if the assignment still says that they are ours. The polls
    /// between failure and restart have shown a loss if there was one.
    ///
    /// A follower's failure never ends the host: should it be lasting, it is the leader's to report.
    private func supervise(_ clients: Clients) throws {
        let now = ContinuousClock.now
        for task in tasks {
            guard let failure = task.failure else {
                if task.status.role == .leading { failures[task.partition] = nil }
                continue
            }
            if failure.code == .unknownRules || (!failure.isRetriable && task.isPromoted) { throw failure }
            guard let due = restartAt[task.partition] else {
                postpone(task.partition, failure, now)
                continue
            }
            guard now >= due, !clients.member.hasLostAssignment else { continue }
            restart(task, clients)
        }
    }

    private func postpone(_ partition: Int32, _ failure: StreamError, _ now: ContinuousClock.Instant) {
        let count = (failures[partition] ?? 0) + 1
        failures[partition] = count
        let pause = Duration.milliseconds(min(30_000, 250 << min(count - 1, 7)))
        restartAt[partition] = now + pause
        report(
            .warning, "a task failed; it starts again from its last checkpoint",
            ["partition": "\(partition)", "error": "\(failure)", "pause": "\(pause)"])
    }

    private func restart(_ task: Task, _ clients: Clients) {
        let partition = task.partition
        restartAt[partition] = nil
        task.join()
        host.counters.restarted()
        let isOurs = clients.member.assignment.contains(TopicPartition(topic: settings.log, partition: partition))
        if isOurs || settings.following {
            start(partition, isPromoted: isOurs, clients)
        } else {
            host.state.withLock { $0.tasks[partition] = nil }
        }
    }

    private func report(_ level: StreamEvent.Level, _ message: String, _ metadata: [String: String]) {
        host.onEvent(StreamEvent(level: level, message: message, metadata: metadata))
    }
}

extension StreamSettings {
    /// A dead letter may be larger than what librdkafka sends by itself.
    var outputProperties: [String: String] {
        ["message.max.bytes": "\(DeadLetter.bytesMax + (64 << 10))"].merging(kafka) { _, given in given }
    }

    /// The group decides within the session time-out that a member is gone. The others hear of it by their next
    /// heartbeat, which is cheap: often enough that they lead within a second or two.
    var memberProperties: [String: String] {
        let milliseconds = sessionTimeout.milliseconds
        let defaults = [
            "session.timeout.ms": "\(milliseconds)", "heartbeat.interval.ms": "\(max(1, milliseconds / 20))",
        ]
        return defaults.merging(kafka) { _, given in given }
    }
}
