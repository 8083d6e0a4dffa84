internal import FoundationEssentials
internal import Glibc

/// What the kernel knows of this process, under the names that every Prometheus client uses.
///
/// - Source: Prometheus, "Writing client libraries", standard process collector; proc(5).
enum ProcessMetrics {
    static func collect(into samples: inout MetricSamples) {
        var usage = rusage()
        if getrusage(RUSAGE_SELF.rawValue, &usage) == 0 {
            samples.counter(
                "process_cpu_seconds_total", help: "Processor time used, in seconds.",
                value: seconds(usage.ru_utime) + seconds(usage.ru_stime))
        }
        if let pages = statm() {
            samples.gauge(
                "process_resident_memory_bytes", help: "Memory held, in bytes.",
                value: Double(pages * sysconf(Int32(_SC_PAGESIZE))))
        }
        if let files = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            samples.gauge("process_open_fds", help: "Open file descriptors.", value: Double(files.count))
        }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(7), &limit) == 0 {
            samples.gauge("process_max_fds", help: "File descriptors allowed.", value: Double(limit.rlim_cur))
        }
        samples.gauge(
            "process_start_time_seconds", help: "When the process started, in seconds since 1970.", value: started)
    }

    /// Resident pages.
    private static func statm() -> Int? {
        guard let data = FileManager.default.contents(atPath: "/proc/self/statm") else { return nil }
        let fields = String(decoding: data, as: UTF8.self).split(separator: " ")
        return fields.count > 1 ? Int(fields[1]) : nil
    }

    private static func seconds(_ time: timeval) -> Double {
        Double(time.tv_sec) + Double(time.tv_usec) / 1e6
    }

    private static let started = Date().timeIntervalSince1970
}
