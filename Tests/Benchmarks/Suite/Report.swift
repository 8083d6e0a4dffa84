import Foundation

/// What a part has found, as Markdown and charts.
struct Report {
    private(set) var markdown: String
    /// SVG documents by name.
    var charts: [String: String] = [:]

    init(title: String) {
        markdown = "# \(title)\n"
    }

    mutating func text(_ text: String) { markdown += "\n\(text)\n" }

    mutating func table(_ head: [String], _ rows: [[String]]) {
        markdown +=
            "\n| " + head.joined(separator: " | ") + " |\n|" + String(repeating: " --- |", count: head.count) + "\n"
        for row in rows { markdown += "| " + row.joined(separator: " | ") + " |\n" }
    }

    func write(to folder: URL, name: String) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var text = markdown
        for chart in charts.keys.sorted() { text += "\n![\(chart)](\(chart).svg)\n" }
        text += "\nMeasured by `make bench PARTS=\(name)` on \(Machine.description).\n"
        try Data(text.utf8).write(to: folder.appending(path: "\(name).md"))
        for (chart, svg) in charts { try Data(svg.utf8).write(to: folder.appending(path: "\(chart).svg")) }
    }

    static func fixed(_ value: Int, digits: Int, unit: Int) -> String {
        String(format: "%.\(digits)f", Double(value) / Double(unit))
    }

    static func ratio(_ value: Int, _ base: Int) -> String {
        String(format: "%.1f", Double(value) / Double(max(1, base)))
    }

    static func seconds(_ duration: Duration) -> String {
        String(format: "%.1f", Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18)
    }
}

extension Quantiles {
    /// In milliseconds.
    var cells: [String] { [p50, p90, p99, max].map { Report.fixed($0, digits: 1, unit: 1000) } }
}

/// The machine, as far as it explains numbers.
enum Machine {
    static var description: String {
        let processor = line("/proc/cpuinfo", "model name") ?? "an unknown processor"
        let kilobytes = line("/proc/meminfo", "MemTotal").flatMap { Int($0.filter(\.isNumber)) } ?? 0
        let cores = ProcessInfo.processInfo.activeProcessorCount
        return "\(cores) cores of \(processor), \((kilobytes + (1 << 19)) >> 20) GB of memory, broker and load included"
    }

    private static func line(_ path: String, _ name: String) -> String? {
        let lines = (try? String(contentsOfFile: path, encoding: .utf8))?.split(separator: "\n") ?? []
        guard let line = lines.first(where: { $0.hasPrefix(name) }), let colon = line.firstIndex(of: ":") else {
            return nil
        }
        return line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
}
