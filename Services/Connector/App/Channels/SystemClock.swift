import Domain
import Glibc

extension Instant {
    /// What the machine's clock shows: for what is not in a log, such as the age of a signature.
    static var system: Instant {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Instant(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
