internal import FoundationEssentials
internal import Glibc
package import Logging

/// The log handler of every service: one line an event, on standard output.
package struct LineLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level
    package var metadataProvider: Logger.MetadataProvider?
    private let line: LogLine
    private let write: @Sendable (String) -> Void

    /// - Parameter write: takes whole lines; standard output when the service runs, an array in tests.
    package init(
        service: String, level: Logger.Level, format: LogFormat, write: @escaping @Sendable (String) -> Void = writeLine
    ) {
        let isJSON =
            switch format {
            case .json: true
            case .text: false
            case .auto: isatty(STDOUT_FILENO) == 0
            }
        self.logLevel = level
        self.line = LogLine(service: service, isJSON: isJSON)
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let now = rfc3339(microseconds: Int64(Date().timeIntervalSince1970 * 1e6))
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { _, provided in provided } }
        if let own = event.metadata { all.merge(own) { _, own in own } }
        if let error = event.error { all["error"] = "\(error)" }
        let sorted = all.map { (key: $0.key, value: $0.value) }.sorted { $0.key < $1.key }
        write(line.text(level: event.level, message: event.message.description, metadata: sorted, at: now))
    }
}

/// Writes a line to standard output in one call, so that lines of several threads do not mix.
package let writeLine: @Sendable (String) -> Void = { line in writeAll(line, to: STDOUT_FILENO) }

/// Writes a text to a file descriptor; what cannot be written is given up.
func writeAll(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
        let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if written > 0 {
            bytes = bytes.dropFirst(written)
        } else if errno != EINTR {
            return
        }
    }
}
