internal import Glibc

/// A mean over replications with its 95 % confidence interval by Student's t-distribution.
package struct Estimate: Hashable, Sendable {
    package var mean: Double
    /// Half of the interval's width; nil with fewer than two replications.
    package var halfWidth: Double?
    /// Replications that had a value.
    package var count: Int

    /// Nil where no replication had a value.
    package init?(_ values: [Double]) {
        guard !values.isEmpty else { return nil }
        count = values.count
        let mean = values.reduce(0, +) / Double(values.count)
        self.mean = mean
        guard values.count > 1 else { return }
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
        halfWidth = Student.quantile(degrees: values.count - 1) * (variance / Double(values.count)).squareRoot()
    }

    /// Whether the interval holds the value.
    package func holds(_ value: Double) -> Bool { abs(value - mean) <= halfWidth ?? 0 }
}

/// Student's t-distribution with a whole number of degrees of freedom.
package enum Student {
    /// The t that |T| exceeds with a probability of 5 %.
    package static func quantile(degrees: Int) -> Double {
        var low = 0.0
        var high = 13.0
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if within(middle, degrees: degrees) < 0.95 { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }

    /// The probability that |T| ≤ t.
    /// - Source: Abramowitz, Stegun: Handbook of mathematical functions, 26.7.3 and 26.7.4.
    static func within(_ t: Double, degrees: Int) -> Double {
        let angle = atan(t / Double(degrees).squareRoot())
        let square = cos(angle) * cos(angle)
        let isOdd = degrees % 2 == 1
        var term = isOdd ? cos(angle) : 1
        var sum = isOdd && degrees == 1 ? 0 : term
        var step = isOdd ? 2 : 1
        while step <= degrees - 2 {
            term *= Double(step) / Double(step + 1) * square
            sum += term
            step += 2
        }
        return isOdd ? 2 / Double.pi * (angle + sin(angle) * sum) : sin(angle) * sum
    }
}
