import Domain
import Testing

@Suite("Trace Context is read and written as the W3C says")
struct TraceContextTests {
    @Test(
        "A valid traceparent is read",
        arguments: [
            // The examples of the specification.
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", UInt8(1)),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", 0),
            ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", 1),
            // The W3C's test suite: later versions, with and without more fields, and unknown flags.
            ("cc-12345678901234567890123456789012-1234567890123456-01", 1),
            ("cc-12345678901234567890123456789012-1234567890123456-01-what-the-future-will-be-like", 1),
            ("00-12345678901234567890123456789012-1234567890123456-ff", 255),
        ])
    func isRead(text: String, flags: UInt8) throws {
        let context = try #require(TraceContext(traceparent: text))
        #expect(context.flags == flags)
        #expect(context.traceparent == "00" + text.dropFirst(2).prefix(50) + "-0\(flags & 1)")
    }

    @Test(
        "An invalid traceparent is refused",
        arguments: [
            "", "00", "ff-12345678901234567890123456789012-1234567890123456-01",
            "00-12345678901234567890123456789012-1234567890123456-01.",
            "00-12345678901234567890123456789012-1234567890123456-01-what-the-future-will-be-like",
            "cc-12345678901234567890123456789012-1234567890123456-01.what-the-future-will-not-be-like",
            "cc-12345678901234567890123456789012-1234567890123456-011",
            ".0-12345678901234567890123456789012-1234567890123456-01",
            "0.-12345678901234567890123456789012-1234567890123456-01",
            "000-12345678901234567890123456789012-1234567890123456-01",
            "00-00000000000000000000000000000000-1234567890123456-01",
            "00-.2345678901234567890123456789012-1234567890123456-01",
            "00-1234567890123456789012345678901.-1234567890123456-01",
            "00-1234567890123456789012345678901-1234567890123456-01",
            "00-123456789012345678901234567890123-1234567890123456-01",
            "00-12345678901234567890123456789012-0000000000000000-01",
            "00-12345678901234567890123456789012-.234567890123456-01",
            "00-12345678901234567890123456789012-123456789012345.-01",
            "00-12345678901234567890123456789012-123456789012345-01",
            "00-12345678901234567890123456789012-12345678901234567-01",
            "00-12345678901234567890123456789012-1234567890123456-.0",
            "00-12345678901234567890123456789012-1234567890123456-0.",
            "00-12345678901234567890123456789012-1234567890123456-1",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00F067AA0BA902B7-01",
            " 0-12345678901234567890123456789012-1234567890123456-01",
            "00_12345678901234567890123456789012_1234567890123456_01",
        ])
    func isRefused(text: String) {
        #expect(TraceContext(traceparent: text) == nil)
    }

    @Test("A child belongs to its parent's trace, and the same origin gives the same child")
    func child() throws {
        let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        let parent = try #require(TraceContext(traceparent: text))
        let child = TraceContext.child(of: parent, origin: "router/work/3/17/0")
        #expect(child.traceID == parent.traceID)
        #expect(child.flags == parent.flags)
        #expect(child.spanID != parent.spanID)
        #expect(TraceContext.child(of: parent, origin: "router/work/3/17/0") == child)
        #expect(TraceContext.child(of: parent, origin: "router/work/3/17/1") != child)
        #expect(TraceContext.child(of: child, origin: "router/work/3/17/0") != child)
        // A change of this value would give the outputs of old records other steps when they are computed again.
        #expect(child.traceparent == "00-4bf92f3577b34da6a3ce929d0e0e4736-ca01a0ec98d22b09-01")
    }

    @Test("Ids of zeros make no context")
    func zeros() {
        #expect(TraceContext(traceID: .init(high: 0, low: 0), spanID: 1) == nil)
        #expect(TraceContext(traceID: .init(high: 0, low: 1), spanID: 0) == nil)
        let least = TraceContext(traceID: .init(high: 0, low: 1), spanID: 1)
        #expect(least?.traceparent == "00-00000000000000000000000000000001-0000000000000001-01")
    }
}
