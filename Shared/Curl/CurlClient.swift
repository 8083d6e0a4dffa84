/// Sends HTTP requests with libcurl.
///
/// All transfers of a client share one multi handle on one thread that the client owns, and its cache of open
/// connections. Proxies named in the environment are not used: they would hide the address that is being checked.
///
/// - Bounds: `CurlLimits`.
package final class CurlClient: Sendable {
    private let loop: TransferLoop

    package init(addresses: AddressRules = .publicOnly, limits: CurlLimits = CurlLimits()) {
        loop = TransferLoop(addresses: addresses, limits: limits)
        loop.start()
    }

    /// Sends one request and collects the answer, whatever its status. Cancelling the task aborts the transfer.
    ///
    /// - Throws: `CurlError`; `overloaded` at once when the client holds as many requests as it may.
    package func send(_ request: CurlRequest) async throws(CurlError) -> CurlResponse {
        try request.check()
        let transfer = Transfer(request, addresses: loop.addresses, limits: loop.limits)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { loop.submit(transfer, $0) }
        } onCancel: {
            loop.cancel(transfer)
        }
        return try result.get()
    }

    /// Aborts what is in flight with `closed`, and returns when the client's thread has ended. Further requests fail
    /// with `closed`; a second close only waits.
    package func close() async {
        await withCheckedContinuation { loop.close($0) }
    }
}

/// What one client may hold and accept.
package struct CurlLimits: Hashable, Sendable {
    /// Transfers at one time; more wait for a place, in order.
    package var inFlightMax = 64
    /// Requests that wait for a place; more are refused.
    package var waitingMax = 1024
    /// Idle connections kept for reuse.
    package var connectionsMax = 64
    package var headerBytesMax = 64 << 10
    package var headerCountMax = 200
    package var redirectsMax = 3
    /// Slower than this for `leastSpeedSeconds` counts as timed out.
    package var leastSpeedBytesPerSecond = 1
    package var leastSpeedSeconds = 20

    package init() {}
}

extension CurlRequest {
    /// Refuses what would let one field write another: libcurl sends control characters in headers as they are.
    func check() throws(CurlError) {
        guard !method.isEmpty, method.utf8.allSatisfy(\.isToken) else {
            throw CurlError(.invalidRequest, context: "method")
        }
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw CurlError(.invalidRequest, context: "url")
        }
        for header in headers {
            guard !header.name.isEmpty, header.name.utf8.allSatisfy(\.isToken),
                header.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 })
            else { throw CurlError(.invalidRequest, context: "header") }
        }
    }
}

extension UInt8 {
    /// - Source: RFC 9110, section 5.6.2.
    fileprivate var isToken: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default:
            "!#$%&'*+-.^_`|~".utf8.contains(self)
        }
    }
}
