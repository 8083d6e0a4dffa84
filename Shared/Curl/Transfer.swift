internal import CCurl
internal import Glibc
internal import Synchronization

/// One request on its way, with its easy handle and what has come back so far.
final class Transfer: @unchecked Sendable {
    // SAFETY: created by the caller's task, which touches nothing of it after `TransferLoop.submit` has put it into the
    // shared queue under the lock; from there on the loop's thread alone uses it, its callbacks included, since libcurl
    // calls them only within `curl_multi_perform` and `curl_multi_remove_handle` on that thread. `isCancelled` is the one
    // member for other threads. The loop keeps the transfer alive as long as `easy` is open, so the context pointer of the
    // callbacks stays valid.
    typealias Result = Swift.Result<CurlResponse, CurlError>
    typealias Continuation = CheckedContinuation<Result, Never>

    enum Outcome {
        case finished(Result)
        case redirected(String)
    }

    let request: CurlRequest
    let addresses: AddressRules
    let limits: CurlLimits
    let isCancelled = Atomic<Bool>(false)
    var continuation: Continuation?

    private(set) var easy: UnsafeMutableRawPointer?
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private var redirects = 0
    private var response = CurlResponse(status: 0)
    private var headerBytes = 0
    /// The head of the final answer has come.
    private var isHeadComplete = false
    /// Why a callback stopped the transfer.
    private var stopReason: CurlError.Code?
    private var socketsOpened = 0
    private var addressesRefused = 0

    init(_ request: CurlRequest, addresses: AddressRules, limits: CurlLimits) {
        self.request = request
        self.addresses = addresses
        self.limits = limits
    }

    // MARK: - Setting up

    /// Opens the easy handle for a first or redirected request.
    func open(url: String) throws(CurlError) -> UnsafeMutableRawPointer {
        guard let easy = curl_easy_init() else { throw CurlError(.failed, context: "curl_easy_init") }
        self.easy = easy
        response = CurlResponse(status: 0)
        headerBytes = 0
        isHeadComplete = false
        do {
            try setLimits(easy)
            try setCallbacks(easy)
            try setRequest(easy, url: url)
        } catch {
            close()
            throw error
        }
        return easy
    }

    func close() {
        if let easy { curl_easy_cleanup(easy) }
        if let headerList { curl_slist_free_all(headerList) }
        easy = nil
        headerList = nil
    }

    private func setLimits(_ easy: UnsafeMutableRawPointer) throws(CurlError) {
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_FOLLOWLOCATION, 0)
        try set(CURLOPT_PROXY, "")
        try set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
        try set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        try set(CURLOPT_CONNECTTIMEOUT_MS, request.connectTimeout.wholeMilliseconds)
        try set(CURLOPT_TIMEOUT_MS, request.timeout.wholeMilliseconds)
        try set(CURLOPT_LOW_SPEED_LIMIT, limits.leastSpeedBytesPerSecond)
        try set(CURLOPT_LOW_SPEED_TIME, request.leastSpeedSeconds ?? limits.leastSpeedSeconds)
        guard request.needsOwnConnection else { return }
        try set(CURLOPT_FRESH_CONNECT, 1)
        try set(CURLOPT_FORBID_REUSE, 1)
    }

    private func setCallbacks(_ easy: UnsafeMutableRawPointer) throws(CurlError) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        try check(ccurl_set_pointer(easy, CURLOPT_WRITEDATA, context))
        try check(ccurl_set_pointer(easy, CURLOPT_HEADERDATA, context))
        try check(ccurl_set_pointer(easy, CURLOPT_OPENSOCKETDATA, context))
        try check(
            ccurl_set_write(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
                Transfer.of(context).takeBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
            })
        try check(
            ccurl_set_write(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
                Transfer.of(context).takeHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
            })
        try check(
            ccurl_set_open_socket(easy) { context, _, address in
                address.map { Transfer.of(context).openSocket($0) } ?? -1
            })
    }

    private func setRequest(_ easy: UnsafeMutableRawPointer, url: String) throws(CurlError) {
        try set(CURLOPT_URL, url)
        if let body = request.body {
            try check(ccurl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, numericCast(body.count)))
            try check(
                body.withUnsafeBytes { bytes in
                    // A null pointer would make libcurl read the body from its own callback, so nothing is still a place.
                    ccurl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, bytes.baseAddress ?? UnsafeRawPointer(easy))
                })
        } else if request.method == "HEAD" {
            try set(CURLOPT_NOBODY, 1)
        }
        try set(CURLOPT_CUSTOMREQUEST, request.method)
        try set(CURLOPT_USERAGENT, "patchbay")
        if let credentials = request.credentials {
            try set(CURLOPT_HTTPAUTH, 1)
            try set(CURLOPT_USERNAME, credentials.user)
            try set(CURLOPT_PASSWORD, credentials.password)
        }
        // Without this libcurl would wait for "100 Continue" before a long body.
        headerList = curl_slist_append(headerList, "Expect:")
        if !request.headers.contains(where: { $0.name.lowercased() == "content-type" }) {
            // Nor does libcurl name a type that the caller did not.
            headerList = curl_slist_append(headerList, "Content-Type:")
        }
        for header in request.headers {
            // An empty value needs the semicolon: with a colon it would mean "leave this header out".
            let line = header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)"
            headerList = curl_slist_append(headerList, line)
        }
        try check(ccurl_set_list(easy, CURLOPT_HTTPHEADER, headerList))
    }

    private func set(_ option: CURLoption, _ value: Int) throws(CurlError) {
        try check(ccurl_set_long(easy, option, value))
    }

    private func set(_ option: CURLoption, _ value: String) throws(CurlError) {
        try check(ccurl_set_text(easy, option, value))
    }

    private func check(_ result: CURLcode) throws(CurlError) {
        guard result == CURLE_OK else { throw error(CurlError.Code(result), result) }
    }

    // MARK: - Callbacks

    private static func of(_ context: UnsafeMutableRawPointer?) -> Transfer {
        Unmanaged<Transfer>.fromOpaque(context!).takeUnretainedValue()
    }

    /// Taking fewer bytes than given makes libcurl abort the transfer.
    private func takeBody(_ bytes: UnsafeRawBufferPointer) -> Int {
        if let take = request.takesBody, 200..<300 ~= ccurl_get_long(easy, CURLINFO_RESPONSE_CODE) {
            guard !take(Array(bytes)) else { return bytes.count }
            stopReason = .cancelled
            return 0
        }
        guard response.body.count + bytes.count <= request.responseBytesMax else {
            stopReason = .responseTooLarge
            return 0
        }
        response.body.append(contentsOf: bytes)
        return bytes.count
    }

    private func takeHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
        headerBytes += bytes.count
        guard headerBytes <= limits.headerBytesMax, response.headers.count < limits.headerCountMax else {
            stopReason = .headersTooLarge
            return 0
        }
        let line = String(decoding: bytes, as: UTF8.self)
        if line.hasPrefix("HTTP/") {
            // An interim answer (1xx) comes first, with headers of its own.
            response.headers.removeAll()
        } else if bytes.count <= 2 {
            isHeadComplete = ccurl_get_long(easy, CURLINFO_RESPONSE_CODE) >= 200
        } else if let colon = line.firstIndex(of: ":") {
            response.headers.append(
                CurlHeader(String(line[..<colon]), line[line.index(after: colon)...].trimmingWhitespace()))
        }
        return bytes.count
    }

    private func openSocket(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        // libcurl's structure ends in room for any address family, so the address is read where it lies.
        let place = UnsafeRawPointer(address) + MemoryLayout<curl_sockaddr>.offset(of: \.addr)!
        guard addresses.permits(place, length: Int(address.pointee.addrlen)) else {
            addressesRefused += 1
            return -1
        }
        socketsOpened += 1
        let type = address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue)
        return socket(address.pointee.family, type, address.pointee.protocol)
    }

    // MARK: - Finishing

    func outcome(_ result: CURLcode) -> Outcome {
        guard result == CURLE_OK || request.isBodyOptional && isHeadComplete else {
            return .finished(.failure(failure(result)))
        }
        // libcurl lets it pass when the connection ends within the head.
        guard isHeadComplete else { return .finished(.failure(error(.connectionLost))) }
        response.status = ccurl_get_long(easy, CURLINFO_RESPONSE_CODE)
        guard request.followsRedirectsToSameHost, isFollowable,
            let target = ccurl_get_text(easy, CURLINFO_REDIRECT_URL).map({ String(cString: $0) })
        else { return .finished(.success(response)) }
        redirects += 1
        guard redirects <= limits.redirectsMax, let origin = Origin(request.url), origin == Origin(target) else {
            return .finished(.failure(error(.redirectRefused)))
        }
        return .redirected(target)
    }

    /// A redirect that keeps the method and the body.
    private var isFollowable: Bool {
        switch response.status {
        case 301, 302, 303: request.method == "GET" || request.method == "HEAD"
        case 307, 308: true
        default: false
        }
    }

    private func failure(_ result: CURLcode) -> CurlError {
        if let stopReason { return error(stopReason, result) }
        if result == CURLE_COULDNT_CONNECT, addressesRefused > 0, socketsOpened == 0 {
            return error(.addressRefused)
        }
        return error(CurlError.Code(result), result)
    }

    /// An error of this transfer: ambiguous once bytes of the request have gone out.
    func error(_ code: CurlError.Code, _ result: CURLcode = CURLE_OK) -> CurlError {
        let isAmbiguous = easy.map { ccurl_get_long($0, CURLINFO_REQUEST_SIZE) > 0 } ?? false
        let context = result == CURLE_OK ? "" : String(cString: curl_easy_strerror(result))
        return CurlError(code, isAmbiguous: isAmbiguous && code != .redirectRefused, context: context)
    }
}

/// Scheme, host and port of a URL, as libcurl reads it.
private struct Origin: Hashable {
    let parts: [String]

    init?(_ url: String) {
        guard let handle = curl_url() else { return nil }
        defer { curl_url_cleanup(handle) }
        guard curl_url_set(handle, CURLUPART_URL, url, 0) == CURLUE_OK else { return nil }
        var parts: [String] = []
        for part in [CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT] {
            var text: UnsafeMutablePointer<CChar>?
            guard curl_url_get(handle, part, &text, UInt32(CURLU_DEFAULT_PORT)) == CURLUE_OK, let text else {
                return nil
            }
            parts.append(String(cString: text).lowercased())
            curl_free(text)
        }
        self.parts = parts
    }
}

extension Duration {
    fileprivate var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        return max(1, Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000))
    }
}

extension Substring {
    fileprivate func trimmingWhitespace() -> String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r\n" || $0 == "\r" || $0 == "\n" }
        guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(self[first...last])
    }
}
