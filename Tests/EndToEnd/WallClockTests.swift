import Domain
import Foundation
import Kafka
import Schema
import TestSupport
import Testing

@testable import PatchbayCLI

extension WholeStack {
    @Suite("Wall clocks that are wrong", .serialized)
    struct WallClockTests {
        private static let hour = Duration.seconds(3_600)
        private static let unanswered = 12

        @Test(
            "An hour ahead or behind, and set to and fro while all run: nothing early, nothing stuck, no storm of ticks",
            .timeLimit(.minutes(5)))
        func wrongClocks() async throws {
            let clocks = try WallClocks()
            defer { clocks.remove() }
            // Two ahead, two behind; each turn sets all of them to the other side.
            let turn: @Sendable (Int) throws -> Void = { number in
                for (index, service) in Stack.Service.allCases.enumerated() {
                    try clocks.set(service, ahead: Self.hour * ((index + number) % 2 == 0 ? 1 : -1))
                }
            }
            try turn(0)
            try await Trial.run("wall clocks", on: .shared(), environment: clocks.environment) { trial in
                let start = ContinuousClock.now
                try await expectAhead(trial, number: 0)
                for number in 1...2 { try await waitForDeadlines(trial) { try turn(number) } }
                try await trial.crowd.serving {
                    for number in 3...8 {
                        try await trial.crowd.post(30, aSecond: 30)
                        try turn(number)
                    }
                    try await trial.settle()
                }
                try await expectAhead(trial, number: 8)
                try await expectFewTicks(trial, since: start)
                expectTrueSignatures(trial)
            }
        }

        /// Nobody answers: the first response of each message is late, and that is said though the clocks are set
        /// between the message and its deadline.
        private func waitForDeadlines(_ trial: Trial, _ setClocks: () throws -> Void) async throws {
            let before = try await breaches(trial)
            try await trial.crowd.post(Self.unanswered, aSecond: 50)
            try setClocks()
            try await eventually("breaches are announced", within: .seconds(60)) {
                try await breaches(trial) >= before + 1
            }
        }

        private func breaches(_ trial: Trial) async throws -> Int {
            try await trial.stack.records(.slaEvents).count { record in
                guard let event = try? SLAEvent(wire: record.value ?? []), case .breached = event.kind else {
                    return false
                }
                return true
            }
        }

        /// Each service knows how wrong its machine's clock is.
        private func expectAhead(_ trial: Trial, number: Int) async throws {
            for (index, service) in Stack.Service.allCases.enumerated() {
                let expected = (index + number) % 2 == 0 ? 3_600.0 : -3_600.0
                try await eventually("\(service) knows the true time", within: .seconds(60)) {
                    let text = try await trial.crowd.api.send(
                        "GET", trial.stack.url(service) + "/metrics", as: .nobody
                    ).text
                    let line = text.split(separator: "\n").first { $0.hasPrefix("patchbay_clock_ahead_seconds ") }
                    let ahead = line.flatMap { Double($0.split(separator: " ")[1]) } ?? 0
                    return abs(ahead - expected) < 60
                }
            }
        }

        /// A tick for each thing that is due, and some more: not hundreds a second.
        private func expectFewTicks(_ trial: Trial, since start: ContinuousClock.Instant) async throws {
            let seconds = Int((ContinuousClock.now - start).components.seconds)
            for topic in [Topic.inbound, .work, .clocks, .outbound] {
                let records = try await trial.stack.records(topic)
                let ticks = records.count { record in
                    record.headers.contains { $0.name == "patchbay-control" && $0.value == Array("tick".utf8) }
                }
                let limit = 5 * (records.count - ticks) + 20 * seconds
                #expect(ticks < limit, "\(topic): \(ticks) ticks in \(seconds) s")
            }
        }

        /// Receivers refuse what is signed more than five minutes ago, or ahead.
        private func expectTrueSignatures(_ trial: Trial) {
            let now = Date().timeIntervalSince1970
            let times = trial.receiver.all.compactMap { $0.headers["webhook-timestamp"].flatMap(Double.init) }
            #expect(!times.isEmpty && times.allSatisfy { abs(now - $0) < 300 })
        }
    }
}
