internal import Glibc

/// What queueing theory says exactly of a station with Poisson arrivals, exponential service, `servers` alike and one
/// line in order of arrival. The simulation is held against it.
package struct QueueingTheory: Hashable, Sendable {
    /// A second.
    package var arrivals: Double
    /// A second, of each server.
    package var service: Double
    package var servers: Int
    /// A second, of each who waits: the reciprocal of the mean patience; 0: nobody gives up (M/M/c).
    package var abandonment: Double = 0
    /// Waiting and in service together (M/M/c/K); nil: no limit.
    package var places: Int?

    package init(
        arrivals: Double, service: Double, servers: Int, abandonment: Double = 0, places: Int? = nil
    ) {
        self.arrivals = arrivals
        self.service = service
        self.servers = servers
        self.abandonment = abandonment
        self.places = places
    }

    package struct Answer: Hashable, Sendable {
        /// Turned away, of all.
        package var blocked: Double
        /// Had to wait, of those admitted.
        package var waited: Double
        /// Gave up, of those admitted.
        package var abandoned: Double
        /// Mean wait of those admitted, given up or not.
        package var meanWaitSeconds: Double
        /// Mean wait of those served.
        package var meanAnswerSeconds: Double
        /// Served within the time, of those admitted.
        package var serviceLevel: Double
        /// On average, waiting.
        package var backlog: Double
        /// Servers busy, as a share.
        package var occupancy: Double
    }

    /// - Parameter seconds: the service level's.
    /// - Source: Gross, Shortle, Thompson, Harris: Fundamentals of queueing theory, chapter 3; Garnett, Mandelbaum,
    ///   Reiman: Designing a call center with impatient customers, 2002, for Erlang A.
    package func answer(within seconds: Double) -> Answer {
        let states = stationary
        let blocked = places.map { states[$0] } ?? 0
        let admitted = arrivals * (1 - blocked)
        // Arrivals that are admitted and wait, by how many wait before them.
        let ahead = states[min(servers, states.count)...].prefix((places ?? Int.max) - servers).map {
            $0 / (1 - blocked)
        }
        let backlog = states.enumerated().reduce(0) { $0 + Double(max(0, $1.offset - servers)) * $1.element }
        let busy = states.enumerated().reduce(0) { $0 + Double(min(servers, $1.offset)) * $1.element }
        let abandoned = abandonment * backlog / admitted
        let waited = ahead.reduce(0, +)
        let servedAfterWait = waited - abandoned
        // Little's law gives the wait of all; that of the served needs the distribution.
        let meanAnswer =
            abandonment > 0
            ? integral(to: horizon) { $0 * density(at: $0, ahead: ahead) } / (1 - waited + servedAfterWait)
            : backlog / admitted
        return Answer(
            blocked: blocked, waited: waited, abandoned: abandoned, meanWaitSeconds: backlog / admitted,
            meanAnswerSeconds: meanAnswer,
            serviceLevel: 1 - waited + integral(to: seconds) { density(at: $0, ahead: ahead) }, backlog: backlog,
            occupancy: busy / Double(servers))
    }

    /// Probabilities of 0, 1, 2, … in the station, as far as they matter.
    private var stationary: [Double] {
        let most = places ?? servers + 100_000
        // Relative to the likeliest state, so that nothing overflows: logarithms first.
        var logarithms = [0.0]
        var highest = 0.0
        for count in 1...most {
            let rate = Double(min(count, servers)) * service + Double(max(0, count - servers)) * abandonment
            let next = logarithms[count - 1] + log(arrivals / rate)
            logarithms.append(next)
            highest = max(highest, next)
            if count > servers, next < highest - 45 { break }
        }
        let weights = logarithms.map { exp($0 - highest) }
        let sum = weights.reduce(0, +)
        return weights.map { $0 / sum }
    }

    /// The density, over all admitted, of being served after this wait: with n before it a customer waits for n + 1
    /// departures, at rates cμ, cμ + θ, …, cμ + nθ, and must not give up meanwhile.
    private func density(at seconds: Double, ahead: [Double]) -> Double {
        let rate = Double(servers) * service
        var term = rate * exp(-(rate + abandonment) * seconds)
        var sum = 0.0
        for (count, probability) in ahead.enumerated() {
            if count > 0 {
                let step = Double(count)
                term *=
                    abandonment > 0
                    ? (rate + step * abandonment) / (step * abandonment) * (1 - exp(-abandonment * seconds))
                    : rate * seconds / step
            }
            sum += probability * term
        }
        return sum
    }

    /// Beyond this nobody is served any more, for all that matters.
    private var horizon: Double { 45 / abandonment }

    /// Simpson's rule.
    private func integral(to end: Double, _ function: (Double) -> Double) -> Double {
        let steps = 20_000
        let width = end / Double(steps)
        let inner = (1..<steps).reduce(0) { $0 + function(Double($1) * width) * ($1 % 2 == 1 ? 4 : 2) }
        return (function(0) + inner + function(end)) * width / 3
    }
}
