internal import Glibc

/// How long something takes: a time drawn anew for each contact.
package enum TimeDistribution: Hashable, Sendable {
    case fixed(seconds: Double)
    case exponential(meanSeconds: Double)
    /// Mean and deviation of the times themselves, not of their logarithms.
    case lognormal(meanSeconds: Double, deviationSeconds: Double)

    package var meanSeconds: Double {
        switch self {
        case .fixed(let mean), .exponential(let mean), .lognormal(let mean, _): mean
        }
    }

    /// Drawn in whole milliseconds, which is what the router counts in.
    func milliseconds(using random: inout SplitMix) -> Int64 {
        let seconds: Double
        switch self {
        case .fixed(let value): seconds = value
        case .exponential(let mean): seconds = mean * random.exponential()
        case .lognormal(let mean, let deviation):
            let variance = log(1 + (deviation * deviation) / (mean * mean))
            seconds = mean * exp(variance.squareRoot() * random.normal() - variance / 2)
        }
        return Int64((min(seconds, Self.secondsMax) * 1_000).rounded())
    }

    /// Nothing that is drawn takes longer: a year.
    private static let secondsMax = 31_536_000.0
}
