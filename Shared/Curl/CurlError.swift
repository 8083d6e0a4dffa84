internal import CCurl

/// Why a request has no answer.
package struct CurlError: Error, Hashable, Sendable, CustomStringConvertible {
    package var code: Code
    /// The server may have taken the request all the same: bytes of it went out, and no whole answer came back.
    package var isAmbiguous: Bool
    /// What happened, without URL paths, headers or bodies: these may hold secrets.
    package var context: String

    package init(_ code: Code, isAmbiguous: Bool = false, context: String = "") {
        self.code = code
        self.isAmbiguous = isAmbiguous
        self.context = context
    }

    package enum Code: String, CaseIterable, Sendable {
        /// The request itself cannot be sent: URL, method or header.
        case invalidRequest = "invalid-request"
        case notResolved = "not-resolved"
        /// The host has only addresses that the client's rules refuse.
        case addressRefused = "address-refused"
        case notConnected = "not-connected"
        case tlsFailed = "tls-failed"
        /// Over a time limit, or slower than the least speed.
        case timedOut = "timed-out"
        case connectionLost = "connection-lost"
        case responseTooLarge = "response-too-large"
        case headersTooLarge = "headers-too-large"
        /// The server redirects to another host, or too often.
        case redirectRefused = "redirect-refused"
        /// The answer is not HTTP.
        case invalidResponse = "invalid-response"
        /// The client has as many requests as it may hold.
        case overloaded
        case cancelled
        /// The client was closed.
        case closed
        case failed
    }

    /// The same request may succeed later.
    package var isRetriable: Bool {
        switch code {
        case .notResolved, .notConnected, .tlsFailed, .timedOut, .connectionLost, .overloaded, .closed, .failed: true
        case .invalidRequest, .addressRefused, .responseTooLarge, .headersTooLarge, .redirectRefused,
            .invalidResponse, .cancelled:
            false
        }
    }

    package var description: String {
        (isAmbiguous ? "\(code.rawValue) (ambiguous)" : code.rawValue) + (context.isEmpty ? "" : ": \(context)")
    }
}

extension CurlError.Code {
    /// - Source: https://curl.se/libcurl/c/libcurl-errors.html
    init(_ result: CURLcode) {
        switch result {
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT, CURLE_LOGIN_DENIED, CURLE_BAD_FUNCTION_ARGUMENT,
            CURLE_UNKNOWN_OPTION:
            self = .invalidRequest
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: self = .notResolved
        case CURLE_COULDNT_CONNECT, CURLE_INTERFACE_FAILED: self = .notConnected
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR:
            self = .tlsFailed
        case CURLE_OPERATION_TIMEDOUT: self = .timedOut
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE: self = .connectionLost
        case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_CONTENT_ENCODING: self = .invalidResponse
        default: self = .failed
        }
    }
}
