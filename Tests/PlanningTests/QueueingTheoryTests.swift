import Testing

@testable import RouterPlanning

@Suite("Queueing theory is computed as its books have it")
struct QueueingTheoryTests {
    /// Erlang C by hand: a = 1, c = 2 gives 1/3; a = 2, c = 3 gives 4/9.
    @Test("Erlang C's probability of waiting", arguments: [(1.0, 2, 1.0 / 3), (2.0, 3, 4.0 / 9), (0.5, 1, 0.5)])
    func erlangC(load: Double, servers: Int, waited: Double) {
        let answer = QueueingTheory(arrivals: load, service: 1, servers: servers).answer(within: 0.5)
        let spare = Double(servers) - load
        #expect(isClose(answer.waited, waited))
        #expect(isClose(answer.meanWaitSeconds, waited / spare))
        #expect(isClose(answer.meanAnswerSeconds, waited / spare))
        #expect(isClose(answer.serviceLevel, 1 - waited * exponential(-spare * 0.5)))
        #expect(isClose(answer.occupancy, load / Double(servers)))
        #expect(answer.blocked == 0)
        #expect(answer.abandoned == 0)
    }

    @Test("Erlang B, with as many places as servers")
    func erlangB() {
        let answer = QueueingTheory(arrivals: 5, service: 1, servers: 10, places: 10).answer(within: 1)
        #expect(isClose(answer.blocked, 0.018_384_570, 1e-8))
        #expect(answer.waited == 0)
    }

    /// ρ = 1/2, K = 3: probabilities 8, 4, 2 and 1 of 15.
    @Test("M/M/1/3 has its geometric probabilities")
    func limited() {
        let answer = QueueingTheory(arrivals: 1, service: 2, servers: 1, places: 3).answer(within: 20)
        #expect(isClose(answer.blocked, 1.0 / 15))
        #expect(isClose(answer.waited, 6.0 / 14))
        #expect(isClose(answer.backlog, 4.0 / 15))
        #expect(isClose(answer.serviceLevel, 1))
    }

    /// Patience like service: the number in the station is Poisson with the offered load as its mean.
    @Test("Erlang A with patience as long as service is Poisson")
    func erlangA() {
        let answer = QueueingTheory(arrivals: 3, service: 1, servers: 2, abandonment: 1).answer(within: 40)
        let none = exponential(-3)
        #expect(isClose(answer.waited, 1 - none * (1 + 3)))
        let busy = none * 3 + 2 * (1 - none * 4)
        #expect(isClose(answer.occupancy, busy / 2))
        #expect(isClose(answer.abandoned, 1 - busy / 3))
        // Whoever is not served within forty mean patiences has given up.
        #expect(isClose(answer.serviceLevel, busy / 3, 1e-6))
    }

    @Test("Erlang A with endless patience is Erlang C")
    func erlangAApproachesErlangC() {
        let patient = QueueingTheory(arrivals: 2, service: 1, servers: 3, abandonment: 1e-4).answer(within: 0.5)
        let endless = QueueingTheory(arrivals: 2, service: 1, servers: 3).answer(within: 0.5)
        #expect(isClose(patient.waited, endless.waited, 1e-3))
        #expect(isClose(patient.meanWaitSeconds, endless.meanWaitSeconds, 1e-3))
        #expect(isClose(patient.serviceLevel, endless.serviceLevel, 1e-3))
    }

    private func isClose(_ left: Double, _ right: Double, _ distance: Double = 1e-9) -> Bool {
        abs(left - right) <= distance
    }

    private func exponential(_ value: Double) -> Double {
        (1...60).reversed().reduce(1) { 1 + value / Double($1) * $0 }
    }
}
