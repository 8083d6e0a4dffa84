import Domain
import Foundation
import Testing

@Suite("Times are written and read as RFC 3339 says")
struct RFC3339Tests {
    @Test(
        "A time is written in UTC with milliseconds",
        arguments: [
            (Int64(0), "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (482_196_050_520, "1985-04-12T23:20:50.520Z"), (851_042_397_000, "1996-12-20T00:39:57.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"), (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
            (-2_203_891_200_000, "1900-03-01T00:00:00.000Z"), (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ])
    func isWritten(milliseconds: Int64, text: String) {
        #expect(Instant(milliseconds: milliseconds).rfc3339 == text)
        #expect(Instant(rfc3339: text) == Instant(milliseconds: milliseconds))
    }

    @Test("What cannot be written is moved to the edge")
    func edges() {
        #expect(Instant(milliseconds: .min).rfc3339 == "0001-01-01T00:00:00.000Z")
        #expect(Instant(milliseconds: .max).rfc3339 == "9999-12-31T23:59:59.999Z")
    }

    @Test(
        "Offsets, fractions, leap seconds and small letters are read",
        arguments: [
            // The examples of RFC 3339, section 5.8.
            ("1985-04-12T23:20:50.52Z", Int64(482_196_050_520)),
            ("1996-12-19T16:39:57-08:00", 851_042_397_000),
            ("1990-12-31T23:59:60Z", 662_688_000_000), ("1990-12-31T15:59:60-08:00", 662_688_000_000),
            ("1937-01-01T12:00:27.87+00:20", -1_041_337_172_130),
            ("1970-01-01t00:00:00z", 0), ("1970-01-01 00:00:00-00:00", 0), ("1970-01-01T00:00:00.0019999999Z", 1),
        ])
    func isRead(text: String, milliseconds: Int64) {
        #expect(Instant(rfc3339: text) == Instant(milliseconds: milliseconds))
    }

    @Test(
        "Anything else is refused",
        arguments: [
            "", "1985-04-12", "1985-04-12T23:20:50", "1985-04-12T23:20:50.Z", "1985-04-12T23:20Z",
            "1985-04-12T24:00:00Z", "1985-04-12T23:60:00Z", "1985-04-12T23:59:61Z", "1985-04-31T00:00:00Z",
            "1985-13-01T00:00:00Z", "1985-00-01T00:00:00Z", "1985-01-00T00:00:00Z", "1900-02-29T00:00:00Z",
            "2023-02-29T00:00:00Z", "0000-12-31T00:00:00Z", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:60Z",
            "9999-12-31T23:59:59-00:01", "1985-04-12T23:20:50+0100", "1985-04-12T23:20:50+24:00",
            "1985-04-12T23:20:50Z ", "85-04-12T23:20:50Z", "1985-4-12T23:20:50Z", "-985-04-12T23:20:50Z",
            "1985-04-12T23:20:50,5Z", "１985-04-12T23:20:50Z",
        ])
    func isRefused(text: String) {
        #expect(Instant(rfc3339: text) == nil)
    }

    @Test("It agrees with Foundation on 2,000 random moments")
    func agreesWithFoundation() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(state: seed)
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        for _ in 0..<2000 {
            // From 1600 on: before the Gregorian calendar Foundation counts otherwise.
            let milliseconds = Int64.random(in: -11_676_096_000_000...253_402_300_799_999, using: &generator)
            let text = Instant(milliseconds: milliseconds).rfc3339
            let date = try Date(text, strategy: style)
            #expect(
                Int64((date.timeIntervalSince1970 * 1000).rounded()) == milliseconds, "seed \(seed): \(text)")
            #expect(Instant(rfc3339: text) == Instant(milliseconds: milliseconds), "seed \(seed): \(text)")
        }
    }
}
