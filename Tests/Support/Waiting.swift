import Glibc
import Kafka

/// A condition did not come true in time.
package struct NotInTime: Error, CustomStringConvertible {
    package var description: String

    package init(description: String) {
        self.description = description
    }
}

/// Waits until a condition holds, looking every 10 ms; for tests, instead of a sleep.
/// - Throws: `NotInTime` with the description when the deadline passes; what the condition throws, at once.
package func eventually(
    _ description: String = "the condition", within limit: Duration = .seconds(30),
    _ condition: () async throws -> Bool
) async throws {
    _ = try await eventuallySome(description, within: limit) { try await condition() ? true : nil }
}

/// Waits until a value is there, looking every 10 ms, and returns it.
/// - Throws: `NotInTime` with the description when the deadline passes; what the closure throws, at once.
package func eventuallySome<Value>(
    _ description: String = "the value", within limit: Duration = .seconds(30),
    _ value: () async throws -> Value?
) async throws -> Value {
    let deadline = ContinuousClock.now + limit
    while true {
        if let value = try await value() { return value }
        guard ContinuousClock.now < deadline else {
            throw NotInTime(description: "\(description): not within \(limit)")
        }
        try await Task.sleep(for: .milliseconds(10))
    }
}

/// Runs blocking code on a thread of its own, so that a test never holds up the cooperative pool.
package func onThread<Value: Sendable>(
    _ name: String = "test", _ body: @escaping @Sendable () throws -> Value
) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        _ = NamedThread.start(name) { continuation.resume(with: Result(catching: body)) }
    }
}

/// Waits on the calling thread until a condition holds, looking every 10 ms; for the bodies of `onThread`.
/// - Throws: `NotInTime` with the description when the deadline passes; what the condition throws, at once.
package func waitUntil(
    _ description: String, within limit: Duration = .seconds(30), _ condition: () throws -> Bool
) throws {
    let deadline = ContinuousClock.now + limit
    while try !condition() {
        guard ContinuousClock.now < deadline else {
            throw NotInTime(description: "\(description): not within \(limit)")
        }
        usleep(10_000)
    }
}
