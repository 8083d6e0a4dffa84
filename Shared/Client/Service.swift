internal import Curl
internal import FoundationEssentials

/// One of Patchbay's services, asked as one caller.
struct Service: Sendable {
    let address: String
    let token: PatchbayServices.TokenSource
    let curl: CurlClient

    /// An answer takes no longer than this beyond what it was asked to wait.
    static let answerTime = Duration.seconds(15)

    func get<Value: Decodable>(
        _ path: [String], _ query: [(String, String?)] = [], waiting: Duration = .zero
    ) async throws -> Value {
        var request = try await request("GET", path, query)
        request.timeout = waiting + Self.answerTime
        return try await decode(send(request))
    }

    /// As `get`; nil for the answer 204: nothing new.
    func poll<Value: Decodable>(
        _ path: [String], _ query: [(String, String?)], waiting: Duration
    ) async throws -> Value? {
        var request = try await request("GET", path, query)
        request.timeout = waiting + Self.answerTime
        let response = try await send(request)
        return response.status == 204 ? nil : try decode(response)
    }

    /// - Parameter version: what the changed must still be; nil: whatever it is.
    func change<Value: Decodable>(
        _ path: [String], _ body: some Encodable = [String: String](), method: String = "POST", key: String?,
        version: Int64? = nil
    ) async throws -> Value {
        try await decode(sendChange(path, body, method: method, key: key, version: version))
    }

    /// As `change`; nil for the answer 204: there was nothing to do.
    func changeIfAny<Value: Decodable>(_ path: [String], key: String?) async throws -> Value? {
        let response = try await sendChange(path, [String: String](), method: "POST", key: key, version: nil)
        return response.status == 204 ? nil : try decode(response)
    }

    func setPresence(of agentID: String, _ presence: Presence, _ reason: String?, _ key: String) async throws {
        struct PresenceSet: Codable {
            var presence: Presence
            var reason: String?
        }
        let _: PresenceSet = try await change(
            ["agents", agentID, "presence"], PresenceSet(presence: presence, reason: reason), method: "PUT", key: key)
    }

    private func sendChange(
        _ path: [String], _ body: some Encodable, method: String, key: String?, version: Int64?
    ) async throws -> CurlResponse {
        var request = try await request(method, path, [])
        request.headers.append(CurlHeader("content-type", "application/json"))
        if let key { request.headers.append(CurlHeader("idempotency-key", "\"\(key)\"")) }
        if let version { request.headers.append(CurlHeader("if-match", "\"\(version)\"")) }
        request.body = try Coding.encode(body)
        return try await send(request)
    }

    func request(_ method: String, _ path: [String], _ query: [(String, String?)]) async throws -> CurlRequest {
        let pairs = query.compactMap { name, value in value.map { "\(name)=\(escaped($0))" } }
        let tail = pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")
        var request = CurlRequest(
            method: method, url: "\(address)/v1/" + path.map(escaped).joined(separator: "/") + tail)
        request.headers = [CurlHeader("authorization", "Bearer \(try await token())")]
        request.timeout = Self.answerTime
        // A poll that waits is silent meanwhile.
        request.leastSpeedSeconds = 60
        return request
    }

    /// - Throws: `PatchbayError` for every answer but 2xx, and when there is none.
    func send(_ request: CurlRequest) async throws -> CurlResponse {
        let response: CurlResponse
        do throws(CurlError) {
            response = try await curl.send(request)
        } catch {
            if error.code == .cancelled { throw CancellationError() }
            throw PatchbayError(error)
        }
        guard 200..<300 ~= response.status else { throw PatchbayError(response) }
        return response
    }

    private func decode<Value: Decodable>(_ response: CurlResponse) throws -> Value {
        try Coding.decode(Value.self, from: response.body, status: response.status)
    }
}

/// A part of a path or a query, with everything escaped that means something there.
/// - Source: RFC 3986, section 2.3.
private func escaped(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            bytes.append(byte)
        default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
