/// Something that changes with the time of day and is the same every day: arrivals an hour.
package struct DayProfile: Hashable, Sendable {
    package struct Span: Hashable, Sendable {
        /// Seconds since midnight.
        package var start: Int
        /// Up to 86,400; not before `start`.
        package var end: Int
        package var value: Double

        package init(start: Int, end: Int, value: Double) {
            self.start = start
            self.end = end
            self.value = value
        }
    }

    static let daySeconds = 86_400

    /// From midnight to midnight, without gaps.
    package private(set) var spans: [Span] = []

    /// The same value all day.
    package init(constant value: Double) {
        spans = [Span(start: 0, end: Self.daySeconds, value: value)]
    }

    /// Nothing outside the spans, which come in order and do not overlap.
    package init(spans given: [Span]) {
        var covered = 0
        for span in given where span.start >= covered && span.end > span.start {
            if span.start > covered { spans.append(Span(start: covered, end: span.start, value: 0)) }
            spans.append(span)
            covered = span.end
        }
        if covered < Self.daySeconds { spans.append(Span(start: covered, end: Self.daySeconds, value: 0)) }
    }

    /// What a whole day amounts to, of a value an hour.
    package var perDay: Double { spans.reduce(0) { $0 + Double($1.end - $1.start) / 3_600 * $1.value } }

    /// The moment at which, counted from `seconds`, the value an hour has amounted to `amount`; nil where it never does.
    ///
    /// With an exponential amount of mean 1 these are the arrivals of a Poisson process whose rate is the profile.
    /// - Source: Law: Simulation modeling and analysis, section 8.6.2.
    func moment(after seconds: Double, amounting amount: Double) -> Double? {
        guard perDay > 0 else { return nil }
        let wholeDays = (amount / perDay).rounded(.down)
        var left = amount - wholeDays * perDay
        let day = (seconds / Double(Self.daySeconds)).rounded(.down)
        var midnight = (day + wholeDays) * Double(Self.daySeconds)
        var from = seconds - day * Double(Self.daySeconds)
        // At most the rest of the first day and the whole of the next.
        for _ in 0..<3 {
            for span in spans where Double(span.end) > from {
                let begin = max(from, Double(span.start))
                let amounts = (Double(span.end) - begin) / 3_600 * span.value
                if amounts > left, span.value > 0 { return midnight + begin + left / span.value * 3_600 }
                left -= amounts
            }
            midnight += Double(Self.daySeconds)
            from = 0
        }
        return midnight
    }
}
