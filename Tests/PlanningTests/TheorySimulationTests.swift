import Testing

@testable import RouterPlanning

@Suite("The simulated router agrees with queueing theory where that is exact")
struct TheorySimulationTests {
    /// Few contacts, since the tests are not optimized; `patchbay simulate --theory` plays all cases at length.
    @Test(
        "Exact values lie within the 95 % intervals of 20 replications",
        arguments: TheoryCase.all.filter { ["M/M/4", "M/M/10+M", "M/M/3/6"].contains($0.station) })
    func agrees(theoryCase: TheoryCase) {
        var theoryCase = theoryCase
        theoryCase.contacts = 300
        for comparison in theoryCase.compare() {
            #expect(
                comparison.isWithin,
                "\(theoryCase), seed \(theoryCase.seed): \(comparison.kpi) \(comparison.simulated)")
        }
    }

    @Test("The same seed gives the same run, another seed another")
    func seeds() {
        var station = TheoryCase.all[1]
        station.contacts = 200
        station.replications = 2
        let first = station.compare().map(\.simulated)
        #expect(station.compare().map(\.simulated) == first)
        station.seed = 2
        #expect(station.compare().map(\.simulated) != first)
    }
}
