import TestSupport
import Testing

@testable import PatchbayCLI

extension WholeStack {
    @Suite("Nothing is lost and nothing is done twice, whichever process dies", .serialized)
    struct SurvivalTests {
        /// Which services die at the same time.
        enum Form: String, CaseIterable, Sendable {
            case any, anyTwo, all

            func pick(_ instances: [TestStack.Instance], _ random: inout SeededGenerator) -> [TestStack.Instance] {
                switch self {
                case .any: Array(instances.shuffled(using: &random).prefix(1))
                case .anyTwo: Array(instances.shuffled(using: &random).prefix(2))
                case .all: instances
                }
            }
        }

        @Test(
            "2,000 messages at 200/s survive a SIGKILL of any service, of any two, and of all at once",
            .timeLimit(.minutes(5)))
        func messagesSurviveKills() async throws {
            try await Trial.run("survival", on: .shared()) { trial in
                try await Self.play(trial, messages: 2_000, forms: Form.allCases)
            }
        }

        @Test("Round after round, each form alone", .enabled(if: soakTime != nil), .timeLimit(.minutes(1_000)))
        func soak() async throws {
            let end = ContinuousClock.now + (soakTime ?? .zero)
            repeat {
                for form in Form.allCases {
                    // A broker of its own: the local one keeps everything in memory.
                    try await LocalBroker.with { broker in
                        try await Trial.run("survival, \(form)", on: broker) { trial in
                            try await Self.play(trial, messages: 2_000, forms: [form, form, form])
                        }
                    }
                }
            } while ContinuousClock.now < end
        }

        /// Kills in these forms, one after the other, while messages flow and are answered.
        private static func play(_ trial: Trial, messages: Int, forms: [Form]) async throws {
            try await trial.crowd.serving {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await trial.crowd.post(messages, aSecond: 200) }
                    group.addTask {
                        var random = SeededGenerator(seed: trial.seed)
                        for form in forms {
                            let dead = form.pick(trial.stack.instances, &random)
                            let pause = Int.random(in: 200...1_500, using: &random)
                            try await Task.sleep(for: .milliseconds(pause))
                            print("survival: SIGKILL \(dead)")
                            try await trial.stack.killAndRestart(dead)
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(trial.crowd.seen.accepted.count == messages)
                try await trial.settle()
            }
        }
    }
}
