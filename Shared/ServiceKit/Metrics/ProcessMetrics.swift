internal import FoundationEssentials
internal import Glibc

/// What the kernel knows of this process, under the names that every Prometheus client uses.
///
/// - Source: Prometheus, "Writing client libraries", standard process collector; proc(5).
enum ProcessMetrics {
    static func collect(into samples: inout MetricSamples) {
        if let ticks = processorTicks() {
            samples.counter(
                "process_cpu_seconds_total", help: "Processor time used, in seconds.",
                value: Double(ticks) / Double(sysconf(Int32(_SC_CLK_TCK))))
        }
        if let pages = words(of: "statm").dropFirst().first.flatMap({ Int($0) }) {
            samples.gauge(
                "process_resident_memory_bytes", help: "Memory held, in bytes.",
                value: Double(pages * sysconf(Int32(_SC_PAGESIZE))))
        }
        if let files = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            samples.gauge("process_open_fds", help: "Open file descriptors.", value: Double(files.count))
        }
        if let limit = openFilesMax() {
            samples.gauge("process_max_fds", help: "File descriptors allowed.", value: limit)
        }
        samples.gauge(
            "process_start_time_seconds", help: "When the process started, in seconds since 1970.", value: started)
    }

    /// Time in user and kernel mode: the 14th and 15th word, counted behind the name, which may hold anything.
    private static func processorTicks() -> Int? {
        let fields = text(of: "stat").split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Int(fields[11]), let kernel = Int(fields[12]) else { return nil }
        return user + kernel
    }

    private static func openFilesMax() -> Double? {
        let line = text(of: "limits").split(separator: "\n").first { $0.hasPrefix("Max open files") }
        return line?.split(separator: " ").dropFirst(3).first.flatMap { Double($0) }
    }

    private static func words(of file: String) -> [Substring] { text(of: file).split(separator: " ") }

    private static func text(of file: String) -> String {
        String(decoding: FileManager.default.contents(atPath: "/proc/self/\(file)") ?? Data(), as: UTF8.self)
    }

    private static let started = Date().timeIntervalSince1970
}
