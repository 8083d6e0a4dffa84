import Testing

@testable import ServiceKit

@Suite("Each principal has a quota")
struct RateLimiterTests {
    @Test("The quota is counted down, refuses when it is used up, and is whole again when its window is over")
    func window() {
        let limiter = RateLimiter(quota: 2, windowSeconds: 60, metrics: Metrics())
        let start = ContinuousClock.now
        #expect(limiter.take("ana", at: start) == .init(isAllowed: true, remaining: 1, resetSeconds: 60))
        let later = start + .milliseconds(500)
        #expect(limiter.take("ana", at: later) == .init(isAllowed: true, remaining: 0, resetSeconds: 60))
        #expect(limiter.take("ana", at: start + .seconds(59)) == .init(isAllowed: false, remaining: 0, resetSeconds: 1))
        #expect(limiter.take("ben", at: later).remaining == 1, "another's quota is another's")
        let again = limiter.take("ana", at: start + .seconds(60))
        #expect(again == .init(isAllowed: true, remaining: 1, resetSeconds: 60))
    }

    @Test("However many principals come, only so many are remembered")
    func bounded() {
        let limiter = RateLimiter(quota: 1, windowSeconds: 60, metrics: Metrics())
        let start = ContinuousClock.now
        for number in 0..<RateLimiter.principalsMax + 10 {
            #expect(limiter.take("p\(number)", at: start + .milliseconds(number)).isAllowed)
        }
        #expect(limiter.count == RateLimiter.principalsMax)
        #expect(!limiter.take("p\(RateLimiter.principalsMax + 9)", at: start + .seconds(20)).isAllowed)
    }
}
