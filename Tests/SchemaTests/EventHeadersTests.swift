import Domain
import Schema
import Testing

@Suite("Headers follow the CloudEvents Kafka binding")
struct EventHeadersTests {
    static let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    static let headers = EventHeaders(
        id: "0b6a", type: "patchbay.work.customer-message.v1", source: "/patchbay/context",
        time: Instant(milliseconds: 482_196_050_520), traceContext: TraceContext(traceparent: traceparent))

    @Test("Each header has the name and the text that the binding asks for")
    func areWritten() {
        let texts = Self.headers.list.map { "\($0.name): \(String(decoding: $0.value, as: UTF8.self))" }
        #expect(
            texts == [
                "ce_specversion: 1.0", "ce_id: 0b6a", "ce_type: patchbay.work.customer-message.v1",
                "ce_source: /patchbay/context", "ce_time: 1985-04-12T23:20:50.520Z",
                "content-type: application/protobuf", "traceparent: \(Self.traceparent)",
            ])
    }

    @Test("They are read back, with and without a trace")
    func areReadBack() {
        #expect(EventHeaders(Self.headers.list) == Self.headers)
        var untraced = Self.headers
        untraced.traceContext = nil
        #expect(!untraced.list.contains { $0.name == "traceparent" })
        #expect(EventHeaders(untraced.list) == untraced)
    }

    @Test("Other headers are skipped, and of a header that comes twice the last counts")
    func othersAreSkipped() {
        let own = (name: "patchbay-origin", value: [UInt8]([0xff, 0x00]))
        let older = (name: "ce_id", value: Array("older".utf8))
        #expect(EventHeaders([own, older] + Self.headers.list) == Self.headers)
    }

    @Test("An invalid traceparent counts as absent")
    func invalidTrace() {
        let broken = (name: "traceparent", value: Array("00-0-0-00".utf8))
        var untraced = Self.headers
        untraced.traceContext = nil
        #expect(EventHeaders(Self.headers.list + [broken]) == untraced)
    }

    @Test(
        "Without a required attribute, or of another version, it is no event",
        arguments: [
            ("ce_specversion", "0.3"), ("ce_specversion", ""), ("ce_id", ""), ("ce_type", ""), ("ce_source", ""),
            ("ce_time", "yesterday"),
        ])
    func required(name: String, wrong: String) {
        let without = Self.headers.list.filter { $0.name != name }
        #expect(EventHeaders(without) == nil)
        #expect(EventHeaders(without + [(name: name, value: Array(wrong.utf8))]) == nil)
    }
}
