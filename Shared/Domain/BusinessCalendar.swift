/// Business hours, compiled to UTC by `patchbay apply`: time zones and daylight saving stay outside the rules.
package struct BusinessCalendar: Hashable, Sendable {
    package var id: PolicyID
    /// Sorted, not overlapping, none empty.
    package var open: [Interval]

    package init(id: PolicyID, open: [Interval]) {
        self.id = id
        self.open = open
    }

    /// From `start` up to, not including, `end`.
    package struct Interval: Hashable, Sendable {
        package var start: Instant
        package var end: Instant

        package init(start: Instant, end: Instant) {
            self.start = start
            self.end = end
        }
    }
}
