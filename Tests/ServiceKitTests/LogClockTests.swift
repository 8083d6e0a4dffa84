import Domain
import Synchronization
import Testing

@testable import ServiceKit

@Suite("Services share the brokers' clock")
struct LogClockTests {
    /// Clocks that the test sets.
    private final class Clocks: Sendable {
        let wall = Mutex(Instant(milliseconds: 1_790_000_000_000))
        let monotonic = Mutex(Duration.seconds(1_000))

        func pass(_ time: Duration) {
            wall.withLock { $0 = $0 + time }
            monotonic.withLock { $0 += time }
        }
    }

    private let clocks = Clocks()
    private let clock: LogClock
    private let hour = Duration.seconds(3_600)

    init() {
        clock = LogClock(
            wall: { [clocks] in clocks.wall.withLock { $0 } },
            monotonic: { [clocks] in clocks.monotonic.withLock { $0 } })
    }

    private var wall: Instant { clocks.wall.withLock { $0 } }

    @Test("Until a record is seen, the wall clock counts; then it may be set as anybody likes")
    func wallClock() {
        #expect(clock.now == wall && clock.wallAhead == .zero)
        let right = wall - hour
        clock.see(right)
        #expect(clock.now == right && clock.wallAhead == hour)
        clocks.wall.withLock { $0 = $0 - hour - hour }
        clocks.pass(.seconds(10))
        #expect(clock.now == right + .seconds(10))
        #expect(clock.wallAhead == .zero - hour)
    }

    @Test("A record that was seen late says less than one that was seen at once")
    func late() {
        let start = wall
        clock.see(start)
        clocks.pass(.seconds(5))
        clock.see(start + .seconds(1))
        #expect(clock.now == start + .seconds(5))
    }

    @Test("What was seen is forgotten after a minute, so clocks that drift apart find together again")
    func drift() {
        let start = wall
        clock.see(start)
        clocks.pass(.seconds(61))
        clock.see(start + .seconds(60))
        #expect(clock.now == start + .seconds(60))
        clocks.pass(.seconds(1))
        clock.see(start + .seconds(62))
        #expect(clock.now == start + .seconds(62))
    }

    @Test("A token is good or expired by the brokers' clock, however wrong the machine's is")
    func tokens() async throws {
        let secret = RunningService.secret
        let token = try await Tokens(secret: secret).mint(subject: "ana", roles: [.agent], expires: .seconds(600))
        let right = Instant.wallClock
        for wrong in [hour, .zero - hour] {
            clocks.wall.withLock { $0 = right + wrong }
            clock.see(right)
            let authenticator = await Authenticator(
                secret: secret, now: { [clock] in Double(clock.now.milliseconds) / 1_000 })
            #expect(try await authenticator.principal(authorization: "Bearer \(token)").subject == "ana")
            clocks.pass(.seconds(700))
            clock.see(right + .seconds(700))
            await #expect(throws: Problem.self) { try await authenticator.principal(authorization: "Bearer \(token)") }
            clocks.monotonic.withLock { $0 += .seconds(100) }
            clock.see(right)
        }
    }
}
