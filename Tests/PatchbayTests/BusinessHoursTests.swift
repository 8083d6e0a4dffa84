import Domain
import Foundation
import PatchbayCLI
import TestSupport
import Testing

@Suite struct `Business hours` {
    @Test func `on weekdays in Paris are compiled to UTC, summer and winter`() throws {
        let hours = try BusinessHours(timeZone: "Europe/Paris", week: [.friday: [.init("09:00-17:30")]])
        let compiled = try hours.compile(
            id: .init("fr"), from: .utc("2026-03-26T00:00:00Z"), to: .utc("2026-04-04T00:00:00Z"))
        #expect(
            compiled.open == [
                .init(start: .utc("2026-03-27T08:00:00Z"), end: .utc("2026-03-27T16:30:00Z")),
                .init(start: .utc("2026-04-03T07:00:00Z"), end: .utc("2026-04-03T15:30:00Z")),
            ])
    }

    @Test func `leave out the hour that is skipped in spring`() throws {
        let night = try compile("Europe/Paris", "01:00-04:00", on: "2026-03-29")
        #expect(night == [.init(start: .utc("2026-03-29T00:00:00Z"), end: .utc("2026-03-29T02:00:00Z"))])
        let gap = try compile("Europe/Paris", "01:30-02:30", on: "2026-03-29")
        #expect(gap == [.init(start: .utc("2026-03-29T00:30:00Z"), end: .utc("2026-03-29T01:00:00Z"))])
        #expect(throws: BusinessHoursError.neverOpen) { try compile("Europe/Paris", "02:00-03:00", on: "2026-03-29") }
    }

    @Test func `are open twice in the hour that is repeated in autumn`() throws {
        let night = try compile("America/New_York", "00:00-03:00", on: "2026-11-01")
        #expect(night == [.init(start: .utc("2026-11-01T04:00:00Z"), end: .utc("2026-11-01T08:00:00Z"))])
        let overlap = try compile("America/New_York", "01:15-01:45", on: "2026-11-01")
        #expect(
            overlap == [
                .init(start: .utc("2026-11-01T05:15:00Z"), end: .utc("2026-11-01T05:45:00Z")),
                .init(start: .utc("2026-11-01T06:15:00Z"), end: .utc("2026-11-01T06:45:00Z")),
            ])
    }

    @Test func `follow a change of half an hour on Lord Howe`() throws {
        // 02:00 becomes 02:30 on 4 October 2026; 02:00 becomes 01:30 on 5 April.
        let spring = try compile("Australia/Lord_Howe", "01:30-03:00", on: "2026-10-04")
        #expect(spring == [.init(start: .utc("2026-10-03T15:00:00Z"), end: .utc("2026-10-03T16:00:00Z"))])
        let autumn = try compile("Australia/Lord_Howe", "01:00-02:00", on: "2026-04-05")
        #expect(autumn == [.init(start: .utc("2026-04-04T14:00:00Z"), end: .utc("2026-04-04T15:30:00Z"))])
    }

    @Test func `last past midnight, and to 24:00`() throws {
        let night = try compile("UTC", "22:00-02:00", on: "2026-06-05")
        #expect(night == [.init(start: .utc("2026-06-05T22:00:00Z"), end: .utc("2026-06-06T02:00:00Z"))])
        let evening = try compile("UTC", "18:00-24:00", on: "2026-06-05")
        #expect(evening == [.init(start: .utc("2026-06-05T18:00:00Z"), end: .utc("2026-06-06T00:00:00Z"))])
        let everyDay = try BusinessHours(
            timeZone: "Europe/Paris",
            week: .init(uniqueKeysWithValues: BusinessHours.Weekday.allCases.map { ($0, [try .init("00:00-24:00")]) }))
        let from = Instant.utc("2026-01-01T00:00:00Z")
        let to = Instant.utc("2027-01-01T00:00:00Z")
        #expect(try everyDay.compile(id: .init("all"), from: from, to: to).open == [.init(start: from, end: to)])
    }

    @Test func `are replaced by the exceptions of a date`() throws {
        let hours = try BusinessHours(
            timeZone: "UTC", week: [.friday: [.init("09:00-17:00")], .thursday: [.init("22:00-01:00")]],
            exceptions: [.init("2026-12-25"): [], .init("2027-01-01"): [.init("10:00-12:00"), .init("13:00-14:00")]])
        let compiled = try hours.compile(
            id: .init("x"), from: .utc("2026-12-24T00:00:00Z"), to: .utc("2027-01-03T00:00:00Z"))
        #expect(
            compiled.open == [
                // A night that begins before a holiday is finished.
                .init(start: .utc("2026-12-24T22:00:00Z"), end: .utc("2026-12-25T01:00:00Z")),
                .init(start: .utc("2026-12-31T22:00:00Z"), end: .utc("2027-01-01T01:00:00Z")),
                .init(start: .utc("2027-01-01T10:00:00Z"), end: .utc("2027-01-01T12:00:00Z")),
                .init(start: .utc("2027-01-01T13:00:00Z"), end: .utc("2027-01-01T14:00:00Z")),
            ])
    }

    @Test(arguments: [
        "", "9-17", "09:00", "09:00-25:00", "24:00-08:00", "09:60-10:00", "09:00-17:00-18:00", "a:00-b:00",
    ])
    func `refuse what is no span`(text: String) {
        #expect(throws: BusinessHoursError.invalidSpan(text)) { try BusinessHours.Span(text) }
    }

    @Test(arguments: ["", "2026-1-1", "2026-02-29", "2026-13-01", "2026-04-31", "2026-01-00", "25.12.2026"])
    func `refuse what is no date`(text: String) {
        #expect(throws: BusinessHoursError.invalidDate(text)) { try BusinessHours.LocalDate(text) }
    }

    @Test func `refuse a time zone that nobody knows, and hours that are never open`() throws {
        let nowhere = try BusinessHours(timeZone: "Europe/Atlantis", week: [.monday: [.init("09:00-17:00")]])
        #expect(throws: BusinessHoursError.unknownTimeZone("Europe/Atlantis")) {
            try nowhere.compile(id: .init("x"), from: .utc("2026-01-01T00:00:00Z"), to: .utc("2026-02-01T00:00:00Z"))
        }
        #expect(throws: BusinessHoursError.neverOpen) {
            try BusinessHours(timeZone: "UTC", week: [:]).compile(
                id: .init("x"), from: .utc("2026-01-01T00:00:00Z"), to: .utc("2026-02-01T00:00:00Z"))
        }
    }

    /// Foundation's calendar says what the wall clock shows at each quarter of an hour around every kind of change.
    @Test(arguments: [
        ("Europe/Paris", "2026-03-27T00:00:00Z"), ("Europe/Paris", "2026-10-23T00:00:00Z"),
        ("America/New_York", "2026-03-06T00:00:00Z"), ("America/New_York", "2026-10-30T00:00:00Z"),
        ("Australia/Lord_Howe", "2026-04-03T00:00:00Z"), ("Australia/Lord_Howe", "2026-10-02T00:00:00Z"),
        ("Africa/Casablanca", "2026-02-13T00:00:00Z"), ("Asia/Kathmandu", "2026-06-01T00:00:00Z"),
        ("Pacific/Apia", "2011-12-28T00:00:00Z"), ("Asia/Pyongyang", "2018-05-03T00:00:00Z"),
    ])
    func `agree with the wall clock`(zone: String, begin: String) throws {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<6 {
            let hours = try randomHours(zone, &random)
            let from = Instant.utc(begin)
            let to = from + .seconds(5 * 86_400)
            guard let compiled = try? hours.compile(id: .init("x"), from: from, to: to) else { continue }
            var calendar = Calendar(identifier: .gregorian)
            calendar.timeZone = try #require(TimeZone(identifier: zone))
            for quarter in 0..<(5 * 96) {
                let instant = from + .seconds(quarter * 900)
                #expect(
                    compiled.isOpen(at: instant) == hours.isOpen(onTheWallOf: calendar, at: instant),
                    "\(zone), \(quarter) quarters of an hour after \(begin)")
            }
        }
    }

    private func compile(_ zone: String, _ span: String, on date: String) throws -> [BusinessCalendar.Interval] {
        let hours = try BusinessHours(timeZone: zone, week: [:], exceptions: [.init(date): [.init(span)]])
        let day = Instant.utc(date + "T00:00:00Z")
        return try hours.compile(id: .init("x"), from: day - .seconds(2 * 86_400), to: day + .seconds(3 * 86_400)).open
    }

    private func randomHours(_ zone: String, _ random: inout SeededGenerator) throws -> BusinessHours {
        var week: [BusinessHours.Weekday: [BusinessHours.Span]] = [:]
        for day in BusinessHours.Weekday.allCases where random.chance(80) {
            week[day] = try (0...Int.random(in: 0...1, using: &random)).map { _ in
                let quarters = (Int.random(in: 0..<96, using: &random), Int.random(in: 0...96, using: &random))
                return try .init("\(clock(quarters.0))-\(clock(quarters.1))")
            }
        }
        return BusinessHours(timeZone: zone, week: week)
    }

    private func clock(_ quarters: Int) -> String {
        "\(quarters / 4):\(["00", "15", "30", "45"][quarters % 4])"
    }
}

extension BusinessHours {
    /// The definition, asked of Foundation for one instant.
    fileprivate func isOpen(onTheWallOf calendar: Calendar, at instant: Instant) -> Bool {
        let date = Date(timeIntervalSince1970: Double(instant.milliseconds) / 1000)
        let now = calendar.dateComponents([.hour, .minute, .weekday], from: date)
        guard let hour = now.hour, let minute = now.minute, let weekday = now.weekday else { return false }
        // Foundation counts from Sunday as 1.
        let today = (weekday + 5) % 7
        let minutes = hour * 60 + minute
        let days = Weekday.allCases
        return (week[days[today]] ?? []).contains { $0.startMinute <= minutes && minutes < $0.endMinute }
            || (week[days[(today + 6) % 7]] ?? []).contains { minutes + 1440 < $0.endMinute }
    }
}

extension Instant {
    /// Reads `2026-12-25T00:00:00Z`.
    fileprivate static func utc(_ text: String) -> Instant {
        guard let date = try? Date(text, strategy: .iso8601) else { preconditionFailure("not ISO 8601: \(text)") }
        return Instant(milliseconds: Int64(date.timeIntervalSince1970) * 1000)
    }
}
