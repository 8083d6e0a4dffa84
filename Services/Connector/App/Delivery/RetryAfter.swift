import Curl
import Domain
import FoundationEssentials

extension CurlResponse {
    /// How long the server asks to be left alone, in seconds: given as a number, or as a date by its own clock.
    /// - Source: RFC 9110, sections 6.6.1 and 10.2.3.
    func retryAfterSeconds(at now: Instant) -> Int? {
        guard let text = header("retry-after") else { return nil }
        if let seconds = Int(text) { return seconds >= 0 ? seconds : nil }
        guard let date = Instant(httpDate: text) else { return nil }
        let now = header("date").flatMap(Instant.init(httpDate:)) ?? now
        return max(0, Int((date - now).components.seconds))
    }
}

extension Instant {
    /// Reads `Sun, 06 Nov 1994 08:49:37 GMT` and, as Twilio writes it, `+0000` at the end.
    /// - Source: RFC 9110, section 5.6.7.
    init?(httpDate text: String) {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let words = text.split(separator: " ")
        guard words.count == 6, let month = months.firstIndex(of: String(words[2])),
            words[5] == "GMT" || words[5] == "+0000", words[1].utf8.count == 2
        else { return nil }
        let number = month + 1 < 10 ? "0\(month + 1)" : "\(month + 1)"
        self.init(rfc3339: "\(words[3])-\(number)-\(words[1])T\(words[4])Z")
    }
}
