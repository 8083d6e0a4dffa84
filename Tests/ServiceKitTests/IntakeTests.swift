import HTTPTypes
import Testing

@testable import ServiceKit

@Suite("No more is let in than can be done")
struct IntakeTests {
    private let metrics = Metrics()

    /// How this key would be refused now.
    private func refusal(_ intake: Intake, _ key: String) -> Int? {
        do throws(Problem) {
            try intake.check(key)
            return nil
        } catch {
            #expect(error.headers[.retryAfter].flatMap { Int($0) } != nil)
            return error.status.code
        }
    }

    /// Takes as many places as a key can get.
    private func flood(_ intake: Intake, _ key: String) throws -> Int {
        var held = 0
        while refusal(intake, key) == nil {
            try intake.enter(key)
            held += 1
        }
        return held
    }

    @Test("One that floods gets half of the places, the next half of the rest, and at last everybody hears 503")
    func shares() throws {
        let intake = Intake("test", limit: 8, metrics: metrics)
        #expect(try flood(intake, "a") == 4)
        #expect(refusal(intake, "a") == 429)
        #expect(try flood(intake, "b") == 2)
        #expect(try flood(intake, "c") == 1)
        #expect(try flood(intake, "d") == 1)
        #expect(refusal(intake, "a") == 503 && refusal(intake, "e") == 503)
        #expect(throws: Problem.self) { try intake.enter("e") }
        #expect(intake.total == 8)
        for key in ["a", "a", "a", "a", "b", "b", "c", "d"] { intake.leave(key) }
        #expect(intake.total == 0 && refusal(intake, "a") == nil)
        let text = metrics.text()
        #expect(text.contains(#"patchbay_http_refused_total{kind="test",limit="share"}"#))
        #expect(text.contains(#"patchbay_http_refused_total{kind="test",limit="full"}"#))
        #expect(text.contains(#"patchbay_http_admitted{kind="test"} 0"#))
    }

    @Test("What fails gives its place back")
    func failure() async throws {
        struct Failure: Error {}
        let intake = Intake("test", limit: 2, metrics: metrics)
        for _ in 0..<10 {
            await #expect(throws: Failure.self) { try await intake.admitted("a") { throw Failure() } }
        }
        #expect(intake.total == 0)
    }

    @Test("All bodies together have a budget")
    func bodies() throws {
        let budget = BodyBudget(bytesMax: 100)
        try budget.take(60)
        try budget.take(40)
        let problem = #expect(throws: Problem.self) { try budget.take(1) }
        #expect(problem?.status == .serviceUnavailable && problem?.headers[.retryAfter] != nil)
        budget.giveBack(60)
        try budget.take(60)
        #expect(budget.bytes == 100 && budget.refused == 1)
    }

    @Test(
        "Connections leave files for the rest of the process",
        arguments: [(16_384, 1_048_576, 16_384), (16_384, 20_000, 16_384), (16_384, 4_096, 2_560), (2_048, 1_024, 512)])
    func files(_ wanted: Int, _ limit: Int, _ connections: Int) {
        #expect(OpenFiles.connections(wanted: wanted, limit: limit) == connections)
        #expect(OpenFiles.raise() > 0)
    }
}
