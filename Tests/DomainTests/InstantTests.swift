import Domain
import TestSupport
import Testing

@Suite struct `Instants and durations` {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `add and subtract without loss`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<1000 {
            let a = Instant(milliseconds: .random(in: -1_000_000_000_000...4_000_000_000_000, using: &random))
            let b = Instant(milliseconds: .random(in: -1_000_000_000_000...4_000_000_000_000, using: &random))
            #expect(a + (b - a) == b)
            #expect(b - (b - a) == a)
            #expect((a < b) == (a - b < .zero))
        }
    }

    @Test(
        arguments: [
            (Duration.zero, 0), (.milliseconds(1), 1), (.seconds(90), 90_000), (.milliseconds(-1), -1),
            (.milliseconds(-1500), -1500), (.microseconds(1999), 1), (.nanoseconds(999_999), 0),
        ] as [(Duration, Int64)])
    func `count whole milliseconds`(duration: Duration, milliseconds: Int64) {
        #expect(duration.milliseconds == milliseconds)
    }
}
