/// How long work items of a queue were handled, as counts over classes of length that grow with the length.
///
/// Lengths below 0.8 s have a class for each tenth; above, each doubling is cut into four, so a length is known within an
/// eighth of itself. Old observations fade: whenever the weight reaches `weightMax`, all counts are halved.
///
/// - Units: tenths of a second.
/// - Bounds: `classCount` counts, lengths up to 29 hours (2^20 tenths).
package struct HandleDigest: Hashable, Sendable {
    package static let classCount = 80
    /// What one observation weighs, so that halving does not forget what is rare.
    private static let observationWeight = 16
    private static let weightMax = 512 * observationWeight
    static let lengthMax = 1 << 20

    /// By class; classes at the end that were never met are missing.
    package private(set) var counts: [Int] = []

    package init() {}

    /// - Parameter counts: from a checkpoint; what no digest can hold is cut.
    package init(counts: [Int]) {
        self.counts = counts.prefix(Self.classCount).map { min(max(0, $0), Self.weightMax) }
    }

    /// Observations that still count.
    var observations: Int { counts.reduce(0, +) / Self.observationWeight }

    mutating func record(tenths: Int) {
        let index = Self.index(of: min(max(0, tenths), Self.lengthMax))
        while counts.count <= index { counts.append(0) }
        counts[index] += Self.observationWeight
        if counts.reduce(0, +) > Self.weightMax { counts = counts.map { $0 / 2 } }
    }

    /// Mean and variance; nil before the first observation.
    var moments: Moments? {
        let weight = counts.reduce(0, +)
        guard weight > 0 else { return nil }
        var sum = 0
        for (index, count) in counts.enumerated() { sum += count * Self.middle(of: index) }
        let mean = sum / weight
        var squares = 0
        for (index, count) in counts.enumerated() {
            let distance = Self.middle(of: index) - mean
            squares += count * distance * distance
        }
        return Moments(mean: mean, variance: squares / weight)
    }

    struct Moments: Hashable, Sendable {
        /// - Units: tenths of a second.
        var mean: Int
        /// - Units: their squares.
        var variance: Int
    }

    private static func index(of length: Int) -> Int {
        guard length >= 8 else { return length }
        let exponent = Int.bitWidth - 1 - length.leadingZeroBitCount
        return min(classCount - 1, 8 + (exponent - 3) * 4 + (length >> (exponent - 2)) & 3)
    }

    private static func middle(of index: Int) -> Int {
        guard index >= 8 else { return index }
        let (exponent, quarter) = ((index - 8) / 4 + 3, (index - 8) % 4)
        return (4 + quarter) << (exponent - 2) + 1 << (exponent - 3)
    }
}
