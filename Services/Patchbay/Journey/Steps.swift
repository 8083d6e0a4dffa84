import Domain
import Glibc

/// What did not happen as it should have.
struct JourneyFailure: Error, CustomStringConvertible {
    var expected: String
    var found: String

    var description: String { "expected \(expected)\n    found    \(found)" }
}

/// Prints the steps of a program as they hold, and stops at the first that does not.
struct Steps {
    private let write: @Sendable (String) -> Void
    private let clock = ContinuousClock()
    private var number = 0

    init(write: @escaping @Sendable (String) -> Void = { say($0) }) {
        self.write = write
    }

    /// Begins a numbered step.
    mutating func step(_ title: String) {
        number += 1
        write("\n\(number). \(title)")
    }

    /// One thing of the step that must hold.
    /// - Returns: what `body` found.
    @discardableResult
    func hold<Value>(_ sentence: String, _ body: () async throws -> Value) async throws -> Value {
        let start = clock.now
        do {
            let value = try await body()
            let milliseconds = (clock.now - start).milliseconds
            write("   ✓ \(sentence)\(milliseconds >= 1 ? " (\(milliseconds) ms)" : "")")
            return value
        } catch {
            write("   ✗ \(sentence)\n    \(error)")
            throw error
        }
    }
}

/// - Throws: `JourneyFailure` unless both are the same.
func expect<Value: Equatable>(_ what: String, _ found: Value, is expected: Value) throws {
    guard found == expected else {
        throw JourneyFailure(expected: "\(what) \(expected)", found: "\(found)")
    }
}

func expect(_ what: String, _ holds: Bool, found: @autoclosure () -> String) throws {
    guard holds else { throw JourneyFailure(expected: what, found: found()) }
}

/// Asks again until there is an answer.
/// - Throws: `JourneyFailure` with the last finding when the time is over.
@discardableResult
func until<Value>(
    _ what: String, within deadline: Duration = .seconds(15), _ body: () async throws -> (value: Value?, found: String)
) async throws -> Value {
    let clock = ContinuousClock()
    let end = clock.now + deadline
    while true {
        let (value, found) = try await body()
        if let value { return value }
        guard clock.now < end else {
            throw JourneyFailure(expected: "\(what) within \(deadline.milliseconds / 1000) s", found: found)
        }
        try await Task.sleep(for: .milliseconds(25))
    }
}

/// Prints a line at once, also where standard output is a file or a pipe.
func say(_ line: String) {
    print(line)
    fflush(nil)
}
