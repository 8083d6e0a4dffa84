import Foundation
import Schema
import ServiceKit
import TestSupport
import Testing

@testable import PatchbayCLI

/// A stack, a crowd that uses it, the receiver of its replies, and the checker of what came of it all.
struct Trial: Sendable {
    /// Agents carry little, so that capacity matters; targets are short, so that some are broken.
    static let organization = """
        pools: { north: {}, south: {} }
        skills: {}
        profiles: { hands: { capacity: \(Crowd.capacity), presence-lease: 10m, grace: 10m } }
        routing-policies: { standard: { offer: 60s, decline-cooldown: 1s } }
        sla-policies:
          standard:
            targets:
              first-response: { within: 3s, warn-at: \(warningPercent)% }
              resolution: { within: 5s, warn-at: \(warningPercent)% }
            escalation: { priority: 8 }
        queues:
          north: { pool: north, routing-policy: standard, sla-policy: standard }
          south: { pool: south, routing-policy: standard, sla-policy: standard }
        agents:
          agent-1: { pool: north, profile: hands }
          agent-2: { pool: south, profile: hands }
          agent-3: { pool: north, profile: hands }
          agent-4: { pool: south, profile: hands }
        accounts:
          page-0: { channel: social, queue: north, delivery: { webhook: { url: "${receiver}/replies", secret: demo-webhook } } }
          page-1: { channel: social, queue: south, delivery: { webhook: { url: "${receiver}/replies", secret: demo-webhook } } }
        """
    private static let warningPercent = 50

    let stack: TestStack
    let crowd: Crowd
    let receiver: Receiver
    /// Repeats the trial's random choices.
    let seed: UInt64

    /// Starts everything, lets the crowd in, does something, and stops everything.
    ///
    /// - Parameter seed: printed; the environment's `PATCHBAY_SEED` goes before it.
    static func run(
        _ name: String, on broker: LocalBroker, _ counts: [Stack.Service: Int] = [:],
        patience: Duration = .seconds(60), environment: [Stack.Service: [String: String]] = [:],
        _ body: @escaping @Sendable (Trial) async throws -> Void
    ) async throws {
        let given = ProcessInfo.processInfo.environment["PATCHBAY_SEED"].flatMap { UInt64($0) }
        let seed = given ?? UInt64.random(in: 0...UInt64.max)
        print("\(name): seed \(seed)")
        let receiver = Receiver()
        try await withThrowingTaskGroup(of: Void.self) { group in
            let (ports, continuation) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingOldest(1))
            group.addTask { try await receiver.run { continuation.yield($0) } }
            guard let port = await ports.first(where: { _ in true }) else { return }
            try await TestStack.with(broker, counts, environment: environment) { stack in
                try await stack.apply(organization, values: ["receiver": "http://127.0.0.1:\(port)"])
                let crowd = Crowd(stack, patience: patience)
                try await crowd.enter()
                try await body(Trial(stack: stack, crowd: crowd, receiver: receiver, seed: seed))
            }
            group.cancelAll()
            while (try? await group.next()) != nil {}
        }
    }

    /// A checker that has seen everything up to now.
    private func witness() async throws -> Checker {
        var checker = Checker(
            Checker.Expectations(capacity: Crowd.capacity, warningPercent: Int64(Self.warningPercent)))
        let seen = crowd.seen
        for id in seen.accepted { checker.accepted(id) }
        for desk in seen.loads { checker.saw(agent: desk.agent, load: desk.load) }
        for delivery in receiver.all {
            let id = (try? JSONValue(parsing: delivery.body))?["data"]?["message_id"]?.string
            checker.delivered(
                key: delivery.headers["webhook-id"] ?? "", messageID: id ?? "", body: delivery.body)
        }
        for topic in [Topic.inbound, .work, .workEvents, .clocks, .outbound, .delivery, .slaEvents, .deadLetter] {
            for record in try await stack.records(topic) { checker.read(topic, record) }
        }
        return checker
    }

    /// Waits until nothing is under way any more, and expects that every promise was kept.
    func settle(within limit: Duration = .seconds(90)) async throws {
        let end = ContinuousClock.now + limit
        var checker = try await witness()
        var violations = checker.violations(isOver: true)
        // Something wrong stays wrong: only what is still under way is worth waiting for.
        while !violations.isEmpty, ContinuousClock.now < end, checker.violations(isOver: false).isEmpty {
            try await Task.sleep(for: .milliseconds(500))
            checker = try await witness()
            violations = checker.violations(isOver: true)
        }
        let text = violations.prefix(20).map { "  \($0)" }.joined(separator: "\n")
        #expect(violations.isEmpty, "\(violations.count) promises broken, seed \(seed):\n\(text)")
        try await expectDeterminism()
    }

    /// No service has seen an output repeated with other content, and none has given up on a record.
    private func expectDeterminism() async throws {
        for instance in stack.instances where try stack.isRunning(instance) {
            let metrics = try await crowd.api.send("GET", stack.url(instance) + "/metrics", as: .nobody).status(200)
            for name in ["patchbay_stream_differing_repeats_total", "patchbay_stream_dead_letters_total"] {
                let lines = metrics.text.split(separator: "\n").filter { $0.hasPrefix(name) }
                #expect(lines.allSatisfy { $0.hasSuffix(" 0") }, "\(instance): \(lines)")
            }
        }
    }
}

/// How long the longer forms of the tests may take: minutes, by `PATCHBAY_SOAK`; nil in `make test`.
let soakTime: Duration? = ProcessInfo.processInfo.environment["PATCHBAY_SOAK"].flatMap { Int($0) }.map {
    .seconds($0 * 60)
}

/// The suites that start processes, one after the other.
@Suite("The whole stack", .serialized) enum WholeStack {}
