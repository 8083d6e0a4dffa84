extension Instant {
    /// The instants that RFC 3339 can write: 0001-01-01T00:00:00.000Z to 9999-12-31T23:59:59.999Z.
    package static let writable =
        Instant(milliseconds: -62_135_596_800_000)...Instant(milliseconds: 253_402_300_799_999)

    /// In UTC with milliseconds, as in `2026-11-22T16:05:03.120Z`. What lies outside `writable` is moved to its edge.
    /// - Source: RFC 3339, section 5.6.
    package var rfc3339: String {
        let clamped = min(max(self, Instant.writable.lowerBound), Instant.writable.upperBound).milliseconds
        let (days, ofDay) = clamped.flooringDivision(by: 86_400_000)
        let (year, month, day) = civil(fromDays: days)
        let (seconds, milliseconds) = ofDay.quotientAndRemainder(dividingBy: 1000)
        let (minutes, second) = seconds.quotientAndRemainder(dividingBy: 60)
        let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
        let time = "\(padded(minutes / 60, 2)):\(padded(minutes % 60, 2)):\(padded(second, 2))"
        return "\(date)T\(time).\(padded(milliseconds, 3))Z"
    }

    /// Reads a date and time with any offset; fractions finer than a millisecond are cut off.
    ///
    /// A leap second counts as the second after it. Nil for anything else than RFC 3339.
    /// - Source: RFC 3339, section 5.6.
    package init?(rfc3339 text: String) {
        var reader = DigitReader(text)
        guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2), reader.skip("-"),
            let day = reader.number(2), reader.skip("T") || reader.skip("t") || reader.skip(" "),
            let hour = reader.number(2), reader.skip(":"), let minute = reader.number(2), reader.skip(":"),
            let second = reader.number(2), let milliseconds = reader.fraction(), let offset = reader.offset(),
            reader.isAtEnd, year >= 1, (1...12).contains(month), hour < 24, minute < 60, second <= 60
        else { return nil }
        let days = daysFromCivil(year, month, day)
        guard day >= 1, civil(fromDays: days) == (year, month, day) else { return nil }
        let seconds = ((days * 24 + hour) * 60 + minute - offset) * 60 + second
        self.init(milliseconds: seconds * 1000 + milliseconds)
        guard Instant.writable.contains(self) else { return nil }
    }
}

/// Reads the fixed-width numbers of a date.
private struct DigitReader {
    private var rest: ArraySlice<UInt8>

    init(_ text: String) {
        rest = Array(text.utf8)[...]
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func skip(_ sign: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: sign) else { return false }
        rest.removeFirst()
        return true
    }

    /// A number of exactly `width` digits.
    mutating func number(_ width: Int) -> Int64? {
        guard rest.count >= width else { return nil }
        var value: Int64 = 0
        for byte in rest.prefix(width) {
            guard let digit = Self.digit(byte) else { return nil }
            value = value * 10 + digit
        }
        rest.removeFirst(width)
        return value
    }

    /// Milliseconds of an optional fraction of a second.
    mutating func fraction() -> Int64? {
        guard skip(".") else { return 0 }
        var milliseconds: Int64 = 0
        var unit: Int64 = 100
        guard rest.first.flatMap(Self.digit) != nil else { return nil }
        while let digit = rest.first.flatMap(Self.digit) {
            milliseconds += digit * unit
            unit /= 10
            rest.removeFirst()
        }
        return milliseconds
    }

    /// Minutes east of UTC.
    mutating func offset() -> Int64? {
        if skip("Z") || skip("z") { return 0 }
        let isWest = rest.first == UInt8(ascii: "-")
        guard skip("+") || skip("-"), let hours = number(2), skip(":"), let minutes = number(2), hours < 24,
            minutes < 60
        else { return nil }
        return (hours * 60 + minutes) * (isWest ? -1 : 1)
    }

    private static func digit(_ byte: UInt8) -> Int64? {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) ? Int64(byte - UInt8(ascii: "0")) : nil
    }
}

private func padded(_ number: Int64, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
}

/// The date of the proleptic Gregorian calendar that is so many days after 1970-01-01.
/// - Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
private func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = (days + 719_468).flooringDivision(by: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
}

/// The inverse of `civil(fromDays:)`; a day past the month's end counts on into the next month.
private func daysFromCivil(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let (era, yearOfEra) = (month <= 2 ? year - 1 : year).flooringDivision(by: 400)
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
}

extension Int64 {
    /// Rounds towards minus infinity, so the remainder is never negative.
    fileprivate func flooringDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
