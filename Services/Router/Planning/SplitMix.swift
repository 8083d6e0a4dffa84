internal import Glibc

/// Random numbers that a seed brings back: same seed, same numbers, on every machine.
/// - Source: Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014.
package struct SplitMix: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) {
        state = seed
    }

    /// A generator of its own for one purpose, so that drawing more for one changes nothing for another.
    package init(seed: UInt64, purpose: [UInt64]) {
        state = purpose.reduce(seed) { state, part in
            var mixer = SplitMix(seed: state ^ (part &* 0xd6e8_feb8_6659_fd93))
            return mixer.next()
        }
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// Above 0, at most 1: its logarithm is a number.
    mutating func unit() -> Double { Double((next() >> 11) + 1) * 0x1p-53 }

    /// Exponential with mean 1.
    mutating func exponential() -> Double { -log(unit()) }

    /// Normal with mean 0 and deviation 1.
    /// - Source: Box, Muller: A note on the generation of random normal deviates, 1958.
    mutating func normal() -> Double { (-2 * log(unit())).squareRoot() * cos(2 * Double.pi * unit()) }
}
