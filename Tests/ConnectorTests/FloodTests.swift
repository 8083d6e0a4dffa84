import Curl
import Domain
import Foundation
import ServiceKit
import Synchronization
import TestSupport
import Testing

@testable import ConnectorApp

@Suite("Floods")
struct FloodTests {
    /// What the log takes a second: the sustainable rate.
    private static let sustainable = 12
    private static let places = 12

    @Test(
        "twenty times what can be sustained: honest refusals, no 202 lost, and then as before", .timeLimit(.minutes(10))
    )
    func flood() async throws {
        let isSoaking = ProcessInfo.processInfo.environment["PATCHBAY_SOAK"] != nil
        let seconds = isSoaking ? 60 : 4
        let log = SlowLog(perSecond: Self.sustainable)
        let sink = MemorySink(land: log.land)
        try await TestConnector.with(["PATCHBAY_INTAKE_MAX": "\(Self.places)"], sink: sink) { connector in
            let token = try await connector.token()
            let isOver = Mutex(false)
            // A sender of another account who keeps to one message at a time.
            async let modest = withThrowingTaskGroup(of: [Answer].self) { _ in
                var answers: [Answer] = []
                while !isOver.withLock({ $0 }) {
                    answers.append(try await post(connector, "mail", "modest-\(answers.count)", token))
                }
                return answers
            }
            let answers = try await openLoop(rate: Self.sustainable * 20, seconds: seconds) { number in
                try await post(connector, "page", "flood-\(number)", token)
            }
            isOver.withLock { $0 = true }

            #expect(Set(answers.map(\.status)).isSubset(of: [202, 429, 503]), "\(Set(answers.map(\.status)))")
            #expect(answers.allSatisfy { $0.status == 202 || ($0.retryAfter ?? 0) >= 1 })
            let accepted = answers.filter { $0.status == 202 }
            let refused = answers.filter { $0.status != 202 }
            #expect(accepted.count >= Self.places && refused.count > accepted.count)
            #expect(log.mostAtOnce <= Self.places, "what waits for the log is bounded")
            // Half of the places, at the rate of the log: less than a second, and the machine may be busy.
            #expect(accepted.map(\.took).max() ?? .zero < .seconds(15))

            let others = try await modest
            #expect(!others.isEmpty && others.allSatisfy { $0.status == 202 }, "a modest sender is not shut out")
            let written = Set(try sink.messages().map(\.messageID.rawValue))
            #expect(Set((accepted + others).compactMap(\.messageID)) == written, "each 202 is in the log, and no other")
            #expect(written.count == accepted.count + others.count)

            for number in 0..<5 {
                let after = try await post(connector, "page", "after-\(number)", token)
                #expect(after.status == 202)
            }
            let metrics = try await connector.send("GET", "/metrics").text
            #expect(metrics.contains(#"patchbay_http_admitted{kind="intake"} 0"#))
            #expect(metrics.contains(#"patchbay_http_refused_total{kind="intake",limit="share"}"#))
            #expect(metrics.contains("patchbay_http_requests_open 1\n"))
        }
    }

    private struct Answer: Sendable {
        var status: Int
        var retryAfter: Int?
        var messageID: String?
        var took: Duration
    }

    private func post(
        _ connector: TestConnector, _ account: String, _ id: String, _ token: String
    ) async throws -> Answer {
        let kind = account == "mail" ? "email" : "handle"
        let value = account == "mail" ? "lena@example.org" : "lena"
        let body = #"{"message_id":"\#(id)","from":{"kind":"\#(kind)","value":"\#(value)"},"text":"Bonjour"}"#
        let started = ContinuousClock.now
        let response = try await connector.send(
            "POST", "/v1/channels/\(account)/messages", body: body, token: token)
        return Answer(
            status: response.status, retryAfter: response.header("retry-after").flatMap { Int($0) },
            messageID: response.status == 202
                ? (try? JSONValue(parsing: response.body))?["message_id"]?.string : nil,
            took: ContinuousClock.now - started)
    }

    /// Sends at its own pace, whatever becomes of what it sent before.
    private func openLoop<Result: Sendable>(
        rate: Int, seconds: Int, _ send: @escaping @Sendable (Int) async throws -> Result
    ) async throws -> [Result] {
        try await withThrowingTaskGroup(of: Result.self) { group in
            let start = ContinuousClock.now
            for number in 0..<(rate * seconds) {
                try await Task.sleep(until: start + .microseconds(number * 1_000_000 / rate))
                group.addTask { try await send(number) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }
}

/// A log that takes so many records a second, one after the other.
private final class SlowLog: Sendable {
    private struct State {
        var nextAt = ContinuousClock.now
        var waiting = 0
        var mostAtOnce = 0
    }

    private let pause: Duration
    private let state = Mutex(State())

    init(perSecond: Int) {
        pause = .microseconds(1_000_000 / perSecond)
    }

    var mostAtOnce: Int { state.withLock { $0.mostAtOnce } }

    @Sendable func land() async {
        let at = state.withLock { state in
            state.waiting += 1
            state.mostAtOnce = max(state.mostAtOnce, state.waiting)
            state.nextAt = max(state.nextAt, .now) + pause
            return state.nextAt
        }
        try? await Task.sleep(until: at)
        state.withLock { $0.waiting -= 1 }
    }
}
