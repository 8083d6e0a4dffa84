import Foundation
import Testing

@testable import ServiceKit

@Suite("Metrics are what Prometheus reads")
struct MetricsTests {
    private func filled() -> Metrics {
        let metrics = Metrics()
        let posts = metrics.counter("patchbay_posts_total", help: "Posts, by \"channel\"\\kind.", labels: ["channel"])
        posts.increment(["sms"])
        posts.increment(["we\"ird\\\nname"], by: 2)
        metrics.gauge("patchbay_depth", help: "Depth.").set(1.5)
        let waits = metrics.histogram("patchbay_wait_seconds", help: "Waits.", labels: ["queue"], buckets: [0.1, 1])
        waits.observe(0.05, ["a"])
        waits.observe(.milliseconds(500), ["a"])
        waits.observe(7, ["a"])
        metrics.collect { $0.gauge("patchbay_lag_records", help: "Lag.", labels: ["partition": "0"], value: 3) }
        metrics.collect { $0.gauge("patchbay_lag_records", help: "Lag.", labels: ["partition": "1"], value: 4) }
        metrics.collect(ProcessMetrics.collect)
        return metrics
    }

    @Test("The text format is written to the letter")
    func text() {
        let text = filled().text()
        let expected = #"""
            # HELP patchbay_depth Depth.
            # TYPE patchbay_depth gauge
            patchbay_depth 1.5
            # HELP patchbay_lag_records Lag.
            # TYPE patchbay_lag_records gauge
            patchbay_lag_records{partition="0"} 3
            patchbay_lag_records{partition="1"} 4
            # HELP patchbay_posts_total Posts, by "channel"\\kind.
            # TYPE patchbay_posts_total counter
            patchbay_posts_total{channel="sms"} 1
            patchbay_posts_total{channel="we\"ird\\\nname"} 2
            # HELP patchbay_wait_seconds Waits.
            # TYPE patchbay_wait_seconds histogram
            patchbay_wait_seconds_bucket{queue="a",le="0.1"} 1
            patchbay_wait_seconds_bucket{queue="a",le="1"} 2
            patchbay_wait_seconds_bucket{queue="a",le="+Inf"} 3
            patchbay_wait_seconds_sum{queue="a"} 7.55
            patchbay_wait_seconds_count{queue="a"} 3

            """#
        #expect(text.hasPrefix(expected), "\(text)")
    }

    @Test("OpenMetrics names counters without their suffix and ends with EOF")
    func openMetrics() {
        let text = filled().text(openMetrics: true)
        #expect(text.contains("# TYPE patchbay_posts counter\npatchbay_posts_total{"))
        #expect(text.hasSuffix("\n# EOF\n"))
    }

    @Test("The process tells what every Prometheus client tells")
    func process() throws {
        let text = filled().text()
        for name in [
            "process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds", "process_max_fds",
            "process_start_time_seconds",
        ] {
            let line = try #require(
                text.split(separator: "\n").first { $0.hasPrefix("\(name) ") }, "\(name) is missing")
            #expect(try #require(Double(line.split(separator: " ")[1])) > 0, "\(line)")
        }
    }

    @Test("Every sample follows the help and type of its family, and no sample comes twice")
    func wellFormed() throws {
        var families: [String: String] = [:]
        var seen: Set<Substring> = []
        for line in filled().text().split(separator: "\n") {
            if line.hasPrefix("# TYPE ") {
                let words = line.split(separator: " ")
                #expect(families.updateValue(String(words[3]), forKey: String(words[2])) == nil, "\(line) comes twice")
            } else if !line.hasPrefix("#") {
                let sample = try #require(line.wholeMatch(of: #/([a-zA-Z_:][a-zA-Z0-9_:]*)(\{.*\})? (\S+)/#), "\(line)")
                let base = String(sample.1).replacing(#/_(bucket|sum|count)$/#, with: "")
                #expect(families[String(sample.1)] != nil || families[base] == "histogram", "\(line) has no type")
                #expect(Double(sample.3) != nil)
                #expect(seen.insert(line[..<sample.3.startIndex]).inserted, "\(line) comes twice")
            }
        }
    }

    @Test(
        "promtool finds nothing wrong", .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/promtool")))
    func promtool() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/promtool")
        process.arguments = ["check", "metrics"]
        let input = Pipe()
        process.standardInput = input
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(filled().text().utf8))
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    @Test("Label sets beyond the limit are counted together")
    func bounded() {
        let metrics = Metrics()
        let counter = metrics.counter("patchbay_many_total", help: "Many.", labels: ["id"])
        for id in 0..<(Metrics.seriesMax + 50) { counter.increment(["\(id)"]) }
        #expect(counter.value(["other"]) == 50)
        #expect(metrics.text().split(separator: "\n").count == 2 + Metrics.seriesMax + 1)
    }

    @Test("The same name is the same family")
    func shared() {
        let metrics = Metrics()
        metrics.counter("patchbay_shared_total", help: "Shared.").increment()
        metrics.counter("patchbay_shared_total", help: "Shared.").increment()
        #expect(metrics.text().contains("patchbay_shared_total 2\n"))
    }
}
