import Logging
import Synchronization
import Testing

@testable import ServiceKit

@Suite("Log lines are for machines in containers and for people on terminals")
struct LogTests {
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    private func lines(_ format: LogFormat, level: Logger.Level = .info, _ body: (Logger) -> Void) -> [String] {
        let lines = Lines()
        let logger = Logger(label: "test") { _ in
            LineLogHandler(service: "router", level: level, format: format) { line in
                lines.all.withLock { $0.append(line) }
            }
        }
        body(logger)
        return lines.all.withLock { $0 }
    }

    @Test("A JSON line has time, level, message, service and metadata")
    func json() throws {
        let lines = lines(.json) { logger in
            logger.info("listening", metadata: ["port": "8082", "partitions": .array(["0", "1"])])
        }
        try #require(lines.count == 1)
        #expect(lines[0].hasSuffix("}\n") && lines[0].filter(\.isNewline).count == 1)
        let line = try JSONValue(parsing: lines[0].utf8)
        #expect(line["level"] == .string("info"))
        #expect(line["message"] == .string("listening"))
        #expect(line["service"] == .string("router"))
        #expect(line["port"] == .string("8082"))
        #expect(line["partitions"] == .array([.string("0"), .string("1")]))
        let time = try #require(line["timestamp"]?.string)
        #expect(time.wholeMatch(of: #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/#) != nil)
    }

    @Test("Times are RFC 3339 in UTC with microseconds")
    func time() {
        #expect(rfc3339(microseconds: 1_709_210_096_007_890) == "2024-02-29T12:34:56.007890Z")
    }

    @Test("Text is one readable line")
    func text() {
        let lines = lines(.text) { $0.warning("broker\naway\r\n!", metadata: ["broker": "b-1", "why": "timed out"]) }
        #expect(lines.count == 1)
        #expect(lines.first?.hasSuffix("WARNING  router: broker\\naway\\r\\n! broker=b-1 why=\"timed out\"\n") == true)
    }

    @Test(
        "Metadata that speaks of a secret is hidden",
        arguments: ["secret", "Authorization", "sasl.password", "csrfToken"])
    func hidden(key: String) {
        let lines = lines(.json) {
            $0.error("x", metadata: ["\(key)": "hunter2", "nested": .dictionary([key: "hunter2"])])
        }
        #expect(lines.count == 1 && !lines[0].contains("hunter2"))
    }

    @Test("Nothing in a message or in metadata can forge a line or a field")
    func forging() throws {
        let lines = lines(.json) { $0.info("a\",\"level\":\"x\n{}", metadata: ["message": "other", "level": "other"]) }
        try #require(lines.count == 1)
        let line = try JSONValue(parsing: lines[0].utf8)
        #expect(line["message"] == .string("a\",\"level\":\"x\n{}"))
        #expect(line["level"] == .string("info"))
        #expect(line["metadata.message"] == .string("other"))
    }

    @Test("What is below the level is not written")
    func level() {
        #expect(lines(.json, level: .warning) { $0.info("quiet") }.isEmpty)
    }
}
