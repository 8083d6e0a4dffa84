package import Domain
import Foundation

/// Business hours as people write them: times on the wall, by day of the week, in one time zone.
///
/// `compile` turns them into the UTC intervals that the rules know. The definition is the clock on the wall: business
/// is open at an instant if and only if the local date and time at that instant lie in a span. So an hour that is
/// skipped in spring is not open, and one that is repeated in autumn is open twice.
package struct BusinessHours: Hashable, Sendable {
    /// IANA name, as `Europe/Paris`.
    package var timeZone: String
    /// Spans that begin on a day of the week. A day that is missing is closed.
    package var week: [Weekday: [Span]]
    /// Dates that differ from the week: their spans replace those that would begin on that date; none: closed.
    package var exceptions: [LocalDate: [Span]]

    package init(timeZone: String, week: [Weekday: [Span]], exceptions: [LocalDate: [Span]] = [:]) {
        self.timeZone = timeZone
        self.week = week
        self.exceptions = exceptions
    }

    package enum Weekday: String, CaseIterable, Hashable, Sendable {
        case monday, tuesday, wednesday, thursday, friday, saturday, sunday
    }

    /// Compiles the hours from one instant up to, not including, another.
    /// - Throws: `BusinessHoursError.unknownTimeZone`, `.neverOpen`.
    package func compile(id: PolicyID, from: Instant, to: Instant) throws(BusinessHoursError) -> BusinessCalendar {
        guard let zone = TimeZone(identifier: timeZone) else { throw .unknownTimeZone(timeZone) }
        var open: [BusinessCalendar.Interval] = []
        for period in constantOffsets(of: zone, from: from, to: to) { append(period, to: &open) }
        let calendar = BusinessCalendar(id: id, open: open)
        guard !calendar.open.isEmpty else { throw .neverOpen }
        return calendar
    }

    /// Adds what is open while the time zone keeps one offset: there, local and universal time differ by a constant.
    private func append(_ period: OffsetPeriod, to open: inout [BusinessCalendar.Interval]) {
        let offset = Duration.seconds(period.offsetSeconds)
        // A span may begin on the day before and last past midnight.
        let firstDay = LocalDate(containing: period.start + offset).daysSinceEpoch - 1
        let lastDay = LocalDate(containing: period.end + offset).daysSinceEpoch
        for day in firstDay...lastDay {
            let midnight = Instant(milliseconds: day * secondsPerDay * 1000) - offset
            for span in spans(on: LocalDate(daysSinceEpoch: day)) {
                let start = max(period.start, midnight + .seconds(Int64(span.startMinute) * 60))
                let end = min(period.end, midnight + .seconds(Int64(span.endMinute) * 60))
                if start < end { open.append(.init(start: start, end: end)) }
            }
        }
    }

    private func spans(on date: LocalDate) -> [Span] {
        exceptions[date] ?? week[date.weekday] ?? []
    }
}

/// What is wrong with business hours, in words that name the value.
package enum BusinessHoursError: Error, Hashable, Sendable, CustomStringConvertible {
    case unknownTimeZone(String)
    case invalidSpan(String)
    case invalidDate(String)
    case neverOpen

    package var description: String {
        switch self {
        case .unknownTimeZone(let name): "\"\(name)\" is no IANA time zone such as Europe/Paris"
        case .invalidSpan(let text): "\"\(text)\" is no span of hours such as 09:00-17:30, 22:00-02:00 or 00:00-24:00"
        case .invalidDate(let text): "\"\(text)\" is no date such as 2026-12-25"
        case .neverOpen: "the hours are never open"
        }
    }
}

extension BusinessHours {
    /// Part of a day on the wall clock, in minutes since its midnight; it may last past the next midnight.
    package struct Span: Hashable, Sendable {
        /// - Bounds: 0 to 1,439.
        package let startMinute: Int
        /// - Bounds: later than the start, by 1 to 1,440 minutes.
        package let endMinute: Int

        /// Reads `09:00-17:30`. The end may be `24:00`; one that is not after the start lies on the next day, so
        /// `22:00-02:00` is a night and `08:00-08:00` a whole day.
        /// - Throws: `BusinessHoursError.invalidSpan`.
        package init(_ text: String) throws(BusinessHoursError) {
            let parts = text.split(separator: "-", omittingEmptySubsequences: false)
            guard parts.count == 2, let start = Self.minute(parts[0]), let end = Self.minute(parts[1]),
                start < minutesPerDay
            else { throw .invalidSpan(text) }
            startMinute = start
            endMinute = end > start ? end : end + minutesPerDay
        }

        private static func minute(_ text: Substring) -> Int? {
            let parts = text.trimmingCharacters(in: .whitespaces).split(
                separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let hour = number(parts[0], digits: 1...2),
                let minute = number(parts[1], digits: 2...2),
                minute < 60, hour * 60 + minute <= minutesPerDay
            else { return nil }
            return hour * 60 + minute
        }
    }

    /// A day of the Gregorian calendar, in no time zone.
    package struct LocalDate: Hashable, Sendable {
        /// Days since 1970-01-01.
        package let daysSinceEpoch: Int64

        init(daysSinceEpoch: Int64) {
            self.daysSinceEpoch = daysSinceEpoch
        }

        /// Reads `2026-12-25`.
        /// - Throws: `BusinessHoursError.invalidDate`.
        package init(_ text: String) throws(BusinessHoursError) {
            let parts = text.split(separator: "-", omittingEmptySubsequences: false)
            guard parts.count == 3, let year = number(parts[0], digits: 4...4),
                let month = number(parts[1], digits: 2...2), let day = number(parts[2], digits: 2...2),
                (1...12).contains(month), day >= 1, day <= Self.days(inMonth: month, year: year)
            else { throw .invalidDate(text) }
            daysSinceEpoch = Self.days(year: year, month: month, day: day)
        }

        /// The date that an instant of local time, counted as if it were UTC, lies on.
        init(containing local: Instant) {
            let milliseconds = local.milliseconds
            let perDay = secondsPerDay * 1000
            daysSinceEpoch = (milliseconds - (milliseconds % perDay + perDay) % perDay) / perDay
        }

        /// 1970-01-01 was a Thursday.
        package var weekday: Weekday {
            Weekday.allCases[Int(((daysSinceEpoch + 3) % 7 + 7) % 7)]
        }

        private static func days(inMonth month: Int, year: Int) -> Int {
            switch month {
            case 4, 6, 9, 11: 30
            case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
            default: 31
            }
        }

        /// - Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil, for years from 0.
        private static func days(year: Int, month: Int, day: Int) -> Int64 {
            let marchYear = month <= 2 ? year - 1 : year
            let era = (marchYear >= 0 ? marchYear : marchYear - 399) / 400
            let yearOfEra = marchYear - era * 400
            let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
            let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
            return Int64(era * 146_097 + dayOfEra - 719_468)
        }
    }
}

private let minutesPerDay = 1440
private let secondsPerDay: Int64 = 86_400

/// A stretch in which a time zone keeps one offset to UTC.
private struct OffsetPeriod {
    var start: Instant
    var end: Instant
    var offsetSeconds: Int
}

/// The stretches of constant offset from one instant to another, in order.
private func constantOffsets(of zone: TimeZone, from: Instant, to: Instant) -> [OffsetPeriod] {
    var periods: [OffsetPeriod] = []
    var start = from
    while start < to {
        let end = changeOfOffset(of: zone, after: start, before: to) ?? to
        periods.append(OffsetPeriod(start: start, end: end, offsetSeconds: offsetSeconds(of: zone, at: start)))
        start = end
    }
    return periods
}

/// Looks every six hours, in which no zone has ever changed twice, and closes in on the first difference.
/// Foundation itself lists changes of daylight saving only, and zones change their standard offset too.
private func changeOfOffset(of zone: TimeZone, after start: Instant, before limit: Instant) -> Instant? {
    let offset = offsetSeconds(of: zone, at: start)
    var unchanged = start
    while unchanged < limit {
        var changed = min(limit, unchanged + .seconds(6 * 3600))
        guard offsetSeconds(of: zone, at: changed) != offset else {
            unchanged = changed
            continue
        }
        while changed.milliseconds - unchanged.milliseconds > 1 {
            let middle = Instant(milliseconds: (unchanged.milliseconds + changed.milliseconds) / 2)
            if offsetSeconds(of: zone, at: middle) == offset { unchanged = middle } else { changed = middle }
        }
        return changed
    }
    return nil
}

private func offsetSeconds(of zone: TimeZone, at instant: Instant) -> Int {
    zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant.milliseconds) / 1000))
}

private func number(_ text: some StringProtocol, digits: ClosedRange<Int>) -> Int? {
    guard digits.contains(text.utf8.count),
        text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    return Int(text)
}
