import Testing

@testable import RouterPlanning

@Suite("Intervals and random numbers are what statistics books say")
struct EstimateTests {
    @Test(
        "The quantiles of Student's t",
        arguments: [(1, 12.7062), (2, 4.3027), (3, 3.1824), (4, 2.7764), (19, 2.0930), (30, 2.0423), (1_000, 1.9623)])
    func quantiles(degrees: Int, value: Double) {
        #expect(abs(Student.quantile(degrees: degrees) - value) < 1e-4)
    }

    @Test("An estimate of few values")
    func fewValues() throws {
        #expect(Estimate([]) == nil)
        #expect(try #require(Estimate([3])).halfWidth == nil)
        let estimate = try #require(Estimate([1, 2, 3]))
        #expect(estimate.mean == 2)
        #expect(abs(try #require(estimate.halfWidth) - 4.3027 / 3.0.squareRoot()) < 1e-4)
        #expect(estimate.holds(4) && !estimate.holds(5))
    }

    @Test(
        "Drawn times have their mean",
        arguments: [
            TimeDistribution.fixed(seconds: 60), .exponential(meanSeconds: 60),
            .lognormal(meanSeconds: 60, deviationSeconds: 30),
        ])
    func means(distribution: TimeDistribution) {
        var random = SplitMix(seed: 7)
        let count = 20_000
        let sum = (0..<count).reduce(0.0) { sum, _ in sum + Double(distribution.milliseconds(using: &random)) }
        #expect(abs(sum / Double(count) / 1_000 - 60) < 1.5)
    }

    @Test("Amounts are reached at the time of day that has them")
    func profiles() throws {
        let profile = DayProfile(spans: [.init(start: 8 * 3_600, end: 10 * 3_600, value: 3)])
        #expect(profile.perDay == 6)
        #expect(profile.moment(after: 0, amounting: 1.5) == 8.5 * 3_600)
        #expect(profile.moment(after: 9 * 3_600, amounting: 4.5) == Double(86_400 + 8 * 3_600 + 1_800))
        #expect(profile.moment(after: 0, amounting: 6 * 5 + 3) == Double(5 * 86_400 + 9 * 3_600))
        #expect(DayProfile(constant: 0).moment(after: 0, amounting: 1) == nil)
    }
}
