/// A waiting time as one would say it. It is rounded up, and more coarsely the longer it is: better early than late.
package func waitInWords(seconds: Int) -> String {
    let seconds = max(seconds, 0)
    let minutes = seconds.dividedRoundingUp(by: 60)
    let hours = seconds.dividedRoundingUp(by: 3600)
    return switch seconds {
    case ..<45: "less than a minute"
    case ...60: "about a minute"
    case ...600: "about \(minutes) minutes"
    case ...(55 * 60): "about \(minutes.dividedRoundingUp(by: 5) * 5) minutes"
    case ...3600: "about an hour"
    case ...(23 * 3600): "about \(hours) hours"
    case ...86_400: "about a day"
    default: "about \(seconds.dividedRoundingUp(by: 86_400)) days"
    }
}

extension Int {
    fileprivate func dividedRoundingUp(by divisor: Int) -> Int {
        self / divisor + (self % divisor == 0 ? 0 : 1)
    }
}
