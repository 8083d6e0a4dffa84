internal import Glibc

/// How many files this process may have open: connections, most of all.
enum OpenFiles {
    /// Raises the soft limit to the hard one, which any process may do, and returns it.
    static func raise() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 }
        if limit.rlim_cur < limit.rlim_max {
            var raised = limit
            raised.rlim_cur = limit.rlim_max
            if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
        }
        return Int(clamping: limit.rlim_cur)
    }

    /// The connections that can be open, beside what deliveries, Kafka and the database need.
    static func connections(wanted: Int, limit: Int) -> Int {
        max(1, min(wanted, limit - min(reserve, limit / 2)))
    }

    /// A thousand deliveries, and the rest.
    private static let reserve = 1_536
}
