import Domain
import TestSupport
import Testing

@Suite struct `A business calendar` {
    /// Open 10 to 20 and 30 to 35.
    let calendar = BusinessCalendar(id: .init("hours"), open: [.of(10, 20), .of(30, 35)])

    @Test(
        arguments: [
            (0, 5, 0), (0, 10, 0), (0, 11, 1), (10, 20, 10), (12, 25, 8), (12, 30, 8), (12, 31, 9), (0, 100, 15),
            (20, 30, 0), (35, 100, 0), (15, 15, 0), (25, 12, -8), (100, 0, -15),
        ] as [(Int64, Int64, Int64)])
    func `counts the open part of a stretch of time`(from: Int64, to: Int64, open: Int64) {
        #expect(calendar.openTime(from: .at(from), to: .at(to)) == .milliseconds(open))
    }

    @Test(
        arguments: [
            (0, 1, 11), (0, 10, 20), (0, 11, 31), (12, 8, 20), (12, 9, 31), (20, 5, 35), (25, 1, 31), (10, 15, 35),
            (22, 0, 22), (22, -3, 22),
        ] as [(Int64, Int64, Int64)])
    func `finds when an amount of open time has passed`(from: Int64, amount: Int64, expected: Int64) {
        #expect(calendar.instant(after: .milliseconds(amount), from: .at(from)) == .at(expected))
    }

    @Test(arguments: [(0, 16), (35, 1), (40, 1), (12, Int64.max)] as [(Int64, Int64)])
    func `does not guess beyond its compiled hours`(from: Int64, amount: Int64) {
        #expect(calendar.instant(after: .milliseconds(amount), from: .at(from)) == nil)
    }

    @Test func `knows when it opens or closes next`() {
        let changes = [0, 9, 10, 19, 20, 34, 35].map { calendar.nextChange(after: .at($0)) }
        #expect(changes == [.at(10), .at(10), .at(20), .at(20), .at(30), .at(35), nil])
    }

    @Test func `knows whether it is open, from the start up to the end of an interval`() {
        let open = (0...40).filter { calendar.isOpen(at: .at(Int64($0))) }
        #expect(open == Array(10..<20) + Array(30..<35))
        #expect(calendar.compiledUntil == .at(35))
    }

    @Test func `brings any intervals into order, joins them and drops empty ones`() {
        let untidy = BusinessCalendar(
            id: .init("hours"),
            open: [.of(30, 32), .of(10, 15), .of(32, 35), .of(12, 20), .of(25, 25), .of(28, 27), .of(-5, 3)])
        #expect(untidy == calendar)
        let widest = BusinessCalendar(id: .init("hours"), open: [.of(.min, .max), .of(0, .max)])
        #expect(widest.openTime(from: .at(.min), to: .at(.max)) == .milliseconds(Int64.max))
    }

    @Test func `without an interval is never open, and without a calendar always`() {
        let never: BusinessCalendar? = BusinessCalendar(id: .init("never"), open: [])
        #expect(never.openTime(from: .at(0), to: .at(100)) == .zero)
        #expect(never.instant(after: .milliseconds(1), from: .at(0)) == nil)
        let always: BusinessCalendar? = nil
        #expect(always.openTime(from: .at(30), to: .at(10)) == .milliseconds(-20))
        #expect(always.instant(after: .milliseconds(5), from: .at(10)) == .at(15))
        #expect(always.instant(after: .milliseconds(-5), from: .at(10)) == .at(10))
    }

    /// Every millisecond is looked at, one by one.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `agrees with counting the milliseconds`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let intervals = (0..<Int.random(in: 0...6, using: &random)).map { _ in
            let start = Int64.random(in: 0..<60, using: &random)
            return BusinessCalendar.Interval.of(start, start + .random(in: 0...15, using: &random))
        }
        let calendar = BusinessCalendar(id: .init("random"), open: intervals)
        let isOpen = { (time: Int64) in intervals.contains { $0.start <= .at(time) && .at(time) < $0.end } }
        for _ in 0..<100 {
            let from = Int64.random(in: 0...80, using: &random)
            let to = Int64.random(in: from...80, using: &random)
            let counted = (from..<to).filter(isOpen).count
            let open = calendar.openTime(from: .at(from), to: .at(to))
            #expect(open == .milliseconds(counted), "seed \(seed), from \(from) to \(to)")
            #expect(calendar.openTime(from: .at(to), to: .at(from)) == .zero - open)
            #expect(calendar.isOpen(at: .at(from)) == isOpen(from))

            // The inverse: the earliest instant at which that much has passed.
            let found = calendar.instant(after: open, from: .at(from))
            let expected = (from...to).first { (from..<$0).filter(isOpen).count == counted }
            #expect(found == expected.map { .at($0) }, "seed \(seed), after \(open) from \(from)")
        }
    }
}

extension Instant {
    static func at(_ milliseconds: Int64) -> Instant { Instant(milliseconds: milliseconds) }
}

extension BusinessCalendar.Interval {
    static func of(_ start: Int64, _ end: Int64) -> Self { .init(start: .at(start), end: .at(end)) }
}
