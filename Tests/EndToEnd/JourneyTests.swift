import Synchronization
import TestSupport
import Testing

@testable import PatchbayCLI

extension WholeStack {
    @Suite("The journey", .serialized)
    struct JourneyTests {
        @Test("A customer's journey through the whole stack holds, step by step")
        func journeyHolds() async throws {
            try await TestStack.with(try await .shared()) { stack in
                let lines = Mutex<[String]>([])
                let holds = await Journey.play(stack.settings, connection: stack.connection) { line in
                    lines.withLock { $0.append(line) }
                }
                let text = lines.withLock(\.self).joined(separator: "\n")
                #expect(holds, "\(text)")
                #expect(lines.withLock { $0.count { $0.contains("✓") } } > 20, "\(text)")
            }
        }
    }
}
