internal import Crypto

/// Whose doing this is: W3C Trace Context, as HTTP and Kafka headers carry it in `traceparent`.
///
/// - Source: <https://www.w3.org/TR/trace-context/>, version 00.
package struct TraceContext: Hashable, Sendable {
    /// The whole trace; not all zero.
    package let traceID: TraceID
    /// The step in it that caused what carries this; not zero.
    package let spanID: UInt64
    /// Bit 0: the caller records this trace.
    package let flags: UInt8

    /// The 16 bytes that name a trace.
    package struct TraceID: Hashable, Sendable {
        package var high: UInt64
        package var low: UInt64

        package init(high: UInt64, low: UInt64) {
            self.high = high
            self.low = low
        }
    }

    /// Nil for an id of zeros, which the specification calls invalid.
    package init?(traceID: TraceID, spanID: UInt64, flags: UInt8 = 1) {
        guard traceID.high | traceID.low != 0, spanID != 0 else { return nil }
        self.traceID = traceID
        self.spanID = spanID
        self.flags = flags
    }

    /// Reads a `traceparent`; nil when it is not a valid one, and then a new trace is to be started.
    ///
    /// Of a later version the part that version 00 knows is read.
    package init?(traceparent: String) {
        let bytes = Array(traceparent.utf8)
        guard bytes.count >= 55, bytes[2] == dash, bytes[35] == dash, bytes[52] == dash,
            let version = hexadecimal(bytes[0..<2]), version != 0xff,
            bytes.count == 55 || (version != 0 && bytes[55] == dash),
            let high = hexadecimal(bytes[3..<19]), let low = hexadecimal(bytes[19..<35]),
            let span = hexadecimal(bytes[36..<52]), let flags = hexadecimal(bytes[53..<55])
        else { return nil }
        self.init(traceID: TraceID(high: high, low: low), spanID: span, flags: UInt8(flags))
    }

    /// The header's value, always of version 00; of the flags only "sampled" is passed on.
    package var traceparent: String {
        "00-\(traceID)-\(digits(spanID))-0\(flags & 1)"
    }

    /// The next step of the same trace, which `origin` names: the same input gives the same step wherever it is
    /// computed again.
    package static func child(of parent: TraceContext, origin: String) -> TraceContext {
        let digest = SHA256.hash(data: Array("\(parent.traceparent) \(origin)".utf8))
        let span = digest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return TraceContext(traceID: parent.traceID, spanID: max(span, 1), flags: parent.flags) ?? parent
    }
}

extension TraceContext.TraceID: CustomStringConvertible {
    /// 32 hexadecimal digits.
    package var description: String { digits(high) + digits(low) }
}

private let dash = UInt8(ascii: "-")

/// 16 hexadecimal digits, lower case.
private func digits(_ number: UInt64) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: 16 - text.utf8.count) + text
}

/// The number that lower-case hexadecimal digits, at most 16, stand for; nil when one is no such digit.
private func hexadecimal(_ bytes: ArraySlice<UInt8>) -> UInt64? {
    var number: UInt64 = 0
    for byte in bytes {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): number = number << 4 | UInt64(byte - UInt8(ascii: "a") + 10)
        default: return nil
        }
    }
    return number
}
