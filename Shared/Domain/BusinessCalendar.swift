/// Business hours, compiled to UTC by `patchbay apply`: time zones and daylight saving stay outside the rules.
///
/// Open time is counted by a sum kept for each interval, so both questions below take one binary search. A promise
/// without a calendar always runs: ask the optional, `BusinessCalendar?`, where nil means always open.
package struct BusinessCalendar: Hashable, Sendable {
    package let id: PolicyID
    /// Sorted, not touching, none empty.
    package let open: [Interval]
    /// Open milliseconds before each interval, and after the last: one more than there are intervals.
    private let openBefore: [Int64]

    /// - Parameter open: in any order; touching and overlapping intervals are joined. Empty ones, and such as begin
    ///   before 1970, are dropped, so that no sum can overflow whatever a record contains.
    package init(id: PolicyID, open: [Interval]) {
        self.id = id
        self.open = Self.joined(open)
        var sums: [Int64] = [0]
        sums.reserveCapacity(self.open.count + 1)
        for interval in self.open { sums.append(sums[sums.count - 1] + interval.milliseconds) }
        openBefore = sums
    }

    /// From `start` up to, not including, `end`.
    package struct Interval: Hashable, Sendable {
        package var start: Instant
        package var end: Instant

        package init(start: Instant, end: Instant) {
            self.start = start
            self.end = end
        }

        fileprivate var milliseconds: Int64 { end.milliseconds - start.milliseconds }
    }

    /// Where the compiled hours end. Nothing is open after it, whatever the week looks like.
    package var compiledUntil: Instant? { open.last?.end }

    /// How much of the time from one instant to another is open; negative when `to` is the earlier one.
    package func openTime(from: Instant, to: Instant) -> Duration {
        .milliseconds(openTotal(before: to) - openTotal(before: from))
    }

    /// The earliest instant, not before `from`, at which this much open time has passed since `from`.
    ///
    /// The inverse of `openTime(from:to:)`. An amount that ends together with an interval gives that interval's end,
    /// not the start of the next one. Nothing or less gives `from` itself.
    /// - Returns: nil when the compiled hours end before that: ask again when the calendar has been extended.
    package func instant(after openTime: Duration, from: Instant) -> Instant? {
        let amount = openTime.milliseconds
        guard amount > 0 else { return from }
        let (total, overflow) = openTotal(before: from).addingReportingOverflow(amount)
        guard !overflow, let last = openBefore.last, total <= last else { return nil }
        let after = Self.firstIndex(in: openBefore.count) { openBefore[$0] >= total }
        let index = after - 1
        return open[index].start + .milliseconds(total - openBefore[index])
    }

    /// Whether business is open at an instant.
    package func isOpen(at instant: Instant) -> Bool {
        let next = Self.firstIndex(in: open.count) { open[$0].start > instant }
        return next > 0 && instant < open[next - 1].end
    }

    /// The first opening or closing after an instant; nil when there is none that was compiled.
    package func nextChange(after instant: Instant) -> Instant? {
        let next = Self.firstIndex(in: open.count) { open[$0].end > instant }
        guard next < open.count else { return nil }
        return open[next].start > instant ? open[next].start : open[next].end
    }

    /// Open milliseconds from the beginning of the calendar up to an instant.
    private func openTotal(before instant: Instant) -> Int64 {
        let next = Self.firstIndex(in: open.count) { open[$0].start >= instant }
        guard next > 0 else { return 0 }
        let previous = open[next - 1]
        return openBefore[next - 1] + min(instant, previous.end).milliseconds - previous.start.milliseconds
    }

    /// Binary search: the first index for which the condition holds, or `count`. It must stay true once it is.
    private static func firstIndex(in count: Int, where condition: (Int) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = low + (high - low) / 2
            if condition(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private static func joined(_ intervals: [Interval]) -> [Interval] {
        var result: [Interval] = []
        let usable = intervals.filter { $0.start.milliseconds >= 0 && $0.start < $0.end }
        for interval in usable.sorted(by: { ($0.start, $0.end) < ($1.start, $1.end) }) {
            if let last = result.last, interval.start <= last.end {
                result[result.count - 1].end = max(last.end, interval.end)
            } else {
                result.append(interval)
            }
        }
        return result
    }
}

/// No calendar: always open.
extension BusinessCalendar? {
    /// How much of the time from one instant to another is open; negative when `to` is the earlier one.
    package func openTime(from: Instant, to: Instant) -> Duration {
        self?.openTime(from: from, to: to) ?? (to - from)
    }

    /// The earliest instant, not before `from`, at which this much open time has passed since `from`.
    /// - Returns: nil when the compiled hours end before that.
    package func instant(after openTime: Duration, from: Instant) -> Instant? {
        guard let self else { return from + max(openTime, .zero) }
        return self.instant(after: openTime, from: from)
    }
}
